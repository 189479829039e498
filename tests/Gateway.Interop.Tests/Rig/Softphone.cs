using System.Text.Json;
using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Rig;

/// <summary>The softphone page as a person uses it: signs in, presses what is seen, reads what is said.</summary>
internal sealed class Softphone(IPage page)
{
    public IPage Page { get; } = page;

    /// <param name="url">Another way to the gateway, e.g. through a proxy.</param>
    /// <param name="treatSound">Off for steady tones: echo cancelling and noise suppression take them for noise.</param>
    public static async Task<Softphone> StartAsync(Chromium browser, GatewayProcess gateway, (string User, string Password) account, string? url = null, bool treatSound = false)
    {
        var page = await browser.Context.NewPageAsync();
        var phone = new Softphone(page);
        url ??= gateway.Url;
        await page.GotoAsync(url + "/login");
        if (!treatSound)
        {
            await page.EvaluateAsync("() => localStorage.setItem('gateway.audio', JSON.stringify({ echoCancellation: false, noiseSuppression: false, autoGainControl: false }))");
        }

        await phone.SignInAsync(account);
        await phone.ReadyAsync();
        return phone;
    }

    public async Task SignInAsync((string User, string Password) account)
    {
        await Part("login-user").FillAsync(account.User);
        await Part("login-password").FillAsync(account.Password);
        await Part("login-submit").ClickAsync();
    }

    /// <summary>A part of the page by its test hook, through shadow roots.</summary>
    public ILocator Part(string name) => Page.GetByTestId(name);

    public Task ReadyAsync(TimeSpan? limit = null) => SaysAsync("registration-status", "Ready", limit ?? TimeSpan.FromSeconds(20));

    public async Task DialAsync(string number)
    {
        await Part("dial-input").FillAsync(number);
        await Page.Keyboard.PressAsync("Enter");
    }

    public Task TalkingAsync() => SaysAsync("call-state", "In call");

    public Task SaysAsync(string part, string words, TimeSpan? limit = null) =>
        Eventually.True(async () => await TextAsync(part) == words, limit, () => $"{part} says \"{TextAsync(part).GetAwaiter().GetResult()}\"; {StateAsync().GetAwaiter().GetResult()}", $"{part} says \"{words}\"");

    public async Task<string> TextAsync(string part) => await Part(part).IsVisibleAsync() ? await Part(part).InnerTextAsync() : "";

    /// <summary>No call is on, and the keys are there again.</summary>
    public Task IdleAsync(TimeSpan? limit = null) => Eventually.True(() => Part("dial-input").IsVisibleAsync(), limit);

    /// <summary>Starts (again) to measure what the loudspeaker plays.</summary>
    public async Task ListenAsync(double wanted, double other = 0)
    {
        await Page.AddScriptTagAsync(new PageAddScriptTagOptions { Path = Path.Combine(Chromium.Clients, "src", "listen.js") });
        await Page.EvaluateAsync("""
            a => {
              window.heard?.stop();
              const audio = [...document.querySelector('gw-phone').shadowRoot.querySelectorAll('audio[data-call]')].at(-1);
              // A paused loudspeaker plays nothing, whatever arrives.
              if (audio.paused) throw new Error('the loudspeaker is paused');
              const stream = audio.srcObject;
              // On hold the track is gone: that is silence as well.
              const silence = { presentMs: 0, longestGapMs: 0, level: null, otherMs: 0 };
              window.heard = stream.getAudioTracks().length ? listenTo(stream, a.wanted, a.other) : { report: () => silence, stop: () => silence };
            }
            """, new { wanted, other });
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

    public Task<string> StateAsync() => Page.EvaluateAsync<string>("() => JSON.stringify(globalThis.gatewayPhone?.snapshot ?? null)");
}
