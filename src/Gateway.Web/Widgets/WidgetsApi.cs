using System.Net;
using System.Text.Json;
using Gateway.Server.Widgets;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Web.Widgets;

/// <summary>
/// <c>POST /api/widgets/{id}/session</c>, asked by pages of other origins: cross-origin reading is granted to the widget's own
/// origins only, each exactly, and never with cookies (Fetch standard, CORS protocol).
/// </summary>
internal static class WidgetsApi
{
    private const int LongestBody = 16 * 1024;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { AllowDuplicateProperties = false, MaxDepth = 4 };

    public static void MapWidgetsApi(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/widgets/{id}/session", ["OPTIONS"], Preflight).AllowAnonymous();
        routes.MapPost("/api/widgets/{id}/session", OpenAsync).AllowAnonymous().DisableAntiforgery();
    }

    private static IResult Preflight(HttpContext context, string id, WidgetDesk desk)
    {
        if (GrantReading(context, desk.Find(id)))
        {
            context.Response.Headers.AccessControlAllowMethods = "POST";
            context.Response.Headers.AccessControlAllowHeaders = "content-type";
            context.Response.Headers.AccessControlMaxAge = "600";
        }

        return Results.NoContent();
    }

    private static async Task<IResult> OpenAsync(HttpContext context, string id, WidgetDesk desk, WidgetMetrics metrics, ILogger<WidgetDesk> logger, CancellationToken cancel)
    {
        context.Response.Headers.CacheControl = "no-store";
        var widget = desk.Find(id);
        var isAdmitted = GrantReading(context, widget);
        var origin = context.Request.Headers.Origin.ToString();
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;

        var refusal = desk.Attempt(address) ?? (widget is null ? WidgetRefusal.UnknownWidget : isAdmitted ? null : WidgetRefusal.Origin);
        if (refusal is null)
        {
            var (request, unreadable) = await ReadAsync(context.Request, cancel);
            refusal = unreadable;
            if (request is not null)
            {
                var (answer, why, session) = await desk.OpenAsync(widget!, new WidgetAsker(origin, address, $"wss://{context.Request.Host}/ws/widget"), request, cancel);
                if (answer is not null)
                {
                    metrics.Given();
                    WidgetLog.Given(logger, widget!.PublicId, session, origin);
                    return Results.Ok(answer);
                }

                refusal = why;
            }
        }

        metrics.Refused(refusal!.Code);
        WidgetLog.Refused(logger, widget?.PublicId ?? "unknown", origin.Length > 200 ? origin[..200] : origin, refusal.Code);
        return Problem(context, refusal);
    }

    /// <summary>True when the page may read the answer; the answer differs by origin either way.</summary>
    private static bool GrantReading(HttpContext context, Widget? widget)
    {
        context.Response.Headers.Vary = "Origin";
        var origin = context.Request.Headers.Origin.ToString();
        if (widget is null || !WidgetDesk.Admits(widget, origin)) return false;
        context.Response.Headers.AccessControlAllowOrigin = origin;
        return true;
    }

    private static async Task<(WidgetSessionRequest?, WidgetRefusal?)> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        // Only JSON by name: anything else would be sent by a foreign page without asking first (no preflight).
        if (!request.HasJsonContentType()) return (null, WidgetRefusal.Invalid("its Content-Type is not application/json"));
        var buffer = new byte[LongestBody + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        if (length > LongestBody) return (null, WidgetRefusal.Invalid("it is too long"));
        try
        {
            return (length == 0 ? new WidgetSessionRequest() : JsonSerializer.Deserialize<WidgetSessionRequest>(buffer.AsSpan(0, length), s_json) ?? new WidgetSessionRequest(), null);
        }
        catch (JsonException)
        {
            return (null, WidgetRefusal.Invalid("it is not the JSON object that docs/widget.md describes"));
        }
    }

    private static IResult Problem(HttpContext context, WidgetRefusal refusal)
    {
        var problem = new ProblemDetails { Status = refusal.Status, Detail = refusal.Detail, Type = "https://gateway.invalid/problems/widget/" + refusal.Code };
        problem.Extensions["code"] = refusal.Code;
        if (refusal.Opens is { } opens) problem.Extensions["opens"] = opens.UtcDateTime;
        if (refusal.Captcha is { } captcha) problem.Extensions["captcha"] = captcha;
        if (refusal.RetryAfter is { } wait)
        {
            var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
            problem.Extensions["retryAfter"] = seconds;
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return Results.Problem(problem);
    }
}
