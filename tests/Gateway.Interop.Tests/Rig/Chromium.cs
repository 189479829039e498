using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Rig;

/// <summary>A headless Chromium whose microphone is a tone: one browser per voice, because the fake microphone is a start-up flag.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly string _folder;

    private Chromium(IPlaywright playwright, IBrowserContext context, string folder)
    {
        _playwright = playwright;
        Context = context;
        _folder = folder;
    }

    public IBrowserContext Context { get; }

    /// <param name="tone">Hz of the microphone; 0 leaves Chromium's own beep.</param>
    /// <param name="refuseMicrophone">The user says no to the microphone.</param>
    /// <param name="keepPolicies">Pages live under their Content-Security-Policy; the test's own scripts can then only be evaluated.</param>
    public static async Task<Chromium> StartAsync(double tone = 440, bool refuseMicrophone = false, bool keepPolicies = false)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-chromium-").FullName;
        var microphone = Path.Combine(folder, "microphone.wav");
        Wave.Tone(tone, TimeSpan.FromSeconds(10), rate: 48000).Save(microphone);
        var playwright = await Playwright.CreateAsync();
        var context = await playwright.Chromium.LaunchPersistentContextAsync(Path.Combine(folder, "profile"), new BrowserTypeLaunchPersistentContextOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Headless = true,
            IgnoreHTTPSErrors = true,
            BypassCSP = !keepPolicies,
            Locale = "en-US",
            Args =
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--ignore-certificate-errors", "--autoplay-policy=no-user-gesture-required",
                "--use-fake-device-for-media-stream", $"--use-file-for-fake-audio-capture={microphone}",
                .. refuseMicrophone ? Array.Empty<string>() : ["--use-fake-ui-for-media-stream"],
            ],
        });
        return new Chromium(playwright, context, folder);
    }

    /// <summary>A page of the gateway with a SIP library of the test loaded into it (same origin as the softphone).</summary>
    public async Task<IPage> OpenAsync(GatewayProcess gateway, string? library = null, string path = "/login")
    {
        var page = await Context.NewPageAsync();
        await page.GotoAsync(gateway.Url + path);
        if (library is not null)
        {
            await page.AddScriptTagAsync(new PageAddScriptTagOptions { Path = Path.Combine(Clients, "dist", library + ".js") });
            await page.AddScriptTagAsync(new PageAddScriptTagOptions { Path = Path.Combine(Clients, "src", "listen.js") });
        }

        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await Context.CloseAsync();
        _playwright.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Where the npm part of these tests is: beside the sources.</summary>
    internal static string Clients { get; } =
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "clients"));
}
