using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The media of a call: which legs are open and have reported, what one side's offer means for the other (hold, codecs,
/// digits), and the quiet legs that have to be asked.
/// </summary>
internal sealed partial class Call
{
    private readonly Dictionary<LegId, LegMedia> _media = [];
    private int _unreported;
    private int _codecOffers;

    /// <summary>The side whose peer chose codecs that the other one does not use yet: that one follows.</summary>
    private CallLeg? _codecLeader;
    private int _offersLeft = CallLimits.OffersPerInterval;

    /// <summary>Opens the media of a leg; null when no port is free.</summary>
    public LegMedia? OpenMedia(CallLeg leg)
    {
        var media = LegMedia.Open(Services, Manager.LegIds.Next(), leg.Flow, leg.Terms);
        if (media is null) return null;
        Take(media);
        return media;
    }

    /// <summary>The codecs that an offer or answer on this leg may use: those that the other side takes.</summary>
    public ImmutableArray<CodecDescription> CodecsFor(CallLeg leg)
    {
        if (_plan is RoutePlan.ToService) return ServiceCodecs;
        var codecs = Other(leg)?.Media?.Codecs ?? [];
        return codecs.IsEmpty ? GatewayCodecs.All : codecs;
    }

    /// <summary>
    /// The codecs that the answer to this offer may use: those that the other side takes now. When the offer has none of
    /// them, those that it could take instead: it is offered them at once (<see cref="Reconcile"/>).
    /// </summary>
    public ImmutableArray<CodecDescription> CodecsToAnswer(CallLeg leg, OfferedAudio offered)
    {
        var now = CodecsFor(leg);
        if (_codecOffers >= CallLimits.CodecOffers || !OfferAnswer.CommonCodecs(offered.Codecs, now).IsEmpty) return now;
        // A browser has all that we have (RFC 7874 §3); of a phone we know what it offered once.
        var able = Other(leg)?.Media switch
        {
            null => now,
            { IsWebRtc: true } => GatewayCodecs.All,
            var media => media.Offered?.Codecs ?? now,
        };
        if (OfferAnswer.CommonCodecs(offered.Codecs, able).IsEmpty) return now;
        _codecLeader = leg;
        return able;
    }

    /// <summary>What we would do on this leg: send what the other side sends, take what it takes.</summary>
    public MediaDirection DirectionFor(CallLeg leg) => IsParked ? MediaDirection.Inactive : Other(leg)?.Media?.Will ?? MediaDirection.SendRecv;

    /// <summary>An offer or answer changed a leg: digits, the pages and the other side follow.</summary>
    public void OnRenegotiated(TimeSpan now)
    {
        if (!IsAnswered) return;
        WatchMedia();
        Services.Events.CallChanged(Snapshot);
        Reconcile(now);
    }

    /// <summary>The peer refused what we offered: the session stays as it was, and the same is not offered again.</summary>
    public void OnOfferRefused(CallLeg leg)
    {
        leg.Refused = (CodecsFor(leg), DirectionFor(leg));
        // It does not follow: the one that chose is asked to come back.
        if (leg != _codecLeader) _codecLeader = null;
    }

    /// <summary>
    /// Tells a side by re-INVITE what the other side has changed: a hold or its end, or codecs that only one of them has.
    /// One offer at a time where codecs are concerned, so that the two sides come together.
    /// </summary>
    public void Reconcile(TimeSpan now)
    {
        Renew(now);
        if (State != CallState.Confirmed || Callee is not { } callee || Caller is not { } caller) return;
        if (_codecLeader is { Media: { } leading } && Other(_codecLeader)?.Media is { } following && LegMedia.Covers(leading.Codecs, following.Codecs)) _codecLeader = null;
        // The caller first: after early media of another contact it is the one that was told what no longer holds.
        ReconcileLeg(caller, callee, now);
        ReconcileLeg(callee, caller, now);
    }

    public void OnDigit(CallLeg from, char digit, TimeSpan duration, TimeSpan now)
    {
        if (!IsAnswered || Other(from) is not { Media: { } media } other) return;
        if (media.TakesTelephoneEvents) Services.Media.SendDigit(media.Id, digit, duration);
        else if (other.Terms.Dtmf != DtmfForm.Rfc4733) other.SendDigit(digit, duration, now);
    }

    private CallLeg? Other(CallLeg leg) => leg == Caller ? Callee : leg == Callee ? Caller : null;

    private void ReconcileLeg(CallLeg leg, CallLeg other, TimeSpan now)
    {
        if (leg.Reinvite.IsBusy || leg.Media is not { Current: not null } media || other.Media is not { Current: not null } far) return;
        var wanted = DirectionFor(leg);
        var room = media.Will.Reversed();
        var codecs = far.Codecs;
        var needsCodecs = leg != _codecLeader && !LegMedia.Covers(codecs, media.Codecs) && !other.Reinvite.IsBusy && _codecOffers < CallLimits.CodecOffers;
        if (!needsCodecs && (wanted & room) == (media.Told & room)) return;
        if (leg.Refused is { } refused && refused.Direction == wanted && LegMedia.SameCodecs(refused.Codecs, codecs)) return;
        if (_offersLeft == 0 || !leg.Reinvite.TrySend(codecs, wanted, now)) return;
        _offersLeft--;
        if (needsCodecs) _codecOffers++;
    }

    /// <summary>From the answer on, silence ends the call, and digits take the form that the other side understands.</summary>
    private void WatchMedia()
    {
        Caller?.Media?.Watch(reportDigits: Callee is { Media.TakesTelephoneEvents: false });
        Callee?.Media?.Watch(reportDigits: Caller is { Media.TakesTelephoneEvents: false });
        Caller?.Probe.Start(Services.Now());
        Callee?.Probe.Start(Services.Now());
    }

    /// <summary>A phone on hold sends no media that could be missed, so it is asked by OPTIONS (ROWS 18, 36).</summary>
    private void PingQuietLegs(TimeSpan now)
    {
        foreach (CallLeg? leg in (ReadOnlySpan<CallLeg?>)[Caller, Callee])
        {
            if (leg?.Media is { MayBeQuiet: true } && now - leg.LastHeard >= CallLimits.PingInterval) leg.Ping(now);
        }
    }

    private void CloseAllMedia(TimeSpan now)
    {
        foreach (var media in _media.Values) media.Close();
        if (_unreported == 0) Fire(CallInput.Reported, now);
        else _reportTimer = Arm(TimerKind.Report, now + CallLimits.ReportWait);
    }

    private void OnReport(LegMedia media, LegStatistics statistics, TimeSpan now)
    {
        if (media.Statistics is not null) return;
        media.Statistics = statistics;
        _unreported--;
        Manager.Index.Remove(media.Id);
        if (_unreported == 0) Fire(CallInput.Reported, now);
    }

    private void ForgetMedia()
    {
        foreach (var id in _media.Keys) Manager.Index.Remove(id);
    }
}
