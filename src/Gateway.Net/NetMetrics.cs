using System.Diagnostics.Metrics;
using Gateway.Net.Sip.Streams;
using Gateway.Sip;

namespace Gateway.Net;

/// <summary>Counters of transports and loops (meter Gateway.Net). Thread-safe; tags are bounded.</summary>
internal sealed class NetMetrics : IDisposable
{
    private static readonly KeyValuePair<string, object?>[] s_transports =
        [.. Enum.GetValues<SipTransport>().Select(transport => new KeyValuePair<string, object?>("network.transport", transport.ToString().ToLowerInvariant()))];

    private readonly Meter _meter = new("Gateway.Net");
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _sendFailed;
    private readonly Counter<long> _oversize;
    private readonly Counter<long> _bad;
    private readonly Counter<long> _shed;
    private readonly Counter<long> _faults;
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _connectionsRefused;
    private readonly Counter<long> _connectionsEnded;
    private readonly Counter<long> _undelivered;
    private readonly Counter<long> _stun;
    private readonly Counter<long> _dropped;

    public NetMetrics()
    {
        _received = _meter.CreateCounter<long>("gateway.sip.received", "{message}", "Datagrams and frames that came in.");
        _sent = _meter.CreateCounter<long>("gateway.sip.sent", "{message}", "Messages handed to a socket or connection.");
        _sendFailed = _meter.CreateCounter<long>("gateway.sip.send_failed", "{message}", "Messages that could not be sent.");
        _oversize = _meter.CreateCounter<long>("gateway.sip.oversize", "{message}", "Requests over 1300 bytes that left by UDP, where fragments may be lost.");
        _bad = _meter.CreateCounter<long>("gateway.sip.bad", "{message}", "Bytes that are no SIP message, by error.type.");
        _shed = _meter.CreateCounter<long>("gateway.sip.shed", "{message}", "New requests answered 503, and others dropped, because a loop was full.");
        _faults = _meter.CreateCounter<long>("gateway.sip.faults", "{fault}", "Errors of ours that a loop or listener survived.");
        _connections = _meter.CreateUpDownCounter<long>("gateway.sip.connections", "{connection}", "Open connections: TCP, TLS and WebSocket.");
        _connectionsRefused = _meter.CreateCounter<long>("gateway.sip.connections_refused", "{connection}", "TCP and TLS connections that were closed at once, because too many are open.");
        _connectionsEnded = _meter.CreateCounter<long>("gateway.sip.connections_ended", "{connection}", "TCP and TLS connections that ended, by gateway.reason.");
        _undelivered = _meter.CreateCounter<long>("gateway.sip.undelivered", "{error}", "ICMP errors for datagrams of ours, by gateway.kind.");
        _dropped = _meter.CreateCounter<long>("gateway.sip.udp_dropped", "{datagram}", "Datagrams that the kernel dropped, because the buffer of a listener was full.");
        _stun = _meter.CreateCounter<long>("gateway.sip.stun", "{message}", "STUN messages on the UDP ports of SIP, by gateway.kind.");
    }

    public Meter Meter => _meter;

    /// <summary>How much new work the loops turn away, asked whenever somebody reads the figures.</summary>
    /// <param name="shed">Of each loop, 0 to 1.</param>
    public void Observe(Func<IEnumerable<double>> shed) =>
        _meter.CreateObservableGauge("gateway.sip.overload", () => shed().DefaultIfEmpty().Max(), "1", "Share of new requests that the busiest loop answers 503, 0 to 1.");

    public void Received(SipTransport transport) => _received.Add(1, s_transports[(int)transport]);

    public void Sent(SipTransport transport) => _sent.Add(1, s_transports[(int)transport]);

    public void SendFailed(SipTransport transport) => _sendFailed.Add(1, s_transports[(int)transport]);

    public void Oversize() => _oversize.Add(1);

    public void Bad(string label) => _bad.Add(1, new KeyValuePair<string, object?>("error.type", label));

    public void Shed() => _shed.Add(1);

    public void Fault() => _faults.Add(1);

    public void Connections(SipTransport transport, int change) => _connections.Add(change, s_transports[(int)transport]);

    public void ConnectionRefused(SipTransport transport) => _connectionsRefused.Add(1, s_transports[(int)transport]);

    public void ConnectionEnded(SipTransport transport, EndKind kind) =>
        _connectionsEnded.Add(1, s_transports[(int)transport], new KeyValuePair<string, object?>("gateway.reason", kind.ToString().ToLowerInvariant()));

    /// <param name="kind">told, answer (one of ours bounced) or flood.</param>
    public void Undelivered(string kind) => _undelivered.Add(1, new KeyValuePair<string, object?>("gateway.kind", kind));

    public void Dropped(long count) => _dropped.Add(count);

    /// <param name="kind">request (answered), refused (420), flood (not answered), answer (to one of ours), ignored or bad.</param>
    public void Stun(string kind) => _stun.Add(1, new KeyValuePair<string, object?>("gateway.kind", kind));

    public void Dispose() => _meter.Dispose();
}
