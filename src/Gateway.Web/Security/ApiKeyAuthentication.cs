using System.Security.Claims;
using System.Text.Encodings.Web;
using Gateway.Web.Administration;
using Gateway.Web.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace Gateway.Web.Security;

/// <summary>Programs come with <c>Authorization: Bearer gwk_…</c>; whoever sends no such header is asked for the cookie of a person.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeyAdministration keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string KeyScheme = "ApiKey";

    private const string Either = "CookieOrApiKey";
    private const string Bearer = "Bearer ";
    private const int LongestHeader = 200;

    /// <summary>The cookie of a person, or the key of a program: by the header.</summary>
    public static AuthenticationBuilder AddCookieOrApiKey(IServiceCollection services) => services
        .AddAuthentication(Either)
        .AddPolicyScheme(Either, null, policy => policy.ForwardDefaultSelector = context =>
            context.Request.Headers.Authorization.ToString().StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? KeyScheme : CookieAuthenticationDefaults.AuthenticationScheme)
        .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(KeyScheme, null);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length is <= 7 or > LongestHeader || keys.Find(header[Bearer.Length..].Trim()) is not { } key)
        {
            return Task.FromResult(AuthenticateResult.Fail("There is no such key, or it is disabled or expired."));
        }

        keys.Used(key, Context.Connection.RemoteIpAddress?.ToString() ?? "");
        List<Claim> claims =
        [
            new(ClaimTypes.NameIdentifier, key.Id.ToString()),
            new(ClaimTypes.Name, "key:" + key.Name),
            .. key.Scopes.Select(scope => new Claim(Access.ScopeClaim, scope)),
        ];
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, KeyScheme)), KeyScheme)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        return Problems.Of(StatusCodes.Status401Unauthorized, "api-key", "There is no such API key, or it is disabled or expired.").ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.Forbidden("This API key has not the scope for that: its administrator can add it.").ExecuteAsync(Context);
}
