using Gateway.Interop.Tests.Rig;
using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Console;

/// <summary>The console as a person uses it: goes to pages, fills fields, saves, reads what is said.</summary>
internal sealed class ConsolePages(IPage page, GatewayProcess gateway)
{
    public IPage Page { get; } = page;

    public ILocator Part(string name) => Page.GetByTestId(name);

    public async Task SignInAsync((string User, string Password) account)
    {
        await Page.GotoAsync(gateway.Url + "/login");
        await Part("login-user").FillAsync(account.User);
        await Part("login-password").FillAsync(account.Password);
        await Part("login-submit").ClickAsync();
        await Page.WaitForURLAsync(url => !url.Contains("/login", StringComparison.Ordinal));
    }

    /// <summary>Waits until the page answers: a page that is only painted takes no clicks yet.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(gateway.Url + path);
        await Page.Locator("main h1").WaitForAsync();
        await Page.WaitForFunctionAsync("() => globalThis.Blazor !== undefined");
        await Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
    }

    public async Task NewAsync(string path)
    {
        await GoAsync(path);
        await OpenFormAsync(Part("objects-new"));
    }

    public Task FillAsync(string field, string text) => Part("field-" + field).FillAsync(text);

    public async Task SaveAsync()
    {
        // The last field tells its value when it is left.
        await Page.Keyboard.PressAsync("Tab");
        await Part("object-save").ClickAsync();
        await Eventually.True(async () => await Part("object-refusal").IsVisibleAsync() || !await Part("object-form").IsVisibleAsync());
    }

    public Task SavedAsync(string name) => Eventually.True(async () => (await TextAsync("objects-notice")).Contains(name, StringComparison.Ordinal), detail: () => RefusalAsync().GetAwaiter().GetResult());

    public Task OpenAsync(string name) => OpenFormAsync(Page.Locator($"tr[data-name=\"{name}\"]").GetByTestId("objects-edit"));

    /// <summary>A page that is painted but not yet connected lets a click go by: it is pressed again.</summary>
    public Task OpenFormAsync(ILocator button) => Eventually.True(async () =>
    {
        if (await button.IsVisibleAsync())
        {
            await button.ClickAsync();
        }

        try
        {
            await Part("object-form").WaitForAsync(new LocatorWaitForOptions { Timeout = 3000 });
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    });

    /// <summary>The first press asks, the second does it.</summary>
    public async Task DeleteAsync(string name)
    {
        await OpenAsync(name);
        await Part("object-delete").ClickAsync();
        await Eventually.True(async () => (await TextAsync("object-delete")).Contains(name, StringComparison.Ordinal));
        await Part("object-delete").ClickAsync();
        await SavedAsync(name);
        Assert.Equal(0, await Page.Locator($"tr[data-name=\"{name}\"]").CountAsync());
    }

    public async Task<string> TextAsync(string part) => await Part(part).First.IsVisibleAsync() ? await Part(part).First.InnerTextAsync() : "";

    public async Task<string> DownloadAsync(string part)
    {
        var download = await Page.RunAndWaitForDownloadAsync(() => Part(part).ClickAsync());
        return await File.ReadAllTextAsync(await download.PathAsync());
    }

    private async Task<string> RefusalAsync() => "the form says: " + await TextAsync("object-refusal");
}
