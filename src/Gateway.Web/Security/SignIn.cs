using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Accounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Gateway.Web.Security;

internal enum SignInResult
{
    Success,
    WrongNameOrPassword,
    TooManyTries,
}

/// <summary>Checks an account and its password, and keeps who signed in in a cookie. A changed password or a disabled account ends the session.</summary>
internal sealed class SignIn(AccountDirectory accounts, SignInThrottle throttle)
{
    public const string AdministratorRole = "administrator";

    private const string StampClaim = "stamp";

    /// <summary>The hash is slow on purpose: more at once than cores would only slow the calls down.</summary>
    private static readonly SemaphoreSlim s_hashing = new(Math.Max(1, Environment.ProcessorCount / 2));

    public async Task<(SignInResult Result, TimeSpan Wait)> TryAsync(HttpContext context, string user, string password)
    {
        var address = context.Connection.RemoteIpAddress;
        // An account has several names, but one count of wrong passwords.
        var name = accounts.TryGet(user.Trim(), out var account) ? account.Name : user.Trim().ToLowerInvariant();
        if (throttle.Wait(name, address) is { Ticks: > 0 } wait)
        {
            return (SignInResult.TooManyTries, wait);
        }

        var found = account is { IsEnabled: true } ? account : null;
        if (!await VerifyAsync(found, password, context.RequestAborted).ConfigureAwait(false))
        {
            throttle.Failed(name, address);
            return (SignInResult.WrongNameOrPassword, TimeSpan.Zero);
        }

        throttle.Succeeded(name);
        await context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, PrincipalOf(found!)).ConfigureAwait(false);
        return (SignInResult.Success, TimeSpan.Zero);
    }

    /// <summary>The account of a signed-in principal; null when it is gone, disabled, or has another password since.</summary>
    public Account? AccountOf(ClaimsPrincipal principal) =>
        Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), out var id)
        && accounts.TryGet(id, out var account)
        && account.IsEnabled
        && principal.FindFirstValue(StampClaim) == StampOf(account)
            ? account
            : null;

    /// <summary>With every request: the account must still be good, and another role since counts at once.</summary>
    public Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        if (context.Principal is null || AccountOf(context.Principal) is not { } account)
        {
            context.RejectPrincipal();
        }
        else if (!context.Principal.IsInRole(Access.RoleOf(account.Role)))
        {
            context.ReplacePrincipal(PrincipalOf(account));
            context.ShouldRenew = true;
        }

        return Task.CompletedTask;
    }

    private static async Task<bool> VerifyAsync(Account? account, string password, CancellationToken cancel)
    {
        await s_hashing.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            // The same work whether the account exists or not: the time tells nothing.
            return await Task.Run(() =>
            {
                if (account is not null)
                {
                    return PasswordHash.Verify(account.PasswordHash, password);
                }

                PasswordHash.VerifyNobody(password);
                return false;
            }, cancel).ConfigureAwait(false);
        }
        finally
        {
            s_hashing.Release();
        }
    }

    internal static ClaimsPrincipal PrincipalOf(Account account)
    {
        List<Claim> claims =
        [
            new(ClaimTypes.NameIdentifier, account.Id.ToString()),
            new(ClaimTypes.Name, account.User),
            new(StampClaim, StampOf(account)),
            new(ClaimTypes.Role, Access.RoleOf(account.Role)),
            .. Access.ScopesOf(account.Role).Select(scope => new Claim(Access.ScopeClaim, scope)),
        ];
        return new ClaimsPrincipal(new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme));
    }

    /// <summary>Changes with the password; says nothing about it.</summary>
    private static string StampOf(Account account) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account.PasswordHash)).AsSpan(0, 8));

    internal static bool IsLocal(string? url) => url is ['/', ..] && !url.StartsWith("//", StringComparison.Ordinal) && !url.StartsWith("/\\", StringComparison.Ordinal);
}
