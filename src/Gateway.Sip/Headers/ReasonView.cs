namespace Gateway.Sip;

/// <summary>One Reason value: why a request was sent or a call ended (RFC 3326 §2).</summary>
public readonly ref struct ReasonView
{
    private ReasonView(ReadOnlySpan<byte> protocol, int cause, ReadOnlySpan<byte> text)
    {
        Protocol = protocol;
        Cause = cause;
        Text = text;
    }

    /// <summary>SIP, Q.850…</summary>
    public ReadOnlySpan<byte> Protocol { get; }

    /// <summary>A status code of SIP or a cause of Q.850; 0 when absent.</summary>
    public int Cause { get; }

    /// <summary>The text as written, with its quotes; empty when absent.</summary>
    public ReadOnlySpan<byte> Text { get; }

    public static bool TryParse(ReadOnlySpan<byte> value, out ReasonView reason)
    {
        reason = default;
        value = SipLexer.Trim(value);
        var end = SipLexer.TokenEnd(value, 0);
        if (end == 0)
        {
            return false;
        }
        var cause = 0u;
        ReadOnlySpan<byte> text = default;
        var parameters = new ParameterReader(value[end..]);
        while (parameters.Next())
        {
            if (SipLexer.EqualsIgnoreCase(parameters.Name, "cause"u8))
            {
                if (!SipLexer.TryNumber(parameters.Value, out cause) || cause > 999)
                {
                    return false;
                }
            }
            else if (SipLexer.EqualsIgnoreCase(parameters.Name, "text"u8))
            {
                text = parameters.Value;
            }
        }
        reason = new ReasonView(value[..end], (int)cause, text);
        return !parameters.Failed;
    }

    /// <summary>A Reason value as text: <c>SIP;cause=200;text="Call completed elsewhere"</c>.</summary>
    public static string Format(string protocol, int cause, string? text = null)
        => text is null ? $"{protocol};cause={cause}" : $"{protocol};cause={cause};text=\"{QuotedText.Escape(text)}\"";
}
