namespace Gateway.Server.Calls;

/// <summary>What made an invited target fall out.</summary>
internal enum FailureCause : byte
{
    /// <summary>A final answer of its own.</summary>
    Answer,
    /// <summary>The connection or the network refused it (a closed port, TLS).</summary>
    Transport,
    /// <summary>64*T1 without any answer, or a last 1xx too long ago.</summary>
    Timeout,
    /// <summary>It did not even send a 100 in the time that it was given.</summary>
    Silence,
    /// <summary>We could not place the call there: no port, no way.</summary>
    Local,
}

/// <summary>How an invited target fell out.</summary>
/// <param name="Status">What it answered, or the status that stands for its silence.</param>
internal readonly record struct LegFailure(int Status, FailureCause Cause = FailureCause.Answer)
{
    /// <summary>Seconds of its Retry-After, or null.</summary>
    public uint? RetryAfter { get; init; }

    /// <summary>What the caller may hear of why (RFC 3326, RFC 6432), or null.</summary>
    public string? Reason { get; init; }

    /// <summary>What its phone or its operator was told by it: nobody is asked after that.</summary>
    public bool HasRung { get; init; }

    /// <summary>Where else it says the callee is, the best first; empty unless it answered 3xx.</summary>
    public IReadOnlyList<RedirectTarget> Targets { get => field ?? []; init; }
}

/// <summary>What a call that goes out by trunks does when one falls out.</summary>
internal enum Onward : byte
{
    /// <summary>The answer is the callee's: nobody else is asked.</summary>
    Stop,
    /// <summary>The next address of the same trunk, if it has one.</summary>
    NextHop,
    /// <summary>The next trunk: another address of this one would say the same.</summary>
    NextTrunk,
}

/// <summary>
/// The failover of calls by trunks, one row a line: RFC 3263 §4.3 between the addresses of one trunk, our own policy between
/// trunks. What a callee decides (busy, declined, unknown) is final.
/// </summary>
internal static class Failover
{
    public static Onward Next(LegFailure failure) => Next(failure.Cause, failure.Status, failure.HasRung, failure.RetryAfter is not null);

    public static Onward Next(FailureCause cause, int status, bool hasRung, bool hasRetryAfter) => (cause, status) switch
    {
        // Someone's phone rang: a second trunk would ring it again.
        _ when hasRung => Onward.Stop,
        // RFC 3263 §4.3: a transport failure, no answer at all, and 503.
        (FailureCause.Transport or FailureCause.Silence or FailureCause.Timeout, _) => Onward.NextHop,
        (FailureCause.Local, _) => Onward.NextTrunk,
        (_, 503) => Onward.NextHop,
        // A server that says that it is overloaded or that its own way out failed (RFC 3261 §21.5.1, §21.5.3, §21.5.5).
        (_, 500) when hasRetryAfter => Onward.NextTrunk,
        (_, 408 or 502 or 504) => Onward.NextTrunk,
        // The trunk will not have us (a wrong password, RFC 5626 §11.1): that is no answer of the callee.
        (_, 401 or 407 or 430) => Onward.NextTrunk,
        // It has none of our codecs or no such extension of SIP; another may.
        (_, 420 or 421 or 488 or 606) => Onward.NextTrunk,
        _ => Onward.Stop,
    };
}
