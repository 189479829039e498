namespace Gateway.Sip;

/// <summary>The parts that every request of ours starts with (RFC 3261 §8.1.1).</summary>
public static class SipRequests
{
    /// <summary>The name of a transport in Via (§20.42, RFC 7118 §5.1).</summary>
    public static ReadOnlySpan<byte> ViaTransport(SipTransport transport) => transport switch
    {
        SipTransport.Tcp => "TCP"u8,
        SipTransport.Tls => "TLS"u8,
        SipTransport.Ws => "WS"u8,
        SipTransport.Wss => "WSS"u8,
        _ => "UDP"u8,
    };

    /// <summary>A Via of ours. On UDP it asks for rport, so that the answer passes a NAT on our side (RFC 3581 §3).</summary>
    public static void WriteVia(SipWriter writer, SipTransport transport, string sentBy, string branch)
    {
        writer.BeginHeader(HeaderId.Via);
        writer.Append("SIP/2.0/"u8);
        writer.Append(ViaTransport(transport));
        writer.Append(" "u8);
        writer.Append(sentBy);
        writer.Append(";branch="u8);
        writer.Append(branch);
        if (transport == SipTransport.Udp)
        {
            writer.Append(";rport"u8);
        }
        writer.EndHeader();
    }
}
