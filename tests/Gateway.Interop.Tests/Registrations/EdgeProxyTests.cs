using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Registrations;

/// <summary>Kamailio stands in front: a phone registers, is called and calls through it (RFC 3327).</summary>
public sealed class EdgeProxyTests
{
    private static readonly TimeSpan s_talk = TimeSpan.FromSeconds(2);

    [Fact, Row(59), Rfc(3327, "5.3"), Rfc(3327, "5.4")]
    public async Task A_phone_behind_an_edge_proxy_is_reached_through_it_and_calls_through_it()
    {
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Server__EdgeProxies", "127.0.0.1")]);
        await using var edge = await KamailioEdge.StartAsync(gateway.Registrar);
        await using var inside = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Registrar = edge.Address, Tone = 1000 });
        await using var outside = await Baresip.StartAsync(gateway.Phone(gateway.Alice) with { Tone = 440 });

        await outside.DialAsync($"sip:{gateway.Bob.User}@{gateway.Registrar}");
        await edge.SawAsync($"EDGE got INVITE sip:{gateway.Bob.User}");
        await edge.SawAsync("EDGE got 200 for INVITE");
        await inside.WaitAsync("CALL_ESTABLISHED");
        await outside.WaitAsync("CALL_ESTABLISHED");
        Assert.Matches($@"EDGE got INVITE sip:{gateway.Bob.User}\S* from 127\.0\.0\.1:{gateway.SipPort} route <sip:127\.0\.0\.1:{edge.Port};lr", edge.Log);
        await Task.Delay(s_talk);
        await outside.HangUpAsync();
        await inside.WaitAsync("CALL_CLOSED");
        await edge.SawAsync("EDGE got BYE");
        Assert.True(ToneReport.Of(inside.Recording(), 440).Present > s_talk / 2, ToneReport.Of(inside.Recording(), 440).ToString());

        // The other way: its INVITE proves itself through the proxy.
        await inside.DialAsync($"sip:{gateway.Alice.User}@{gateway.Registrar}");
        await outside.WaitAsync("CALL_ESTABLISHED", count: 2);
        await edge.SawAsync("EDGE got 401 for INVITE");
        await inside.HangUpAsync();
        await outside.WaitAsync("CALL_CLOSED", count: 2);
    }

    [Fact, Row(59), Rfc(3327, "5.3"), Rfc(5626, "6")]
    public async Task A_proxy_that_nobody_knows_is_told_apart_and_one_without_flows_takes_no_flows()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var edge = await KamailioEdge.StartAsync(gateway.Registrar);
        await using var plain = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Registrar = edge.Address, AwaitRegistration = false });
        await using var flows = await Baresip.StartAsync(gateway.Phone(gateway.Alice) with { Registrar = edge.Address, AwaitRegistration = false, Extra = ";sipnat=outbound" });

        await edge.SawAsync("EDGE got 420 for REGISTER");
        await edge.SawAsync("EDGE got 439 for REGISTER");
        Assert.DoesNotContain("EDGE got 200 for REGISTER", edge.Log, StringComparison.Ordinal);
    }

    [Fact, Row(60), Rfc(5626, "6")]
    public async Task A_phone_that_keeps_its_flow_registers_it_and_is_called_by_it()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var flows = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Transport = "tcp", Extra = ";sipnat=outbound", Tone = 1000 });
        await using var caller = await Baresip.StartAsync(gateway.Phone(gateway.Alice) with { Tone = 440 });

        await caller.DialAsync($"sip:{gateway.Bob.User}@{gateway.Registrar}");
        await flows.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(s_talk);
        await caller.HangUpAsync();
        await flows.WaitAsync("CALL_CLOSED");
        Assert.True(ToneReport.Of(flows.Recording(), 440).Present > s_talk / 2);
    }
}
