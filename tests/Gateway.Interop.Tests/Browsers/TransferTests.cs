using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Browsers;

/// <summary>Stock JsSIP and baresip hand calls on to a third one; who is left hears whom it should, and nobody else.</summary>
[Collection(GatewayCollection.Name)]
public sealed class TransferTests(GatewayFixture fixture)
{
    private static readonly TimeSpan s_talk = TimeSpan.FromSeconds(4);

    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(17), BrowserRule("C8"), Rfc(3515, "2.4.4")]
    public async Task A_browser_hands_a_phone_on_to_another_phone()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var third = await Baresip.StartAsync(await CarolAsync(api, _gateway) with { Tone = 600 });
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var chromium = await Chromium.StartAsync(tone: 440);
        var browser = await JsPhone.StartAsync(chromium, _gateway, _gateway.Alice);

        await phone.DialAsync($"sip:{_gateway.Alice.User}@{_gateway.Registrar}");
        await browser.WaitAsync("session");
        await browser.AnswerAsync();
        await browser.WaitAsync("confirmed");
        await Task.Delay(1000);
        await ReferAsync(browser, $"sip:carol@{GatewayProcess.Realm}");
        await browser.WaitAsync("refer accepted");
        await browser.WaitAsync("ended");
        await third.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(s_talk);
        Assert.DoesNotContain("CALL_CLOSED", phone.Events);
        await third.HangUpAsync();
        await phone.WaitAsync("CALL_CLOSED");

        var heardByPhone = ToneReport.Of(phone.Recording(), 600);
        var heardByThird = ToneReport.Of(third.Recording(), 1000, other: 440);
        Assert.True(heardByPhone.Present > s_talk - TimeSpan.FromSeconds(1.5), heardByPhone.ToString());
        Assert.True(heardByThird.Present > s_talk - TimeSpan.FromSeconds(1.5), heardByThird.ToString());
        Assert.Equal(TimeSpan.Zero, heardByThird.Other);
    }

    [Fact, Row(17)]
    public async Task A_phone_hands_a_browser_on_to_another_phone()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var third = await Baresip.StartAsync(await CarolAsync(api, _gateway) with { Tone = 600 });
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var chromium = await Chromium.StartAsync(tone: 440);
        var browser = await JsPhone.StartAsync(chromium, _gateway, _gateway.Alice);

        await browser.CallAsync(_gateway.Bob.User);
        await browser.WaitAsync("confirmed");
        await Task.Delay(500);
        await phone.CommandAsync("transfer", $"sip:carol@{_gateway.Registrar}");
        await phone.WaitAsync("CALL_CLOSED");
        await third.WaitAsync("CALL_ESTABLISHED");
        // Until the new side's first packet a browser goes on with the last sound it had.
        await browser.ListenAsync(600);
        await Eventually.True(async () => (await browser.HeardAsync()).Present > TimeSpan.FromMilliseconds(500));
        await browser.ListenAsync(600, other: 1000);
        await Task.Delay(s_talk);
        var heard = await browser.HeardAsync();
        await browser.HangUpAsync();
        await third.WaitAsync("CALL_CLOSED");

        Assert.True(heard.Present > s_talk - TimeSpan.FromSeconds(1.5), heard.ToString());
        Assert.Equal(TimeSpan.Zero, heard.Other);
        var heardByThird = ToneReport.Of(third.Recording(), 440);
        Assert.True(heardByThird.Present > s_talk - TimeSpan.FromSeconds(1.5), heardByThird.ToString());
    }

    [Fact, Row(17)]
    public async Task A_transfer_to_one_who_is_not_there_leaves_the_call_as_it_was()
    {
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var chromium = await Chromium.StartAsync(tone: 440);
        var browser = await JsPhone.StartAsync(chromium, _gateway, _gateway.Alice);
        await browser.CallAsync(_gateway.Bob.User);
        await browser.WaitAsync("confirmed");

        await ReferAsync(browser, $"sip:nobody@{GatewayProcess.Realm}");
        await browser.WaitAsync("refer requestFailed");
        await browser.ListenAsync(1000);
        await Task.Delay(2000);
        Assert.True((await browser.HeardAsync()).Present > TimeSpan.FromSeconds(1));
        await browser.HangUpAsync();
        await phone.WaitAsync("CALL_CLOSED");
    }

    [Fact, Row(17), Rfc(3891, "3"), BrowserRule("C7")]
    public Task A_browser_joins_its_two_calls() => JoinAsync(_gateway);

    [Fact, Row(17), Rfc(3891, "3"), Trait("Category", "Long")]
    public async Task A_browser_joins_its_two_calls_of_two_loops()
    {
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Net__SipLoops", "4"), ("Gateway__Net__MediaLoops", "2")]);
        await JoinAsync(gateway);
    }

    private static async Task JoinAsync(GatewayProcess gateway)
    {
        await using var api = await GatewayApi.SignInAsync(gateway);
        await using var third = await Baresip.StartAsync(await CarolAsync(api, gateway) with { Tone = 600 });
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var chromium = await Chromium.StartAsync(tone: 440);
        var browser = await JsPhone.StartAsync(chromium, gateway, gateway.Alice);

        await browser.CallAsync(gateway.Bob.User);
        await browser.WaitAsync("confirmed");
        // No hold: baresip records nothing after one, whoever it talks to.
        await browser.Page.EvaluateAsync("() => { window.first = window.phone.session; }");
        await browser.CallAsync("carol");
        await browser.WaitAsync("confirmed", count: 2);
        await Task.Delay(500);
        await browser.Page.EvaluateAsync("() => window.first.refer(window.phone.session.remote_identity.uri, { replaces: window.phone.session })");
        await browser.WaitAsync("ended", count: 2);
        await Task.Delay(s_talk);
        Assert.DoesNotContain("CALL_CLOSED", phone.Events);
        Assert.DoesNotContain("CALL_CLOSED", third.Events);
        await third.HangUpAsync();
        await phone.WaitAsync("CALL_CLOSED");

        var heardByPhone = ToneReport.Of(phone.Recording(), 600);
        var heardByThird = ToneReport.Of(third.Recording(), 1000);
        Assert.True(heardByPhone.Present > s_talk - TimeSpan.FromSeconds(1.5), heardByPhone.ToString());
        Assert.True(heardByThird.Present > s_talk - TimeSpan.FromSeconds(1.5), heardByThird.ToString());
    }

    [Fact, Rfc(3725, "4.1"), Row(17), Threat(39)]
    public async Task A_browser_is_rung_for_a_click_to_dial_and_handed_on_by_the_API_and_the_ladder_shows_it_all_but_the_secrets()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await using var third = await Baresip.StartAsync(await CarolAsync(api, _gateway) with { Tone = 600 });
        await using var phone = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var chromium = await Chromium.StartAsync(tone: 440);
        var browser = await JsPhone.StartAsync(chromium, _gateway, _gateway.Alice);

        var call = (string)(await api.CreateAsync("calls", new { from = _gateway.Alice.User, to = _gateway.Bob.User }, isKept: false))["id"]!;
        await browser.WaitAsync("session");
        Assert.Contains(_gateway.Bob.User, await browser.LastAsync("session", "from"), StringComparison.Ordinal);
        Assert.DoesNotContain("CALL_INCOMING", phone.Events);
        await browser.AnswerAsync();
        await phone.WaitAsync("CALL_ESTABLISHED");
        await browser.ListenAsync(1000, other: 440);
        await Task.Delay(2500);
        var first = await browser.HeardAsync();

        await api.DoAsync($"calls/{call}/transfer", new { to = "carol", by = "callee" });
        await third.WaitAsync("CALL_ESTABLISHED");
        await phone.WaitAsync("CALL_CLOSED");
        await browser.ListenAsync(600);
        await Eventually.True(async () => (await browser.HeardAsync()).Present > TimeSpan.FromSeconds(1));
        var ladder = await api.TextAsync($"api/v1/calls/{call}/ladder.txt");
        await browser.HangUpAsync();
        await third.WaitAsync("CALL_CLOSED");

        Assert.True(first.Present > TimeSpan.FromSeconds(1), first.ToString());
        Assert.True(ToneReport.Of(third.Recording(), 440).Present > TimeSpan.FromMilliseconds(800));
        Assert.Contains("INVITE (sdp)", ladder, StringComparison.Ordinal);
        Assert.Contains("Referred-By", ladder, StringComparison.Ordinal);
        Assert.Contains("a=ice-pwd:****", ladder, StringComparison.Ordinal);
        Assert.DoesNotMatch("a=ice-pwd:[^*\\s]", ladder);
        Assert.DoesNotContain("response=", ladder, StringComparison.Ordinal);
    }

    private static async Task<PhoneSettings> CarolAsync(GatewayApi api, GatewayProcess gateway)
    {
        await api.MakeAsync("accounts", new { user = "carol", displayName = "Carol", password = "Carols-phone-1" });
        return gateway.Phone(("carol", "Carols-phone-1"));
    }

    /// <summary>As a page would: the events of the referral are noted like all others.</summary>
    private static async Task ReferAsync(JsPhone phone, string target) => await phone.Page.EvaluateAsync("""
        target => window.phone.session.refer(target, { eventHandlers: Object.fromEntries(
          ['requestSucceeded', 'requestFailed', 'trying', 'progress', 'accepted', 'failed'].map((name) => [name, () => window.phone.events.push({ name: 'refer ' + name, at: Date.now() })])) })
        """, target);
}
