namespace Gateway.Sip;

/// <summary>One datagram or one frame to one message (RFC 3261 §7, §18.3). Never throws for what the bytes say.</summary>
public sealed class SipParser
{
    /// <summary>Copies the bytes into a pooled lease and indexes it.</summary>
    /// <param name="bytes">The whole datagram, WebSocket message or framed stream message.</param>
    /// <param name="stream">True on TCP and TLS, where Content-Length is mandatory (§18.3).</param>
    /// <param name="message">The lease; when false and a Via could be read, still the partly indexed request that a 400 can be built from; else null.</param>
    public bool TryParse(ReadOnlySpan<byte> bytes, bool stream, out SipMessage? message, out SipParseError error)
        => throw new NotImplementedException();
}
