namespace Gateway.Sip;

/// <summary>A received request (RFC 3261 §7.1).</summary>
public sealed class SipRequest : SipMessage
{
    internal SipRequest() { }

    public SipMethod Method => Index.Method;

    /// <summary>The method as it came, for <see cref="SipMethod.Other"/>.</summary>
    public ReadOnlySpan<byte> MethodToken => At(Index.MethodToken);

    /// <summary>The Request-URI as it came.</summary>
    public ReadOnlySpan<byte> UriBytes => At(Index.Uri);

    /// <summary>The Request-URI, parsed; false for a scheme other than sip, sips and tel (416) or for bad syntax.</summary>
    public bool TryGetUri(out SipUriView uri) => SipUriView.TryParse(UriBytes, out uri);

    public override SipRequest Retain()
    {
        var copy = new SipRequest();
        CopyTo(copy);
        return copy;
    }
}
