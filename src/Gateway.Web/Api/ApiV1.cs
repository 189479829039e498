using Gateway.Server.Configuration;
using Gateway.Web.Administration;
using Gateway.Web.Security;
using Gateway.Web.Webhooks;
using Gateway.Web.Widgets;

namespace Gateway.Web.Api;

/// <summary>The REST API, version 1: every address below /api/v1.</summary>
internal static class ApiV1
{
    private const int LongLists = 1 << 20;

    public static void MapApiV1(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1").AddEndpointFilter(ApiGuard.InvokeAsync).RequireAuthorization().RequireRateLimiting(ApiRates.Policy).DisableAntiforgery()
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(429);
        api.MapObjects<AccountResource>("accounts", "an account");
        // Numbers and extensions of a trunk may be many.
        api.MapObjects<TrunkResource>("trunks", "a trunk", LongLists);
        api.MapObjects<RouteResource>("routes", "a route");
        api.MapObjects<GroupResource>("groups", "a ring group");
        api.MapObjects<WidgetResource>("widgets", "a widget");
        api.MapObjects<ApiKeyResource>("api-keys", "an API key");
        api.MapObjects<WebhookResource>("webhooks", "a webhook");
        api.MapWebhookToolsApi();
        api.MapNumbersApi();
        api.MapTrunkToolsApi();
        api.MapCallRecordsApi();
        api.MapLiveApi();
        api.MapCallControlApi();
        api.MapCallLadderApi();
        api.MapSettingsApi();
        api.MapSnippetApi();
        api.MapAuditApi();
    }

    private static void MapSnippetApi(this RouteGroupBuilder api) => api.MapGet("/widgets/{id:guid}/snippet", (HttpContext context, Guid id, ConfigurationDirectory configuration, WidgetAssets assets) =>
        {
            var widget = configuration.Current.Widgets.FirstOrDefault(one => one.Id == id);
            return widget is null ? Problems.Missing()
                : assets.Snippet(widget, $"{context.Request.Scheme}://{context.Request.Host}") is { } html ? Results.Text(html, "text/html; charset=utf-8")
                : Problems.Of(StatusCodes.Status409Conflict, "not-built", "The widget's script is not built here: build src/client with Node, then start the gateway again.");
        })
        .RequireAuthorization(Access.Read).WithTags("widgets").WithName("get-snippet").WithSummary("The HTML that puts the widget into a page, with the hash of its script (SRI).")
        .Produces<string>(contentType: "text/html").ProducesProblem(404).ProducesProblem(409);

    private static void MapNumbersApi(this RouteGroupBuilder api)
    {
        api.MapGet("/numbers", (HttpContext context, NumberAdministration numbers) => ObjectsApi.Found(context, numbers.Current))
            .RequireAuthorization(Access.Read).WithTags("numbers").WithName("get-numbers").WithSummary("Reads the number plan.").Produces<NumbersResource>();
        api.MapPut("/numbers", async (HttpContext context, NumberAdministration numbers) =>
            {
                if (!ObjectsApi.TryExpected(context, out var expected, out var refusal))
                {
                    return refusal;
                }

                var (wanted, unreadable) = await ApiBody.ReadAsync<NumbersResource>(context);
                if (wanted is null)
                {
                    return unreadable!;
                }

                var (now, refused) = await numbers.SetAsync(wanted, expected, ObjectsApi.ActorOf(context), context.RequestAborted);
                if (now is null)
                {
                    return Problems.Of(refused!);
                }

                ObjectsApi.SetTag(context, now);
                return Results.Ok(now);
            })
            .RequireAuthorization(Access.Admin).WithTags("numbers").WithName("replace-numbers").WithSummary("Replaces the number plan.")
            .Accepts<NumbersResource>("application/json").WithExample<NumbersResource>().WithIfMatch().Produces<NumbersResource>().ProducesProblem(400).ProducesProblem(412).ProducesProblem(428);
    }
}
