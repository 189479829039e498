using System.Collections.Immutable;
using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Server.Proxy;
using Gateway.Server.Registrar;
using Gateway.Server.Trunks;

namespace Gateway.Server.Routing;

/// <summary>Where a dialled URI leads for a caller, and why.</summary>
public abstract record RoutePlan
{
    /// <summary>The rule that decided; null when none was asked (an account's own name, a DID, a service).</summary>
    public DialRule? Rule { get; init; }

    /// <summary>What was dialled, as the number plan reads it; null where no number was asked for.</summary>
    public PhoneNumber? Dialled { get; init; }

    /// <summary>Every step of the decision in words, for the dry run and the call's trace.</summary>
    public ImmutableArray<string> Why { get; init; } = [];

    /// <summary>How the call goes; bridged until somebody decided otherwise.</summary>
    public CallMode Mode { get; init; } = CallMode.Bridge;

    /// <summary>Why it goes so, in words; empty where nothing was to decide.</summary>
    public string ModeReason { get; init; } = "";

    /// <summary>Zero for no limit.</summary>
    public TimeSpan MaxDuration { get; init; }

    /// <summary>Ring these contacts at once; the list may be empty (registered nowhere: 480).</summary>
    public sealed record ToAccount(Account Account, string Aor, IReadOnlyList<Binding> Bindings) : RoutePlan;

    /// <summary>Ring all contacts of all members at once; see <see cref="RoutePlanner.PlanOverflow"/> for when nobody answers.</summary>
    public sealed record ToGroup(RingGroup Group, ImmutableArray<ToAccount> Members) : RoutePlan
    {
        /// <summary>No member is registered anywhere.</summary>
        public bool IsNobodyThere => Members.All(static member => member.Bindings.Count == 0);
    }

    /// <summary>Try these trunks one after another, in this order.</summary>
    /// <param name="Number">What goes into the Request-URI: E.164 with plus, a short code, or a user name. Each trunk writes it in its own form.</param>
    public sealed record ToTrunks(string Number, ImmutableArray<Trunk> Trunks) : RoutePlan
    {
        public NumberClass Class { get; init; } = NumberClass.National;
    }

    public sealed record ToService(MediaService Service, string Name) : RoutePlan;

    /// <summary>Ask these sources one after another; where the first that knows leads, else <paramref name="Otherwise"/>. <see cref="LocationSearch"/> does it.</summary>
    public sealed record ToLocation(LocationQuestion Question, ImmutableArray<ILocationSource> Sources, RoutePlan Otherwise) : RoutePlan;

    /// <summary>404 for an unknown user, 403 by policy, 416 for a scheme we do not route.</summary>
    /// <param name="Reason">The reason phrase that the caller sees: words, no numbers or names.</param>
    public sealed record Reject(int Status, string Reason) : RoutePlan
    {
        /// <summary>Of the counter of refused calls, from a closed set.</summary>
        public string Label { get; init; } = "no_route";
    }
}
