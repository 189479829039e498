namespace Gateway.Media.Ice;

/// <summary>The kind of a candidate.</summary>
public enum IceCandidateType
{
    /// <summary>An address of the host itself.</summary>
    Host,

    /// <summary>Learned from a check.</summary>
    PeerReflexive,

    /// <summary>Learned from a STUN server.</summary>
    ServerReflexive,

    /// <summary>On a TURN server.</summary>
    Relayed,
}

/// <summary>The priority formulas of ICE.</summary>
public static class IcePriority
{
    /// <summary>The recommended preference of a type (RFC 8445 §5.1.2.2).</summary>
    public static int TypePreference(IceCandidateType type) => type switch
    {
        IceCandidateType.Host => 126,
        IceCandidateType.PeerReflexive => 110,
        IceCandidateType.ServerReflexive => 100,
        _ => 0,
    };

    /// <summary>The priority of a candidate (RFC 8445 §5.1.2.1).</summary>
    /// <param name="type">The type.</param>
    /// <param name="localPreference">0 to 65535, higher for better addresses; 65535 when there is one.</param>
    /// <param name="component">1 for RTP, 2 for RTCP.</param>
    public static uint OfCandidate(IceCandidateType type, int localPreference = 65535, int component = 1) =>
        ((uint)TypePreference(type) << 24) + ((uint)(localPreference & 0xFFFF) << 8) + (uint)(256 - component);

    /// <summary>The priority of a pair (RFC 8445 §6.1.2.3): G is the controlling agent's candidate, D the controlled one's.</summary>
    public static ulong OfPair(uint controlling, uint controlled) =>
        ((ulong)Math.Min(controlling, controlled) << 32) + (2UL * Math.Max(controlling, controlled)) + (controlling > controlled ? 1UL : 0);
}
