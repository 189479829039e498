using System.Text.Json;
using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Rig;

/// <summary>Stock JsSIP in a page, seen from a test.</summary>
internal sealed class JsPhone(IPage page, string name)
{
    public IPage Page { get; } = page;

    /// <param name="name">Which of the page's phones this is, when a page has several.</param>
    public static async Task<JsPhone> StartAsync(Chromium browser, GatewayProcess gateway, (string User, string Password) account,
        string name = "phone", bool awaitRegistration = true, object? settings = null)
    {
        var page = await browser.OpenAsync(gateway, "jssip");
        await page.AddScriptTagAsync(new PageAddScriptTagOptions { Path = Path.Combine(Chromium.Clients, "src", "jsphone.js") });
        var phone = new JsPhone(page, name);
        await page.EvaluateAsync($"s => {{ window.{name} = makePhone({{ ...s.standard, ...s.special }}); window.{name}.ua.start(); }}", new
        {
            standard = new { url = $"wss://localhost:{gateway.HttpsPort}/ws", uri = $"sip:{account.User}@{GatewayProcess.Realm}", password = account.Password },
            special = settings ?? new { },
        });
        if (awaitRegistration)
        {
            await phone.WaitAsync("registered");
        }

        return phone;
    }

    public Task CallAsync(string target, object? options = null) => Page.EvaluateAsync($"a => window.{name}.call(a.target, a.options)", new { target, options = options ?? new { } });

    public Task AnswerAsync() => Page.EvaluateAsync($"() => window.{name}.answer()");

    public Task HangUpAsync() => Page.EvaluateAsync($"() => window.{name}.hangup()");

    /// <summary>Done when the re-INVITE is answered.</summary>
    public Task HoldAsync() => Page.EvaluateAsync($"() => window.{name}.reoffer('hold')");

    public Task ResumeAsync() => Page.EvaluateAsync($"() => window.{name}.reoffer('unhold')");

    public Task DigitAsync(char digit, string transport = "RFC2833") =>
        Page.EvaluateAsync($"a => window.{name}.session.sendDTMF(a.digit, {{ transportType: a.transport, duration: 160 }})", new { digit = digit.ToString(), transport });

    /// <summary>Starts (again) to measure what is heard.</summary>
    public async Task ListenAsync(double wanted, double other = 0)
    {
        await WaitAsync("track");
        await Page.EvaluateAsync($"a => window.{name}.listen(a.wanted, a.other)", new { wanted, other });
    }

    public async Task<ToneReport> HeardAsync()
    {
        var report = await Page.EvaluateAsync<JsonElement>($"() => window.{name}.report()");
        return new ToneReport(
            TimeSpan.FromMilliseconds(report.GetProperty("presentMs").GetDouble()),
            TimeSpan.FromMilliseconds(report.GetProperty("longestGapMs").GetDouble()),
            report.GetProperty("level").ValueKind == JsonValueKind.Number ? report.GetProperty("level").GetDouble() : double.NegativeInfinity,
            TimeSpan.FromMilliseconds(report.GetProperty("otherMs").GetDouble()));
    }

    public Task<JsonElement> StatsAsync() => Page.EvaluateAsync<JsonElement>($"() => window.{name}.stats()");

    public Task WaitAsync(string happened, TimeSpan? limit = null, int count = 1) =>
        Eventually.True(() => Page.EvaluateAsync<bool>($"a => window.{name}.has(a.happened, a.count)", new { happened, count }), limit, Story, $"browser event {happened}");

    public Task<bool> HasAsync(string happened) => Page.EvaluateAsync<bool>($"a => window.{name}.has(a)", happened);

    /// <summary>A property of the last event with this name, as text; "" when it has none.</summary>
    public async Task<string> LastAsync(string happened, string property)
    {
        var last = await Page.EvaluateAsync<JsonElement?>($"a => window.{name}.last(a)", happened);
        return last is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(property, out var value) ? value.ToString() : "";
    }

    /// <summary>The SIP messages in order: '&gt;' sent, '&lt;' received.</summary>
    public async Task<IReadOnlyList<string>> MessagesAsync() =>
        await Page.EvaluateAsync<string[]>($"() => window.{name}.messages.map(m => (m.out ? '> ' : '< ') + m.text)");

    private string Story() => Page.EvaluateAsync<string>(
        $"() => JSON.stringify(window.{name}.events) + '\\n' + window.{name}.messages.map(m => (m.out ? '> ' : '< ') + m.text).slice(-12).join('\\n')").GetAwaiter().GetResult();
}
