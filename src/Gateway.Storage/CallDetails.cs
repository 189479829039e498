using System.Collections.Immutable;
using Gateway.Server.Calls;
using Gateway.Server.Proxy;

namespace Gateway.Storage;

/// <summary>What of a call record nobody searches for: one JSON document in the column <c>details</c>. Fields are only ever added.</summary>
internal sealed record CallDetails
{
    public ImmutableArray<CallLegRecord> Legs { get; init; } = [];

    public ImmutableDictionary<string, string> Visitor { get; init; } = ImmutableDictionary<string, string>.Empty;

    public int? Q850 { get; init; }

    public double? TalkSeconds { get; init; }

    public CallMode Mode { get; init; } = CallMode.Bridge;

    public string ModeReason { get; init; } = "";

    public string PathReason { get; init; } = "";
}
