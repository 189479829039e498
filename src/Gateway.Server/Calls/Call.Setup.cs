using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The way up: the caller's offer, the contacts' INVITEs, ringing and early media, and the one answer the caller gets.</summary>
internal sealed partial class Call
{
    private (OutboundLeg Leg, int Status)? _progress;
    private OutboundLeg? _early;
    private bool _isEarlyTold;
    private bool _isForwardTold;
    private bool _isQueueTold;
    private bool _isStored;

    /// <summary>What a service of ours can send and take by itself.</summary>
    private ImmutableArray<CodecDescription> ServiceCodecs => Replaced is { } replaced ? replaced.Call.CodecsForSuccessor(replaced) : _plan is RoutePlan.ToService { Service: MediaService.Tone }
        ? [GatewayCodecs.Pcmu, GatewayCodecs.Pcma]
        : GatewayCodecs.All;

    public void OnProgress(OutboundLeg leg, int status, TimeSpan now)
    {
        _progress = (leg, status);
        Fire(CallInput.Progress, now);
    }

    public void OnAnswered(OutboundLeg leg, TimeSpan now)
    {
        if (State is not (CallState.Trying or CallState.Ringing) || Callee is not null)
        {
            leg.HangUp(ForkReason, now);
            return;
        }
        Callee = leg;
        Fire(CallInput.Answer, now);
    }

    public void OnAllFailed(CallEnd end, TimeSpan now)
    {
        if (!TryRedirect(now) && !TryOverflow(now)) End(CallInput.AllFailed, end, now);
    }

    /// <summary>A contact fell out; if the caller heard its early media, another's takes its place behind the same answer.</summary>
    public void OnContactLost(OutboundLeg leg)
    {
        if (leg != _early || State is not (CallState.Trying or CallState.Ringing)) return;
        _early = _fork!.Legs.FirstOrDefault(other => other is { IsAlive: true, HasEarlyMedia: true });
        if (_early is not null) Join(_early);
        else if (Caller?.Media is not { } media) return;
        // RFC 5009 §8.1: the gate is closed and it still rings.
        else if (leg.IsAlive) Services.Media.JoinService(media.Id, MediaService.Ringback);
        else Services.Media.Part(media.Id);
    }

    private bool TakeCallerOffer(InboundLeg caller, TimeSpan now)
    {
        switch (SdpBody.Find(caller.Request, out var offer))
        {
            case BodyKind.None:
                caller.IsDelayedOffer = true;
                return true;
            case BodyKind.Unknown:
                Refuse(new CallEnd(EndReason.NotAcceptable, 415), now);
                return false;
        }
        if (caller.Media!.TryReceiveOffer(offer, out var failure)) return true;
        RefuseMedia(failure, now);
        return false;
    }

    private void RefuseMedia(NegotiationFailure failure, TimeSpan now) => Refuse(new CallEnd(EndReason.NotAcceptable, failure.StatusCode)
    {
        Warning = failure.WarningCode > 0 ? Replies.Warning(Services, Caller!.Flow, failure.WarningCode, failure.Text) : null,
    }, now);

    private void InviteContacts(TimeSpan now)
    {
        StopRinging(now);
        _ringTimer = Arm(TimerKind.Ring, RingUntil(now));
        var codecs = _origin.Invite is null || _origin.IsDelayedOffer ? OwnCodecs : Caller!.Media!.Offered!.Codecs;
        _fork = new Fork(this, this, _invitation);
        _fork.Invite(_plan, codecs, now);
    }

    /// <summary>180 once; a description once, for the first contact whose media can be heard (BROWSER C3).</summary>
    private void ForwardProgress(TimeSpan now)
    {
        if (_progress is not { } progress) return;
        _progress = null;
        if (progress.Leg.HasEarlyMedia && _early is not { IsAlive: true, HasEarlyMedia: true } && CanHear(progress.Leg, out var sdp))
        {
            var isFirst = !_isEarlyTold;
            _isEarlyTold = true;
            _early = progress.Leg;
            Join(_early);
            // The caller has one answer; behind it, another one's early media may take the place of one that fell out.
            if (isFirst) _origin.Progress(progress.Status is 181 or 182 ? 183 : progress.Status, sdp, now);
        }
        else if (progress.Leg.HasEarlyMedia && _origin.IsDelayedOffer && !_isEarlyTold && progress.Status != 180)
        {
            // RFC 3261 §13.2.1: whoever made no offer gets ours in the first reliable response; what is heard waits for its answer.
            _isEarlyTold = true;
            _origin.Progress(183, null, now);
        }
        if (progress.Status == 180 && !_origin.HasRung)
        {
            _origin.Progress(180, null, now);
        }
        // §21.1.3, §21.1.4: each is told once, whichever contact says it.
        else if (progress.Status == 181 && !_isForwardTold)
        {
            _isForwardTold = true;
            _origin.Progress(181, null, now);
        }
        else if (progress.Status == 182 && !_isQueueTold)
        {
            _isQueueTold = true;
            _origin.Progress(182, null, now);
        }
    }

    /// <summary>The caller, who made no offer, has answered ours while it rings: what can be heard by now is heard.</summary>
    public void OnCallerAgreed()
    {
        if (State is not (CallState.Trying or CallState.Ringing) || _early is not null) return;
        _early = _fork?.Legs.FirstOrDefault(leg => leg is { IsAlive: true, HasEarlyMedia: true });
        if (_early is not null) Join(_early);
    }

    /// <summary>True when the caller has, or now gets, the description that early media needs.</summary>
    private bool CanHear(OutboundLeg leg, out byte[]? sdp)
    {
        sdp = null;
        if (Caller!.Media is not { } media) return false;
        if (media.IsAgreed) return true;
        if (!media.OwesAnswer || !media.TryAnswer(leg.Media!.Codecs, leg.Media.Will, out _callerSdp, out _)) return false;
        sdp = _callerSdp;
        return true;
    }

    private void TakeAnswer(TimeSpan now)
    {
        Services.Timers.Cancel(_ringTimer);
        var codecs = Callee?.Media!.Codecs ?? ServiceCodecs;
        var direction = Callee?.Media!.Will ?? MediaDirection.SendRecv;
        var media = Caller!.Media!;
        if (_origin.IsDelayedOffer)
        {
            media.TryOffer(Caller.Terms.Order(codecs), direction, out _callerSdp);
        }
        else if (media.OwesAnswer && !media.TryAnswer(codecs, direction, out _callerSdp, out var failure))
        {
            // After early media the answer stands as it was told (RFC 3261 §13.2.1); a re-INVITE mends what differs.
            RefuseMedia(failure, now);
            return;
        }
        if (Callee is not null) Join(Callee);
        else if (Replaced is null) Services.Media.JoinService(media.Id, ((RoutePlan.ToService)_plan).Service);
    }

    private void StartRecord(TimeSpan now)
    {
        _storeTimer = Arm(TimerKind.Store, now + CallLimits.StoreWait);
        _recorder.Answer(Callee is { Trunk: null } account ? account.Aor : null, Callee?.Trunk, Callee?.Media?.Codecs.FirstOrDefault()?.Name ?? Caller?.Media?.Codecs.FirstOrDefault()?.Name, LegRecords(), now, _ => OnStored());
    }

    private void OnStored() => Manager.Run(this, this, Services.Now(), static (call, now) => call.OnStored(now));

    private void OnStored(TimeSpan now)
    {
        _isStored = true;
        OnAcknowledgedProgress(now);
    }

    /// <summary>The 200 leaves when the record is stored and the caller has acknowledged what it builds on (RFC 3262 §3).</summary>
    public void OnAcknowledgedProgress(TimeSpan now)
    {
        if (_isStored && State == CallState.Answering && !_origin.HoldsAnswer) Fire(CallInput.Stored, now);
    }

    private void AnswerCaller(TimeSpan now)
    {
        Services.Timers.Cancel(_storeTimer);
        _touchTimer = Arm(TimerKind.Touch, now + CallLimits.TouchInterval);
        StartMeter(now);
        _origin.Accept(_callerSdp, now);
        WatchMedia();
    }

    private void Join(CallLeg other)
    {
        if (Caller?.Media is { } near && other.Media is { } far) Services.Media.Join(near.Id, far.Id);
    }
}
