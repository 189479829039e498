using Gateway.Server.Ports;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>Who changed what.</summary>
internal static class AuditApi
{
    public static void MapAuditApi(this RouteGroupBuilder api) => api.MapGet("/audit", async (HttpContext context, IAuditLog audit) =>
        {
            if (!Paging.TryRead(context, ["actor", "kind", "object"], out var limit, out var after, out var refusal))
            {
                return refusal;
            }

            Guid? before = null;
            if (after is not null)
            {
                if (!Guid.TryParse(after, out var id))
                {
                    return Problems.Field("cursor", "Take the cursor from the answer before (next), unchanged.");
                }

                before = id;
            }

            var entries = await audit.ListAsync(new AuditQuery(before, Given(context, "actor"), Given(context, "kind"), Given(context, "object"), limit + 1), context.RequestAborted);
            return Paging.Answer(context, entries, limit, entry => entry.Id.ToString());
        })
        .RequireAuthorization(Access.Admin).WithTags("audit").WithName("list-audit").WithSummary("Lists who changed what, the newest first.")
        .WithPaging().WithQuery("actor", "Exact: a user, or key: and the name of an API key.", "alice").WithQuery("kind", "Exact.", "trunks").WithQuery("object", "Id of the object.", "019a9f6e-0000-7000-8000-000000000000")
        .Produces<Page<AuditEntry>>().ProducesProblem(400);

    private static string? Given(HttpContext context, string name) => context.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;
}
