using System.Text.Json.Nodes;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Restart;

/// <summary>kill -9 while people talk, and the same command again: the calls go on.</summary>
public sealed class KilledCallTests
{
    [Fact, Row(38)]
    public Task Two_phones_hear_each_other_again_and_the_caller_hangs_up() => TwoPhonesAsync(calleeHangsUp: false);

    [Fact, Row(38), Trait("Category", "Long")]
    public Task Two_phones_hear_each_other_again_and_the_callee_hangs_up() => TwoPhonesAsync(calleeHangsUp: true);

    [Fact, Row(38), Rfc(8842, "4"), BrowserRule("I2")]
    public Task A_browser_and_a_phone_hear_each_other_again_with_new_keys_and_the_phone_hangs_up() => BrowserAndPhoneAsync(phoneHangsUp: true);

    [Fact, Row(38), Rfc(8842, "4"), Trait("Category", "Long")]
    public Task A_browser_and_a_phone_hear_each_other_again_with_new_keys_and_the_browser_hangs_up() => BrowserAndPhoneAsync(phoneHangsUp: false);

    private static async Task TwoPhonesAsync(bool calleeHangsUp)
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var bob = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var alice = await Baresip.StartAsync(gateway.Phone(gateway.Alice) with { Tone = 440 });
        await alice.DialAsync($"sip:{gateway.Bob.User}@{gateway.Registrar}");
        await alice.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(1500);

        await gateway.KillAsync();
        await gateway.StartAgainAsync();
        Assert.True(gateway.Log.Contains("1 calls go on", StringComparison.Ordinal), gateway.Log);
        await Task.Delay(3000);
        var (by, other) = calleeHangsUp ? (bob, alice) : (alice, bob);
        await by.HangUpAsync();
        await by.WaitAsync("CALL_CLOSED");
        await other.WaitAsync("CALL_CLOSED");

        // The last seconds of both recordings are the other's tone, which only the new process can have carried.
        Assert.True(ToneReport.Of(alice.Recording().Last(TimeSpan.FromSeconds(2.5)), 1000, other: 440) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 1.8 } a, ToneReport.Of(alice.Recording(), 1000, 440) + "\n" + gateway.Log);
        Assert.True(ToneReport.Of(bob.Recording().Last(TimeSpan.FromSeconds(2.5)), 440, other: 1000) is { Other.TotalMilliseconds: 0, Present.TotalSeconds: > 1.8 }, ToneReport.Of(bob.Recording(), 440, 1000).ToString());
        await AssertRecordAsync(gateway, calleeHangsUp ? "callee" : "caller");
    }

    private static async Task BrowserAndPhoneAsync(bool phoneHangsUp)
    {
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Server__MediaSilence", "00:00:20")]);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var caller = await JsPhone.StartAsync(browser, gateway, gateway.Alice, settings: new { instanceId = "8f1f4c3a-3b57-4b2a-9d6f-5a1f6d1c0011" });
        await caller.CallAsync(gateway.Bob.User);
        await caller.WaitAsync("confirmed");
        await caller.ListenAsync(1000, 440);
        await Task.Delay(1500);

        await gateway.KillAsync();
        await gateway.StartAgainAsync();
        await caller.WaitAsync("registered", TimeSpan.FromSeconds(20), count: 2);
        await caller.ListenAsync(1000, 440);
        await Eventually.True(async () => (await caller.HeardAsync()).Present > TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(3), () => gateway.Log, "sound again within 3 s");
        await caller.ListenAsync(1000, 440);
        await Task.Delay(2000);
        var heard = await caller.HeardAsync();
        Assert.True(heard is { Present.TotalSeconds: > 1.5, Other.TotalMilliseconds: 0 }, heard.ToString());

        if (phoneHangsUp)
        {
            await phone.HangUpAsync();
            await caller.WaitAsync("ended");
        }
        else
        {
            await caller.HangUpAsync();
            await phone.WaitAsync("CALL_CLOSED");
        }

        var atPhone = ToneReport.Of(phone.Recording().Last(TimeSpan.FromSeconds(1.5)), 440, other: 1000);
        Assert.True(atPhone is { Present.TotalSeconds: > 1, Other.TotalMilliseconds: 0 }, atPhone.ToString());
        await AssertRecordAsync(gateway, phoneHangsUp ? "callee" : "caller");
    }

    [Fact, Row(38), Rfc(3261, "14.2"), Trait("Category", "Long")]
    public async Task A_phone_changes_its_session_after_the_restart_and_hangs_up()
    {
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Server__MediaSilence", "00:01:00")]);
        await using var bob = await Baresip.StartAsync(gateway.Phone(gateway.Bob));
        await using var alice = Sipp.Start("survivor", gateway.Registrar, keys: [.. Sipp.Keys(gateway.Alice), ("target", gateway.Bob.User)]);
        await bob.WaitAsync("CALL_ESTABLISHED");
        await Task.Delay(1500);

        await gateway.KillAsync();
        await gateway.StartAgainAsync();

        await alice.SucceedAsync();
        await bob.WaitAsync("CALL_CLOSED");
        await AssertRecordAsync(gateway, "caller");
    }

    [Fact, Row(38), BrowserRule("I2"), Trait("Category", "Long")]
    public async Task The_softphone_says_that_it_reconnects_and_the_call_goes_on()
    {
        await using var gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Server__MediaSilence", "00:01:00")]);
        await using var phone = await Baresip.StartAsync(gateway.Phone(gateway.Bob) with { Tone = 1000 });
        await using var chromium = await Chromium.StartAsync(tone: 440);
        var softphone = await Softphone.StartAsync(chromium, gateway, gateway.Alice);
        await softphone.DialAsync(gateway.Bob.User);
        await softphone.TalkingAsync();
        await Task.Delay(1500);

        await gateway.KillAsync();
        await softphone.SaysAsync("call-state", "Connection lost, reconnecting…", TimeSpan.FromSeconds(20));
        await gateway.StartAgainAsync();
        await Eventually.True(async () => await softphone.TextAsync("call-state") == "In call", TimeSpan.FromSeconds(40), () => gateway.Log + softphone.StateAsync().GetAwaiter().GetResult());
        await softphone.ListenAsync(1000, 440);
        await Task.Delay(2500);
        var heard = await softphone.HeardAsync();
        Assert.True(heard is { Present.TotalSeconds: > 1.5, Other.TotalMilliseconds: 0 }, heard.ToString());

        await phone.HangUpAsync();
        await softphone.IdleAsync(TimeSpan.FromSeconds(10));
        var atPhone = ToneReport.Of(phone.Recording().Last(TimeSpan.FromSeconds(2)), 440, other: 1000);
        Assert.True(atPhone.Present > TimeSpan.FromSeconds(1.2), atPhone.ToString());
    }

    private static async Task AssertRecordAsync(GatewayProcess gateway, string reason)
    {
        await using var api = await GatewayApi.SignInAsync(gateway);
        JsonNode? record = null;
        await Eventually.True(async () => (string?)(record = (await api.GetAsync("call-records"))["items"]!.AsArray().FirstOrDefault())?["endReason"] == reason, detail: () => record + "\n" + gateway.Log);
        Assert.Equal(200, (int)record!["status"]!);
        Assert.False((bool)record["endIsEstimated"]!);
        Assert.InRange((double)record["talkSeconds"]!, 4, 60);
    }
}
