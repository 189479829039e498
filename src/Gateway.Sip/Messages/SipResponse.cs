namespace Gateway.Sip;

/// <summary>A received response (RFC 3261 §7.2).</summary>
public sealed class SipResponse : SipMessage
{
    /// <summary>100 to 699.</summary>
    public int StatusCode => throw new NotImplementedException();

    public ReadOnlySpan<byte> ReasonPhrase => throw new NotImplementedException();

    public bool IsProvisional => StatusCode < 200;

    public bool IsSuccess => StatusCode is >= 200 and < 300;

    public override SipResponse Retain() => throw new NotImplementedException();
}
