using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Widgets;

/// <summary>A program that has read the page's HTML, and what it gets from the gateway as it is shipped. Each refusal is counted.</summary>
public sealed class WidgetAbuseTests : IAsyncLifetime
{
    private const string Shop = "https://shop.example";

    private GatewayProcess _gateway = null!;
    private GatewayApi _api = null!;
    private HttpClient _http = null!;
    private string _publicId = "";

    public async ValueTask InitializeAsync()
    {
        _gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        _api = await GatewayApi.SignInAsync(_gateway);
        _http = _gateway.Http();
        var id = await _api.MakeAsync("widgets", new { name = "shop", to = new { kind = "service", service = "echo" }, origins = new[] { Shop }, maxCallsPerAddressPerHour = 30 });
        _publicId = (string)(await _api.GetAsync("widgets/" + id))["publicId"]!;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _api.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact, Threat(26), Threat(28), Threat(29), Threat(33)]
    public async Task What_is_replayed_forged_foreign_or_no_call_is_refused_and_counted()
    {
        var token = await TokenAsync();
        using (var thief = await ConnectAsync(token, "https://evil.example")) Assert.Equal(4403, await CloseCodeAsync(thief));
        using (var forger = await ConnectAsync(token[..10] + (token[10] == 'A' ? 'B' : 'A') + token[11..], Shop)) Assert.Equal(4401, await CloseCodeAsync(forger));
        using var socket = await ConnectAsync(token, Shop);
        using (var replay = await ConnectAsync(token, Shop)) Assert.Equal(4401, await CloseCodeAsync(replay));
        foreach (var (method, target) in new[]
        {
            ("INVITE", $"sip:{_gateway.Bob.User}@gateway"), ("INVITE", "sip:+4930900100@gateway"), ("INVITE", "sip:call@evil.example"),
            ("REGISTER", "sip:gateway"), ("MESSAGE", $"sip:{_gateway.Bob.User}@gateway"), ("SUBSCRIBE", $"sip:{_gateway.Bob.User}@gateway"), ("REFER", "sip:call@gateway"),
        })
        {
            Assert.StartsWith("SIP/2.0 403 ", await SayAsync(socket, method, target), StringComparison.Ordinal);
        }

        Assert.Equal(1, await CountAsync("gateway_widget_sockets_refused", "origin"));
        Assert.Equal(1, await CountAsync("gateway_widget_sockets_refused", "token-forged"));
        Assert.Equal(1, await CountAsync("gateway_widget_sockets_refused", "token-used"));
        Assert.Equal(3, await CountAsync("gateway_sip_refused", "widget_target"));
        Assert.Equal(4, await CountAsync("gateway_sip_refused", "widget_method"));
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    [Fact, Threat(28)]
    public async Task A_flood_gets_its_share_and_no_more()
    {
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 70; i++)
        {
            using var answer = await AskAsync();
            answers.Add(answer.StatusCode);
        }

        Assert.Equal(30, answers.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(40, answers.Count(status => status == HttpStatusCode.TooManyRequests));
        Assert.Equal(30, await CountAsync("gateway_widget_refused", "limit-address"));
        Assert.Equal(10, await CountAsync("gateway_widget_refused", "too-often"));
    }

    [Fact, Threat(28), Trait("Category", "Long")]
    public async Task A_token_is_worth_nothing_after_a_minute()
    {
        var token = await TokenAsync();
        await Task.Delay(TimeSpan.FromSeconds(61));

        using var late = await ConnectAsync(token, Shop);

        Assert.Equal(4401, await CloseCodeAsync(late));
        Assert.Equal(1, await CountAsync("gateway_widget_sockets_refused", "token-expired"));
    }

    private async Task<HttpResponseMessage> AskAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/widgets/{_publicId}/session") { Content = JsonContent.Create(new { }) };
        request.Headers.Add("Origin", Shop);
        return await _http.SendAsync(request);
    }

    private async Task<string> TokenAsync()
    {
        using var answer = await AskAsync();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private async Task<ClientWebSocket> ConnectAsync(string token, string origin)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("sip");
        socket.Options.SetRequestHeader("Origin", origin);
        var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        await socket.ConnectAsync(new Uri($"wss://localhost:{_gateway.HttpsPort}/ws/widget?token={token}"), new HttpMessageInvoker(handler), CancellationToken.None);
        return socket;
    }

    private static async Task<int> CloseCodeAsync(ClientWebSocket socket)
    {
        var result = await socket.ReceiveAsync(new byte[4096], new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token);
        return (int?)result.CloseStatus ?? 0;
    }

    private static async Task<string> SayAsync(ClientWebSocket socket, string method, string target)
    {
        var id = Guid.NewGuid().ToString("N");
        string Request(string name) =>
            $"""
            {name} {target} SIP/2.0
            Via: SIP/2.0/WSS {id[..12]}.invalid;branch=z9hG4bK{id}
            Max-Forwards: 69
            From: <sip:visitor@gateway.invalid>;tag={id[..8]}
            To: <{target}>
            Call-ID: {id}
            CSeq: 1 {name}
            Contact: <sip:v@{id[..12]}.invalid;transport=ws>
            Event: presence
            Refer-To: <sip:+4930900100@gateway>
            Content-Length: 0


            """;
        await SendAsync(socket, Request(method));
        var buffer = new byte[65536];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token);
            var answer = Encoding.UTF8.GetString(buffer, 0, result.Count);
            if (!answer.Contains(id, StringComparison.Ordinal) || answer.StartsWith("SIP/2.0 100", StringComparison.Ordinal)) continue;
            if (method == "INVITE") await SendAsync(socket, Request("ACK"));
            return answer;
        }
    }

    private static Task SendAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")), WebSocketMessageType.Text, true, CancellationToken.None);

    private async Task<double> CountAsync(string name, string type)
    {
        var line = (await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n').FirstOrDefault(one => one.StartsWith($"{name}_total{{error_type=\"{type}\"}} ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
