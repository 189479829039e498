using System.Collections.Immutable;
using Gateway.Server.Trunks;

namespace Gateway.Server.Routing;

/// <summary>"Where would this number go for this caller, and why?"</summary>
/// <param name="Caller">Id of the account, trunk or widget.</param>
/// <param name="Number">As dialled: digits, a user name, a tel or sip URI.</param>
/// <param name="At">The moment that time windows are read at; null for now.</param>
public sealed record DryRunQuestion(CallerKind Kind, Guid Caller, string Number, DateTimeOffset? At = null);

/// <summary>The plan that a call would get, as values that a page or the API can show.</summary>
public sealed record DryRunAnswer
{
    /// <summary>account, group, trunk, service, locate (sources outside are to be asked first) or reject.</summary>
    public required string Outcome { get; init; }

    /// <summary>Who or what would be called, in words.</summary>
    public required string Target { get; init; }

    /// <summary>SIP status of a refusal; 0 when the call would be placed.</summary>
    public int Status { get; init; }

    public string Reason { get; init; } = "";

    /// <summary>+ and digits, where the number has that form here.</summary>
    public string? E164 { get; init; }

    public NumberClass? Class { get; init; }

    /// <summary>The rule that decided.</summary>
    public Guid? Rule { get; init; }

    public string? RuleName { get; init; }

    /// <summary>What goes into the Request-URI toward a trunk, before the trunk's own form.</summary>
    public string? Number { get; init; }

    /// <summary>In the order they would be tried.</summary>
    public ImmutableArray<DryRunTrunk> Trunks { get; init; } = [];

    /// <summary>What the caller's rights say, in words.</summary>
    public string Rights { get; init; } = "";

    /// <summary>Seconds that the call may last; 0 for no limit.</summary>
    public int MaxSeconds { get; init; }

    /// <summary>Every step of the decision.</summary>
    public ImmutableArray<string> Steps { get; init; } = [];

    internal static DryRunAnswer Of(RoutePlan plan, LoopServices services)
    {
        var answer = plan switch
        {
            RoutePlan.ToAccount to => new DryRunAnswer { Outcome = "account", Target = $"{to.Aor} ({Devices(to.Bindings.Count)})" },
            RoutePlan.ToGroup to => new DryRunAnswer
            {
                Outcome = "group",
                Target = $"{to.Group.Name}: {string.Join(", ", to.Members.Select(static member => $"{member.Aor} ({Devices(member.Bindings.Count)})"))}",
            },
            RoutePlan.ToTrunks to => new DryRunAnswer
            {
                Outcome = "trunk",
                Target = $"{to.Number} by {string.Join(", then ", to.Trunks.Select(static trunk => trunk.Name))}",
                Number = to.Number,
                Trunks = [.. to.Trunks.Select(trunk => DryRunTrunk.Of(trunk, services))],
            },
            RoutePlan.ToService to => new DryRunAnswer { Outcome = "service", Target = to.Name },
            RoutePlan.ToLocation asked => new DryRunAnswer { Outcome = "locate", Target = string.Join(", then ", asked.Sources.Select(static source => source.Name)) },
            RoutePlan.Reject refused => new DryRunAnswer { Outcome = "reject", Target = "", Status = refused.Status, Reason = refused.Reason },
            _ => throw new InvalidOperationException("a plan without a form"),
        };
        return answer with
        {
            E164 = plan.Dialled?.E164,
            Class = plan.Dialled?.Class,
            Rule = plan.Rule?.Id,
            RuleName = plan.Rule?.Name,
            Rights = plan is RoutePlan.Reject { Label: var label, Reason: var reason } && label.StartsWith("rights_", StringComparison.Ordinal)
                ? $"refused: {reason}"
                : plan is RoutePlan.Reject ? "not asked" : "allowed",
            MaxSeconds = (int)plan.MaxDuration.TotalSeconds,
            Steps = plan.Why,
        };
    }

    private static string Devices(int count) => count switch
    {
        0 => "not registered",
        1 => "1 device",
        _ => $"{count} devices",
    };
}

/// <summary>A trunk that a call would try.</summary>
/// <param name="State">How it does now.</param>
/// <param name="Reason">Why it is down; empty otherwise.</param>
/// <param name="Calls">Calls on it now.</param>
public sealed record DryRunTrunk(Guid Id, string Name, TrunkState State, string Reason, int Calls, int MaxCalls)
{
    internal static DryRunTrunk Of(Trunk trunk, LoopServices services)
    {
        var status = services.Trunks.Get(trunk.Id);
        return new DryRunTrunk(trunk.Id, trunk.Name, status.State, status.State == TrunkState.Down ? status.LastReason : "", services.Caps.Calls(trunk.Id), trunk.MaxCalls);
    }
}
