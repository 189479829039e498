namespace Gateway.Sip;

/// <summary>A received response (RFC 3261 §7.2).</summary>
public sealed class SipResponse : SipMessage
{
    internal SipResponse() { }

    /// <summary>100 to 699.</summary>
    public int StatusCode => Index.StatusCode;

    public ReadOnlySpan<byte> ReasonPhrase => At(Index.Reason);

    public bool IsProvisional => StatusCode < 200;

    public bool IsSuccess => StatusCode is >= 200 and < 300;

    public override SipResponse Retain()
    {
        var copy = new SipResponse();
        CopyTo(copy);
        return copy;
    }
}
