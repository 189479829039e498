using System.Net;
using Gateway.Server.Dispatch;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>
/// From bytes to a loop's mailbox, on whatever thread received them: parse, choose the loop, hand over; answer keep-alives,
/// count what is no SIP, and shed new work with 503 when a loop is full or the gateway stops. Thread-safe.
/// </summary>
internal sealed class SipReceiver(LoopMap map, SipLoop[] loops, SipTransports transport, NetMetrics metrics)
{
    private const uint RetryAfterSeconds = 5;

    private readonly SipParser _parser = new();

    [ThreadStatic]
    private static SipWriter? t_writer;

    /// <summary>True when the gateway stops: calls under way still end in order, nothing new begins.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Hears the requests that come on connections of peers; null in tests without.</summary>
    public Action<Flow, SipRequest>? Offered { get; set; }

    /// <summary>Takes what is STUN; null in tests without.</summary>
    public SipStun? Stun { get; set; }

    public void Receive(ReadOnlySpan<byte> bytes, in Flow flow)
    {
        if (flow.Transport == SipTransport.Udp && Stun is { } stun && SipStun.IsStun(bytes))
        {
            stun.Take(bytes, flow);
            return;
        }

        if (!_parser.TryParse(bytes, stream: false, out var message, out var error))
        {
            Refuse(bytes, message as SipRequest, error, flow);
            return;
        }

        transport.Trace.Received(flow, transport.LocalOf(flow), message!.CallId, bytes);
        if (flow.Transport is SipTransport.Tcp or SipTransport.Tls && message is SipRequest request)
        {
            Offered?.Invoke(flow, request);
        }

        var loop = loops[map.LoopOf(message!)];
        if ((IsDraining && IsNew(message!)) || !loop.Deliver(message!, flow))
        {
            Shed(message!, flow);
            message!.Return();
        }
    }

    /// <summary>The bytes of a connection that cannot be cut into messages any more: the sender is told before it is closed (THREATS 14).</summary>
    public void Unframed(ReadOnlySpan<byte> headers, in SipParseError error, in Flow flow)
    {
        metrics.Bad(error.Label);
        if (headers.IsEmpty)
        {
            return;
        }

        _parser.TryParse(headers, stream: false, out var message, out _);
        if (message is SipRequest request && request.Method != SipMethod.Ack)
        {
            var writer = t_writer ??= new SipWriter();
            SipResponses.Begin(writer, request, flow, error.StatusCode, error.Reason, "unframed");
            writer.NoBody();
            transport.Send(flow, writer.Written);
        }

        message?.Return();
    }

    private void Refuse(ReadOnlySpan<byte> bytes, SipRequest? partial, in SipParseError error, in Flow flow)
    {
        if (error.Kind == SipParseErrorKind.KeepAlive)
        {
            // RFC 5626 §3.5.1: a double CRLF asks for one CRLF, on connections; over UDP it only keeps a NAT open.
            if (flow.IsReliable && bytes.Length >= 4)
            {
                transport.Send(flow, "\r\n"u8);
            }

            return;
        }

        metrics.Bad(error.Label);
        if (partial is not null && !loops[map.LoopOf(partial)].DeliverBad(partial, error, flow))
        {
            partial.Return();
        }
    }

    private static bool IsNew(SipMessage message) =>
        message is SipRequest request && request.ToTag.IsEmpty && request.Method is not (SipMethod.Ack or SipMethod.Cancel);

    /// <summary>A 503 without state (RFC 3261 §21.5.4). What is no new request is dropped: its sender repeats it.</summary>
    private void Shed(SipMessage message, in Flow flow)
    {
        metrics.Shed();
        if (!IsNew(message))
        {
            return;
        }

        var request = (SipRequest)message;
        var writer = t_writer ??= new SipWriter();
        SipResponses.Begin(writer, request, flow, 503, null, "shed");
        writer.Header(HeaderId.RetryAfter, RetryAfterSeconds);
        writer.NoBody();
        transport.Send(ReplyFlow(request, flow), writer.Written);
    }

    /// <summary>RFC 3261 §18.2.2: without rport the answer goes to the port of the Via.</summary>
    private static Flow ReplyFlow(SipRequest request, in Flow flow)
    {
        var via = request.TopVia;
        if (flow.Transport != SipTransport.Udp || via.HasRPort)
        {
            return flow;
        }

        var port = via.Port == 0 ? 5060 : via.Port;
        return port == flow.Remote.Port ? flow : flow with { Remote = new IPEndPoint(flow.Remote.Address, port) };
    }
}
