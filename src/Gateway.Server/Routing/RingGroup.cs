using System.Collections.Immutable;
using Gateway.Server.Configuration;

namespace Gateway.Server.Routing;

/// <summary>Several accounts that ring together; the first answer wins.</summary>
public sealed record RingGroup : IConfigured
{
    public static string Kind => "groups";

    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    public required string Name { get; init; }

    /// <summary>Number or name that reaches the group from inside; empty for none.</summary>
    public string Extension { get; init; } = "";

    public ImmutableArray<Guid> Members { get; init; } = [];

    /// <summary>Seconds of ringing before the overflow; 5 to 300.</summary>
    public int RingSeconds { get; init; } = 30;

    /// <summary>Where the call goes when nobody answered; null for 480.</summary>
    public Destination? Overflow { get; init; }
}
