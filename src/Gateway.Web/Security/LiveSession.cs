using System.Security.Claims;
using Gateway.Web.Administration;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Gateway.Web.Security;

/// <summary>
/// Who is signed in, for an open page: asked again at once when the account was disabled or got another password or role, and
/// now and then besides. A page whose session is over shows what a stranger sees.
/// </summary>
internal sealed class LiveSession : RevalidatingServerAuthenticationStateProvider
{
    private readonly SignIn _signIn;
    private readonly AccountAdministration _accounts;

    public LiveSession(ILoggerFactory logging, SignIn signIn, AccountAdministration accounts) : base(logging)
    {
        (_signIn, _accounts) = (signIn, accounts);
        _accounts.Restricted += OnRestricted;
    }

    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        Task.FromResult(IsGood(authenticationState.User));

    protected override void Dispose(bool disposing)
    {
        _accounts.Restricted -= OnRestricted;
        base.Dispose(disposing);
    }

    private bool IsGood(ClaimsPrincipal user) => _signIn.AccountOf(user) is { } account && user.IsInRole(Access.RoleOf(account.Role));

    private async void OnRestricted(Guid account)
    {
        try
        {
            var user = (await GetAuthenticationStateAsync().ConfigureAwait(false)).User;
            if (user.FindFirstValue(ClaimTypes.NameIdentifier) == account.ToString() && !IsGood(user))
            {
                SetAuthenticationState(Task.FromResult(new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity()))));
            }
        }
        catch (InvalidOperationException)
        {
            // The page has not begun, or is gone: there is no state to take back.
        }
    }
}
