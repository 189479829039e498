using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Gateway.Interop.Tests.Rig;
using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Widgets;

/// <summary>The widget as it is seen and heard: at phone and desktop width, in light, dark and right-to-left, state by state.</summary>
[Collection(GatewayCollection.Name)]
public sealed class WidgetLookTests(GatewayFixture fixture)
{
    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact]
    public async Task Every_state_is_accessible()
    {
        await using var browser = await Chromium.StartAsync();
        foreach (var (width, theme, direction, position) in new[] { (390, "light", "ltr", "inline"), (390, "dark", "rtl", "bottom-end"), (1440, "dark", "ltr", "bottom-end"), (1440, "light", "rtl", "inline") })
        {
            await VisitAsync(browser, width, theme, direction, position);
        }
    }

    private async Task VisitAsync(Chromium browser, int width, string theme, string direction, string position)
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        var lang = direction == "rtl" ? "zh-Hans" : "en";
        var id = await api.MakeAsync("widgets", new { name = $"look {width} {direction}", to = new { kind = "service", service = "echo" }, origins = new[] { _gateway.Url }, maxCallsPerAddressPerHour = 1000, label = lang == "en" ? "Call the shop" : "联系我们" });
        var publicId = (string)(await api.GetAsync("widgets/" + id))["publicId"]!;
        var shots = Path.Combine(AppContext.BaseDirectory, "widget-looks");
        Directory.CreateDirectory(shots);
        var widget = await WidgetPage.OpenAsync(browser, $"{_gateway.Url}/demo?widget={publicId}&theme={theme}&dir={direction}&position={position}&lang={lang}");
        await widget.Page.SetViewportSizeAsync(width, 900);
        await widget.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });

        async Task LookAsync(string state)
        {
            await widget.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(shots, $"{state}-{width}-{theme}-{direction}.png") });
            var result = await widget.Page.RunAxe(new AxeRunOptions { RunOnly = RunOnlyOptions.Tags("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice") });
            Assert.True(result.Violations.Length == 0, $"{state}\n" + string.Join('\n', result.Violations.Select(violation =>
                $"{violation.Id}: {violation.Help} | {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}")));
            Assert.Empty(await SmallTargetsAsync(widget.Page));
            Assert.True(await widget.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), $"{state}: wider than the window");
        }

        await LookAsync("button");
        // By keyboard alone: the focus is always somewhere in the widget.
        await widget.Part("call").FocusAsync();
        await widget.Page.Keyboard.PressAsync("Enter");
        await widget.IsAsync("active");
        await Eventually.True(async () => (await widget.ToldAsync("gw-quality")).Count > 0);
        Assert.Equal("widget-hangup", await FocusAsync(widget.Page));
        await LookAsync("active");
        await widget.Part("keypad-toggle").FocusAsync();
        await widget.Page.Keyboard.PressAsync("Space");
        await widget.Page.Keyboard.TypeAsync("12#");
        await Eventually.True(async () => await widget.Page.EvaluateAsync<string>("() => document.querySelector('gw-call').shadowRoot.querySelector('.digits').textContent") == "12#");
        await LookAsync("keypad");
        await widget.Part("hangup").FocusAsync();
        await widget.Page.Keyboard.PressAsync("Enter");
        await widget.IsAsync("ended");
        Assert.Equal("widget-dismiss", await FocusAsync(widget.Page));
        await LookAsync("ended");
        await widget.Page.Keyboard.PressAsync("Enter");
        await widget.IsAsync("idle");
        Assert.Equal("widget-call", await FocusAsync(widget.Page));

        await api.DeleteAllAsync();
        await widget.CallAsync();
        await widget.IsAsync("failed");
        await LookAsync("failed");

        var closed = await api.MakeAsync("widgets", new { name = $"closed {width} {direction}", to = new { kind = "service", service = "echo" }, origins = new[] { _gateway.Url }, hours = new[] { NotNow } });
        await widget.Page.EvaluateAsync("id => { const w = document.querySelector('gw-call'); w.setAttribute('widget-id', id); w.callbackHandler = async (asked) => { window.asked = asked; }; }", (string)(await api.GetAsync("widgets/" + closed))["publicId"]!);
        await widget.Part("dismiss").ClickAsync();
        await widget.CallAsync();
        await widget.IsAsync("closed");
        Assert.Equal("widget-callback-number", await FocusAsync(widget.Page));
        await widget.Page.Keyboard.TypeAsync("none");
        await widget.Page.Keyboard.PressAsync("Enter");
        await LookAsync("closed");
        await widget.Part("callback-number").FillAsync("+86 138 0013 8000");
        await widget.Page.Keyboard.PressAsync("Enter");
        await Eventually.True(async () => await widget.Page.EvaluateAsync<string>("() => window.asked?.number ?? ''") == "+86 138 0013 8000");
        await widget.Page.CloseAsync();
    }

    [Fact]
    public async Task The_demo_page_says_what_to_do_when_there_is_no_widget()
    {
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        foreach (var (query, words) in new[] { ("", "How to get a button"), ("?widget=w_7Hq2abcdefghijkm", "There is no widget with this id"), ("?widget=%3Cscript%3Ealert(1)%3C/script%3E", "There is no widget with this id") })
        {
            var page = await WidgetPage.OpenAsync(browser, _gateway.Url + "/demo" + query);
            Assert.Contains(words, await page.Page.InnerTextAsync("main"), StringComparison.Ordinal);
            Assert.Empty(page.Violations);
        }
    }

    /// <summary>Its module map, its integrity checks and its WebSocket; that Firefox is heard, FirefoxTests show.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Stock_Firefox_loads_the_checked_phone_and_calls()
    {
        await using var api = await GatewayApi.SignInAsync(_gateway);
        var id = await api.MakeAsync("widgets", new { name = "firefox", to = new { kind = "service", service = "echo" }, origins = new[] { _gateway.Url }, captcha = "proofOfWork" });
        var publicId = (string)(await api.GetAsync("widgets/" + id))["publicId"]!;

        await using var firefox = PeerProcess.Start("node", [Path.Combine(Chromium.Clients, "src", "firefox-widget.js"), $"{_gateway.Url}/demo?widget={publicId}", "1"]);
        await firefox.WaitForExitAsync(TimeSpan.FromSeconds(60));

        Assert.True(firefox.ExitCode == 0, firefox.Output + _gateway.Log);
        Assert.Contains("\"gw-ended\"", firefox.Output, StringComparison.Ordinal);
    }

    /// <summary>A window of every day that opens in five hours.</summary>
    private static object NotNow => new
    {
        days = Enum.GetNames<DayOfWeek>().Select(day => day.ToLowerInvariant()), from = $"{DateTime.UtcNow.AddHours(5).Hour:00}:00:00", to = $"{DateTime.UtcNow.AddHours(6).Hour:00}:00:00",
    };

    private static Task<string> FocusAsync(IPage page) => page.EvaluateAsync<string>("() => document.querySelector('gw-call').shadowRoot.activeElement?.dataset.testid ?? ''");

    private static Task<string[]> SmallTargetsAsync(IPage page) => page.EvaluateAsync<string[]>("""
        () => [...document.querySelector('gw-call').shadowRoot.querySelectorAll('button, input')].filter(e => e.checkVisibility()).map(e => [e, e.getBoundingClientRect()])
          .filter(([, box]) => box.width < 44 || box.height < 44).map(([e, box]) => `${e.dataset.testid} ${box.width}x${box.height}`)
        """);
}
