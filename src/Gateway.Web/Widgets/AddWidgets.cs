using Gateway.Server.Widgets;
using Gateway.Web.Setup;

namespace Gateway.Web.Widgets;

/// <summary>What widgets consist of, and the addresses they use.</summary>
internal static class WidgetSetup
{
    public static void AddWidgets(this IServiceCollection services, GatewaySettings settings, FirstStart start)
    {
        services.AddSingleton<WidgetVisits>();
        services.AddSingleton(new SpentTickets { Since = TimeProvider.System.GetUtcNow() });
        services.AddSingleton<WidgetCounts>();
        services.AddSingleton<WidgetMetrics>();
        services.AddSingleton(new WidgetTickets(start.TokenKey));
        services.AddSingleton<ICaptchaVerifier>(new ProofOfWork(start.TokenKey, settings.Web.CaptchaBits));
        services.AddSingleton<WidgetDesk>();
        services.AddSingleton<WidgetSockets>();
        services.AddSingleton<WidgetAssets>();
        services.AddHostedService<WidgetDay>();
    }

    public static void MapWidgets(this WebApplication app)
    {
        app.MapWidgetsApi();
        app.MapDemo();
        // Map, not MapGet: a browser on HTTP/2 opens a WebSocket with CONNECT (RFC 8441).
        app.Map("/ws/widget", (HttpContext context, WidgetSockets sockets) => sockets.AcceptAsync(context)).AllowAnonymous().DisableAntiforgery();
    }
}
