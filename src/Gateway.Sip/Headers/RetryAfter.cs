namespace Gateway.Sip;

/// <summary>Retry-After: when to come back, and for how long the callee is then there (RFC 3261 §20.33).</summary>
/// <param name="Seconds">From now.</param>
/// <param name="Duration">How long the service is then available, in seconds; null when not said.</param>
public readonly record struct RetryAfter(uint Seconds, uint? Duration)
{
    public static bool TryParse(ReadOnlySpan<byte> value, out RetryAfter retry)
    {
        retry = default;
        value = SipLexer.Trim(value);
        var end = value.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        end = end < 0 ? value.Length : end;
        if (!SipLexer.TryNumberOrMax(value[..end], out var seconds))
        {
            return false;
        }
        var rest = value[end..];
        var open = SipLexer.SkipLws(rest, 0);
        if (open < rest.Length && rest[open] == (byte)'(')
        {
            // A comment is for people.
            var close = rest.LastIndexOf((byte)')');
            if (close < open)
            {
                return false;
            }
            rest = rest[(close + 1)..];
        }
        uint? duration = null;
        var parameters = new ParameterReader(rest);
        while (parameters.Next())
        {
            if (SipLexer.EqualsIgnoreCase(parameters.Name, "duration"u8) && SipLexer.TryNumberOrMax(parameters.Value, out var length))
            {
                duration = length;
            }
        }
        retry = new RetryAfter(seconds, duration);
        return !parameters.Failed;
    }
}
