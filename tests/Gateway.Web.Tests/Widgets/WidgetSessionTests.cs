using System.Net;
using System.Text;
using System.Text.Json;
using System.Security.Cryptography;
using System.Numerics;
using System.Buffers.Binary;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Testing;
using static Gateway.Web.Tests.Widgets.WidgetRig;

namespace Gateway.Web.Tests.Widgets;

/// <summary>Who gets a session, and what everybody else is told.</summary>
public sealed class WidgetSessionTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    [Fact, Threat(28)]
    public async Task A_page_of_the_widgets_origin_gets_a_token_a_resume_credential_and_the_policy()
    {
        var widget = Add(_host, one => one with { MaxCallSeconds = 300 });

        using var response = await AskAsync(_host, widget.PublicId, new { lang = "zh-Hans", page = "https://shop.example/pricing?q=1" });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        Assert.False(response.Headers.Contains("Set-Cookie"));
        var session = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(60, session.GetProperty("expires").GetInt32());
        Assert.Equal($"wss://{_host.Url.Authority}/ws/widget", session.GetProperty("wss").GetString());
        Assert.Equal(0, session.GetProperty("iceServers").GetArrayLength());
        Assert.Equal(300, session.GetProperty("policy").GetProperty("maxSeconds").GetInt32());
        Assert.NotEqual(session.GetProperty("token").GetString(), session.GetProperty("resume").GetString());
        Assert.False(session.GetProperty("policy").TryGetProperty("to", out _));
    }

    [Fact, Threat(28), Threat(33)]
    public async Task Only_the_widgets_own_origins_may_read_the_answer_and_never_with_cookies()
    {
        var widget = Add(_host);
        using var client = _host.Client();
        foreach (var (origin, good) in new[] { (Shop, true), ("https://shop.example.evil", false), ("https://evil.example", false), ("null", false), ("https://SHOP.example", false) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Options, $"/api/widgets/{widget.PublicId}/session");
            request.Headers.Add("Origin", origin);
            request.Headers.Add("Access-Control-Request-Method", "POST");
            request.Headers.Add("Access-Control-Request-Headers", "content-type");
            using var answer = await client.SendAsync(request);

            Assert.Equal("Origin", answer.Headers.Vary.ToString());
            Assert.Equal(good ? [origin] : [], answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed : []);
            Assert.Equal(good, answer.Headers.Contains("Access-Control-Allow-Methods"));
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    [Theory, Threat(28), InlineData("https://evil.example"), InlineData("https://shop.example:444"), InlineData("http://shop.example"), InlineData(null)]
    public async Task Another_origin_or_none_is_refused_and_counted(string? origin)
    {
        var widget = Add(_host);
        var before = await CountAsync(_host, "gateway_widget_refused", "origin");

        using var response = await AskAsync(_host, widget.PublicId, origin: origin);

        await ProblemAsync(response, HttpStatusCode.Forbidden, "origin");
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal(before + 1, await CountAsync(_host, "gateway_widget_refused", "origin"));
    }

    [Theory, InlineData("w_7Hq2abcdefghijkm"), InlineData("nothing"), InlineData("w_7Hq2abcdefghijk%0D%0A")]
    public async Task A_widget_that_is_not_there_is_404(string publicId)
    {
        using var response = await AskAsync(_host, publicId);

        await ProblemAsync(response, HttpStatusCode.NotFound, "unknown-widget");
    }

    [Fact, Threat(28)]
    public async Task A_disabled_widget_gives_nothing()
    {
        using var response = await AskAsync(_host, Add(_host, one => one with { IsEnabled = false }).PublicId);

        await ProblemAsync(response, HttpStatusCode.Forbidden, "disabled");
        Assert.Equal(Shop, Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task Outside_its_hours_it_says_when_it_opens()
    {
        var opens = DateTime.UtcNow.AddHours(6);
        var window = new TimeWindow { From = new TimeOnly(opens.Hour, 0), To = new TimeOnly(opens.Hour, 30) };
        using var response = await AskAsync(_host, Add(_host, one => one with { Hours = [window] }).PublicId);

        var problem = await ProblemAsync(response, HttpStatusCode.Forbidden, "closed");

        Assert.Equal(new DateTime(opens.Year, opens.Month, opens.Day, opens.Hour, 0, 0, DateTimeKind.Utc), problem.GetProperty("opens").GetDateTime());
    }

    [Fact, Threat(28)]
    public async Task Limits_of_the_address_and_of_the_day_hold_and_say_when_there_is_room_again()
    {
        var widget = Add(_host, one => one with { MaxCallsPerAddressPerHour = 2, MaxCallsPerDay = 3 });
        await SessionAsync(_host, widget);
        await SessionAsync(_host, widget);

        using (var response = await AskAsync(_host, widget.PublicId))
        {
            var problem = await ProblemAsync(response, HttpStatusCode.TooManyRequests, "limit-address");
            Assert.InRange(problem.GetProperty("retryAfter").GetInt32(), 3500, 3600);
            Assert.Equal(problem.GetProperty("retryAfter").GetInt32(), response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        }

        Set(_host, widget with { MaxCallsPerAddressPerHour = 100 });
        await SessionAsync(_host, widget);
        using (var response = await AskAsync(_host, widget.PublicId))
        {
            await ProblemAsync(response, HttpStatusCode.TooManyRequests, "limit-day");
        }
    }

    [Fact, Threat(28)]
    public async Task As_many_visits_as_it_may_have_at_once_and_no_more()
    {
        var widget = Add(_host, one => one with { MaxCalls = 1 });
        var first = await SessionAsync(_host, widget);
        using var socket = await ConnectAsync(_host, "token=" + first.GetProperty("token").GetString());
        await FlowOfAsync(_host, first);

        using var response = await AskAsync(_host, widget.PublicId);

        await ProblemAsync(response, HttpStatusCode.ServiceUnavailable, "busy");
    }

    [Fact, Threat(28)]
    public async Task Seventy_requests_in_a_minute_from_one_address_are_too_many()
    {
        await using var host = await WebHost.StartAsync();
        var widget = Add(host);
        var codes = new List<HttpStatusCode>();
        for (var i = 0; i < 70; i++)
        {
            using var response = await AskAsync(host, widget.PublicId);
            codes.Add(response.StatusCode);
        }

        Assert.Equal(WidgetCounts.AttemptsPerMinute, codes.Count(code => code == HttpStatusCode.OK));
        Assert.All(codes.Skip(WidgetCounts.AttemptsPerMinute), code => Assert.Equal(HttpStatusCode.TooManyRequests, code));
        Assert.Equal(10, await CountAsync(host, "gateway_widget_refused", "too-often"));
    }

    [Fact, Threat(28)]
    public async Task Signed_visitor_data_is_taken_and_what_is_not_signed_rightly_is_not()
    {
        var widget = Add(_host, one => one with { RequiresSignedVisitor = true });
        var visitor = new Dictionary<string, string> { ["orderId"] = "42" };
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var good = VisitorData.Sign(Key, now, visitor);

        await SessionAsync(_host, widget, new { visitor, signature = good, timestamp = now });
        foreach (var (body, code) in new (object, string)[]
        {
            (new { visitor }, "signature-needed"),
            (new { visitor, signature = good }, "signature-wrong"),
            (new { visitor, signature = good, timestamp = now - 1 }, "signature-wrong"),
            (new { visitor = new { orderId = "43" }, signature = good, timestamp = now }, "signature-wrong"),
            (new { visitor, signature = VisitorData.Sign(Key, now - 301, visitor), timestamp = now - 301 }, "signature-expired"),
        })
        {
            using var response = await AskAsync(_host, widget.PublicId, body);
            await ProblemAsync(response, HttpStatusCode.Forbidden, code);
        }
    }

    [Fact, Threat(28)]
    public async Task The_visitors_own_address_counts_when_the_pages_server_signed_it()
    {
        var widget = Add(_host, one => one with { MaxCallsPerAddressPerHour = 1 });
        Task<HttpResponseMessage> Ask(string address)
        {
            var visitor = new Dictionary<string, string> { [VisitorData.ClientAddress] = address };
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            return AskAsync(_host, widget.PublicId, new { visitor, signature = VisitorData.Sign(Key, now, visitor), timestamp = now });
        }

        using var first = await Ask("203.0.113.1");
        using var second = await Ask("203.0.113.2");
        using var again = await Ask("203.0.113.1");
        using var junk = await Ask("nowhere");

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        await ProblemAsync(again, HttpStatusCode.TooManyRequests, "limit-address");
        await ProblemAsync(junk, HttpStatusCode.BadRequest, "invalid");
    }

    [Theory, Threat(22), Threat(40)]
    [InlineData("""{"visitor":{"orderId":"1\r\nX-Evil: 1"}}""")]
    [InlineData("""{"visitor":{"order id":"1"}}""")]
    [InlineData("""{"visitor":{"a":"1","a":"2"}}""")]
    [InlineData("""{"visitor":{"a":1}}""")]
    [InlineData("""{"visitor":{"a":null}}""")]
    [InlineData("""{"visitor":[]}""")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("\"x\"")]
    public async Task What_cannot_be_read_is_400(string body)
    {
        var widget = Add(_host);
        using var client = _host.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/widgets/{widget.PublicId}/session") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Origin", Shop);

        using var response = await client.SendAsync(request);

        await ProblemAsync(response, HttpStatusCode.BadRequest, "invalid");
    }

    [Fact, Threat(33)]
    public async Task A_form_of_a_foreign_page_is_no_request_and_a_long_body_is_none_either()
    {
        var widget = Add(_host);
        using var client = _host.Client();
        foreach (var content in new HttpContent[] { new StringContent("{}", Encoding.UTF8, "text/plain"), new StringContent($"{{\"lang\":\"{new string('x', 17000)}\"}}", Encoding.UTF8, "application/json") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/widgets/{widget.PublicId}/session") { Content = content };
            request.Headers.Add("Origin", Shop);
            using var response = await client.SendAsync(request);
            await ProblemAsync(response, HttpStatusCode.BadRequest, "invalid");
        }
    }

    [Fact, Threat(28)]
    public async Task A_proof_of_work_is_asked_for_taken_once_and_not_taken_elsewhere()
    {
        await using var host = await WebHost.StartAsync("Web:CaptchaBits=8");
        var widget = Add(host, one => one with { Captcha = CaptchaKind.ProofOfWork });
        var other = Add(host, one => one with { Captcha = CaptchaKind.ProofOfWork });
        using var asked = await AskAsync(host, widget.PublicId);
        var puzzle = (await ProblemAsync(asked, HttpStatusCode.Forbidden, "captcha-needed")).GetProperty("captcha");
        Assert.Equal("proof-of-work", puzzle.GetProperty("kind").GetString());
        Assert.Equal(8, puzzle.GetProperty("bits").GetInt32());
        var challenge = puzzle.GetProperty("challenge").GetString()!;
        var solved = Solve(challenge, 8, wanted: true);

        foreach (var (id, answer) in new[]
        {
            (widget.PublicId, Solve(challenge, 8, wanted: false)),
            (widget.PublicId, "x:1"),
            (widget.PublicId, challenge),
            (other.PublicId, solved),
            // Easier by half: the number of bits is signed too.
            (widget.PublicId, Solve(challenge.Replace(".8.", ".1.", StringComparison.Ordinal), 1, wanted: true)),
        })
        {
            using var refused = await AskAsync(host, id, new { captcha = answer });
            await ProblemAsync(refused, HttpStatusCode.Forbidden, "captcha-wrong");
        }

        await SessionAsync(host, widget, new { captcha = solved });
        using var replayed = await AskAsync(host, widget.PublicId, new { captcha = solved });
        await ProblemAsync(replayed, HttpStatusCode.Forbidden, "captcha-wrong");
    }

    private static string Solve(string challenge, int bits, bool wanted)
    {
        for (var i = 0; ; i++)
        {
            var answer = $"{challenge}:{i}";
            if (BitOperations.LeadingZeroCount(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(answer)))) >= bits == wanted) return answer;
        }
    }
}
