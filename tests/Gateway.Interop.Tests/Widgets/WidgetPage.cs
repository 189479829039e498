using System.Text.Json;
using Gateway.Interop.Tests.Rig;
using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Widgets;

/// <summary>A page with a widget, used as a visitor does, with everything that the widget told its page.</summary>
internal sealed class WidgetPage(IPage page)
{
    private const string Script = """
        () => {
          window.told = [];
          for (const type of ['gw-ready', 'gw-before-call', 'gw-state', 'gw-quality', 'gw-ended', 'gw-error'])
            document.addEventListener(type, e => window.told.push({ type, ...e.detail }));
        }
        """;

    private readonly List<string> _violations = [];

    public IPage Page { get; } = page;

    /// <summary>What the browser said against the page, of its policy above all.</summary>
    public IReadOnlyList<string> Violations => _violations;

    public static async Task<WidgetPage> OpenAsync(Chromium browser, string url)
    {
        var page = await browser.Context.NewPageAsync();
        var widget = new WidgetPage(page);
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal) || message.Text.Contains("Refused to", StringComparison.Ordinal)) widget._violations.Add(message.Text);
        };
        await page.AddInitScriptAsync($"({Script})()");
        await page.GotoAsync(url);
        return widget;
    }

    public ILocator Part(string name) => Page.GetByTestId("widget-" + name);

    public Task CallAsync() => Part("call").ClickAsync();

    public Task<string> StateAsync() => Page.EvaluateAsync<string>("() => document.querySelector('gw-call').state");

    public Task IsAsync(string state, TimeSpan? limit = null) =>
        Eventually.True(async () => await StateAsync() == state, limit, () => StoryAsync().GetAwaiter().GetResult(), $"the widget is {state}");

    public Task<string> SaysAsync() => Page.EvaluateAsync<string>("() => [...document.querySelector('gw-call').shadowRoot.querySelectorAll('.status, .advice, .note')].map(e => e.textContent).join(' | ')");

    public Task<string> StoryAsync() => Page.EvaluateAsync<string>("() => JSON.stringify(window.told) + ' ' + (document.querySelector('gw-call')?.shadowRoot?.textContent ?? 'no element')");

    /// <summary>The events of one kind, in order.</summary>
    public async Task<IReadOnlyList<JsonElement>> ToldAsync(string type) =>
        [.. JsonElement.Parse(await Page.EvaluateAsync<string>("type => JSON.stringify(window.told.filter(one => one.type === type))", type)).EnumerateArray()];

    public async Task ListenAsync(double wanted, double other = 0)
    {
        // Evaluated, not added as a script: the page's policy admits none.
        await Page.EvaluateAsync("() => {" + await File.ReadAllTextAsync(Path.Combine(Chromium.Clients, "src", "listen.js")) + "}");
        await Page.EvaluateAsync("a => { window.heard?.stop(); window.heard = listenTo(document.querySelector('audio[data-call]').srcObject, a.wanted, a.other); }", new { wanted, other });
    }

    public async Task<ToneReport> HeardAsync()
    {
        var report = await Page.EvaluateAsync<JsonElement>("() => window.heard.report()");
        return new ToneReport(
            TimeSpan.FromMilliseconds(report.GetProperty("presentMs").GetDouble()),
            TimeSpan.FromMilliseconds(report.GetProperty("longestGapMs").GetDouble()),
            report.GetProperty("level").ValueKind == JsonValueKind.Number ? report.GetProperty("level").GetDouble() : double.NegativeInfinity,
            TimeSpan.FromMilliseconds(report.GetProperty("otherMs").GetDouble()));
    }
}
