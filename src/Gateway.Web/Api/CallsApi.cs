using Gateway.Server;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>Call records: everyone their own, who may see everything all.</summary>
internal static class CallsApi
{
    private const int MostRecords = 200;

    public static void MapCallsApi(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/calls", async (HttpContext context, SignIn signIn, ICallLog log, ServerOptions options, CancellationToken cancel, DateTimeOffset? before = null, int limit = 50, bool all = false) =>
        {
            if (signIn.AccountOf(context.User) is not { } account)
            {
                return Results.Problem("Sign in first.", statusCode: StatusCodes.Status401Unauthorized);
            }

            if (all && !context.User.May(Access.Read))
            {
                return Results.Problem("Your account may not see the calls of others.", statusCode: StatusCodes.Status403Forbidden);
            }

            if (limit is < 1 or > MostRecords)
            {
                return Results.ValidationProblem(new Dictionary<string, string[]> { ["limit"] = [$"1 to {MostRecords}."] });
            }

            IReadOnlyList<CallRecord> records = await log.ListAsync(new CallQuery(all ? null : account.AorIn(options.Realm), before, limit), cancel);
            return Results.Ok(records);
        }).RequireAuthorization();
}
