using System.Security.Claims;
using Gateway.Server.Accounts;
using Microsoft.AspNetCore.Authorization;

namespace Gateway.Web.Security;

/// <summary>
/// What someone may do, as scopes: an account has those of its role, an API key those it was made with. Policies of the same
/// names ask for them; pages ask for roles by <see cref="RoleOf"/>.
/// </summary>
internal static class Access
{
    /// <summary>Sees everything.</summary>
    public const string Read = "read";

    /// <summary>Starts, moves and ends everyone's calls.</summary>
    public const string Calls = "calls";

    /// <summary>Changes everything.</summary>
    public const string Admin = "admin";

    public const string ScopeClaim = "scope";

    public static IReadOnlyList<string> All { get; } = [Read, Calls, Admin];

    /// <summary>The role as it stands in cookies and in <c>[Authorize(Roles = …)]</c>.</summary>
    public static string RoleOf(AccountRole role) => role switch
    {
        AccountRole.Administrator => "administrator",
        AccountRole.Supervisor => "supervisor",
        AccountRole.ReadOnly => "readonly",
        _ => "agent",
    };

    public static IReadOnlyList<string> ScopesOf(AccountRole role) => role switch
    {
        AccountRole.Administrator => All,
        AccountRole.Supervisor => [Read, Calls],
        AccountRole.ReadOnly => [Read],
        _ => [],
    };

    public static bool May(this ClaimsPrincipal principal, string scope) => principal.HasClaim(ScopeClaim, scope);

    public static void AddPolicies(AuthorizationOptions options)
    {
        foreach (var scope in All)
        {
            options.AddPolicy(scope, policy => policy.RequireAuthenticatedUser().RequireClaim(ScopeClaim, scope));
        }
    }
}
