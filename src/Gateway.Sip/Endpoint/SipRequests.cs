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

    /// <summary>
    /// Starts the same request anew, with a branch and number of its own (§22.2): all header fields but Via, CSeq, credentials
    /// and Content-Length. The caller adds credentials and ends the message with <see cref="SipWriter.BodyOnly"/>.
    /// </summary>
    public static void BeginRepeat(SipWriter writer, SipRequest request, SipTransport transport, string sentBy, string branch, uint sequence)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(request);
        writer.Request(request.Method, request.UriBytes);
        WriteVia(writer, transport, sentBy, branch);
        foreach (var field in request.Fields)
        {
            if (field.Id is not (HeaderId.Via or HeaderId.CSeq or HeaderId.Authorization or HeaderId.ProxyAuthorization or HeaderId.ContentLength))
            {
                writer.Copy(field);
            }
        }
        writer.CSeq(sequence, request.Method);
    }
}
