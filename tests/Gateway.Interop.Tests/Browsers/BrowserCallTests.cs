using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Browsers;

/// <summary>Stock JsSIP in Chromium: to the services, to a phone and back, and to another browser, with sound measured on both ends.</summary>
[Collection(GatewayCollection.Name)]
public sealed class BrowserCallTests(GatewayFixture fixture)
{
    private static readonly TimeSpan s_longTalk = TimeSpan.FromSeconds(21.5);

    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(89), BrowserRule("W1"), BrowserRule("I3")]
    public async Task A_browser_hears_itself_in_the_echo_service()
    {
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("*43");
        await phone.WaitAsync("confirmed");
        await phone.ListenAsync(440);
        await Task.Delay(TimeSpan.FromSeconds(4));

        var heard = await phone.HeardAsync();
        Assert.True(heard.Present > TimeSpan.FromSeconds(2.5), heard.ToString());
        await phone.HangUpAsync();
        await phone.WaitAsync("ended");
    }

    [Fact, Row(89)]
    public async Task A_browser_hears_the_tone_service()
    {
        await using var browser = await Chromium.StartAsync();
        var phone = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.CallAsync("tone");
        await phone.WaitAsync("confirmed");
        await phone.ListenAsync(1004);
        await Task.Delay(TimeSpan.FromSeconds(4));

        var heard = await phone.HeardAsync();
        Assert.True(heard.Present > TimeSpan.FromSeconds(3), heard.ToString());
        Assert.True(heard.LongestGap <= TimeSpan.FromMilliseconds(40), heard.ToString());
    }

    [Fact, Row(89), Row(71)]
    public async Task A_browser_calls_a_phone_and_both_hear_each_other()
    {
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await caller.CallAsync(_gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await caller.ListenAsync(1000, other: 440);
        await Task.Delay(s_longTalk);
        var browserHeard = await caller.HeardAsync();
        var stats = await caller.StatsAsync();
        await caller.HangUpAsync();
        await callee.WaitAsync("CALL_CLOSED");

        AssertGoodAudio(browserHeard, expectedLevel: -9);
        AssertGoodAudio(ToneReport.Of(callee.Recording(), 440, other: 1000), expectedLevel: -9);
        Assert.Equal(0, stats.GetProperty("lost").GetInt32());
        Assert.Equal(0, stats.GetProperty("remoteLost").GetInt32());
    }

    [Fact, Row(89), Row(71)]
    public async Task A_phone_calls_a_browser_and_both_hear_each_other_until_the_phone_hangs_up()
    {
        await using var browser = await Chromium.StartAsync(tone: 440);
        var callee = await JsPhone.StartAsync(browser, _gateway, _gateway.Bob);
        await using var caller = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice) with { Tone = 1000 });

        await caller.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await callee.WaitAsync("session");
        await caller.WaitAsync("CALL_RINGING");
        await callee.AnswerAsync();
        await callee.WaitAsync("confirmed");
        await callee.ListenAsync(1000, other: 440);
        await Task.Delay(s_longTalk);
        var browserHeard = await callee.HeardAsync();
        await caller.HangUpAsync();
        await callee.WaitAsync("ended");

        AssertGoodAudio(browserHeard, expectedLevel: -9);
        AssertGoodAudio(ToneReport.Of(caller.Recording(), 440, other: 1000), expectedLevel: -9);
    }

    [Fact, Row(73)]
    public async Task Hold_is_silence_and_resume_brings_the_sound_back()
    {
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await caller.CallAsync(_gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await caller.ListenAsync(1000);
        await Task.Delay(1500);
        Assert.True((await caller.HeardAsync()).Present > TimeSpan.FromSeconds(1));

        await caller.HoldAsync();
        await caller.WaitAsync("hold");
        await Task.Delay(700);
        await caller.ListenAsync(1000);
        await Task.Delay(1500);
        Assert.Equal(TimeSpan.Zero, (await caller.HeardAsync()).Present);

        await caller.ResumeAsync();
        await caller.WaitAsync("unhold");
        await Task.Delay(700);
        await caller.ListenAsync(1000);
        await Task.Delay(1500);
        Assert.True((await caller.HeardAsync()).Present > TimeSpan.FromSeconds(1));

        await callee.HoldAsync();
        await Task.Delay(700);
        await caller.ListenAsync(1000);
        await Task.Delay(1500);
        Assert.Equal(TimeSpan.Zero, (await caller.HeardAsync()).Present);

        await callee.ResumeAsync();
        await Task.Delay(700);
        await caller.ListenAsync(1000);
        await Task.Delay(1500);
        Assert.True((await caller.HeardAsync()).Present > TimeSpan.FromSeconds(1));
        Assert.DoesNotContain("CALL_CLOSED", callee.Events);
    }

    [Fact, Row(77), BrowserRule("D4")]
    public async Task Digits_reach_the_phone_from_rtp_events_and_from_info()
    {
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob));
        await using var browser = await Chromium.StartAsync();
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await caller.CallAsync(_gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await Task.Delay(500);

        foreach (var digit in "19*0#")
        {
            // JsSIP leaves half a second between digits.
            await caller.DigitAsync(digit);
            await Task.Delay(700);
        }

        await Eventually.True(() => callee.Digits.Length == 5, detail: () => callee.Digits);

        await caller.DigitAsync('7', "INFO");
        await Eventually.True(() => callee.Digits.EndsWith('7'), detail: () => callee.Log);

        Assert.Equal("19*0#7", callee.Digits);
    }

    [Fact, Row(77), BrowserRule("D4")]
    public async Task Digits_of_the_phone_reach_a_browser_that_takes_them_by_info()
    {
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob));
        await using var browser = await Chromium.StartAsync();
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await caller.Page.EvaluateAsync("() => { window.phone.infoDigits = true; }");
        await caller.CallAsync(_gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await Task.Delay(500);

        await callee.DigitAsync('5');
        await caller.WaitAsync("dtmf");

        Assert.Equal("5", await caller.LastAsync("dtmf", "tone"));
    }

    [Fact, Row(77)]
    public async Task A_digit_of_the_phone_passes_the_bridge_while_the_call_goes_on()
    {
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync();
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);
        await caller.CallAsync(_gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await Task.Delay(500);

        await callee.DigitAsync('5');
        await Task.Delay(700);
        await caller.ListenAsync(1000);
        await Task.Delay(1200);

        Assert.True((await caller.HeardAsync()).Present > TimeSpan.FromMilliseconds(800));
    }

    [Fact, Row(89)]
    public async Task Two_browsers_hear_each_other()
    {
        await using var first = await Chromium.StartAsync(tone: 440);
        await using var second = await Chromium.StartAsync(tone: 1000);
        var callee = await JsPhone.StartAsync(second, _gateway, _gateway.Bob);
        var caller = await JsPhone.StartAsync(first, _gateway, _gateway.Alice);

        await caller.CallAsync(_gateway.Bob.User);
        await callee.WaitAsync("session");
        await callee.AnswerAsync();
        await caller.WaitAsync("confirmed");
        await callee.WaitAsync("confirmed");
        await caller.ListenAsync(1000, other: 440);
        await callee.ListenAsync(440, other: 1000);
        await Task.Delay(TimeSpan.FromSeconds(4));

        Assert.True(await caller.HeardAsync() is { Present.TotalSeconds: > 2.5, Other.TotalMilliseconds: 0 });
        Assert.True(await callee.HeardAsync() is { Present.TotalSeconds: > 2.5, Other.TotalMilliseconds: 0 });
        await callee.HangUpAsync();
        await caller.WaitAsync("ended");
    }

    [Theory, InlineData("busy", "486"), InlineData("decline", "603"), Row(23), BrowserRule("C4")]
    public async Task A_browser_is_told_why_the_phone_does_not_take_the_call(string scenario, string status)
    {
        await _gateway.ForgetAsync(_gateway.Bob);
        var port = FreePorts.Take();
        await using (var register = Sipp.Start("register", _gateway.Registrar, port: port, keys: Sipp.Keys(_gateway.Bob)))
        {
            await register.SucceedAsync();
        }

        await using var callee = Sipp.Start(scenario, _gateway.Registrar, port: port);
        await using var browser = await Chromium.StartAsync();
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await caller.CallAsync(_gateway.Bob.User);
        await caller.WaitAsync("failed");

        Assert.Equal(status, await caller.LastAsync("failed", "status"));
        await callee.SucceedAsync();
    }

    [Fact, Row(12), BrowserRule("C1")]
    public async Task A_browser_that_cancels_stops_the_phone_ringing()
    {
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { AutoAnswer = false });
        await using var browser = await Chromium.StartAsync();
        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice);

        await caller.CallAsync(_gateway.Bob.User);
        await caller.WaitAsync("progress");
        await caller.HangUpAsync();
        await callee.WaitAsync("CALL_CLOSED");
        await caller.WaitAsync("failed");

        Assert.Equal("Canceled", await caller.LastAsync("failed", "cause"));
    }

    [Fact, Row(23), BrowserRule("A1")]
    public async Task A_wrong_password_is_refused_and_an_unknown_number_not_found()
    {
        await using var browser = await Chromium.StartAsync();
        var stranger = await JsPhone.StartAsync(browser, _gateway, (_gateway.Alice.User, "wrong"), awaitRegistration: false);
        await stranger.WaitAsync("registrationFailed");
        Assert.False(await stranger.HasAsync("registered"));

        var caller = await JsPhone.StartAsync(browser, _gateway, _gateway.Alice, name: "caller");
        await caller.CallAsync("nobody");
        await caller.WaitAsync("failed");
        Assert.Equal("404", await caller.LastAsync("failed", "status"));
    }

    /// <summary>The bar of the main job: 20 s of the tone, no gap above 40 ms, the level kept within 2 dB, nothing of the other voice.</summary>
    private static void AssertGoodAudio(ToneReport heard, double expectedLevel)
    {
        Assert.True(heard.Present >= TimeSpan.FromSeconds(20), heard.ToString());
        Assert.True(heard.LongestGap <= TimeSpan.FromMilliseconds(40), heard.ToString());
        Assert.InRange(heard.Level, expectedLevel - 2, expectedLevel + 2);
        Assert.Equal(TimeSpan.Zero, heard.Other);
    }
}
