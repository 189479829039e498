using System.Net;

namespace Gateway.Sip;

/// <summary>Answers built from the request they answer (RFC 3261 §8.2.6).</summary>
public static class SipResponses
{
    /// <summary>
    /// Status line, Via (all), From, To (with <paramref name="toTag"/> when it has none and the status is not 100), Call-ID
    /// and CSeq, into the writer; the caller adds headers and ends the message. received and rport are added to the top
    /// Via from <paramref name="flow"/> (RFC 3581 §4). Of a request that the parser refused, what could not be read is left
    /// out: no answer is built from unparsed parts (THREATS 20).
    /// </summary>
    public static void Begin(SipWriter writer, SipRequest request, in Flow flow, int statusCode, string? reason = null, string? toTag = null)
    {
        writer.Response(statusCode, reason);
        WriteVias(writer, request, flow);
        CopyRead(writer, request, HeaderId.From, request.From.Raw);
        if (!request.To.Raw.IsEmpty)
        {
            writer.BeginHeader(HeaderId.To);
            writer.Append(request.To.Raw);
            if (statusCode != 100 && toTag is not null && request.ToTag.IsEmpty)
            {
                writer.Append(";tag="u8);
                writer.Append(toTag);
            }
            writer.EndHeader();
        }
        CopyRead(writer, request, HeaderId.CallId, request.CallId);
        if (!request.CSeqMethodToken.IsEmpty)
        {
            CopyFirst(writer, request, HeaderId.CSeq);
        }
        if (statusCode == 100)
        {
            // §8.2.6.1: the 100 answers a Timestamp.
            CopyFirst(writer, request, HeaderId.Timestamp);
        }
    }

    /// <summary>Copies every Via of a request, the top one with received and rport from where it came.</summary>
    public static void WriteVias(SipWriter writer, SipRequest request, in Flow flow)
    {
        var top = true;
        foreach (var value in request.Values(HeaderId.Via))
        {
            if (!top && request.Index.IsPartial && !ViaView.TryRead(value, out _))
            {
                // Whoever stands behind a Via that cannot be read cannot be told.
                return;
            }
            writer.BeginHeader(HeaderId.Via);
            if (top)
            {
                WriteTopVia(writer, request.TopVia, flow);
                top = false;
            }
            else
            {
                writer.Append(value);
            }
            writer.EndHeader();
        }
    }

    /// <summary>
    /// §18.2.1 and RFC 3581 §4: received when the sent-by host is a name or another address than the packet's source, and
    /// always with rport; what the sender itself wrote there is dropped. A WebSocket's Via stays as it came: its answer takes
    /// the same connection (RFC 7118 §5.1).
    /// </summary>
    internal static void WriteTopVia(SipWriter writer, in ViaView via, in Flow flow)
    {
        if (flow.IsWebSocket || flow.Remote is null)
        {
            writer.Append(via.Raw);
            return;
        }
        var feedback = writer.Feedback is { } load && OverloadFeedback.IsOffered(via) ? load : null;
        writer.Append(via.Head);
        var parameters = new ParameterReader(via.Parameters);
        while (parameters.Next())
        {
            if (feedback is not null && OverloadFeedback.Replaces(parameters.Name))
            {
                continue;
            }
            if (!SipLexer.EqualsIgnoreCase(parameters.Name, "received"u8) && !SipLexer.EqualsIgnoreCase(parameters.Name, "rport"u8))
            {
                writer.Append(via.Parameters[parameters.Start..parameters.End]);
            }
        }
        Span<byte> address = stackalloc byte[64];
        var source = Plain(flow.Remote.Address);
        source.TryFormat(address, out var length);
        if (via.HasRPort || !IsSame(via.Host, source))
        {
            writer.Append(";received="u8);
            writer.Append(address[..length]);
        }
        if (via.HasRPort)
        {
            writer.Append(";rport="u8);
            writer.Append(flow.Remote.Port);
        }
        if (feedback is not null)
        {
            writer.Append(feedback.Parameters);
        }
    }

    /// <summary>A Via as it came but for what its sender asked to be told of our load (RFC 7339 §5.2).</summary>
    internal static void WriteWithFeedback(SipWriter writer, in ViaView via, OverloadFeedback feedback)
    {
        writer.Append(via.Head);
        var parameters = new ParameterReader(via.Parameters);
        while (parameters.Next())
        {
            if (!OverloadFeedback.Replaces(parameters.Name))
            {
                writer.Append(via.Parameters[parameters.Start..parameters.End]);
            }
        }
        writer.Append(feedback.Parameters);
    }

    /// <summary>False when <see cref="WriteTopVia"/> would write what is there already.</summary>
    internal static bool ChangesTopVia(in ViaView via, in Flow flow) =>
        !flow.IsWebSocket && flow.Remote is not null
        && (via.HasRPort || via.TryGetParameter("received"u8, out _) || !IsSame(via.Host, Plain(flow.Remote.Address)));

    private static void CopyRead(SipWriter writer, SipRequest request, HeaderId id, ReadOnlySpan<byte> read)
    {
        if (!read.IsEmpty)
        {
            CopyFirst(writer, request, id);
        }
    }

    private static void CopyFirst(SipWriter writer, SipRequest request, HeaderId id)
    {
        if (request.TryGet(id, out var value))
        {
            writer.Header(id, value);
        }
    }

    // A dual-mode socket shows IPv4 peers as mapped addresses, and link-local ones with a scope that is ours alone.
    private static IPAddress Plain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }
        return address.IsIPv6LinkLocal && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;
    }

    private static bool IsSame(ReadOnlySpan<byte> host, IPAddress source)
    {
        if (host is [(byte)'[', .. var inner, (byte)']'])
        {
            host = inner;
        }
        Span<char> text = stackalloc char[64];
        if (host.Length > text.Length)
        {
            return false;
        }
        for (var i = 0; i < host.Length; i++)
        {
            text[i] = (char)host[i];
        }
        return IPAddress.TryParse(text[..host.Length], out var address) && address.Equals(source);
    }
}
