using System.Net;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>A message-oriented connection that someone else accepted: a WebSocket of the web host (RFC 7118).</summary>
public interface ISipConnection
{
    SipTransport Transport { get; }

    IPEndPoint Remote { get; }

    /// <summary>Our end, for the signalling trace; null where it is not known.</summary>
    IPEndPoint? LocalEndPoint => null;

    /// <summary>Queues one message; false when the connection is closed or its bounded queue is full. Never blocks; copies what it needs.</summary>
    bool Send(ReadOnlySpan<byte> message);

    /// <summary>Closes with a WebSocket close code, e.g. 1012 (restart), 4401 (token), 4403 (policy), 4409 (superseded), 4429 (rate).</summary>
    void Close(int code, string reason);
}

/// <summary>Where a connection hands in what it received. Thread-safe; parsing happens on the caller's thread.</summary>
public interface ISipConnectionHost
{
    /// <summary>The gateway is about to stop: who has no call here yet should go elsewhere.</summary>
    bool IsDraining => false;

    /// <summary>The connection is open: it gets a flow.</summary>
    Flow Opened(ISipConnection connection);

    /// <summary>One whole message. A lone CRLFCRLF keep-alive is answered with CRLF by the host.</summary>
    void Received(in Flow flow, ReadOnlySpan<byte> message);

    void Closed(in Flow flow);

    /// <summary>Whoever was on the old flow has proved to be on the current one: its dialogs move there.</summary>
    void Moved(in Flow old, in Flow current);
}
