namespace Gateway.Sip;

/// <summary>A received request (RFC 3261 §7.1).</summary>
public sealed class SipRequest : SipMessage
{
    public SipMethod Method => throw new NotImplementedException();

    /// <summary>The method as it came, for <see cref="SipMethod.Other"/>.</summary>
    public ReadOnlySpan<byte> MethodToken => throw new NotImplementedException();

    /// <summary>The Request-URI as it came.</summary>
    public ReadOnlySpan<byte> UriBytes => throw new NotImplementedException();

    /// <summary>The Request-URI, parsed; false for a scheme other than sip, sips and tel or for bad syntax.</summary>
    public bool TryGetUri(out SipUriView uri) => throw new NotImplementedException();

    public override SipRequest Retain() => throw new NotImplementedException();
}
