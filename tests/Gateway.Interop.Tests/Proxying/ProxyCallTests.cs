using System.Text.Json.Nodes;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Proxying;

/// <summary>Plain phones through the proxy: their media never touches the gateway, and it stays in the path or leaves it.</summary>
public sealed class ProxyCallTests(ProxyCallTests.AutoGateway fixture) : IClassFixture<ProxyCallTests.AutoGateway>
{
    [Fact, Row(46), Row(47), Row(88)]
    public Task Two_UDP_phones_talk_directly_and_their_BYE_bypasses_a_gateway_that_may_leave() => TalkAsync(fixture.Gateway, "unobserved");

    [Fact, Row(46), Trait("Category", "Long")]
    public async Task Two_UDP_phones_talk_directly_and_their_BYE_bypasses_a_gateway_that_never_stays()
    {
        await using var gateway = await StartAsync("Never");
        await TalkAsync(gateway, "unobserved");
    }

    [Fact, Row(46), Row(47), Row(20), Row(40), Row(45)]
    public async Task A_gateway_that_always_stays_sees_every_BYE_of_baresip_and_of_fifty_calls_of_sipp()
    {
        await using var gateway = await StartAsync("Always");
        await TalkAsync(gateway, "callee");
        await gateway.ForgetAsync(gateway.Bob);
        var port = FreePorts.Take();
        await using (var register = Sipp.Start("register", gateway.Registrar, port: port, keys: Sipp.Keys(gateway.Bob)))
        {
            await register.SucceedAsync();
        }

        await using var callee = Sipp.Start("routedanswer", gateway.Registrar, 50, port: port);
        await using var caller = Sipp.Start("call", gateway.Registrar, calls: 50, rate: 25, keys: [.. Sipp.Keys(gateway.Alice), ("target", gateway.Bob.User)]);
        await caller.SucceedAsync();
        await callee.SucceedAsync();
        await using var api = await GatewayApi.SignInAsync(gateway);
        await Eventually.True(async () => (await api.GetAsync("call-records?limit=100"))["items"]!.AsArray().Count(one => (string?)one!["endReason"] == "caller" && (string?)one["answeredBy"] != null) == 50);
    }

    [Theory]
    [InlineData("tcp", "udp")]
    [InlineData("udp", "tls")]
    [InlineData("tls", "tcp")]
    [Row(46), Row(48)]
    [Rfc(5658, "5")]
    public async Task Phones_on_any_two_transports_talk_through_the_proxy_and_hang_up(string from, string to)
    {
        var gateway = fixture.Gateway;
        await gateway.ForgetAsync(gateway.Bob);
        await using var bob = await Baresip.StartAsync(Over(gateway, to, gateway.Bob) with { Tone = 1000 });
        await using var alice = await Baresip.StartAsync(Over(gateway, from, gateway.Alice) with { Tone = 440 });
        await using var api = await GatewayApi.SignInAsync(gateway);

        await alice.DialAsync($"sip:{gateway.Bob.User}@127.0.0.1");
        await alice.WaitAsync("CALL_ESTABLISHED");
        await bob.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        await bob.HangUpAsync();
        await alice.WaitAsync("CALL_CLOSED");

        Assert.True(ToneReport.Of(alice.Recording(), 1000).Present > TimeSpan.FromSeconds(0.5));
        var record = await RecordAsync(api, "callee", $"{from} {to}");
        Assert.Equal("proxy", (string?)record["mode"]);
    }

    private static Task<GatewayProcess> StartAsync(string recordRoute) =>
        GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Server__CallMode", "Auto"), ("Gateway__Server__RecordRoute", recordRoute)]);

    private static async Task TalkAsync(GatewayProcess gateway, string end)
    {
        await gateway.ForgetAsync(gateway.Bob);
        await using var bob = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var alice = await Baresip.StartAsync(gateway.Phone(gateway.Alice) with { Tone = 440 });
        await using var api = await GatewayApi.SignInAsync(gateway);

        await alice.DialAsync($"sip:{gateway.Bob.User}@{gateway.Registrar}");
        await alice.WaitAsync("CALL_ESTABLISHED");
        await bob.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(TimeSpan.FromSeconds(2));
        await bob.HangUpAsync();
        await alice.WaitAsync("CALL_CLOSED");

        Assert.True(ToneReport.Of(alice.Recording(), 1000, other: 440) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 1.5 });
        Assert.True(ToneReport.Of(bob.Recording(), 440, other: 1000) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 1.5 });
        var record = await RecordAsync(api, end, "udp udp");
        Assert.Equal(("proxy", end), ((string?)record["mode"], (string?)record["endReason"]));
        Assert.NotEqual("", (string?)record["pathReason"]);
        // No media of ours, and no BYE where the two were left to each other.
        Assert.Null(record["callerMedia"]);
        Assert.Equal(end != "unobserved", (await api.GetAsync($"calls/{(string)record["id"]!}/ladder")).ToJsonString().Contains("\"method\":\"BYE\"", StringComparison.Ordinal));
    }

    private static PhoneSettings Over(GatewayProcess gateway, string transport, (string User, string Password) account) => transport == "tls"
        ? gateway.Phone(account) with { Transport = "tls", Registrar = $"127.0.0.1:{gateway.SipsPort}", Domain = "127.0.0.1", Authority = Path.Combine(gateway.Data, "certs", "fullchain.pem") }
        : gateway.Phone(account) with { Transport = transport, Domain = "127.0.0.1" };

    private static async Task<JsonNode> RecordAsync(GatewayApi api, string end, string transports)
    {
        JsonNode? record = null;
        await Eventually.True(async () =>
        {
            // The newest first.
            record = (await api.GetAsync("call-records"))["items"]!.AsArray().FirstOrDefault(one => (string?)one!["endReason"] == end
                && string.Join(' ', one["legs"]!.AsArray().Select(leg => (string)leg!["transport"]!)) == transports);
            return record is not null;
        });
        return record!;
    }

    public sealed class AutoGateway : IAsyncLifetime
    {
        internal GatewayProcess Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Gateway = await StartAsync("Auto");

        public async ValueTask DisposeAsync() => await Gateway.DisposeAsync();
    }
}
