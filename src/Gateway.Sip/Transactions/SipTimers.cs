namespace Gateway.Sip;

/// <summary>All protocol timers in one record (RFC 3261 table 4, RFC 6026, RFC 4320).</summary>
public sealed record SipTimers
{
    public static SipTimers Default { get; } = new();

    /// <summary>Round-trip estimate.</summary>
    public TimeSpan T1 { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest retransmit interval of non-INVITE requests and INVITE responses.</summary>
    public TimeSpan T2 { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a message stays in the network.</summary>
    public TimeSpan T4 { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Timer C: longest wait for a final response to an INVITE after the last 1xx above 100; more than 3 minutes (§16.6).</summary>
    public TimeSpan C { get; init; } = TimeSpan.FromSeconds(185);

    /// <summary>Timer D on unreliable transports (at least 32 s).</summary>
    public TimeSpan D { get; init; } = TimeSpan.FromSeconds(32);

    /// <summary>How soon an INVITE server transaction answers 100 by itself (§17.2.1).</summary>
    public TimeSpan Trying { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>64*T1: timers B, F, H, J, L, M and the wait for an ACK.</summary>
    public TimeSpan T1x64 => 64 * T1;
}
