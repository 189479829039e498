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

    /// <summary>
    /// How soon a non-INVITE server transaction answers 100 by itself: the age at which the client's timer E is set to T2
    /// (RFC 4320 §4.1); 3.5 s with the default T1 and T2.
    /// </summary>
    public TimeSpan NonInviteTrying
    {
        get
        {
            var age = TimeSpan.Zero;
            for (var interval = T1; interval < T2; interval *= 2)
            {
                age += interval;
            }

            return age;
        }
    }

    /// <summary>
    /// Timers shortened (or stretched) alike, for tests and closed networks; the order between them stays.
    /// </summary>
    /// <param name="factor">0.02 turns T1 into 10 ms and 64*T1 into 640 ms.</param>
    public SipTimers Scale(double factor) => new()
    {
        T1 = T1 * factor,
        T2 = T2 * factor,
        T4 = T4 * factor,
        C = C * factor,
        D = D * factor,
        Trying = Trying * factor,
    };

    /// <summary>All that is wrong with these values, each naming its key and what to write; empty when they can be used.</summary>
    /// <param name="section">The options section the keys stand in, for the messages.</param>
    public IReadOnlyList<string> Validate(string section = "Gateway:Timers")
    {
        var errors = new List<string>();
        Require(T1 >= TimeSpan.FromMilliseconds(1) && T1 <= TimeSpan.FromSeconds(60), nameof(T1), "between 1 ms and 60 s (RFC 3261: 500 ms)");
        Require(T2 >= T1 && T2 <= TimeSpan.FromMinutes(10), nameof(T2), "at least T1 and at most 10 minutes (RFC 3261: 4 s)");
        Require(T4 >= T1 && T4 <= TimeSpan.FromMinutes(10), nameof(T4), "at least T1 and at most 10 minutes (RFC 3261: 5 s)");
        // A scaled set keeps these relations; with T1 of 500 ms they are the RFC's 32 s and 3 minutes.
        Require(D >= T1x64 && D <= TimeSpan.FromHours(2), nameof(D), "at least 64*T1 (RFC 3261: 32 s) and at most 2 hours");
        Require(C > 360 * T1 && C <= TimeSpan.FromHours(24), nameof(C), "more than 360*T1 (RFC 3261 §16.6: more than 3 minutes) and at most 24 hours");
        Require(Trying >= TimeSpan.Zero && Trying <= T1, nameof(Trying), "between 0 and T1 (RFC 3261: 200 ms)");
        return errors;

        void Require(bool holds, string key, string range)
        {
            if (!holds)
            {
                errors.Add($"{section}:{key} must be {range}.");
            }
        }
    }
}
