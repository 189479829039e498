using System.Net;
using Gateway.Web.Live;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>The figures as a Prometheus scraper reads them: from this machine, or as someone (a person, an API key) who may see everything.</summary>
internal static class MetricsApi
{
    public static void MapMetricsApi(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", (HttpContext context, Figures figures) =>
            IPAddress.IsLoopback(context.Connection.RemoteIpAddress ?? IPAddress.None) || context.User.May(Access.Read)
                ? Results.Text(figures.ToPrometheus(), "text/plain; version=0.0.4; charset=utf-8")
                : Results.Problem("Only this machine, and API keys and accounts that may see everything, read the figures.", statusCode: StatusCodes.Status403Forbidden)).AllowAnonymous();
}
