using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Trunks;

/// <summary>What trunks need of SIP beyond calls: reliable ringing, offers that come late, session timers. The browser hears of none of it.</summary>
[Collection(PbxCollection.Name)]
public sealed class ReliableTests(PbxFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(15)]
    [Rfc(3262, "4")]
    [Rfc(3262, "5")]
    [BrowserRule("C2")]
    public async Task A_trunk_that_rings_reliably_is_acknowledged_and_answers_in_its_183()
    {
        await using var trunk = Sipp.Start("reliable", _gateway.Registrar);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await api.MakeAsync("trunks", new { name = "careful", type = "peer", host = "127.0.0.1", port = trunk.Port, transport = "udp", reliable = "required", qualifySeconds = 0 });
        await api.MakeAsync("routes", new { name = "careful", match = "prefix", pattern = "6", to = new { kind = "trunk", group = "careful" } });
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("6001");
        await phone.WaitAsync("confirmed");
        await phone.HangUpAsync();
        await trunk.SucceedAsync();
        Assert.DoesNotContain(await phone.MessagesAsync(), message => message.Contains("100rel", StringComparison.Ordinal) || message.Contains("RSeq", StringComparison.Ordinal));
    }

    [Fact, Row(15)]
    [Rfc(3262, "3")]
    [Rfc(3262, "5")]
    [Rfc(3261, "13.2.1")]
    [BrowserRule("C5")]
    public async Task A_trunk_calls_with_reliable_ringing_and_with_offers_that_come_late()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        var alice = await api.AccountIdAsync(_gateway.Alice);
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        var calls = 0;
        foreach (var scenario in new[] { "reliablecall", "delayedcall", "delayedreliable" })
        {
            var port = FreePorts.Take();
            await api.MakeAsync("trunks", new
            {
                name = scenario, type = "peer", host = "127.0.0.1", port, transport = "udp", qualifySeconds = 0,
                dids = new[] { new { number = "+49305550199", to = new { kind = "account", account = alice } } },
            });
            await using var trunk = Sipp.Start(scenario, _gateway.Registrar, port: port, keys: ("target", "+49305550199"));
            calls++;
            await phone.WaitAsync("session", count: calls);
            await phone.AnswerAsync();
            await phone.WaitAsync("confirmed", count: calls);
            await phone.WaitAsync("ended", count: calls);
            await trunk.SucceedAsync();
            await api.DeleteAllAsync();
        }
        var messages = await phone.MessagesAsync();
        var rang = messages.Where(message => message.StartsWith("< INVITE", StringComparison.Ordinal) && message.Contains("\"Desk\" <sip:+4930555@", StringComparison.Ordinal));
        Assert.Equal(calls, rang.Select(message => message.Split("\r\n").First(line => line.StartsWith("Call-ID:", StringComparison.Ordinal))).Distinct().Count());
        Assert.DoesNotContain(messages, message => message.Contains("100rel", StringComparison.Ordinal));
    }

    [Fact, Row(75)]
    [Trait("Category", "Long")]
    [Rfc(4028, "7.1")]
    [Rfc(4028, "7.4")]
    public async Task A_session_with_a_trunk_is_refreshed_by_UPDATE_and_by_a_re_INVITE_where_that_is_refused()
    {
        await using var trunk = Sipp.Start("refresh", _gateway.Registrar);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await api.MakeAsync("trunks", new { name = "timed", type = "peer", host = "127.0.0.1", port = trunk.Port, transport = "udp", qualifySeconds = 0 });
        await api.MakeAsync("routes", new { name = "timed", match = "prefix", pattern = "6", to = new { kind = "trunk", group = "timed" } });
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("6001");
        await phone.WaitAsync("confirmed");
        await Task.Delay(TimeSpan.FromSeconds(48));
        Assert.False(await phone.HasAsync("ended"));
        await phone.HangUpAsync();
        await trunk.SucceedAsync();
    }
}
