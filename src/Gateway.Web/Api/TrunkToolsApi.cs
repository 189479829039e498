using Gateway.Net.Sip;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Web.Administration;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>A trunk with how it does now.</summary>
internal sealed record TrunkHealth(Guid Id, string Name, bool Enabled, TrunkStatus Status);

/// <summary>Trunks with how they do now.</summary>
internal sealed class TrunkHealths(ConfigurationDirectory configuration, TrunkBoard board, CallCaps caps)
{
    public IReadOnlyList<TrunkHealth> All() => [.. configuration.Current.Trunks.OrderBy(trunk => trunk.Name, StringComparer.OrdinalIgnoreCase).Select(Of)];

    public TrunkHealth? One(Guid id) => configuration.Current.Trunk(id) is { } trunk ? Of(trunk) : null;

    private TrunkHealth Of(Trunk trunk) => new(trunk.Id, trunk.Name, trunk.IsEnabled, board.Get(trunk.Id) with { Calls = caps.Calls(trunk.Id) });
}

/// <summary>What one asks of trunks and of the dial plan: how they do, whether they work, where a number would go.</summary>
internal static class TrunkToolsApi
{
    private const int LongestNumber = 256;

    public static void MapTrunkToolsApi(this RouteGroupBuilder api)
    {
        api.MapGet("/trunks/status", (TrunkHealths trunks) => Results.Ok(trunks.All()))
            .RequireAuthorization(Access.Read).WithTags("trunks").WithName("list-trunk-status").WithSummary("How all trunks do now.").Produces<IReadOnlyList<TrunkHealth>>();

        api.MapGet("/trunks/{id:guid}/status", (Guid id, TrunkHealths trunks) => trunks.One(id) is { } trunk ? Results.Ok(trunk) : Problems.Missing())
            .RequireAuthorization(Access.Read).WithTags("trunks").WithName("get-trunk-status").WithSummary("How a trunk does now: up or down, registered or why not.")
            .Produces<TrunkHealth>().ProducesProblem(404);

        api.MapPost("/trunks/{id:guid}/test", async (HttpContext context, Guid id, GatewayHost host, ConfigurationDirectory configuration) =>
                configuration.Current.Trunk(id) is { } trunk ? Results.Ok(await host.TestTrunkAsync(trunk).WaitAsync(context.RequestAborted)) : Problems.Missing())
            .RequireAuthorization(Access.Admin).WithTags("trunks").WithName("test-trunk").WithSummary("Tries a trunk: DNS, the way there, OPTIONS, registration; a verdict in words. Takes up to half a minute.")
            .Produces<TrunkTestResult>().ProducesProblem(404);

        api.MapPost("/routes/dry-run", async (HttpContext context, GatewayHost host) =>
            {
                var (question, refusal) = await ApiBody.ReadAsync<DryRunQuestion>(context);
                if (question is null)
                {
                    return refusal!;
                }

                return question.Number.Trim().Length is > 0 and <= LongestNumber
                    ? Results.Ok(await host.DryRunAsync(question))
                    : Problems.Field("number", "What is dialled: digits, a user name, a tel or sip URI.");
            })
            .RequireAuthorization(Access.Read).WithTags("routes").WithName("dry-run").WithSummary("Where would this number go for this caller, and why? Nothing is called.")
            .Accepts<DryRunQuestion>("application/json").WithExample<DryRunQuestion>().Produces<DryRunAnswer>().ProducesProblem(400);
    }
}
