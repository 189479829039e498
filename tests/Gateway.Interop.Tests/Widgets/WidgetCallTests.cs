using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Widgets;

/// <summary>A visitor of another site calls: real Chromium, the page's strict policy, real sound both ways.</summary>
[Collection(GatewayCollection.Name)]
public sealed class WidgetCallTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(89), Threat(28)]
    public async Task A_visitor_of_another_site_calls_an_account_and_both_hear_each_other()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440, keepPolicies: true);
        var publicId = "";
        await using var site = new HostSite($"localhost:{_gateway.HttpsPort}", () => HostSite.Snippet(_gateway.Url, publicId, "label=\"Call the shop\" audio-processing=\"off\""));
        publicId = await MakeAsync(api, site, new { kind = "account", account = await api.AccountIdAsync(_gateway.Bob) });
        var widget = await WidgetPage.OpenAsync(browser, site.Origin);

        await widget.CallAsync();
        await widget.IsAsync("active");
        await widget.ListenAsync(1000, other: 440);
        await widget.Part("keypad-toggle").ClickAsync();
        await widget.Page.GetByText("5", new() { Exact = true }).ClickAsync();
        await Eventually.True(() => phone.Digits == "5", detail: () => phone.Digits + phone.Log);
        await Task.Delay(4000);
        var heard = await widget.HeardAsync();
        await Eventually.True(async () => (await widget.ToldAsync("gw-quality")).Count > 0);
        await widget.Part("mute").ClickAsync();
        await Eventually.True(async () => (await widget.SaysAsync()).Contains("muted", StringComparison.Ordinal));
        await widget.Part("hangup").ClickAsync();
        await widget.IsAsync("ended");
        await phone.WaitAsync("CALL_CLOSED");

        Assert.True(heard.Present > TimeSpan.FromSeconds(3) && heard.LongestGap <= TimeSpan.FromMilliseconds(60) && heard.Other == TimeSpan.Zero, heard.ToString());
        var atPhone = ToneReport.Of(phone.Recording(), 440, other: 1000);
        Assert.True(atPhone.Present > TimeSpan.FromSeconds(3), atPhone.ToString());
        Assert.Equal(["loading", "microphone", "connecting", "ringing", "active", "ended"], (await widget.ToldAsync("gw-state")).Select(one => one.GetProperty("state").GetString()));
        Assert.InRange((await widget.ToldAsync("gw-ended")).Single().GetProperty("duration").GetInt32(), 3, 30);
        Assert.True((await widget.ToldAsync("gw-quality"))[^1].GetProperty("mos").GetDouble() > 4);
        Assert.Empty(widget.Violations);

        var record = (await api.GetAsync("call-records?limit=1"))["items"]![0]!;
        Assert.Equal("widget", (string)record["callerKind"]!);
        Assert.Equal($"{site.Origin}/", (string)record["visitor"]!["Page"]!);
    }

    [Fact, Row(89), Row(57), Threat(28)]
    public async Task A_visitor_reaches_the_companys_phone_behind_a_trunk()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var phone = await Baresip.StartAsync(new PhoneSettings("7001") { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440, keepPolicies: true);
        var publicId = "";
        await using var site = new HostSite($"localhost:{_gateway.HttpsPort}", () => HostSite.Snippet(_gateway.Url, publicId, "audio-processing=\"off\""));
        await api.MakeAsync("trunks", new { name = "company", type = "peer", host = "127.0.0.1", port = phone.Port, transport = "udp", qualifySeconds = 0 });
        await api.MakeAsync("routes", new { name = "company", match = "prefix", pattern = "7", to = new { kind = "trunk", group = "company" } });
        publicId = await MakeAsync(api, site, new { kind = "forward", number = "7001" });
        var widget = await WidgetPage.OpenAsync(browser, site.Origin);

        await widget.CallAsync();
        await widget.IsAsync("active");
        await widget.ListenAsync(1000, other: 440);
        await Task.Delay(4000);
        var heard = await widget.HeardAsync();
        await phone.HangUpAsync();
        await widget.IsAsync("ended");

        Assert.True(heard.Present > TimeSpan.FromSeconds(3) && heard.Other == TimeSpan.Zero, heard.ToString());
        var atPhone = ToneReport.Of(phone.Recording(), 440, other: 1000);
        Assert.True(atPhone.Present > TimeSpan.FromSeconds(3), atPhone.ToString());
    }

    [Fact, Threat(22), Threat(28)]
    public async Task Signed_visitor_data_arrives_as_header_fields_and_nothing_that_the_page_writes_itself()
    {
        const string Key = "0123456789abcdef0123456789abcdef";
        await using var api = await GatewayApi.SignInAsync(_gateway);
        using var company = new UdpClient(new IPEndPoint(IPAddress.Loopback, FreePorts.Take()));
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        var publicId = "";
        var timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var signature = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes($$"""{{timestamp}}.{"customer":"张","order-id":"42"}""")));
        await using var site = new HostSite($"localhost:{_gateway.HttpsPort}", () => HostSite.Snippet(_gateway.Url, publicId, $"data-order-id=\"42\" data-customer=\"张\" signature=\"{signature}\" timestamp=\"{timestamp}\""));
        var port = ((IPEndPoint)company.Client.LocalEndPoint!).Port;
        await api.MakeAsync("trunks", new { name = "company", type = "peer", host = "127.0.0.1", port, transport = "udp", qualifySeconds = 0 });
        await api.MakeAsync("routes", new { name = "company", match = "prefix", pattern = "7", to = new { kind = "trunk", group = "company" } });
        publicId = await MakeAsync(api, site, new { kind = "forward", number = "7001" }, new { visitorKey = Key, visitorHeaders = new[] { "Order-Id" }, requiresSignedVisitor = true, callerName = "Shop visitor" });
        var widget = await WidgetPage.OpenAsync(browser, site.Origin);

        await widget.CallAsync();
        var invite = await company.ReceiveAsync(new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token);
        var text = Encoding.UTF8.GetString(invite.Buffer);
        Assert.StartsWith("INVITE sip:7001@", text, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Order-Id: 42\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\r\nAccept-Language: en\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Customer", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"Shop visitor\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("visitor@gateway.invalid", text, StringComparison.Ordinal);
        await company.SendAsync(Answer(text, "486 Busy Here"), invite.RemoteEndPoint);

        await widget.IsAsync("failed");
        Assert.Contains("The line is busy", await widget.SaysAsync(), StringComparison.Ordinal);
        Assert.Equal("busy", (await widget.ToldAsync("gw-error")).Single().GetProperty("code").GetString());
    }

    [Fact, Row(38)]
    public async Task A_call_outlives_its_connection_by_the_resume_credential()
    {
        // On three loops: the visitor's, the phone's and the web host's meet only here.
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Net__SipLoops", "3")]);
        await using var api = await GatewayApi.SignInAsync(gateway);
        await using var wire = new TcpProxy(gateway.HttpsPort);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440, keepPolicies: true);
        var publicId = "";
        await using var site = new HostSite($"localhost:{wire.Port}", () => HostSite.Snippet($"https://localhost:{wire.Port}", publicId, "audio-processing=\"off\""));
        publicId = await MakeAsync(api, site, new { kind = "account", account = await api.AccountIdAsync(gateway.Bob) });
        var widget = await WidgetPage.OpenAsync(browser, site.Origin);
        await widget.CallAsync();
        await widget.IsAsync("active");
        await widget.ListenAsync(1000);

        wire.Cut();
        await Eventually.True(async () => (await widget.SaysAsync()).Contains("coming back", StringComparison.Ordinal));
        await Eventually.True(async () => (await widget.SaysAsync()).StartsWith("In call", StringComparison.Ordinal), TimeSpan.FromSeconds(15));

        var heard = await widget.HeardAsync();
        Assert.True(heard.LongestGap <= TimeSpan.FromMilliseconds(100), heard.ToString());
        // What the phone says now reaches the page over the new connection.
        await phone.HangUpAsync();
        await widget.IsAsync("ended");
    }

    [Fact, Threat(28)]
    public async Task Every_failure_is_said_in_words()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        var publicId = "";
        await using var site = new HostSite($"localhost:{_gateway.HttpsPort}", () => HostSite.Snippet(_gateway.Url, publicId));
        foreach (var (change, state, words) in new (object, string, string)[]
        {
            (new { enabled = false }, "failed", "Calls are switched off"),
            (new { hours = new[] { new { days = Enum.GetNames<DayOfWeek>().Select(day => day.ToLowerInvariant()), from = Hour(5), to = Hour(6) } } }, "closed", "We are closed now"),
            (new { origins = new[] { "https://elsewhere.example" } }, "failed", "cannot be reached"),
            // Bob's phone is off.
            (new { }, "failed", "Nobody can be reached now"),
        })
        {
            await _gateway.ForgetAsync(_gateway.Bob);
            publicId = await MakeAsync(api, site, new { kind = "account", account = await api.AccountIdAsync(_gateway.Bob) }, change);
            var widget = await WidgetPage.OpenAsync(browser, site.Origin);
            await widget.CallAsync();
            await widget.IsAsync(state);
            Assert.Contains(words, await widget.SaysAsync(), StringComparison.Ordinal);
            await widget.Page.Keyboard.PressAsync("Escape");
            await widget.IsAsync("idle");
            Assert.Equal("gw-call", await widget.Page.EvaluateAsync<string>("() => document.activeElement.localName"));
            await widget.Page.CloseAsync();
        }
    }

    [Fact]
    public async Task A_microphone_that_is_refused_costs_no_session()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var browser = await Chromium.StartAsync(refuseMicrophone: true, keepPolicies: true);
        var publicId = "";
        await using var site = new HostSite($"localhost:{_gateway.HttpsPort}", () => HostSite.Snippet(_gateway.Url, publicId));
        publicId = await MakeAsync(api, site, new { kind = "service", service = "echo" });
        var widget = await WidgetPage.OpenAsync(browser, site.Origin);
        var asked = 0;
        widget.Page.Request += (_, request) => asked += request.Url.Contains("/session", StringComparison.Ordinal) ? 1 : 0;

        await widget.CallAsync();
        await widget.IsAsync("failed");

        Assert.Contains("The microphone is not allowed", await widget.SaysAsync(), StringComparison.Ordinal);
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task A_proof_of_work_is_done_by_the_page_itself()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        var publicId = "";
        await using var site = new HostSite($"localhost:{_gateway.HttpsPort}", () => HostSite.Snippet(_gateway.Url, publicId));
        publicId = await MakeAsync(api, site, new { kind = "service", service = "tone" }, new { captcha = "proofOfWork" });
        var widget = await WidgetPage.OpenAsync(browser, site.Origin);

        await widget.CallAsync();

        await widget.IsAsync("active", TimeSpan.FromSeconds(30));
        await widget.Part("hangup").ClickAsync();
        await widget.IsAsync("ended");
    }

    [Fact]
    public async Task Before_the_click_nothing_happens_and_the_loader_checks_its_core()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        using var http = _gateway.Http();
        var manifest = JsonElement.Parse(await http.GetStringAsync(new Uri("/widget/integrity.json", UriKind.Relative)));
        var publicId = "";
        await using var site = new HostSite($"localhost:{_gateway.HttpsPort}", () => HostSite.Snippet(_gateway.Url, publicId,
            path: manifest.GetProperty("loader").GetProperty("path").GetString()!, integrity: manifest.GetProperty("loader").GetProperty("integrity").GetString()!));
        publicId = await MakeAsync(api, site, new { kind = "service", service = "tone" });
        var urls = new List<string>();
        browser.Context.Request += (_, request) => urls.Add(request.Url);
        // Someone on the way changes one byte of the phone.
        await browser.Context.RouteAsync("**/gw-core-*.js", async route =>
        {
            var response = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = response, Body = await response.TextAsync() + "\n" });
        });
        var widget = await WidgetPage.OpenAsync(browser, site.Origin);
        await Eventually.True(async () => (await widget.ToldAsync("gw-ready")).Count == 1);

        Assert.Equal([site.Origin + "/", _gateway.Url + manifest.GetProperty("loader").GetProperty("path").GetString()], urls.Where(url => !url.Contains("favicon", StringComparison.Ordinal)));
        Assert.Empty(await browser.Context.CookiesAsync());
        Assert.Equal("0 0", await widget.Page.EvaluateAsync<string>("() => `${localStorage.length} ${sessionStorage.length}`"));

        await widget.CallAsync();
        await widget.IsAsync("failed");
        Assert.Contains("could not be loaded", await widget.SaysAsync(), StringComparison.Ordinal);

        await browser.Context.UnrouteAsync("**/gw-core-*.js");
        await widget.CallAsync();
        await widget.IsAsync("active");
        await widget.Page.EvaluateAsync("() => document.querySelector('gw-call').hangup()");
        await widget.IsAsync("ended");
        Assert.Empty(await browser.Context.CookiesAsync());
        Assert.Equal("0 0", await widget.Page.EvaluateAsync<string>("() => `${localStorage.length} ${sessionStorage.length}`"));
    }

    private static string Hour(int ahead) => $"{DateTime.UtcNow.AddHours(ahead).Hour:00}:00:00";

    private static int s_number;

    private static async Task<string> MakeAsync(GatewayApi api, HostSite site, object to, object? more = null)
    {
        var body = new Dictionary<string, object?> { ["name"] = $"widget {Interlocked.Increment(ref s_number)}", ["to"] = to, ["origins"] = new[] { site.Origin }, ["maxCallsPerAddressPerHour"] = 1000 };
        foreach (var (name, value) in JsonSerializer.SerializeToElement(more ?? new { }).EnumerateObject().Select(one => (one.Name, (object?)one.Value))) body[name] = value;
        return (string)(await api.GetAsync("widgets/" + await api.MakeAsync("widgets", body)))["publicId"]!;
    }

    /// <summary>A final answer to an INVITE of the gateway.</summary>
    private static byte[] Answer(string invite, string status)
    {
        var lines = invite.Split("\r\n");
        string Line(string name) => lines.First(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));
        return Encoding.UTF8.GetBytes($"SIP/2.0 {status}\r\n{Line("Via")}\r\n{Line("From")}\r\n{Line("To")};tag=company\r\n{Line("Call-ID")}\r\n{Line("CSeq")}\r\nContent-Length: 0\r\n\r\n");
    }
}
