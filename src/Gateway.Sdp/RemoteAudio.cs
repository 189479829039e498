using System.Collections.Immutable;
using System.Net;

namespace Gateway.Sdp;

/// <summary>
/// The audio of a peer's description, checked against the leg's profile: everything that <see cref="NegotiatedAudio"/>
/// takes from the peer. Here stand the refusals that keep a secure leg secure.
/// </summary>
internal sealed record RemoteAudio
{
    public required int Index { get; init; }

    public required MediaSection Section { get; init; }

    public string? Mid { get; init; }

    public required ImmutableArray<CodecDescription> Codecs { get; init; }

    public required MediaDirection Direction { get; init; }

    public IPEndPoint? Rtp { get; init; }

    public IPEndPoint? Rtcp { get; init; }

    public bool RtcpMux { get; init; }

    public int? PacketTime { get; init; }

    public int? MaxPacketTime { get; init; }

    public RemoteIce? Ice { get; init; }

    public ImmutableArray<Fingerprint> Fingerprints { get; init; } = [];

    public DtlsSetup? Setup { get; init; }

    public string? TlsId { get; init; }

    /// <summary>Reads the audio section at <paramref name="index"/>.</summary>
    public static bool TryRead(SessionDescription description, int index, LegProfile profile, out RemoteAudio audio, out NegotiationFailureKind failure)
    {
        audio = null!;
        var media = description.Resolve(index);
        if (!media.Section.IsAudio || (media.Section.Port == 0 && !media.BundleOnly)) return Refuse(NegotiationFailureKind.NoAudio, out failure);
        if (!IsProtocolOf(profile, media)) return Refuse(NegotiationFailureKind.Profile, out failure);
        audio = new RemoteAudio
        {
            Index = index,
            Section = media.Section,
            Mid = media.Mid,
            Codecs = media.Codecs,
            Direction = OfferAnswer.EffectiveDirection(media, profile),
            Rtp = media.RtpEndPoint,
            Rtcp = media.RtcpEndPoint,
            RtcpMux = media.RtcpMux,
            PacketTime = media.PacketTime,
            MaxPacketTime = media.MaxPacketTime,
        };
        return profile == LegProfile.WebRtc ? TrySecure(media, ref audio, out failure) : TryPlain(media, out failure);
    }

    /// <summary>
    /// The audio section to talk about: the one agreed before while it lives, else the first that the profile accepts with a
    /// codec of ours (phones offer SAVP and AVP side by side), else the first failure met.
    /// </summary>
    public static bool TryChoose(SessionDescription description, int? agreedIndex, LegProfile profile, out RemoteAudio audio, out NegotiationFailureKind failure)
    {
        if (agreedIndex is { } agreed && agreed < description.Media.Length
            && TryRead(description, agreed, profile, out audio, out failure)) return true;
        NegotiationFailureKind? first = null;
        RemoteAudio? withoutCodec = null;
        for (var index = 0; index < description.Media.Length; index++)
        {
            if (TryRead(description, index, profile, out audio, out failure))
            {
                if (OfferAnswer.CommonCodecs(audio.Codecs, GatewayCodecs.All).Length > 0) return true;
                withoutCodec ??= audio;
            }
            else if (failure != NegotiationFailureKind.NoAudio)
            {
                first ??= failure;
            }
        }
        audio = withoutCodec!;
        failure = first ?? NegotiationFailureKind.NoAudio;
        return withoutCodec is not null;
    }

    private static bool TryPlain(ResolvedMedia media, out NegotiationFailureKind failure)
    {
        failure = default;
        // A host name would need a resolver in the middle of an exchange; no phone of today writes one.
        if (media.Connection is not { } connection || !connection.TryGetAddress(out var address)) return Refuse(NegotiationFailureKind.Address, out failure);
        return !SdpAddress.IsMany(address) || Refuse(NegotiationFailureKind.Multicast, out failure);
    }

    private static bool TrySecure(ResolvedMedia media, ref RemoteAudio audio, out NegotiationFailureKind failure)
    {
        failure = default;
        var fingerprints = media.Fingerprints;
        if (fingerprints.IsEmpty) return Refuse(NegotiationFailureKind.FingerprintMissing, out failure);
        fingerprints = [.. fingerprints.Where(fingerprint => fingerprint.IsStrong)];
        if (fingerprints.IsEmpty) return Refuse(NegotiationFailureKind.FingerprintWeak, out failure);
        if (!media.RtcpMux) return Refuse(NegotiationFailureKind.RtcpMux, out failure);
        if (media.Setup == DtlsSetup.HoldConn) return Refuse(NegotiationFailureKind.Setup, out failure);
        // We are lite and send no checks: a peer that is lite as well would wait for ours for ever (RFC 8445 §6.1.1).
        if (media.IceLite || !IsCredential(media.IceUfrag, 4) || !IsCredential(media.IcePassword, 22)) return Refuse(NegotiationFailureKind.Ice, out failure);
        var candidates = media.Candidates;
        audio = audio with
        {
            Fingerprints = fingerprints,
            Setup = media.Setup,
            TlsId = media.TlsId,
            Ice = new RemoteIce(
                media.IceUfrag!, media.IcePassword!,
                [.. candidates.Where(candidate => candidate is { IsUsable: true, Component: 1 })],
                media.EndOfCandidates),
        };
        return true;
    }

    /// <summary>RFC 8839 §5.4: 4 to 256 (ufrag) and 22 to 256 (pwd) characters; ':' would break the STUN user name.</summary>
    private static bool IsCredential(string? value, int shortest) =>
        value is not null && value.Length >= shortest && value.Length <= 256 && !value.AsSpan().ContainsAnyExceptInRange('!', '~') && !value.Contains(':', StringComparison.Ordinal);

    private static bool IsProtocolOf(LegProfile profile, ResolvedMedia media)
    {
        var protocol = media.Section.Protocol.ToUpperInvariant();
        return profile switch
        {
            LegProfile.Rtp => protocol is "RTP/AVP" or "RTP/AVPF",
            // RFC 8829 §5.1.2 lists what a browser may write; "RTP/SAVPF" is the oldest form, told from SDES by its fingerprint.
            LegProfile.WebRtc => protocol is "UDP/TLS/RTP/SAVPF" or "UDP/TLS/RTP/SAVP" or "TCP/DTLS/RTP/SAVPF" or "TCP/DTLS/RTP/SAVP"
                || (protocol is "RTP/SAVPF" or "RTP/SAVP" && !media.Fingerprints.IsEmpty),
            _ => false,
        };
    }

    private static bool Refuse(NegotiationFailureKind kind, out NegotiationFailureKind failure)
    {
        failure = kind;
        return false;
    }
}
