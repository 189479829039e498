using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Browsers;

/// <summary>What a person does with more than one call and with an address book, on the softphone page.</summary>
[Collection(GatewayCollection.Name)]
public sealed class SoftphoneCallsTests(GatewayFixture fixture)
{
    private static readonly TimeSpan s_talk = TimeSpan.FromSeconds(3);

    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(17), Row(73)]
    public async Task Two_calls_are_swapped_and_then_connected_with_each_other()
    {
        await _gateway.ForgetAsync(_gateway.Bob);
        await using var api = await GatewayApi.SignInAsync(_gateway);
        await api.MakeAsync("accounts", new { user = "dora", password = "dora-in-a-test", aliases = new[] { "7404" } });
        await using var dora = await Baresip.StartAsync(_gateway.Phone(("dora", "dora-in-a-test")) with { Tone = 600 });
        await using var bob = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.DialAsync(_gateway.Bob.User);
        await phone.TalkingAsync();
        await phone.Part("call-transfer").ClickAsync();
        await phone.Part("transfer-to").FillAsync("7404");
        await phone.Part("transfer-ask").ClickAsync();
        await Eventually.True(async () => await phone.TextAsync("call-name") == "dora" || (await phone.TextAsync("call-name")).Contains("7404", StringComparison.Ordinal));
        await phone.TalkingAsync();
        await Eventually.True(async () => (await phone.TextAsync("call-switch")).Contains("On hold", StringComparison.Ordinal));

        await phone.Part("call-switch").ClickAsync();
        await Eventually.True(async () => (await phone.TextAsync("call-name")).Contains("ob", StringComparison.Ordinal));
        await phone.TalkingAsync();

        await phone.Part("call-join").ClickAsync();
        await phone.IdleAsync();
        await Task.Delay(s_talk);
        await bob.HangUpAsync();
        await dora.WaitAsync("CALL_CLOSED");

        // A hold ends what baresip records, so the record tells whether packets passed between the two.
        await Eventually.True(async () => (await PacketsAsync(api, "bob@")) is { Received: > 100, Sent: > 100 } && (await PacketsAsync(api, "dora@")) is { Received: > 100, Sent: > 100 });
    }

    [Fact, Row(17)]
    public async Task A_transfer_that_nobody_takes_gives_the_call_back_with_words()
    {
        await _gateway.ForgetAsync(_gateway.Bob);
        await using var bob = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);
        await phone.DialAsync(_gateway.Bob.User);
        await phone.TalkingAsync();

        await phone.Part("call-transfer").ClickAsync();
        await phone.Part("transfer-to").FillAsync("nobody-at-all");
        await phone.Page.Keyboard.PressAsync("Enter");

        await phone.SaysAsync("call-state", "The transfer did not work. The call is yours again.");
        await phone.ListenAsync(1000);
        await Task.Delay(1500);
        Assert.True((await phone.HeardAsync()).Present > TimeSpan.FromSeconds(1));
        await phone.Page.Keyboard.PressAsync("Escape");
        await phone.IdleAsync();
    }

    [Fact]
    public async Task A_contact_is_made_found_called_by_its_name_and_deleted()
    {
        await using var browser = await Chromium.StartAsync();
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);
        await phone.Page.ClickAsync("nav a[href='/contacts']");
        await phone.Part("contact-add").WaitForAsync();
        await Eventually.True(async () =>
        {
            await phone.Part("contact-add").ClickAsync();
            return await phone.Part("contact-form").IsVisibleAsync();
        });
        await phone.Part("contact-name").FillAsync("Echo <b>friend</b>");
        await phone.Part("contact-numbers").FillAsync("*43");
        await phone.Part("contact-favourite").CheckAsync();
        await phone.Part("contact-save").ClickAsync();
        await phone.Part("contact-list").GetByText("Echo <b>friend</b>").WaitForAsync();

        await phone.Part("contact-search").FillAsync("zzz");
        await Eventually.True(async () => !await phone.Part("contact-list").IsVisibleAsync());
        await phone.Part("contact-search").FillAsync("friend");
        await phone.Part("contact-list").Locator("[data-dial]").ClickAsync();
        await phone.TalkingAsync();
        Assert.Equal("Echo <b>friend</b>", await phone.TextAsync("call-name"));
        await phone.Page.Keyboard.PressAsync("Escape");
        await phone.IdleAsync();

        await phone.Part("contact-list").GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Edit contact" }).ClickAsync();
        await phone.Part("contact-delete").ClickAsync();
        await Eventually.True(async () => await phone.TextAsync("contact-delete") == "Really delete");
        await phone.Part("contact-delete").ClickAsync();
        await Eventually.True(async () => !await phone.Part("contact-form").IsVisibleAsync() && !await phone.Part("contact-list").IsVisibleAsync());
    }

    [Fact]
    public async Task Devices_are_changed_in_a_call_and_a_ringer_is_chosen()
    {
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);
        await phone.DialAsync("*43");
        await phone.TalkingAsync();
        await phone.Page.ClickAsync("nav a[href='/settings']");
        await Eventually.True(async () => await phone.Part("device-microphone").Locator("option").CountAsync() >= 3);

        await phone.Part("device-microphone").SelectOptionAsync(new Microsoft.Playwright.SelectOptionValue { Index = 2 });
        await phone.Part("device-ringer").SelectOptionAsync(new Microsoft.Playwright.SelectOptionValue { Index = 1 });
        await Task.Delay(500);
        await phone.ListenAsync(440);
        await Task.Delay(1500);

        Assert.True((await phone.HeardAsync()).Present > TimeSpan.FromSeconds(1));
        Assert.NotEqual("", await phone.Page.EvaluateAsync<string>("() => JSON.parse(localStorage.getItem('gateway.audio')).ringerId"));
        await phone.Page.Keyboard.PressAsync("Escape");
        await phone.IdleAsync();
    }

    /// <summary>Of a side of the newest call.</summary>
    private static async Task<(int Received, int Sent)> PacketsAsync(GatewayApi api, string party)
    {
        var legs = (await api.GetAsync("call-records?text=dora"))["items"]!.AsArray()[0]!["legs"]!.AsArray();
        var media = legs.LastOrDefault(leg => ((string)leg!["party"]!).StartsWith(party, StringComparison.Ordinal))?["media"];
        return media is null ? (0, 0) : ((int)media["packetsReceived"]!, (int)media["packetsSent"]!);
    }
}
