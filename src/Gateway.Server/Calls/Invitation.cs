using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// What our INVITEs to one set of contacts say, whoever they go to: who calls, how far they may travel, and what of the
/// caller's own INVITE passes. A transfer and a call that we start invite as a caller does.
/// </summary>
/// <param name="Caller">Whose rights and number the invitation has.</param>
/// <param name="From">The From that called sides see, without a tag.</param>
internal sealed record Invitation(Caller Caller, string From, uint MaxForwards)
{
    /// <summary>The caller's INVITE, kept by its transaction; null when there is none.</summary>
    public SipRequest? Passed { get; init; }

    /// <summary>The value of a Referred-By header (RFC 3892), or null.</summary>
    public string? ReferredBy { get; init; }

    /// <summary>What the record calls those who are invited: one of <see cref="LegRole"/>.</summary>
    public string Role { get; init; } = LegRole.Callee;

    /// <summary>The caller's name, escaped; empty for none.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>Whom the call was for before, the last one last; told to trunks.</summary>
    public IReadOnlyList<Diverted> Diversions { get; init; } = [];

    /// <summary>The caller asked not to be named (RFC 3323).</summary>
    public bool WantsPrivacy { get; init; }
}

/// <summary>Hears what becomes of a <see cref="Fork"/>: the call, a transfer, or a call that we start.</summary>
internal interface IForkOwner
{
    /// <summary>A contact rings, or can be heard before its answer.</summary>
    void OnProgress(OutboundLeg leg, int status, TimeSpan now);

    void OnAnswered(OutboundLeg leg, TimeSpan now);

    /// <summary>A contact says that the callee is elsewhere.</summary>
    /// <returns>An account whose contacts ring beside the others; null for none.</returns>
    RoutePlan.ToAccount? OnRedirected(OutboundLeg leg, LegFailure failure, TimeSpan now) => null;

    /// <summary>Every contact has refused or is gone.</summary>
    void OnAllFailed(CallEnd end, TimeSpan now);

    /// <summary>Location sources have said where the called side is, or that nobody knows.</summary>
    /// <returns>The plan to follow; a refusal ends it; null when the owner follows it by itself.</returns>
    RoutePlan? OnLocated(RoutePlan plan, TimeSpan now) => plan;

    /// <summary>A contact fell out while others may still answer.</summary>
    void OnContactLost(OutboundLeg leg);
}
