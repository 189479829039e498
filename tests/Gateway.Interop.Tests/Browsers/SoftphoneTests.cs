using Gateway.Interop.Tests.Rig;
using Gateway.Testing;
using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Browsers;

/// <summary>The softphone page in Chromium, used as a person uses it: keys, buttons, and what it says when something fails.</summary>
[Collection(GatewayCollection.Name)]
public sealed class SoftphoneTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Row(89), BrowserRule("A4")]
    public async Task A_new_user_signs_in_dials_the_echo_by_keyboard_and_hears_itself()
    {
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.Page.Keyboard.TypeAsync("*43");
        Assert.Equal("*43", await phone.Part("dial-input").InputValueAsync());
        await phone.Page.Keyboard.PressAsync("Enter");
        await phone.TalkingAsync();
        await phone.ListenAsync(440);
        await Task.Delay(3000);

        var heard = await phone.HeardAsync();
        Assert.True(heard.Present > TimeSpan.FromSeconds(2), heard.ToString());
        Assert.Matches("00:0[2-9]", await phone.TextAsync("call-timer"));

        await phone.Page.Keyboard.PressAsync("Escape");
        await phone.IdleAsync();
        await Eventually.True(async () => (await phone.Part("call-list").Locator("li").First.InnerTextAsync()).Contains("Answered", StringComparison.Ordinal));
    }

    [Fact, Row(89), Row(73), Row(77)]
    public async Task A_call_to_a_phone_has_sound_digits_mute_and_hold()
    {
        await _gateway.ForgetAsync(_gateway.Bob);
        await using var callee = await Baresip.StartAsync(_gateway.Phone(_gateway.Bob) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.DialAsync(_gateway.Bob.User);
        await phone.TalkingAsync();
        await phone.ListenAsync(1000, other: 440);
        await Task.Delay(2500);
        var heard = await phone.HeardAsync();
        Assert.True(heard is { Present.TotalSeconds: > 2, Other.TotalMilliseconds: 0 }, heard.ToString());

        await phone.Page.Keyboard.TypeAsync("4#", new KeyboardTypeOptions { Delay = 400 });
        await phone.Part("call-keys").ClickAsync();
        await phone.Part("call-pad").GetByTestId("key-9").ClickAsync();
        await Eventually.True(() => callee.Digits == "4#9", detail: () => callee.Digits);
        Assert.Equal("4#9", await phone.TextAsync("call-digits"));

        await phone.Part("call-hold").ClickAsync();
        await phone.SaysAsync("call-state", "On hold");
        await Task.Delay(700);
        await phone.ListenAsync(1000);
        await Task.Delay(1200);
        Assert.Equal(TimeSpan.Zero, (await phone.HeardAsync()).Present);
        await phone.Part("call-hold").ClickAsync();
        await phone.TalkingAsync();
        await Task.Delay(500);
        await phone.ListenAsync(1000);
        await Task.Delay(1500);
        Assert.True((await phone.HeardAsync()).Present > TimeSpan.FromSeconds(1));

        await phone.Part("call-mute").ClickAsync();
        await phone.SaysAsync("call-state", "Muted");
        await callee.HangUpAsync();
        await phone.IdleAsync();
        Assert.True(ToneReport.Of(callee.Recording(), 440, other: 1000).Present > TimeSpan.FromSeconds(3));
    }

    [Fact, Row(89)]
    public async Task An_incoming_call_rings_on_any_page_and_goes_on_while_pages_change()
    {
        await _gateway.ForgetAsync(_gateway.Bob);
        await using var caller = await Baresip.StartAsync(_gateway.Phone(_gateway.Alice) with { Tone = 1000 });
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Bob);
        await phone.Page.ClickAsync("nav a[href='/settings']");

        await caller.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await phone.Part("incoming-answer").WaitForAsync();
        await Eventually.True(async () => (await phone.Page.TitleAsync()).Contains("is calling", StringComparison.Ordinal));
        await phone.Part("incoming-answer").ClickAsync();
        await phone.TalkingAsync();
        await phone.ListenAsync(1000);
        foreach (var page in (string[])["/calls", "/", "/settings"])
        {
            await phone.Page.ClickAsync($"nav a[href='{page}']");
            await Task.Delay(700);
        }

        var heard = await phone.HeardAsync();
        Assert.True(heard is { Present.TotalSeconds: > 1.5, LongestGap.TotalMilliseconds: <= 60 }, heard.ToString());
        await phone.Part("call-hangup").ClickAsync();
        await caller.WaitAsync("CALL_CLOSED");
        await phone.IdleAsync();

        await caller.DialAsync($"sip:{_gateway.Bob.User}@{_gateway.Registrar}");
        await phone.Part("incoming-decline").ClickAsync();
        await caller.WaitAsync("CALL_CLOSED", count: 2);
        Assert.Contains("603", caller.LastParameter("CALL_CLOSED"), StringComparison.Ordinal);
    }

    [Fact, Row(23)]
    public async Task Each_failure_is_told_in_plain_words_with_what_to_do()
    {
        await _gateway.ForgetAsync(_gateway.Bob);
        await using var browser = await Chromium.StartAsync();
        var page = await browser.Context.NewPageAsync();
        await page.GotoAsync(_gateway.Url + "/");
        var stranger = new Softphone(page);
        await stranger.SignInAsync((_gateway.Alice.User, "wrong password"));
        Assert.Contains("Account or password is wrong.", await stranger.Part("login-message").InnerTextAsync(), StringComparison.Ordinal);

        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);
        await phone.DialAsync("nobody-here");
        await phone.SaysAsync("message-what", "This number does not exist");
        Assert.Equal("Check it for typing errors.", await phone.TextAsync("message-advice"));
        await phone.Part("message-close").ClickAsync();
        Assert.False(await phone.Part("message").IsVisibleAsync());

        await phone.DialAsync(_gateway.Bob.User);
        await phone.SaysAsync("message-what", "The other phone is not connected");

        await phone.DialAsync("what is this?");
        await phone.SaysAsync("message-what", "This cannot be dialled");

        var port = FreePorts.Take();
        await using (var register = Sipp.Start("register", _gateway.Registrar, port: port, keys: Sipp.Keys(_gateway.Bob)))
        {
            await register.SucceedAsync();
        }

        await using var busy = Sipp.Start("busy", _gateway.Registrar, port: port);
        await phone.DialAsync(_gateway.Bob.User);
        await phone.SaysAsync("message-what", "The line is busy");
    }

    [Fact]
    public async Task A_refused_microphone_is_explained_and_no_call_is_made()
    {
        await using var browser = await Chromium.StartAsync(refuseMicrophone: true);
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);

        await phone.DialAsync("*43");

        await phone.SaysAsync("message-what", "The microphone is not allowed");
        Assert.Contains("allow the microphone", await phone.TextAsync("message-advice"), StringComparison.Ordinal);
        Assert.True(await phone.Part("dial-input").IsVisibleAsync());
    }

    [Fact, Row(38), BrowserRule("I2")]
    public async Task A_network_that_drops_costs_no_call_and_the_buttons_work_meanwhile()
    {
        await using var wire = new TcpProxy(_gateway.HttpsPort);
        await using var browser = await Chromium.StartAsync(tone: 440);
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice, url: $"https://localhost:{wire.Port}");
        await phone.DialAsync("*44");
        await phone.TalkingAsync();
        await phone.ListenAsync(1004);

        // Signalling and the page's own connection to the server go at once.
        wire.Cut();
        await phone.Part("call-mute").ClickAsync();
        await phone.SaysAsync("call-state", "Muted");
        await phone.Part("call-mute").ClickAsync();
        await phone.ReadyAsync();
        await Task.Delay(1000);

        var heard = await phone.HeardAsync();
        Assert.True(heard is { Present.TotalSeconds: > 1.5, LongestGap.TotalMilliseconds: <= 100 }, heard.ToString());
        await phone.TalkingAsync();
        await phone.Part("call-hold").ClickAsync();
        await phone.SaysAsync("call-state", "On hold");
        await phone.Part("call-hangup").ClickAsync();
        await phone.IdleAsync();
    }

    [Fact, Threat(40)]
    public async Task What_a_phone_says_of_itself_is_shown_as_text_and_runs_nowhere()
    {
        const string Hostile = "<img src=x onerror=\"window.taken=1\"><script>window.taken=1</script>";
        using var phone = new RawSip(_gateway.SipPort);
        phone.Send(Register(1, ""));
        var challenge = await phone.FinalAsync();
        phone.Send(Register(2, Digest.Answer(challenge, "REGISTER", $"sip:{_gateway.Registrar}", _gateway.Bob.User, _gateway.Bob.Password) + "\n"));
        Assert.StartsWith("SIP/2.0 200", await phone.FinalAsync(), StringComparison.Ordinal);
        await using var browser = await Chromium.StartAsync();
        var admin = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);

        await admin.Page.GotoAsync(_gateway.Url + "/console");
        await Eventually.True(async () => (await admin.Part("registrations").InnerTextAsync()).Contains("<img src=x", StringComparison.Ordinal));

        Assert.False(await admin.Page.EvaluateAsync<bool>("() => 'taken' in window"));

        string Register(int sequence, string authorization) =>
            $"""
            REGISTER sip:{_gateway.Registrar} SIP/2.0
            Via: SIP/2.0/UDP 127.0.0.1:{phone.Port};branch=z9hG4bKhostile{sequence};rport
            Max-Forwards: 70
            From: <sip:{_gateway.Bob.User}@{_gateway.Registrar}>;tag=hostile
            To: <sip:{_gateway.Bob.User}@{_gateway.Registrar}>
            Call-ID: hostile
            CSeq: {sequence} REGISTER
            Contact: <sip:{_gateway.Bob.User}@127.0.0.1:{phone.Port}>
            Expires: 60
            User-Agent: {Hostile}
            {authorization}Content-Length: 0


            """;
    }

    [Fact]
    public async Task Every_page_is_usable_by_all()
    {
        await using var browser = await Chromium.StartAsync();
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);
        foreach (var (width, height) in ((int, int)[])[(1280, 860), (390, 844)])
        {
            await phone.Page.SetViewportSizeAsync(width, height);
            foreach (var path in (string[])["/calls", "/contacts", "/settings", "/"])
            {
                await phone.Page.GotoAsync(_gateway.Url + path);
                await phone.Page.Locator("h1").WaitForAsync();
                await Accessibility.AssertAsync(phone.Page, $"{path} at {width}");
                await Accessibility.AssertFitsAsync(phone.Page, $"{path} at {width}");
            }

            await phone.ReadyAsync();
            await phone.DialAsync("*43");
            await phone.TalkingAsync();
            await Accessibility.AssertAsync(phone.Page, $"a call at {width}");
            Assert.Empty(await SmallTargetsAsync(phone.Page));
            await phone.Page.Keyboard.PressAsync("Escape");
            await phone.IdleAsync();
        }
    }

    /// <summary>Controls smaller than 44 CSS px either way, through shadow roots.</summary>
    private static Task<string[]> SmallTargetsAsync(IPage page) => page.EvaluateAsync<string[]>("""
        () => {
          const found = [];
          const visit = (root) => {
            for (const e of root.querySelectorAll('*')) {
              if (e.shadowRoot) visit(e.shadowRoot);
              if (!e.matches('button, select, nav a') || !e.checkVisibility()) continue;
              const { width, height } = e.getBoundingClientRect();
              if (width < 44 || height < 44) found.push(`${e.dataset.testid ?? e.textContent} ${width}x${height}`);
            }
          };
          visit(document);
          return found;
        }
        """);
}
