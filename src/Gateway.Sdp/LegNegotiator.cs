using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Gateway.Sdp;

/// <summary>
/// The offer/answer machine of one leg against the gateway's own description: the peer's SDP goes in, ours comes out, and
/// <see cref="Current"/> says what stands. No text of another leg ever passes through it. One per dialog, single threaded.
/// </summary>
public sealed partial class LegNegotiator
{
    private const string FirstMid = "0";
    private const int DefaultPacketTime = 20;

    private readonly RandomNumberGenerator _random;
    private readonly PayloadNumbers _numbers = new();
    private readonly string _sessionId;
    private ulong _version;
    private string? _lastShape;

    /// <summary>What is agreed, and what our side of it was written from.</summary>
    private Agreement? _agreed;

    /// <summary>The direction we want when the peer leaves room: a peer's hold narrows an answer, not the wish.</summary>
    private MediaDirection _wanted = MediaDirection.SendRecv;
    private LocalDescription? _openOffer;
    private NegotiatedAudio? _early;
    private RemoteAudio? _remoteOffer;
    private SessionDescription? _remoteDescription;

    /// <param name="random">For the session id and for ICE credentials after a restart.</param>
    public LegNegotiator(LegProfile profile, LocalMedia media, RandomNumberGenerator random)
        : this(profile, media, random, NewSessionId(random))
    {
    }

    private LegNegotiator(LegProfile profile, LocalMedia media, RandomNumberGenerator random, string sessionId)
    {
        ArgumentNullException.ThrowIfNull(media);
        if (profile == LegProfile.Sdes) throw new NotSupportedException("SDES-SRTP is not negotiated yet.");
        Profile = profile;
        Media = media;
        _random = random;
        _sessionId = sessionId;
    }

    public LegProfile Profile { get; }

    /// <summary>Our identity on the leg; its ICE credentials follow restarts.</summary>
    public LocalMedia Media { get; private set; }

    public NegotiationState State { get; private set; }

    /// <summary>What stands now: the last agreement, or the early answer to our open offer; null before the first.</summary>
    public NegotiatedAudio? Current => _early ?? _agreed?.Audio;

    /// <summary>The last description that we wrote, for the 2xx that repeats the answer of a 183; null before the first.</summary>
    public string? LocalSdp { get; private set; }

    /// <summary>Writes our offer: a new call's INVITE, the 2xx to an INVITE without SDP, or a re-INVITE/UPDATE.</summary>
    public bool TryCreateOffer(OfferRequest request, [NotNullWhen(true)] out string? sdp, [NotNullWhen(false)] out NegotiationFailure? failure)
    {
        ArgumentNullException.ThrowIfNull(request);
        sdp = null;
        if (!Advance(NegotiationInput.SendOffer, NegotiationAction.Offer, out failure)) return false;
        if (request.IceRestart && _agreed is not null && Profile == LegProfile.WebRtc) Media = WithNewCredentials(Media);
        _openOffer = DescribeOffer(request);
        sdp = Write(_openOffer);
        return true;
    }

    /// <summary>Reads a body that answers our offer; a body that is no SDP is a failure of kind Syntax and counts as no answer.</summary>
    /// <inheritdoc cref="TrySetAnswer(SessionDescription, bool, out NegotiatedAudio?, out NegotiationFailure?)"/>
    public bool TrySetAnswer(ReadOnlySpan<byte> body, bool early, [NotNullWhen(true)] out NegotiatedAudio? audio, [NotNullWhen(false)] out NegotiationFailure? failure)
    {
        audio = null;
        if (SdpParser.TryParse(body, out var answer, out var error)) return TrySetAnswer(answer, early, out audio, out failure);
        failure = NegotiationFailure.From(error);
        if (!early) OfferFailed();
        return false;
    }

    /// <summary>Reads the answer to our offer. A final answer that cannot stand closes the offer; what was agreed before stays.</summary>
    /// <param name="early">It came in an unreliable provisional response: media may start, the final answer may still differ.</param>
    public bool TrySetAnswer(SessionDescription answer, bool early, [NotNullWhen(true)] out NegotiatedAudio? audio, [NotNullWhen(false)] out NegotiationFailure? failure)
    {
        ArgumentNullException.ThrowIfNull(answer);
        audio = null;
        var input = early ? NegotiationInput.ReceiveEarlyAnswer : NegotiationInput.ReceiveAnswer;
        var (next, action) = NegotiationTable.Next(State, input, _agreed is not null);
        if (action is not (NegotiationAction.TakeAnswer or NegotiationAction.TakeEarlyAnswer)) return Refuse(action, out failure);
        if (!TryReadAnswer(_openOffer!, answer, out audio, out var kind))
        {
            failure = NegotiationFailure.Of(kind);
            // A final answer that cannot stand ends the exchange; an early one may be mended by the final one.
            if (!early) OfferFailed();
            return false;
        }
        failure = null;
        State = next;
        if (early) _early = audio;
        else Agree(_openOffer!, audio, _openOffer!.Direction);
        return true;
    }

    /// <summary>The final response came without SDP after an early answer: that answer stands (RFC 3261 §13.2.1).</summary>
    public bool TryConfirmEarlyAnswer([NotNullWhen(true)] out NegotiatedAudio? audio)
    {
        audio = _early;
        if (audio is null) return false;
        (State, _) = NegotiationTable.Next(State, NegotiationInput.ReceiveAnswer, _agreed is not null);
        Agree(_openOffer!, audio, _openOffer!.Direction);
        return true;
    }

    /// <summary>Reads a body with the peer's offer; a body that is no SDP is a failure of kind Syntax.</summary>
    public bool TrySetOffer(ReadOnlySpan<byte> body, [NotNullWhen(true)] out OfferedAudio? offered, [NotNullWhen(false)] out NegotiationFailure? failure)
    {
        offered = null;
        if (SdpParser.TryParse(body, out var offer, out var error)) return TrySetOffer(offer, out offered, out failure);
        failure = NegotiationFailure.From(error);
        return false;
    }

    /// <summary>Reads the peer's offer and leaves it open until <see cref="TryCreateAnswer"/> or <see cref="OfferFailed"/>. A refusal changes nothing.</summary>
    public bool TrySetOffer(SessionDescription offer, [NotNullWhen(true)] out OfferedAudio? offered, [NotNullWhen(false)] out NegotiationFailure? failure)
    {
        ArgumentNullException.ThrowIfNull(offer);
        offered = null;
        var (next, action) = NegotiationTable.Next(State, NegotiationInput.ReceiveOffer, _agreed is not null);
        if (action != NegotiationAction.TakeOffer) return Refuse(action, out failure);
        if (!RemoteAudio.TryChoose(offer, _agreed?.Audio.MediaIndex, Profile, out var remote, out var kind))
        {
            failure = NegotiationFailure.Of(kind);
            return false;
        }
        var codecs = OfferAnswer.CommonCodecs(remote.Codecs, GatewayCodecs.All);
        if (codecs.IsEmpty)
        {
            failure = NegotiationFailure.Of(NegotiationFailureKind.NoCommonCodec);
            return false;
        }
        failure = null;
        State = next;
        _remoteOffer = remote;
        _remoteDescription = offer;
        var role = AnswerRole(remote);
        offered = new OfferedAudio(
            [.. codecs.Select(Canonical)],
            [.. remote.Codecs.Where(codec => codec.IsTelephoneEvent).Select(codec => codec.ClockRate).Distinct()],
            remote.Direction,
            remote.PacketTime,
            ChangesBy(remote, role ?? DtlsRole.Server));
        return true;
    }

    /// <summary>
    /// Answers the open offer. On false it stays open: try again with other codecs, or refuse it and call <see cref="OfferFailed"/>.
    /// </summary>
    public bool TryCreateAnswer(
        AnswerRequest request,
        [NotNullWhen(true)] out string? sdp,
        [NotNullWhen(true)] out NegotiatedAudio? audio,
        [NotNullWhen(false)] out NegotiationFailure? failure)
    {
        ArgumentNullException.ThrowIfNull(request);
        sdp = null;
        audio = null;
        var (next, action) = NegotiationTable.Next(State, NegotiationInput.SendAnswer, _agreed is not null);
        if (action != NegotiationAction.Answer) return Refuse(action, out failure);
        var remote = _remoteOffer!;
        var allowed = request.Codecs.IsDefault ? AgreedCodecs ?? GatewayCodecs.All : request.Codecs;
        var codecs = OfferAnswer.CommonCodecs(remote.Codecs, allowed, request.Order);
        if (codecs.IsEmpty)
        {
            failure = NegotiationFailure.Of(NegotiationFailureKind.NoCommonCodec);
            return false;
        }
        failure = null;
        if (ChangesBy(remote, DtlsRole.Server).HasFlag(NegotiationChanges.IceRestart)) Media = WithNewCredentials(Media);
        var description = DescribeAnswer(request, remote, codecs);
        _numbers.Adopt(description.Codecs);
        _numbers.Learn(remote.Codecs);
        audio = Join(description, remote, AnswerRole(remote) ?? DtlsRole.Server);
        sdp = Write(description);
        State = next;
        Agree(description, audio, request.Direction ?? _wanted);
        return true;
    }

    /// <summary>The open offer, ours or the peer's, ended without an answer: what was agreed before stands again.</summary>
    public void OfferFailed()
    {
        (State, var action) = NegotiationTable.Next(State, NegotiationInput.OfferFailed, _agreed is not null);
        if (action != NegotiationAction.RollBack) return;
        if (_agreed is { } agreed) Media = agreed.Description.Media;
        CloseOffer();
    }
}
