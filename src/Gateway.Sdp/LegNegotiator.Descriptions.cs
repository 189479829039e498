using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Sdp;

/// <summary>The half of the negotiator that turns requests and a peer's audio into our description and the agreement.</summary>
public sealed partial class LegNegotiator
{
    private sealed record Agreement(LocalDescription Description, NegotiatedAudio Audio);

    private ImmutableArray<CodecDescription>? AgreedCodecs => _agreed is { } agreed ? [.. agreed.Audio.Codecs.Select(codec => codec.Codec)] : null;

    private LocalDescription DescribeOffer(OfferRequest request)
    {
        if (request.IsRefresh && _agreed?.Description is { } told) return told with { Setup = DtlsSetup.ActPass, Direction = request.Direction ?? told.Direction };
        var codecs = request.Codecs.IsDefaultOrEmpty ? AgreedCodecs ?? GatewayCodecs.All : [.. request.Codecs.Where(codec => !codec.IsTelephoneEvent)];
        ImmutableArray<CodecDescription> all = [.. codecs, .. request.TelephoneEvents ? OfferAnswer.TelephoneEventsFor(codecs) : []];
        var last = _agreed?.Description;
        var secure = Profile == LegProfile.WebRtc;
        var slots = last?.Slots ?? [new MediaSlot("audio", secure ? "UDP/TLS/RTP/SAVPF" : "RTP/AVP", [], secure ? FirstMid : null)];
        return new LocalDescription
        {
            Profile = Profile,
            Media = Media,
            SessionId = _sessionId,
            Slots = slots,
            AudioIndex = last?.AudioIndex ?? 0,
            Codecs = [.. all.Select(codec => _numbers.Number(Ours(codec)))],
            Direction = request.Direction ?? _wanted,
            // A plain leg is never asked to multiplex; where the peer asked first, it stays so.
            RtcpMux = secure || last is { RtcpMux: true },
            Bundle = secure && last is not { Bundle: false },
            // RFC 8842 §5.2 and threat 38: an offer is always actpass; the answer keeps the roles of an association that stands.
            Setup = DtlsSetup.ActPass,
            PacketTime = request.PacketTime ?? last?.PacketTime ?? DefaultPacketTime,
        };
    }

    private LocalDescription DescribeAnswer(AnswerRequest request, RemoteAudio remote, ImmutableArray<CodecDescription> codecs)
    {
        ImmutableArray<CodecDescription> all = [.. codecs, .. request.TelephoneEvents ? OfferAnswer.CommonTelephoneEvents(remote.Codecs, codecs) : []];
        return new LocalDescription
        {
            Profile = Profile,
            Media = Media,
            SessionId = _sessionId,
            Slots = [.. _remoteDescription!.Media.Select(SlotOf)],
            AudioIndex = remote.Index,
            Codecs = [.. all.Select(codec => Ours(codec) with { PayloadType = codec.PayloadType })],
            Direction = OfferAnswer.AnswerDirection(remote.Direction, request.Direction ?? _wanted),
            RtcpMux = remote.RtcpMux,
            Bundle = remote.Mid is { } mid && _remoteDescription!.BundleGroups.Any(group => group.Contains(mid)),
            Setup = AnswerRole(remote) == DtlsRole.Client ? DtlsSetup.Active : DtlsSetup.Passive,
            PacketTime = request.PacketTime ?? _agreed?.Description.PacketTime ?? DefaultPacketTime,
        };
    }

    /// <summary>The mid is repeated toward browsers only: a small description names no groups.</summary>
    private MediaSlot SlotOf(MediaSection section) =>
        new(section.Media, section.Protocol, section.Formats, Profile == LegProfile.WebRtc ? section.Find("mid") : null);

    private bool TryReadAnswer(LocalDescription offer, SessionDescription answer, [NotNullWhen(true)] out NegotiatedAudio? audio, out NegotiationFailureKind failure)
    {
        audio = null;
        failure = NegotiationFailureKind.AnswerShape;
        // RFC 3264 §6: for each m= line of the offer there is one in the answer, in the same order.
        if (answer.Media.Length != offer.Slots.Length || !answer.Media[offer.AudioIndex].IsAudio) return false;
        failure = NegotiationFailureKind.AudioRefused;
        if (answer.Media[offer.AudioIndex].Port == 0) return false;
        if (!RemoteAudio.TryRead(answer, offer.AudioIndex, Profile, out var remote, out failure)) return false;
        failure = NegotiationFailureKind.Setup;
        if (OfferAnswer.OfferRole(remote.Setup) is not { } role) return false;
        failure = NegotiationFailureKind.NoCommonCodec;
        audio = Join(offer, remote, role);
        if (!audio.Codecs.IsEmpty) return true;
        audio = null;
        return false;
    }

    /// <summary>Both descriptions together: each codec with the peer's number and ours, in the order of the answer.</summary>
    private NegotiatedAudio Join(LocalDescription local, RemoteAudio remote, DtlsRole role)
    {
        var codecs = ImmutableArray.CreateBuilder<NegotiatedCodec>();
        var events = ImmutableArray.CreateBuilder<NegotiatedCodec>();
        // As answerer our own list is the answer; as offerer the peer's is. The shorter side decides either way.
        var inOrder = _remoteOffer is null ? remote.Codecs : local.Codecs;
        foreach (var codec in inOrder)
        {
            if (OfferAnswer.Find(local.Codecs, codec) is not { } ours || OfferAnswer.Find(remote.Codecs, codec) is not { } theirs) continue;
            var target = codec.IsTelephoneEvent ? events : codecs;
            if (target.Any(known => known.Codec.Matches(codec))) continue;
            target.Add(new NegotiatedCodec(Canonical(theirs), theirs.PayloadType, ours.PayloadType));
        }
        var secure = Profile == LegProfile.WebRtc;
        return new NegotiatedAudio
        {
            Profile = Profile,
            MediaIndex = remote.Index,
            Mid = local.Slots[local.AudioIndex].Mid,
            Protocol = remote.Section.Protocol,
            Codecs = codecs.ToImmutable(),
            TelephoneEvents = events.ToImmutable(),
            LocalDirection = local.Direction,
            RemoteDirection = remote.Direction,
            RemoteRtp = remote.Rtp,
            RemoteRtcp = local.RtcpMux && remote.RtcpMux ? remote.Rtp : remote.Rtcp,
            RtcpMux = local.RtcpMux && remote.RtcpMux,
            PacketTime = remote.PacketTime,
            MaxPacketTime = remote.MaxPacketTime,
            RemoteIce = remote.Ice,
            RemoteFingerprints = remote.Fingerprints,
            RemoteTlsId = remote.TlsId,
            DtlsRole = role,
            LocalUfrag = secure ? local.Media.IceUfrag : "",
            LocalPassword = secure ? local.Media.IcePassword : "",
            Changes = ChangesBy(remote, role) | CodecAndDirectionChanges(codecs, events, local.Direction),
        };
    }

    private NegotiationChanges ChangesBy(RemoteAudio remote, DtlsRole role)
    {
        if (_agreed?.Audio is not { } before) return NegotiationChanges.First;
        var changes = NegotiationChanges.None;
        if (remote.Direction != before.RemoteDirection) changes |= NegotiationChanges.Direction;
        if (Profile != LegProfile.WebRtc)
        {
            if (!Equals(remote.Rtp, before.RemoteRtp) || !Equals(remote.Rtcp, before.RemoteRtcp)) changes |= NegotiationChanges.RemoteAddress;
            return changes;
        }
        // RFC 8839 §4.4.1.1.1 wants both changed; a peer that changes one has new credentials all the same.
        if (remote.Ice!.Ufrag != before.RemoteIce!.Ufrag || remote.Ice.Password != before.RemoteIce.Password) changes |= NegotiationChanges.IceRestart;
        if (IsNewAssociation(remote, before) || role != before.DtlsRole) changes |= NegotiationChanges.DtlsRestart;
        return changes;
    }

    private NegotiationChanges CodecAndDirectionChanges(
        ImmutableArray<NegotiatedCodec>.Builder codecs, ImmutableArray<NegotiatedCodec>.Builder events, MediaDirection direction)
    {
        if (_agreed?.Audio is not { } before) return NegotiationChanges.None;
        var same = codecs.SequenceEqual(before.Codecs) && events.SequenceEqual(before.TelephoneEvents);
        return (same ? 0 : NegotiationChanges.Codecs) | (direction == before.LocalDirection ? 0 : NegotiationChanges.Direction);
    }

    private DtlsRole? AnswerRole(RemoteAudio remote)
    {
        var before = _agreed?.Audio;
        var stands = before is not null && !IsNewAssociation(remote, before);
        return OfferAnswer.AnswerRole(remote.Setup, stands ? before!.DtlsRole : null);
    }

    private static bool IsNewAssociation(RemoteAudio remote, NegotiatedAudio before) =>
        remote.TlsId != before.RemoteTlsId
        || remote.Fingerprints.Length != before.RemoteFingerprints.Length
        || remote.Fingerprints.Except(before.RemoteFingerprints).Any();

    private void Agree(LocalDescription description, NegotiatedAudio audio, MediaDirection wanted)
    {
        _agreed = new Agreement(description, audio);
        _wanted = wanted;
        CloseOffer();
    }

    private void CloseOffer()
    {
        _openOffer = null;
        _early = null;
        _remoteOffer = null;
        _remoteDescription = null;
    }

    /// <summary>RFC 3264 §8: the version rises by one when anything else changed, and stays when nothing did.</summary>
    private string Write(LocalDescription description)
    {
        var shape = description.Build(0).ToString();
        if (shape != _lastShape) _version++;
        _lastShape = shape;
        return LocalSdp = description.Build(_version).ToString();
    }

    private bool Advance(NegotiationInput input, NegotiationAction expected, [NotNullWhen(false)] out NegotiationFailure? failure)
    {
        var (next, action) = NegotiationTable.Next(State, input, _agreed is not null);
        if (action != expected) return Refuse(action, out failure);
        failure = null;
        State = next;
        return true;
    }

    private static bool Refuse(NegotiationAction action, out NegotiationFailure failure)
    {
        failure = NegotiationFailure.Of(action switch
        {
            NegotiationAction.RefuseGlare => NegotiationFailureKind.Glare,
            NegotiationAction.RefusePending => NegotiationFailureKind.OfferPending,
            _ => NegotiationFailureKind.OutOfOrder,
        });
        return false;
    }

    /// <summary>Our own parameters of a codec: what a peer or another leg asks for is not ours to repeat.</summary>
    private static CodecDescription Ours(CodecDescription codec) => codec.IsTelephoneEvent
        ? GatewayCodecs.TelephoneEvent(codec.ClockRate)
        : OfferAnswer.Find(GatewayCodecs.All, codec) ?? codec with { Fmtp = null };

    /// <summary>
    /// The peer's parameters and number under our spelling, so that two legs that share a codec also name it alike
    /// ("pcmu", "G722/16000" and "opus/48000" are written in the field).
    /// </summary>
    private static CodecDescription Canonical(CodecDescription codec) => Ours(codec) with { Fmtp = codec.Fmtp, PayloadType = codec.PayloadType };

    private static string NewSessionId(RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> seed = stackalloc byte[8];
        random.GetBytes(seed);
        // 62 bits, as RFC 8829 §5.2.1 does it, so that no peer reads a negative number.
        return (BitConverter.ToUInt64(seed) >> 2).ToString(CultureInfo.InvariantCulture);
    }

    private LocalMedia WithNewCredentials(LocalMedia media) => media with { IceUfrag = IceText(8), IcePassword = IceText(24) };

    /// <summary>Six bits a character from RFC 8839's ice-char.</summary>
    private string IceText(int length)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        Span<byte> bytes = stackalloc byte[32];
        _random.GetBytes(bytes[..length]);
        Span<char> text = stackalloc char[length];
        for (var i = 0; i < length; i++) text[i] = alphabet[bytes[i] & 63];
        return new string(text);
    }
}
