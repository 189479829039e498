using Gateway.Sip;

namespace Gateway.Net.Sip.Streams;

/// <summary>What a TCP or TLS connection tells: the messages it cut out of its bytes, and its end. Thread-safe.</summary>
internal interface IStreamOwner
{
    TimeSpan Now { get; }

    NetOptions Options { get; }

    void Received(in Flow flow, ReadOnlySpan<byte> message);

    /// <summary>The stream can no longer be cut into messages: what can be read of the last header section is answered.</summary>
    void Unframed(in Flow flow, ReadOnlySpan<byte> headers, in SipParseError error);

    /// <summary>True when the peer is a trunk, by its address: it has nothing to prove on the connection itself.</summary>
    bool IsKnown(in Flow flow);

    /// <summary>The peer's certificate proves whom it speaks for.</summary>
    void Proved(AcceptedConnection connection);

    /// <summary>An error of ours ended a connection.</summary>
    void Faulted(Exception fault);

    /// <summary>Once for every connection, when nothing of it is left but what <see cref="StreamConnection.End"/> says.</summary>
    void Ended(StreamConnection connection);
}
