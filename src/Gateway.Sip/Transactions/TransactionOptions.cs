namespace Gateway.Sip;

/// <summary>What an owner may set of the transaction layer, beside its timers.</summary>
public sealed record TransactionOptions
{
    public static TransactionOptions Default { get; } = new();

    /// <summary>
    /// From this many server transactions on, new requests outside a dialog are answered 503 without state; requests
    /// inside a dialog still pass until a quarter more (a call under way is worth more than a new one).
    /// </summary>
    public int MaxServerTransactions { get; init; } = 250_000;

    /// <summary>Seconds in the Retry-After of that 503 (RFC 3261 §21.5.4).</summary>
    public uint RetryAfter { get; init; } = 5;

    /// <summary>
    /// Takes a UDP response from any address. Off: only from the address the request went to, as a multi-homed peer that
    /// answers from elsewhere is rarer than a forger (THREATS 32).
    /// </summary>
    public bool ResponsesFromAnywhere { get; init; }
}
