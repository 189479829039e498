namespace Gateway.Sip;

/// <summary>Subscription-State of a NOTIFY (RFC 6665 §8.2.3).</summary>
public readonly ref struct SubscriptionStateView
{
    private readonly ReadOnlySpan<byte> _parameters;

    private SubscriptionStateView(ReadOnlySpan<byte> state, ReadOnlySpan<byte> parameters)
    {
        State = state;
        _parameters = parameters;
    }

    /// <summary>active, pending, terminated or an extension.</summary>
    public ReadOnlySpan<byte> State { get; }

    public bool IsTerminated => SipLexer.EqualsIgnoreCase(State, "terminated"u8);

    public bool IsPending => SipLexer.EqualsIgnoreCase(State, "pending"u8);

    /// <summary>deactivated, probation, rejected, timeout, giveup, noresource, invariant; empty when absent.</summary>
    public ReadOnlySpan<byte> Reason => ParameterReader.TryFind(_parameters, "reason"u8, out var value) ? value : default;

    /// <summary>Seconds left; false when absent.</summary>
    public bool TryGetExpires(out uint seconds)
    {
        seconds = 0;
        return ParameterReader.TryFind(_parameters, "expires"u8, out var value) && SipLexer.TryNumberOrMax(value, out seconds);
    }

    public static bool TryParse(ReadOnlySpan<byte> value, out SubscriptionStateView state)
    {
        state = default;
        value = SipLexer.Trim(value);
        var end = SipLexer.TokenEnd(value, 0);
        if (end == 0)
        {
            return false;
        }
        var parameters = new ParameterReader(value[end..]);
        while (parameters.Next())
        {
        }
        state = new SubscriptionStateView(value[..end], value[end..]);
        return !parameters.Failed;
    }
}
