using System.Collections.Immutable;
using System.Net;

namespace Gateway.Server.Ports;

/// <summary>
/// The media plane as the calls see it. Only values pass (ids and records), so that media can move to a process of its
/// own. Identity of a leg is given at once, without a round trip to the media loop, so that an SDP answer is synchronous;
/// everything else is a command, and what happens comes back as a <see cref="MediaEvent"/> on the leg's owner loop.
/// </summary>
public interface IMediaRelay
{
    /// <summary>A leg toward a browser: ICE-lite, DTLS-SRTP, rtcp-mux on the shared port.</summary>
    /// <param name="owner">The SIP loop that hears this leg's events.</param>
    WebRtcIdentity OpenWebRtc(LegId leg, int owner);

    /// <summary>A leg of plain RTP with a port pair of its own; null when the range is used up (the call gets 503).</summary>
    /// <param name="near">The address our side should have: the one that signalling reached us on, or unspecified.</param>
    RtpIdentity? OpenRtp(LegId leg, int owner, IPAddress near);

    /// <summary>
    /// As <see cref="OpenRtp"/>, on the port that the leg had in an earlier process: its peer sends there. Null when the port is
    /// outside the range or somebody else's now.
    /// </summary>
    RtpIdentity? ReopenRtp(LegId leg, int owner, IPAddress near, int port) => null;

    /// <summary>What offer/answer agreed: remote side, codecs, directions. May come again at any time (hold, ICE restart, new codec).</summary>
    void Configure(LegId leg, LegConfiguration configuration);

    /// <summary>Another loop hears the leg's events from now on; what was told before still comes to the old one.</summary>
    void Rehome(LegId leg, int owner)
    {
    }

    /// <summary>Packets pass between these two from now on; a leg has one peer at a time.</summary>
    void Join(LegId a, LegId b);

    /// <summary>The leg talks to a service inside.</summary>
    void JoinService(LegId leg, MediaService service);

    /// <summary>The leg has no peer from now on; it stays open (early media of a losing fork, transfer).</summary>
    void Part(LegId leg);

    /// <summary>Plays a telephone-event toward this leg's remote side (RFC 4733).</summary>
    void SendDigit(LegId leg, char digit, TimeSpan duration);

    /// <summary>Asks how the leg does now; <see cref="MediaEvent.Reported"/> tells it. A leg that is closed says nothing.</summary>
    void Report(LegId leg);

    /// <summary>Frees port and keys. The last report comes as <see cref="MediaEvent.Closed"/>.</summary>
    void Close(LegId leg);
}

/// <summary>Names one leg for the life of the process; minted by the call that owns it.</summary>
public readonly record struct LegId(long Value);

public enum MediaService : byte
{
    /// <summary>Returns the caller's audio.</summary>
    Echo,
    /// <summary>Plays 1004 Hz.</summary>
    Tone,
    /// <summary>Plays what a caller hears while the other side rings; no number leads to it.</summary>
    Ringback,
}

/// <param name="Addresses">Host candidates, most wanted first: advertised addresses with the shared media port.</param>
/// <param name="Fingerprint">"sha-256 AA:BB:…" of the certificate of this process.</param>
public sealed record WebRtcIdentity(
    ImmutableArray<IPEndPoint> Addresses, string IceUfrag, string IcePassword, string Fingerprint, uint Ssrc, string CName);

/// <param name="Rtp">The advertised address and the RTP port; RTCP is the next port unless muxed.</param>
public sealed record RtpIdentity(IPEndPoint Rtp, IPEndPoint Rtcp, uint Ssrc, string CName);

/// <summary>A codec as both legs of a bridge know it; payload types differ per leg.</summary>
public readonly record struct CodecId(string Name, int ClockRate, int Channels)
{
    public bool IsTelephoneEvent => Name.Equals("telephone-event", StringComparison.OrdinalIgnoreCase);
}

/// <param name="SendPayloadType">The number to write toward this leg's peer (what the peer's SDP assigned).</param>
/// <param name="ReceivePayloadType">The number that the peer writes (what our SDP assigned; usually the same).</param>
public readonly record struct CodecBinding(CodecId Codec, byte SendPayloadType, byte ReceivePayloadType);

public enum DtlsRole : byte
{
    Server,
    Client,
}

/// <summary>Everything the media loop needs to know of the far side of a leg.</summary>
public sealed record LegConfiguration
{
    /// <summary>In order of preference; the first that is not telephone-event is what services send.</summary>
    public required ImmutableArray<CodecBinding> Codecs { get; init; }

    /// <summary>May media go toward the peer (its SDP says recv)?</summary>
    public required bool CanSend { get; init; }

    /// <summary>Do we take media from the peer (hold: no)?</summary>
    public required bool CanReceive { get; init; }

    /// <summary>Milliseconds of audio per packet, 10 to 200.</summary>
    public int PacketTime { get; init; } = 20;

    /// <summary>WebRTC legs only.</summary>
    public WebRtcRemote? WebRtc { get; init; }

    /// <summary>Plain legs only.</summary>
    public RtpRemote? Rtp { get; init; }

    /// <summary>True: digits that arrive as telephone-events are reported as events and not passed on as packets (the other side takes INFO).</summary>
    public bool ReportDigits { get; init; }

    /// <summary>End the leg with <see cref="MediaEvent.Silent"/> after this much silence of RTP, RTCP and consent; zero for never (hold).</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <param name="Fingerprints">"sha-256 AA:…" values of which one must match the peer's certificate.</param>
/// <param name="IceUfrag">The peer's ufrag: a change is an ICE restart.</param>
public sealed record WebRtcRemote(string IceUfrag, string IcePassword, ImmutableArray<string> Fingerprints, DtlsRole OurRole)
{
    /// <summary>Fresh credentials of ours when the peer restarted ICE; null to keep the first ones.</summary>
    public (string Ufrag, string Password)? NewLocalCredentials { get; init; }
}

/// <param name="Rtp">The SDP address; null when the peer is on hold without one.</param>
/// <param name="SignallingSource">Where the peer's SIP came from: the only other IP that may be latched, when <paramref name="BehindNat"/>.</param>
public sealed record RtpRemote(IPEndPoint? Rtp, IPEndPoint? Rtcp, bool RtcpMux, IPAddress? SignallingSource, bool BehindNat);

/// <summary>What the media plane tells the call that owns a leg.</summary>
public abstract record MediaEvent(LegId Leg)
{
    /// <summary>Secure media is up (ICE checked, DTLS done, fingerprint right), or the first RTP packet was latched.</summary>
    public sealed record Ready(LegId Leg) : MediaEvent(Leg);

    /// <summary>The leg cannot carry media: wrong fingerprint, DTLS failed, no check came in time.</summary>
    public sealed record Failed(LegId Leg, MediaFailure Reason) : MediaEvent(Leg);

    /// <summary>Nothing came for the configured limit.</summary>
    public sealed record Silent(LegId Leg, TimeSpan For) : MediaEvent(Leg);

    /// <summary>A digit of the peer, once, at its end.</summary>
    public sealed record Digit(LegId Leg, char Value, TimeSpan Duration) : MediaEvent(Leg);

    /// <summary>The answer to <see cref="IMediaRelay.Report"/>.</summary>
    public sealed record Reported(LegId Leg, LegStatus Status) : MediaEvent(Leg);

    public sealed record Closed(LegId Leg, LegStatistics Statistics) : MediaEvent(Leg);
}

/// <summary>How far the way of a leg's media has come.</summary>
public enum MediaState : byte
{
    /// <summary>Nothing has come from the peer.</summary>
    New,
    /// <summary>ICE has a path or DTLS has begun; plain RTP has an address to send to, but nothing was heard from there.</summary>
    Connecting,
    /// <summary>Keys are agreed, or the peer's RTP is known.</summary>
    Ready,
    Failed,
}

/// <summary>How a leg does at one moment.</summary>
public sealed record LegStatus
{
    public required LegStatistics Statistics { get; init; }

    public MediaState State { get; init; }

    /// <summary>new, connected, or disconnected (no consent for too long); empty on plain RTP.</summary>
    public string Ice { get; init; } = "";

    /// <summary>new, connecting, connected or failed; empty on plain RTP.</summary>
    public string Dtls { get; init; } = "";

    /// <summary>The codec that passes; null when none has.</summary>
    public string? Codec => Statistics.Codec;

    /// <summary>Since the peer's last RTP packet.</summary>
    public TimeSpan SilentFor { get; init; }

    /// <summary>Since our last RTP packet to the peer.</summary>
    public TimeSpan IdleFor { get; init; }
}

public enum MediaFailure : byte
{
    Fingerprint,
    Dtls,
    IceTimeout,
    Internal,
}

/// <summary>Counters of one leg since it opened.</summary>
public sealed record LegStatistics
{
    public string? Codec { get; init; }
    public long PacketsReceived { get; init; }
    public long BytesReceived { get; init; }
    public long PacketsLost { get; init; }
    public long PacketsSent { get; init; }
    public long BytesSent { get; init; }

    /// <summary>Lost packets as the peer's receiver reports say.</summary>
    public long PeerPacketsLost { get; init; }

    /// <summary>Interarrival jitter (RFC 3550 §6.4.1).</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Jitter of our stream as the peer's receiver reports say.</summary>
    public TimeSpan PeerJitter { get; init; }

    /// <summary>From the peer's reports; null until one came.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Packets refused: bad tag, replay, wrong source, unknown payload type.</summary>
    public long Discarded { get; init; }

    /// <summary>Longest time without a packet while some were due.</summary>
    public TimeSpan LongestSilence { get; init; }
}
