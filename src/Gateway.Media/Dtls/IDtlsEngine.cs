using Gateway.Media.Srtp;

namespace Gateway.Media.Dtls;

/// <summary>Which end of the handshake we are; a=setup decides (RFC 5763 §5): "passive" makes us the server.</summary>
public enum DtlsRole
{
    /// <summary>We send the ClientHello.</summary>
    Client,

    /// <summary>We wait for it.</summary>
    Server,
}

/// <summary>Where an association stands.</summary>
public enum DtlsState
{
    /// <summary>Not started.</summary>
    New,

    /// <summary>Flights are under way, or they are done and the peer's fingerprint is not known yet.</summary>
    Handshaking,

    /// <summary>The handshake is done and the peer's certificate is the one of the SDP: keys may be taken.</summary>
    Connected,

    /// <summary>It cannot be brought up; <see cref="IDtlsEngine.Failure"/> says why.</summary>
    Failed,

    /// <summary>Either end sent close_notify.</summary>
    Closed,
}

/// <summary>Why an association failed.</summary>
public enum DtlsFailure
{
    /// <summary>It did not fail.</summary>
    None = 0,

    /// <summary>The handshake broke off or ran out of time.</summary>
    Handshake,

    /// <summary>The peer's certificate has none of the expected fingerprints (RFC 8122 §6.2).</summary>
    FingerprintMismatch,

    /// <summary>The peer agreed to no SRTP profile of ours (RFC 5764 §4.1).</summary>
    NoSrtpProfile,

    /// <summary>The library refused something; our fault or its.</summary>
    Internal,
}

/// <summary>Takes the datagrams that an engine wants sent.</summary>
public interface IDatagramSink
{
    /// <summary>Sends one datagram; the span is valid during the call only.</summary>
    void Send(ReadOnlySpan<byte> datagram);
}

/// <summary>
/// One DTLS-SRTP association (RFC 5764) as a port: datagrams and time go in, datagrams and keys come out. The implementation stands in Gateway.Net,
/// for OpenSSL reads a clock and randomness of its own; a scripted engine drives the tests.
/// </summary>
/// <remarks>
/// One thread at a time. Feed it only datagrams from a 5-tuple whose ICE check was authenticated. After <see cref="Start"/>, <see cref="Receive"/>,
/// <see cref="OnDeadline"/> and <see cref="Close"/>, call <see cref="Drain"/> and look at <see cref="State"/> and <see cref="NextDeadline"/>.
/// No input makes it throw, and one bad datagram does not end an association.
/// </remarks>
public interface IDtlsEngine : IDisposable
{
    /// <summary>Where the association stands.</summary>
    DtlsState State { get; }

    /// <summary>Why it failed, when it did.</summary>
    DtlsFailure Failure { get; }

    /// <summary>The role given to <see cref="Start"/>.</summary>
    DtlsRole Role { get; }

    /// <summary>When <see cref="OnDeadline"/> wants to be called; null for never.</summary>
    TimeSpan? NextDeadline { get; }

    /// <summary>
    /// Names the certificates that the SDP of the peer allows. It may come after the handshake has begun (an offerer's peer can be faster than its answer);
    /// until then the state stays <see cref="DtlsState.Handshaking"/>. An empty list, or one of weak hashes only, fails the association.
    /// </summary>
    void ExpectPeer(IReadOnlyList<Fingerprint> fingerprints, TimeSpan now);

    /// <summary>Begins; a client makes its first flight.</summary>
    void Start(DtlsRole role, TimeSpan now);

    /// <summary>Takes one datagram of the peer.</summary>
    void Receive(ReadOnlySpan<byte> datagram, TimeSpan now);

    /// <summary>Resends what is due.</summary>
    void OnDeadline(TimeSpan now);

    /// <summary>Hands over the datagrams that wait to be sent.</summary>
    void Drain(IDatagramSink sink);

    /// <summary>
    /// Takes the SRTP keys, once; the caller owns (and disposes) them. False unless the state is <see cref="DtlsState.Connected"/>:
    /// no key leaves before the peer's certificate was checked.
    /// </summary>
    bool TryTakeKeys(out SrtpKeyMaterial? keys);

    /// <summary>Sends close_notify.</summary>
    void Close(TimeSpan now);
}
