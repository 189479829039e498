using System.Collections.Immutable;
using System.Net;
using System.Text;
using Gateway.Sdp;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The media of one leg: its offer/answer machine, and the media plane told of every agreement. Descriptions of other legs
/// never come here; what passes between legs is a list of codecs and a direction.
/// </summary>
internal sealed partial class LegMedia
{
    private readonly IMediaRelay _relay;
    private readonly ServerMetrics _metrics;
    private readonly LegNegotiator _negotiator;
    private readonly TimeSpan _silence;
    private TimeSpan _nextAsk;
    private readonly LegTerms _terms;
    private bool _isWatched;
    private readonly string _firstUfrag;
    private IPAddress? _source;
    private bool _reportDigits;

    private LegMedia(LoopServices services, LegId id, LegNegotiator negotiator, LegTerms terms, IPAddress? source)
    {
        _relay = services.Media;
        _metrics = services.Metrics;
        _negotiator = negotiator;
        _silence = services.Options.MediaSilence;
        _source = source;
        _terms = terms;
        _firstUfrag = negotiator.Media.IceUfrag;
        Id = id;
    }

    public LegId Id { get; }

    public bool IsWebRtc => _negotiator.Profile == LegProfile.WebRtc;

    public bool IsClosed { get; private set; }

    /// <summary>What the peer last offered; null before an offer of the peer.</summary>
    public OfferedAudio? Offered { get; private set; }

    public NegotiatedAudio? Current => _negotiator.Current;

    /// <summary>Our offer is out and has no final answer.</summary>
    public bool AwaitsAnswer => _negotiator.State is NegotiationState.LocalOffer or NegotiationState.EarlyAnswer;

    /// <summary>An offer was made and has its final answer; none is open.</summary>
    public bool IsAgreed => _negotiator.State == NegotiationState.Stable;

    /// <summary>The peer's offer waits for our answer.</summary>
    public bool OwesAnswer => _negotiator.State == NegotiationState.RemoteOffer;

    public bool IsIdle => _negotiator.State is NegotiationState.Idle or NegotiationState.Stable;

    public string? LocalSdp => _negotiator.LocalSdp;

    /// <summary>The audio codecs that both sides of this leg may send; empty before the first agreement.</summary>
    public ImmutableArray<CodecDescription> Codecs => Current is { } audio ? [.. audio.Codecs.Select(codec => codec.Codec)] : [];

    public bool TakesTelephoneEvents => Current is { TelephoneEvents.IsEmpty: false };

    /// <summary>False for a side whose digits travel by INFO only.</summary>
    private bool TakesEvents => _terms.Dtmf != DtmfForm.Info;

    /// <summary>What we last said on this leg.</summary>
    public MediaDirection Told { get; private set; } = MediaDirection.SendRecv;

    /// <summary>What the peer does of its own will: a hold of the other side narrows what the peer may say, not this.</summary>
    public MediaDirection Will { get; private set; } = MediaDirection.SendRecv;

    /// <summary>
    /// A phone on hold, of either side, may send nothing at all, "sendonly" or not; a browser's consent checks go on.
    /// </summary>
    public bool MayBeQuiet => !IsWebRtc && Current is not { CanSend: true, CanReceive: true };

    /// <summary>The last report of the leg; null until it is closed.</summary>
    public LegStatistics? Statistics { get; set; }

    /// <summary>How it did when it was last asked; null before.</summary>
    public LegStatus? Live { get; private set; }

    /// <summary>How far its way has come.</summary>
    public MediaState State { get; set; }

    /// <summary>A report was asked for and has not come.</summary>
    public bool IsAsked { get; private set; }

    /// <summary>The profile follows the flow (rule 6): a WebSocket is a browser, all else speaks plain RTP. Null when no port is free.</summary>
    public static LegMedia? Open(LoopServices services, LegId id, in Flow flow, LegTerms terms)
    {
        var media = flow.IsWebSocket ? OpenWebRtc(services, id) : OpenRtp(services, id, flow);
        if (media is null) return null;
        var negotiator = new LegNegotiator(flow.IsWebSocket ? LegProfile.WebRtc : LegProfile.Rtp, media, services.Random);
        return new LegMedia(services, id, negotiator, terms, flow.IsWebSocket ? null : flow.Remote.Address);
    }

    public bool TryReceiveOffer(ReadOnlySpan<byte> body, out NegotiationFailure failure)
    {
        if (!_negotiator.TrySetOffer(body, out var offered, out var refused)) return Refuse(refused, out failure);
        failure = null!;
        Offered = offered;
        return true;
    }

    /// <summary>Answers the open offer with those of its codecs that are allowed.</summary>
    public bool TryAnswer(ImmutableArray<CodecDescription> allowed, MediaDirection direction, out byte[] sdp, out NegotiationFailure failure)
    {
        sdp = [];
        var request = new AnswerRequest { Codecs = allowed, Direction = direction, TelephoneEvents = TakesEvents };
        if (!_negotiator.TryCreateAnswer(request, out var text, out var audio, out var refused)) return Refuse(refused, out failure);
        failure = null!;
        MustReoffer = false;
        LearnWill(Told, audio.RemoteDirection);
        Told = audio.LocalDirection;
        sdp = Encoding.UTF8.GetBytes(text);
        Configure();
        return true;
    }

    /// <param name="codecs">Default: the session as it is, once more.</param>
    public bool TryOffer(ImmutableArray<CodecDescription> codecs, MediaDirection direction, out byte[] sdp)
    {
        sdp = [];
        if (!_negotiator.TryCreateOffer(new OfferRequest { Codecs = codecs, Direction = direction, TelephoneEvents = TakesEvents, IsRefresh = codecs.IsDefault }, out var text, out _)) return false;
        sdp = Encoding.UTF8.GetBytes(text);
        return true;
    }

    /// <param name="early">In a provisional response: the final one may still differ.</param>
    public bool TryReceiveAnswer(ReadOnlySpan<byte> body, bool early, out NegotiationFailure failure)
    {
        NegotiatedAudio? audio;
        if (body.IsEmpty && !early)
        {
            // RFC 3261 §13.2.1: an answer seen before stands for a 2xx that has none.
            if (!_negotiator.TryConfirmEarlyAnswer(out audio))
                return Refuse(new NegotiationFailure(NegotiationFailureKind.Syntax, 488, 399, "The 2xx has no session description"), out failure);
        }
        else if (!_negotiator.TrySetAnswer(body, early, out audio, out var refused))
        {
            return Refuse(refused, out failure);
        }
        failure = null!;
        MustReoffer = false;
        LearnWill(audio.LocalDirection, audio.RemoteDirection);
        Told = audio.LocalDirection;
        Configure();
        return true;
    }

    /// <summary>The open offer, whoever made it, came to nothing: what was agreed before stands.</summary>
    public void OfferFailed() => _negotiator.OfferFailed();

    /// <summary>Signalling comes from elsewhere now: the only other address that may be latched.</summary>
    public void SourceMoved(in Flow flow)
    {
        if (IsWebRtc || flow.Remote.Address.Equals(_source)) return;
        _source = flow.Remote.Address;
        Configure();
    }

    /// <summary>The call is answered: from now on silence counts.</summary>
    /// <param name="reportDigits">The peer's telephone-events come as events, because the other leg takes digits by INFO only.</param>
    public void Watch(bool reportDigits)
    {
        if (_isWatched && _reportDigits == reportDigits) return;
        _isWatched = true;
        _reportDigits = reportDigits;
        Configure();
    }

    /// <summary>Asks for figures, unless those of a second ago are there. False when they need not be waited for.</summary>
    public bool Ask(TimeSpan now)
    {
        if (IsClosed || IsAsked || now < _nextAsk) return IsAsked;
        _nextAsk = now + CallLimits.ReportInterval;
        IsAsked = true;
        _relay.Report(Id);
        return true;
    }

    /// <summary>The report that was asked for did not come.</summary>
    public void ForgetAsking() => IsAsked = false;

    public void TakeReport(LegStatus status)
    {
        IsAsked = false;
        Live = status;
        State = status.State;
    }

    public void Close()
    {
        if (IsClosed) return;
        IsClosed = true;
        IsAsked = false;
        _relay.Close(Id);
    }

    /// <summary>True when the two lists name the same codecs, in any order.</summary>
    public static bool SameCodecs(ImmutableArray<CodecDescription> first, ImmutableArray<CodecDescription> second) =>
        first.Length == second.Length && Covers(first, second);

    /// <summary>True when every codec of the second list is in the first.</summary>
    public static bool Covers(ImmutableArray<CodecDescription> first, ImmutableArray<CodecDescription> second)
    {
        foreach (var codec in second)
        {
            if (OfferAnswer.CommonCodecs([codec], first).IsEmpty) return false;
        }
        return true;
    }

    /// <summary>
    /// Keeps apart what the peer wants and what we forced: where we did not receive, a peer that does not send has said
    /// nothing about its will.
    /// </summary>
    private void LearnWill(MediaDirection told, MediaDirection said)
    {
        var sends = told.Receives() || said.Sends() ? said.Sends() : Will.Sends();
        var receives = told.Sends() || said.Receives() ? said.Receives() : Will.Receives();
        Will = (sends ? MediaDirection.SendOnly : 0) | (receives ? MediaDirection.RecvOnly : 0);
    }

    private bool Refuse(NegotiationFailure refused, out NegotiationFailure failure)
    {
        _metrics.DescriptionRefused(refused.Label);
        failure = refused;
        return false;
    }

    private void Configure()
    {
        // The keys and addresses of an earlier process lead nowhere.
        if (IsClosed || Current is not { } audio || (IsWebRtc && MustReoffer)) return;
        _relay.Configure(Id, new LegConfiguration
        {
            Codecs = [.. audio.Codecs.Concat(audio.TelephoneEvents).Select(Binding)],
            CanSend = audio.CanSend,
            CanReceive = audio.CanReceive,
            PacketTime = audio.PacketTime is >= 10 and <= 200 ? audio.PacketTime.Value : 20,
            WebRtc = IsWebRtc && audio.RemoteIce is { } ice ? Remote(audio, ice) : null,
            Rtp = IsWebRtc ? null : new RtpRemote(audio.RemoteRtp, audio.RemoteRtcp, audio.RtcpMux, _source, IsBehindNat(audio)),
            ReportDigits = _reportDigits,
            SilenceLimit = _isWatched && !MayBeQuiet ? _silence : TimeSpan.Zero,
        });
    }

    private WebRtcRemote Remote(NegotiatedAudio audio, RemoteIce ice) =>
        new(ice.Ufrag, ice.Password, [.. audio.RemoteFingerprints.Select(fingerprint => fingerprint.ToString())],
            audio.DtlsRole == Sdp.DtlsRole.Client ? Ports.DtlsRole.Client : Ports.DtlsRole.Server)
        {
            NewLocalCredentials = audio.LocalUfrag == _firstUfrag ? null : (audio.LocalUfrag, audio.LocalPassword),
        };

    private bool IsBehindNat(NegotiatedAudio audio) => audio.RemoteRtp is not { } rtp || !rtp.Address.Equals(_source);

    private static CodecBinding Binding(NegotiatedCodec codec) => new(
        new CodecId(codec.Codec.Name, codec.Codec.ClockRate, codec.Codec.Channels), (byte)codec.SendPayloadType, (byte)codec.ReceivePayloadType);

    private static LocalMedia? OpenWebRtc(LoopServices services, LegId id)
    {
        var identity = services.Media.OpenWebRtc(id, services.Loop);
        return new LocalMedia
        {
            Rtp = identity.Addresses[0],
            Ssrc = identity.Ssrc,
            CName = identity.CName,
            Candidates = identity.Addresses,
            IceUfrag = identity.IceUfrag,
            IcePassword = identity.IcePassword,
            Fingerprint = identity.Fingerprint,
        };
    }

    private static LocalMedia? OpenRtp(LoopServices services, LegId id, in Flow flow)
    {
        if (services.Media.OpenRtp(id, services.Loop, NearAddress(services, flow)) is not { } identity) return null;
        return new LocalMedia { Rtp = identity.Rtp, Rtcp = identity.Rtcp, Ssrc = identity.Ssrc, CName = identity.CName };
    }

    /// <summary>Our address on the way of the peer's signalling: media is bound to it. What is advertised may be a name.</summary>
    private static IPAddress NearAddress(LoopServices services, in Flow flow) =>
        services.Connector?.LocalAddress(flow) ?? (IPEndPoint.TryParse(services.Transport.SentBy(flow), out var near) ? near.Address : IPAddress.Any);
}
