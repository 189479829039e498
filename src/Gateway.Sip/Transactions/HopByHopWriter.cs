namespace Gateway.Sip;

/// <summary>
/// Writes the two requests that a transaction makes by itself out of the request it holds: the ACK of a non-2xx
/// (RFC 3261 §17.1.1.3) and the CANCEL (§9.1).
/// </summary>
internal sealed class HopByHopWriter(SipParser parser, SipWriter writer)
{
    /// <summary>Request-URI, top Via, Route, From, Call-ID and CSeq number of the INVITE; the To of the response.</summary>
    /// <returns>Null when the request that the user wrote cannot be read back.</returns>
    public byte[]? Ack(ReadOnlySpan<byte> invite, SipResponse response) => Write(invite, SipMethod.Ack, "ACK"u8, response, null);

    /// <summary>Request-URI, top Via, Route, From, To, Call-ID and CSeq number of the INVITE.</summary>
    /// <param name="reason">The value of a Reason header (RFC 3326), or null.</param>
    /// <returns>Null when the request that the user wrote cannot be read back.</returns>
    public byte[]? Cancel(ReadOnlySpan<byte> invite, string? reason) => Write(invite, SipMethod.Cancel, "CANCEL"u8, null, reason);

    private byte[]? Write(ReadOnlySpan<byte> invite, SipMethod method, ReadOnlySpan<byte> token, SipResponse? response, string? reason)
    {
        var read = parser.TryParse(invite, stream: false, out var message, out _);
        try
        {
            if (!read || message is not SipRequest request)
            {
                return null;
            }

            writer.Request(token, request.UriBytes);
            writer.Header(HeaderId.Via, request.TopVia.Raw);
            writer.Header(HeaderId.MaxForwards, 70);
            writer.Copy(request, HeaderId.From);
            writer.Copy((SipMessage?)response ?? request, HeaderId.To);
            writer.Copy(request, HeaderId.CallId);
            writer.CSeq(request.CSeq, method);
            writer.Copy(request, HeaderId.Route);
            if (reason is not null)
            {
                writer.Header(HeaderId.Reason, reason);
            }

            writer.NoBody();
            return writer.ToArray();
        }
        finally
        {
            message?.Return();
        }
    }
}
