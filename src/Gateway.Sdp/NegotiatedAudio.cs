using System.Collections.Immutable;
using System.Net;

namespace Gateway.Sdp;

/// <summary>A codec that both sides of a leg may send from now on.</summary>
/// <param name="Codec">Name, clock, channels, and the parameters that the peer asks for.</param>
/// <param name="SendPayloadType">What we write toward the peer: the number of the peer's description.</param>
/// <param name="ReceivePayloadType">What the peer writes: the number of our description.</param>
public sealed record NegotiatedCodec(CodecDescription Codec, int SendPayloadType, int ReceivePayloadType);

/// <summary>The peer's side of ICE.</summary>
/// <param name="Candidates">Component 1, UDP and literal addresses only; host names (mDNS) and the rest are left out.</param>
public sealed record RemoteIce(string Ufrag, string Password, ImmutableArray<IceCandidate> Candidates, bool EndOfCandidates);

/// <summary>What an exchange changed against the one before.</summary>
[Flags]
public enum NegotiationChanges : byte
{
    None = 0,
    /// <summary>The first agreement of the leg; the other flags are then not set.</summary>
    First = 1,
    Codecs = 2,
    Direction = 4,
    /// <summary>The plain RTP or RTCP address of the peer.</summary>
    RemoteAddress = 8,
    /// <summary>The peer's ICE credentials are new (RFC 8839 §4.4.1.1.1).</summary>
    IceRestart = 16,
    /// <summary>The peer's fingerprints, tls-id or our role are new: a new DTLS association (RFC 8842 §4).</summary>
    DtlsRestart = 32,
}

/// <summary>What offer and answer agreed for the audio of one leg; immutable, replaced as a whole by the next exchange.</summary>
public sealed record NegotiatedAudio
{
    public required LegProfile Profile { get; init; }

    /// <summary>The place of the audio among the m= lines, the same for the dialog's life.</summary>
    public required int MediaIndex { get; init; }

    public string? Mid { get; init; }

    /// <summary>"RTP/AVP", "UDP/TLS/RTP/SAVPF", … as both sides write it.</summary>
    public required string Protocol { get; init; }

    /// <summary>Audio codecs in order of preference, never empty; telephone-event is not among them.</summary>
    public required ImmutableArray<NegotiatedCodec> Codecs { get; init; }

    /// <summary>telephone-event, one for each clock rate that both sides have; empty when digits must go by INFO.</summary>
    public required ImmutableArray<NegotiatedCodec> TelephoneEvents { get; init; }

    /// <summary>What our description says of us.</summary>
    public required MediaDirection LocalDirection { get; init; }

    /// <summary>What the peer's description says of the peer ("c=0.0.0.0" counts as not receiving).</summary>
    public required MediaDirection RemoteDirection { get; init; }

    /// <summary>Whether media may go to the peer: we said send and the peer said receive.</summary>
    public bool CanSend => LocalDirection.Sends() && RemoteDirection.Receives();

    /// <summary>Whether media may come from the peer.</summary>
    public bool CanReceive => LocalDirection.Receives() && RemoteDirection.Sends();

    /// <summary>Where the peer takes RTP by c= and m=; null on a hold by "0.0.0.0", and often on WebRTC legs, where ICE finds it.</summary>
    public IPEndPoint? RemoteRtp { get; init; }

    public IPEndPoint? RemoteRtcp { get; init; }

    public bool RtcpMux { get; init; }

    /// <summary>Milliseconds of audio in one packet that the peer asked for; null when it did not say.</summary>
    public int? PacketTime { get; init; }

    public int? MaxPacketTime { get; init; }

    /// <summary>WebRTC only.</summary>
    public RemoteIce? RemoteIce { get; init; }

    /// <summary>WebRTC only: sha-256 or better, at least one.</summary>
    public ImmutableArray<Fingerprint> RemoteFingerprints { get; init; } = [];

    /// <summary>WebRTC only: the peer's tls-id, when it has one.</summary>
    public string? RemoteTlsId { get; init; }

    /// <summary>WebRTC only: our part in the DTLS handshake.</summary>
    public DtlsRole DtlsRole { get; init; }

    /// <summary>Our ICE credentials as of this exchange; they are new after an ICE restart by either side.</summary>
    public string LocalUfrag { get; init; } = "";

    /// <inheritdoc cref="LocalUfrag"/>
    public string LocalPassword { get; init; } = "";

    public NegotiationChanges Changes { get; init; }
}

/// <summary>What a peer offers, read before it is answered, so that the call can ask the other leg first.</summary>
/// <param name="Codecs">Those that the gateway can pass on, in the offerer's order, without telephone-event.</param>
/// <param name="TelephoneEventClocks">The clock rates at which the peer takes digits as RTP.</param>
/// <param name="Direction">What the offer says of the peer: without receive, the peer holds us.</param>
/// <param name="Changes">What it would change: IceRestart, DtlsRestart, RemoteAddress, Direction; First when nothing was agreed before.</param>
public sealed record OfferedAudio(
    ImmutableArray<CodecDescription> Codecs,
    ImmutableArray<int> TelephoneEventClocks,
    MediaDirection Direction,
    int? PacketTime,
    NegotiationChanges Changes);
