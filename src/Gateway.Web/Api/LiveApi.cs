using Gateway.Net.Sip;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Web.Live;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>Who asks, as the API sees it.</summary>
/// <param name="User">The account's user; left out for an API key.</param>
internal sealed record WhoAmI(string Name, string? User, AccountRole? Role, IReadOnlyList<string> Scopes);

/// <summary>What goes on now: calls, registrations, and who asks. Calls are the own ones for who may not see everything.</summary>
internal static class LiveApi
{
    public static void MapLiveApi(this RouteGroupBuilder api)
    {
        api.MapGet("/me", (HttpContext context, SignIn signIn) =>
            {
                var account = signIn.AccountOf(context.User);
                return Results.Ok(new WhoAmI(context.User.Identity?.Name ?? "", account?.User, account?.Role, [.. Access.All.Where(context.User.May)]));
            })
            .WithTags("me").WithName("get-me").WithSummary("Who asks, and what it may do.").Produces<WhoAmI>();

        api.MapGet("/registrations", async (HttpContext context, Registrations registrations) =>
            {
                if (!Paging.TryRead(context, ["q"], out var limit, out var after, out var refusal))
                {
                    return refusal;
                }

                var text = context.Request.Query["q"].ToString();
                var all = await registrations.ListAsync();
                var page = all.Where(one => text.Length == 0 || one.Aor.Contains(text, StringComparison.OrdinalIgnoreCase) || one.UserAgent.Contains(text, StringComparison.OrdinalIgnoreCase))
                    .OrderBy(KeyOf, StringComparer.Ordinal)
                    .Where(one => after is null || string.CompareOrdinal(KeyOf(one), after) > 0)
                    .Take(limit + 1).ToList();
                return Paging.Answer(context, page, limit, KeyOf);
            })
            .RequireAuthorization(Access.Read).WithTags("registrations").WithName("list-registrations").WithSummary("Lists who can be reached now, and where.")
            .WithPaging().WithQuery("q", "Only those whose address or device holds this text.", "alice").Produces<Page<RegistrationView>>().ProducesProblem(400);

        var calls = api.MapGroup("/calls").WithTags("calls");
        calls.MapGet("/", async (HttpContext context, GatewayHost host, SignIn signIn, ServerOptions options) =>
            {
                if (!Paging.TryRead(context, [], out var limit, out var after, out var refusal))
                {
                    return refusal;
                }

                var all = await host.CallsAsync();
                var page = all.Where(call => MaySee(context, signIn, options, call))
                    .OrderBy(call => call.Id)
                    .Where(call => after is null || string.CompareOrdinal(call.Id.ToString(), after) > 0)
                    .Take(limit + 1).ToList();
                return Paging.Answer(context, page, limit, call => call.Id.ToString());
            })
            .WithName("list-calls").WithSummary("Lists the calls that are on, the oldest first.").WithPaging().Produces<Page<CallSnapshot>>().ProducesProblem(400);

        calls.MapGet("/{id:guid}", async (HttpContext context, Guid id, GatewayHost host, SignIn signIn, ServerOptions options) =>
                await host.CallAsync(id) is { } call && MaySee(context, signIn, options, call) ? Results.Ok(call) : Problems.Missing("There is no such call, or it is over: see /api/v1/call-records."))
            .WithName("get-call").WithSummary("Reads one call with the state and the figures of all its sides.").Produces<CallSnapshot>().ProducesProblem(404);
    }

    /// <summary>The own calls are those with a side of this account.</summary>
    public static bool MaySee(HttpContext context, SignIn signIn, ServerOptions options, CallSnapshot call)
    {
        if (context.User.May(Access.Read))
        {
            return true;
        }

        return signIn.AccountOf(context.User) is { } account && IsOf(account, options.Realm, call);
    }

    public static bool IsOf(Account account, string realm, CallSnapshot call)
    {
        var aor = account.AorIn(realm);
        return Is(call.Caller) || Is(call.Callee) || call.Legs.Any(leg => Is(leg.Party));

        bool Is(string party) => string.Equals(party, aor, StringComparison.OrdinalIgnoreCase) || (account.Domain.Length == 0 && string.Equals(party, account.User, StringComparison.OrdinalIgnoreCase));
    }

    private static string KeyOf(RegistrationView one) => $"{one.Aor} {one.Id}";
}
