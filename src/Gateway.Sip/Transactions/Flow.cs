using System.Net;

namespace Gateway.Sip;

public enum SipTransport : byte
{
    Udp,
    Tcp,
    Tls,
    Ws,
    Wss,
}

/// <summary>
/// An association between two hosts that messages travel on (RFC 5626 §3): a local listener and a remote address for UDP,
/// a connection for TCP, TLS and WebSocket. A connection's flow is a session, not a socket: a later socket may take it over.
/// </summary>
/// <param name="Remote">Where packets come from and go to; for a WebSocket the peer's address, for information only.</param>
/// <param name="Listener">Index of the local listener, so that answers leave from where they came.</param>
/// <param name="Connection">0 for UDP; else the id of the session in the connection table.</param>
public readonly record struct Flow(SipTransport Transport, IPEndPoint Remote, int Listener, long Connection)
{
    public bool IsReliable => Transport != SipTransport.Udp;

    public bool IsWebSocket => Transport is SipTransport.Ws or SipTransport.Wss;

    public bool IsSecure => Transport is SipTransport.Tls or SipTransport.Wss;
}

/// <summary>What the transaction layer needs of the transports. Never blocks and never throws.</summary>
public interface ISipTransport
{
    /// <summary>Sends one message. False when the flow is known to be gone; a later failure comes back as an event.</summary>
    bool Send(in Flow flow, ReadOnlySpan<byte> message);

    /// <summary>
    /// A TCP flow to the peer of a UDP flow, for a request too large for a datagram (RFC 3261 §18.1.1). False when the peer is
    /// known to have none; one that turns out to have none fails like any flow.
    /// </summary>
    bool TryReliable(in Flow flow, out Flow reliable)
    {
        reliable = default;
        return false;
    }

    /// <summary>
    /// Bytes that a request may have to leave by this UDP flow: 1300, or less where the path is known to take less (RFC 3261 §18.1.1).
    /// </summary>
    int LargestDatagram(in Flow flow) => SipLimits.DatagramRequest;

    /// <summary>The sent-by to write into our Via for this flow, e.g. <c>192.0.2.1:5060</c>.</summary>
    string SentBy(in Flow flow);
}
