using Gateway.Web.Api;
using Gateway.Web.Components;
using Gateway.Web.Hubs;
using Gateway.Web.Security;
using Gateway.Web.Sip;
using Gateway.Web.Widgets;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace Gateway.Web.Setup;

/// <summary>Every address that the host answers.</summary>
internal static class GatewayRoutes
{
    public static void MapGateway(this WebApplication app)
    {
        app.UseTrustedProxies(app.Services.GetRequiredService<WebOptions>());
        app.UseExceptionHandler("/error");
        app.UseSecurityHeaders();
        app.UseSipSockets();
        WidgetAssets.UseHeaders(app);
        app.UseStatusCodePagesWithReExecute("/not-found");
        // Programs get problem documents where people get pages.
        app.UseWhen(IsApi, api => api.UseExceptionHandler().UseStatusCodePages());
        app.UseLanguage();
        app.UseWebSockets();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseApiPage();
        app.UseMonitorOrigins();

        app.MapWidgets();
        app.MapPhoneApi();
        app.MapContactsApi();
        app.MapCallsApi();
        app.MapRegistrationsApi();
        app.MapMetricsApi();
        app.MapApiV1();
        app.MapApiDescription();
        app.MapMonitor();
        app.MapPost("/logout", async (HttpContext context, IAntiforgery antiforgery) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context))
            {
                return Results.BadRequest();
            }

            await context.SignOutAsync();
            return Results.Redirect("/login");
        }).DisableAntiforgery();
        app.MapHealth();
        app.MapStaticAssets();
        app.MapBlazorScript();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(options =>
            // Our own policy (SecurityHeaders) says it for every page, and stricter.
            options.ContentSecurityFrameAncestorsPolicy = null);
    }

    /// <summary>
    /// Before all that pages need: a phone is here for days, and each step before it would be held as long. Any method, because a
    /// browser on HTTP/2 opens a WebSocket with CONNECT (RFC 8441).
    /// </summary>
    private static void UseSipSockets(this WebApplication app)
    {
        var sockets = app.Services.GetRequiredService<SipSockets>();
        app.MapWhen(static context => context.Request.Path.Equals("/ws", StringComparison.Ordinal), branch =>
        {
            branch.UseWebSockets();
            branch.Run(sockets.AcceptAsync);
        });
    }

    private static bool IsApi(HttpContext context) => context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal);
}
