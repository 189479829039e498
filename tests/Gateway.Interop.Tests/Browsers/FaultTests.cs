using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Browsers;

/// <summary>What breaks in real life: a socket that drops in mid-call, a gateway that is killed, a party that vanishes.</summary>
public sealed class FaultTests
{
    [Fact, Row(38), BrowserRule("I2")]
    public async Task A_websocket_that_drops_in_mid_call_costs_neither_sound_nor_dialog()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var wire = new TcpProxy(gateway.HttpsPort);
        await using var callee = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var caller = await JsPhone.StartAsync(browser, gateway, gateway.Alice, settings: new { url = $"wss://localhost:{wire.Port}/ws", instanceId = "8f1f4c3a-3b57-4b2a-9d6f-5a1f6d1c0001" });
        await caller.CallAsync(gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await caller.ListenAsync(1000);

        wire.Cut();
        await caller.WaitAsync("disconnected");
        await caller.WaitAsync("registered", count: 2);
        await Task.Delay(1000);

        var heard = await caller.HeardAsync();
        Assert.True(heard.LongestGap <= TimeSpan.FromMilliseconds(100), heard.ToString());
        await caller.HoldAsync();
        await caller.WaitAsync("hold");
        await callee.HangUpAsync();
        await caller.WaitAsync("ended");
    }

    [Fact, Row(38)]
    public async Task After_a_kill_phones_and_browsers_are_reachable_again_by_their_own_re_registration()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var caller = await JsPhone.StartAsync(browser, gateway, gateway.Alice);

        await gateway.KillAsync();
        await gateway.StartAgainAsync();
        await caller.WaitAsync("registered", TimeSpan.FromSeconds(15), count: 2);

        // The phone has done nothing since: its binding came back from the journal.
        await caller.CallAsync(gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await caller.ListenAsync(1000);
        await Task.Delay(2000);
        Assert.True((await caller.HeardAsync()).Present > TimeSpan.FromSeconds(1));
        await caller.HangUpAsync();
        await phone.WaitAsync("CALL_CLOSED");

        await phone.DialAsync($"sip:{gateway.Alice.User}@{gateway.Registrar}");
        await caller.WaitAsync("session", count: 2);
    }

    [Fact, Row(36), Row(39), Threat(9)]
    public async Task A_browser_that_vanishes_is_noticed_and_the_phone_is_released()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob));
        await using (var browser = await Chromium.StartAsync())
        {
            var caller = await JsPhone.StartAsync(browser, gateway, gateway.Alice);
            await caller.CallAsync(gateway.Bob.User);
            await caller.WaitAsync("confirmed");
        }

        await phone.WaitAsync("CALL_CLOSED", TimeSpan.FromSeconds(30));
    }

    [Fact, Row(36), Row(39)]
    public async Task A_phone_that_vanishes_is_noticed_and_the_browser_is_told()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob));
        await using var browser = await Chromium.StartAsync();
        var caller = await JsPhone.StartAsync(browser, gateway, gateway.Alice);
        await caller.CallAsync(gateway.Bob.User);
        await caller.WaitAsync("confirmed");

        phone.Vanish();

        await caller.WaitAsync("ended", TimeSpan.FromSeconds(30));
    }

    [Fact, BrowserRule("D5")]
    public async Task A_caller_whose_socket_drops_while_it_rings_stops_the_ringing()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { AutoAnswer = false });
        await using var wire = new TcpProxy(gateway.HttpsPort);
        await using var browser = await Chromium.StartAsync();
        var caller = await JsPhone.StartAsync(browser, gateway, gateway.Alice, settings: new { url = $"wss://localhost:{wire.Port}/ws" });
        await caller.CallAsync(gateway.Bob.User);
        await caller.WaitAsync("progress");

        wire.Cut(stayDown: true);

        await phone.WaitAsync("CALL_CLOSED", TimeSpan.FromSeconds(8));
    }

    [Fact, BrowserRule("D5")]
    public async Task A_callee_whose_socket_drops_while_it_rings_is_rung_again()
    {
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Server__RingLimit", "00:00:20")]);
        await using var wire = new TcpProxy(gateway.HttpsPort);
        await using var browser = await Chromium.StartAsync();
        var callee = await JsPhone.StartAsync(browser, gateway, gateway.Bob, settings: new { url = $"wss://localhost:{wire.Port}/ws", instanceId = "8f1f4c3a-3b57-4b2a-9d6f-5a1f6d1c0002" });
        await using var caller = await Baresip.StartAsync(gateway.Phone(gateway.Alice));
        await caller.DialAsync($"sip:{gateway.Bob.User}@{gateway.Registrar}");
        await callee.WaitAsync("session");

        wire.Cut();
        await callee.WaitAsync("registered", count: 2);
        await callee.WaitAsync("session", count: 2);
        await callee.AnswerAsync();
        await caller.WaitAsync("CALL_ESTABLISHED");
    }

    [Fact]
    public async Task Ctrl_C_hangs_up_and_ends_cleanly()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob));
        await phone.DialAsync($"sip:*44@{gateway.Registrar}");
        await phone.WaitAsync("CALL_ESTABLISHED");

        Assert.True(await gateway.StopAsync() == 0, gateway.Log);
        await phone.WaitAsync("CALL_CLOSED");
    }

    [Fact, Threat(43)]
    public async Task A_turkish_system_changes_nothing()
    {
        // There, "INVITE" in lower case is not "invite".
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")]);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob));
        await phone.DialAsync($"sip:TONE@{gateway.Registrar}");
        await phone.WaitAsync("CALL_ESTABLISHED");
    }
}
