using Gateway.Server.Accounts;
using Gateway.Web.Administration;
using Gateway.Web.Security;
using Gateway.Web.Tests.Api;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Security;

/// <summary>An open page and what becomes of the account behind it.</summary>
public sealed class LiveSessionTests
{
    [Theory, InlineData("""{"role":"readOnly"}"""), InlineData("""{"enabled":false}"""), InlineData("""{"generatePassword":true}""")]
    public async Task An_open_page_is_a_strangers_when_its_account_may_less(string change)
    {
        await using var host = await WebHost.StartAsync();
        using var admin = await host.ApiClientAsync();
        var made = await admin.MakeAsync("accounts", new { user = "watcher", role = "supervisor" });
        Assert.True(host.Services.GetRequiredService<AccountDirectory>().TryGet("watcher", out var account));
        await using var page = host.Services.CreateAsyncScope();
        var session = page.ServiceProvider.GetRequiredService<AuthenticationStateProvider>();
        ((IHostEnvironmentAuthenticationStateProvider)session).SetAuthenticationState(Task.FromResult(new AuthenticationState(SignIn.PrincipalOf(account))));
        var told = new TaskCompletionSource();

        await admin.SendAsync("PATCH", $"/api/v1/accounts/{made.Id()}", """{"displayName":"Still here"}""", "*", "application/merge-patch+json");
        Assert.True((await session.GetAuthenticationStateAsync()).User.May(Access.Calls));
        session.AuthenticationStateChanged += _ => told.TrySetResult();
        await admin.SendAsync("PATCH", $"/api/v1/accounts/{made.Id()}", change, "*", "application/merge-patch+json");

        await told.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False((await session.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated);
    }
}
