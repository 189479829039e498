using Gateway.Server.Ports;
using Gateway.Web.Security;
using Gateway.Web.Webhooks;

namespace Gateway.Web.Api;

/// <summary>Trying a webhook, and what became of its events.</summary>
internal static class WebhookToolsApi
{
    public static void MapWebhookToolsApi(this RouteGroupBuilder api)
    {
        api.MapPost("/webhooks/{id:guid}/test", async (HttpContext context, Guid id, WebhookAdministration hooks, WebhookDispatcher dispatcher) =>
                hooks.Find(id) is { } hook ? Results.Ok(await dispatcher.TestAsync(hook, context.RequestAborted)) : Problems.Missing())
            .RequireAuthorization(Access.Admin).WithTags("webhooks").WithName("test-webhook").WithSummary("Sends a signed event of type test, once and at once; says what became of it.")
            .Produces<WebhookResult>().ProducesProblem(404);

        api.MapGet("/webhooks/{id:guid}/deliveries", async (HttpContext context, Guid id, WebhookAdministration hooks, IWebhookOutbox outbox) =>
            {
                if (!Paging.TryRead(context, [], out var limit, out var after, out var refusal))
                {
                    return refusal;
                }

                if (hooks.Find(id) is null)
                {
                    return Problems.Missing();
                }

                Guid? before = null;
                if (after is not null)
                {
                    if (!Guid.TryParse(after, out var last))
                    {
                        return Problems.Field("cursor", "Take the cursor from the answer before (next), unchanged.");
                    }

                    before = last;
                }

                return Paging.Answer(context, await outbox.ListAsync(id, before, limit + 1, context.RequestAborted), limit, delivery => delivery.Id.ToString());
            })
            .RequireAuthorization(Access.Admin).WithTags("webhooks").WithName("list-deliveries").WithSummary("What became of the events of a webhook, the newest first; kept for a week.")
            .WithPaging().Produces<Page<WebhookDelivery>>().ProducesProblem(400).ProducesProblem(404);
    }
}
