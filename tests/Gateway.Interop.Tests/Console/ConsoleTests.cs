using Gateway.Interop.Tests.Rig;
using Gateway.Testing;
using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Console;

/// <summary>The console in Chromium as an administrator uses it, under its own Content-Security-Policy.</summary>
[Collection(GatewayCollection.Name)]
public sealed class ConsoleTests(GatewayFixture fixture)
{
    private static readonly string[] s_pages =
    [
        "/console", "/console/calls", "/console/records", "/console/accounts", "/console/trunks", "/console/routes", "/console/groups", "/console/widgets",
        "/console/integrations", "/console/audit", "/console/settings",
    ];

    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact]
    public async Task An_administrator_makes_an_account_a_group_a_trunk_a_rule_and_a_widget()
    {
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        var console = await SignInAsync(browser);

        await console.NewAsync("/console/accounts");
        await console.FillAsync("user", "No Blank");
        await console.SaveAsync();
        Assert.Contains("cannot stand in a user name", await console.TextAsync("object-refusal"), StringComparison.Ordinal);
        await console.FillAsync("user", "console-carol");
        await console.FillAsync("displayName", "Carol <img src=x onerror=alert(1)>");
        await console.FillAsync("aliases", "7301\n7302");
        // Without a country code in the number plan all that begins with a plus is abroad.
        await console.Part("field-rights.international").CheckAsync();
        await console.SaveAsync();
        Assert.Matches("^[a-z2-9]{4}(-[a-z2-9]{4}){3}$", await console.Part("account-password").Locator("code").InnerTextAsync());

        await console.NewAsync("/console/groups");
        await console.FillAsync("name", "Console sales");
        await console.FillAsync("extension", "7399");
        await console.Part("field-member-console-carol").CheckAsync();
        await console.SaveAsync();
        await console.SavedAsync("Console sales");

        await console.NewAsync("/console/trunks");
        await console.FillAsync("name", "Console PBX");
        await console.FillAsync("host", "not a host");
        await console.SaveAsync();
        Assert.Equal("true", await console.Part("field-host").GetAttributeAsync("aria-invalid"));
        await console.FillAsync("host", "127.0.0.1");
        await console.FillAsync("port", FreePorts.Take().ToString(System.Globalization.CultureInfo.InvariantCulture));
        await console.Part("did-add").ClickAsync();
        await console.Part("did-0").FillAsync("+49307300");
        await console.Part("field-dids[0].to-kind").SelectOptionAsync("group");
        await console.Part("field-dids[0].to-value").SelectOptionAsync(new SelectOptionValue { Label = "Console sales" });
        await console.SaveAsync();
        await console.SavedAsync("Console PBX");

        await console.OpenAsync("Console PBX");
        await console.Part("trunk-test").ClickAsync();
        await Eventually.True(async () => await console.Part("trunk-verdict").GetAttributeAsync("data-verdict") == "Failed", TimeSpan.FromSeconds(40));
        Assert.NotEmpty(await console.Part("trunk-verdict").Locator("li").AllAsync());

        await console.NewAsync("/console/routes");
        await console.FillAsync("name", "Console out");
        await console.FillAsync("pattern", "+4930");
        await console.Part("field-to-value").SelectOptionAsync("Console PBX");
        await console.SaveAsync();
        await console.SavedAsync("Console out");
        await console.Part("dryrun-caller").SelectOptionAsync(new SelectOptionValue { Label = "console-carol" });
        await console.Part("dryrun-number").FillAsync("+4930123456");
        await console.Part("dryrun-ask").ClickAsync();
        await Eventually.True(async () => (await console.TextAsync("dryrun-answer")).Contains("Console PBX", StringComparison.Ordinal));

        await console.NewAsync("/console/widgets");
        await console.FillAsync("name", "Console shop");
        await console.FillAsync("origins", "https://shop.example");
        await console.Part("field-to-kind").SelectOptionAsync("group");
        await console.Part("field-to-value").SelectOptionAsync(new SelectOptionValue { Label = "Console sales" });
        await console.SaveAsync();
        await console.SavedAsync("Console shop");

        await console.GoAsync("/console/audit");
        await Eventually.True(async () => (await console.Part("audit").InnerTextAsync()).Contains("Console shop", StringComparison.Ordinal));

        foreach (var (path, name) in ((string, string)[])[("/console/widgets", "Console shop"), ("/console/routes", "Console out"), ("/console/trunks", "Console PBX"), ("/console/groups", "Console sales"), ("/console/accounts", "console-carol")])
        {
            await console.GoAsync(path);
            await console.DeleteAsync(name);
        }
    }

    [Fact, Threat(40)]
    public async Task What_a_phone_says_of_itself_is_text_and_nothing_else()
    {
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        var console = await SignInAsync(browser);
        var alerted = false;
        console.Page.Dialog += (_, dialog) =>
        {
            alerted = true;
            _ = dialog.DismissAsync();
        };
        using var phone = new RawSip(_gateway.SipPort);
        phone.Send(Register(""));
        var challenge = await phone.FinalAsync();
        phone.Send(Register(Digest.Answer(challenge, "REGISTER", $"sip:{_gateway.Registrar}", _gateway.Bob.User, _gateway.Bob.Password) + "\n"));
        Assert.StartsWith("SIP/2.0 200", await phone.FinalAsync(), StringComparison.Ordinal);

        await console.GoAsync("/console");

        await Eventually.True(async () => (await console.Part("registrations").InnerTextAsync()).Contains("<img src=x onerror=alert(1)>", StringComparison.Ordinal));
        Assert.Equal(0, await console.Part("registrations").Locator("img").CountAsync());
        Assert.False(alerted);
        await _gateway.ForgetAsync(_gateway.Bob);
    }

    [Fact]
    public async Task A_live_call_is_watched_its_ladder_taken_along_and_its_record_exported()
    {
        await using var browser = await Chromium.StartAsync();
        var phone = await Softphone.StartAsync(browser, _gateway, _gateway.Alice);
        await phone.DialAsync("*43");
        await phone.TalkingAsync();
        var console = new ConsolePages(await browser.Context.NewPageAsync(), _gateway);

        await console.GoAsync("/console/calls");
        await console.Part("call-open").First.ClickAsync();
        await Eventually.True(async () => await console.TextAsync("call-legs") is var legs && legs.Contains("opus", StringComparison.OrdinalIgnoreCase) && legs.Contains("DTLS", StringComparison.Ordinal) && legs.Contains("connected", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        Assert.Contains("INVITE (sdp)", await console.TextAsync("ladder"), StringComparison.Ordinal);
        await console.Part("ladder").Locator("summary").First.ClickAsync();
        Assert.Contains("INVITE sip:*43@", await console.TextAsync("ladder"), StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer ey", await console.Part("ladder").InnerHTMLAsync(), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("200 OK", await console.DownloadAsync("ladder-text"), StringComparison.Ordinal);
        Assert.NotEmpty(await console.DownloadAsync("ladder-pcap"));

        await phone.Page.Keyboard.PressAsync("Escape");
        await phone.IdleAsync();
        await Eventually.True(async () => (await console.TextAsync("call-state-now")).Contains("caller", StringComparison.Ordinal), TimeSpan.FromSeconds(20));

        await console.GoAsync("/console/records");
        await console.Part("records-text").FillAsync("*43");
        await console.Part("records-search").ClickAsync();
        await Eventually.True(async () => (await console.TextAsync("recent-calls")).Contains("*43", StringComparison.Ordinal));
        Assert.Contains("*43", await console.DownloadAsync("records-csv"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_page_is_accessible_and_fits_narrow_and_wide_screens_light_and_dark()
    {
        await using var browser = await Chromium.StartAsync();
        var console = await SignInAsync(browser);
        foreach (var (width, height) in ((int, int)[])[(1440, 900), (390, 844)])
        {
            await console.Page.SetViewportSizeAsync(width, height);
            foreach (var path in s_pages)
            {
                await console.GoAsync(path);
                await Accessibility.AssertAsync(console.Page, $"{path} at {width}");
                await Accessibility.AssertFitsAsync(console.Page, $"{path} at {width}");
                if (await console.Part("objects-new").First.IsVisibleAsync())
                {
                    await console.OpenFormAsync(console.Part("objects-new").First);
                    await Accessibility.AssertAsync(console.Page, $"the form of {path} at {width}");
                    await Accessibility.AssertFitsAsync(console.Page, $"the form of {path} at {width}");
                }
            }
        }
    }

    [Fact]
    public async Task Settings_are_checked_before_they_are_saved()
    {
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        var console = await SignInAsync(browser);

        await console.GoAsync("/console/settings");
        await console.FillAsync("Gateway:Server:MaxCalls", "many");
        await console.Part("settings-save").ClickAsync();
        await Eventually.True(async () => (await console.TextAsync("settings-refusal")).Contains("Gateway:Server:MaxCalls", StringComparison.Ordinal));
        await console.FillAsync("Gateway:Server:MaxCalls", "4000");
        await console.Part("settings-save").ClickAsync();

        await Eventually.True(() => console.Part("settings-restart").IsVisibleAsync());
        Assert.Contains("\"Gateway:Server:MaxCalls\": \"4000\"", await File.ReadAllTextAsync(Path.Combine(_gateway.Data, "settings.json")), StringComparison.Ordinal);
        await console.FillAsync("Gateway:Server:MaxCalls", "");
        await console.Part("settings-save").ClickAsync();
        await Eventually.True(async () => !await console.Part("settings-restart").IsVisibleAsync());
    }

    private string Register(string authorization) => $"""
        REGISTER sip:{_gateway.Registrar} SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:{"{port}"};branch=z9hG4bK{Guid.NewGuid():N};rport
        From: <sip:{_gateway.Bob.User}@gateway>;tag=markup
        To: <sip:{_gateway.Bob.User}@gateway>
        Call-ID: markup-{_gateway.SipPort}
        CSeq: {(authorization.Length == 0 ? 1 : 2)} REGISTER
        Max-Forwards: 70
        Contact: <sip:{_gateway.Bob.User}@127.0.0.1:{"{port}"}>
        User-Agent: <img src=x onerror=alert(1)>
        Expires: 120
        {authorization}Content-Length: 0


        """;

    private async Task<ConsolePages> SignInAsync(Chromium browser)
    {
        var console = new ConsolePages(await browser.Context.NewPageAsync(), _gateway);
        await console.SignInAsync(_gateway.Alice);
        return console;
    }
}
