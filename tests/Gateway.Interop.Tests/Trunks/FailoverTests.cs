using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Trunks;

/// <summary>Two carriers that stand in for each other: whatever the first one does, the call is with the second within 2 s.</summary>
[Collection(PbxCollection.Name)]
public sealed class FailoverTests(PbxFixture fixture)
{
    /// <summary>The gateway's patience with a silent trunk is 2 s; the rest is the browser's own set-up.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(3);

    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Theory, InlineData("silent"), InlineData("unavailable"), InlineData("gone"), Row(57)]
    [Rfc(3263, "4.3")]
    public async Task A_first_trunk_that_fails_in_set_up_is_left_for_the_second(string first)
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, FreePorts.Take()));
        await using var unavailable = first == "unavailable" ? Sipp.Start("unavailable", _gateway.Registrar) : null;
        var port = first switch { "silent" => ((IPEndPoint)silent.Client.LocalEndPoint!).Port, "unavailable" => unavailable!.Port, _ => FreePorts.Take() };
        await using var second = Sipp.Start("answer", _gateway.Registrar);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await CarriersAsync(api, port, second.Port);
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        var clock = Stopwatch.StartNew();
        await phone.CallAsync("7001");
        await phone.WaitAsync("confirmed");
        Assert.True(clock.Elapsed < s_bound, $"{clock.Elapsed}");

        await phone.HangUpAsync();
        await second.SucceedAsync();
        if (unavailable is not null)
        {
            await unavailable.SucceedAsync();
        }
    }

    [Theory, InlineData("swallow", "udp"), InlineData("trying", "tcp"), Row(57)]
    [Rfc(3263, "4.3")]
    public async Task A_first_trunk_that_dies_in_mid_set_up_is_left_for_the_second(string scenario, string transport)
    {
        await using var first = Sipp.Start(scenario, _gateway.Registrar, tcp: transport == "tcp");
        await using var second = Sipp.Start("answer", _gateway.Registrar);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await CarriersAsync(api, first.Port, second.Port, transport);
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("7001");
        await Task.Delay(TimeSpan.FromMilliseconds(400));
        var clock = Stopwatch.StartNew();
        first.Kill();
        await phone.WaitAsync("confirmed");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"{clock.Elapsed}");
        await phone.HangUpAsync();
        await second.SucceedAsync();
    }

    [Fact, Row(57)]
    public async Task A_first_trunk_that_dies_between_calls_is_left_for_the_second()
    {
        await using var second = Sipp.Start("answer", _gateway.Registrar);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await using (var first = Sipp.Start("answer", _gateway.Registrar))
        {
            await CarriersAsync(api, first.Port, second.Port);
            await phone.CallAsync("7001");
            await phone.WaitAsync("confirmed");
            await phone.HangUpAsync();
            await first.SucceedAsync();
        }

        var clock = Stopwatch.StartNew();
        await phone.CallAsync("7002");
        await phone.WaitAsync("confirmed", count: 2);
        Assert.True(clock.Elapsed < s_bound, $"{clock.Elapsed}");
        await phone.HangUpAsync();
        await second.SucceedAsync();
    }

    [Fact, Row(57)]
    [Rfc(3261, "13.2.2.4")]
    public async Task A_trunk_that_was_left_and_answers_late_is_told_that_nobody_waits()
    {
        await using var first = Sipp.Start("late", _gateway.Registrar);
        await using var second = Sipp.Start("answer", _gateway.Registrar);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await CarriersAsync(api, first.Port, second.Port);
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("7001");
        await phone.WaitAsync("confirmed");
        await first.SucceedAsync();
        Assert.False(await phone.HasAsync("ended"));
        await phone.HangUpAsync();
        await second.SucceedAsync();
    }

    /// <summary>Trunks "one" and "two" as group "carriers", and a rule that sends 7… there.</summary>
    private static async Task CarriersAsync(GatewayApi api, int first, int second, string transport = "udp")
    {
        await api.MakeAsync("trunks", new { name = "one", type = "peer", host = "127.0.0.1", port = first, transport, group = "carriers", priority = 0, qualifySeconds = 0 });
        await api.MakeAsync("trunks", new { name = "two", type = "peer", host = "127.0.0.1", port = second, transport = "udp", group = "carriers", priority = 1, qualifySeconds = 0 });
        await api.MakeAsync("routes", new { name = "carriers", match = "prefix", pattern = "7", to = new { kind = "trunk", group = "carriers" } });
    }
}
