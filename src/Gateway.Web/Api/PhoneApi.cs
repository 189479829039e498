using Gateway.Server;
using Gateway.Web.Security;
using Microsoft.AspNetCore.Antiforgery;

namespace Gateway.Web.Api;

/// <summary>What the softphone gets in exchange for its cookie: who it is, where SIP is, and a token that is good for minutes.</summary>
/// <param name="ExpiresIn">Seconds that the token is good for.</param>
internal sealed record PhoneSession(
    string Aor, string DisplayName, string Url, string Realm, string Token, int ExpiresIn, IReadOnlyList<object> IceServers, string Echo, string Tone);

internal static class PhoneApi
{
    public static void MapPhoneApi(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/phone/session", async (HttpContext context, SignIn signIn, TokenIssuer tokens, ServerOptions options, IAntiforgery antiforgery) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context))
            {
                return Results.Problem("The request does not come from a page of this gateway, or that page is too old: load it anew.", statusCode: StatusCodes.Status400BadRequest);
            }

            if (signIn.AccountOf(context.User) is not { } account)
            {
                return Results.Problem("Sign in first.", statusCode: StatusCodes.Status401Unauthorized);
            }

            context.Response.Headers.CacheControl = "no-store";
            return Results.Ok(new PhoneSession(
                account.AorIn(options.Realm),
                account.DisplayName,
                $"wss://{context.Request.Host}/ws",
                options.Realm,
                tokens.Mint(account),
                (int)tokens.Lifetime.TotalSeconds,
                [],
                "*43",
                "*44"));
        }).RequireAuthorization().DisableAntiforgery();
}
