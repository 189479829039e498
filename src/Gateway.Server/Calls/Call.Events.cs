using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>What the legs, the media plane and the clock tell a call, as inputs of its table.</summary>
internal sealed partial class Call
{
    private enum TimerKind
    {
        Ring,
        Store,
        Touch,
        Report,
        CallerFlow,
        Figures,
        TimeLimit,
        Save,
        Return,
    }

    private TimerHandle _ringTimer;
    private TimerHandle _storeTimer;
    private TimerHandle _touchTimer;
    private TimerHandle _reportTimer;
    private TimerHandle _callerFlowTimer;
    private TimerHandle _limitTimer;

    public void OnCancel(SipRequest cancel, TimeSpan now)
    {
        Caller?.LearnCause(cancel);
        End(CallInput.Cancel, new CallEnd(EndReason.Cancel, 487) { ReasonHeader = ReasonPolicy.Passed(cancel) }, now);
    }

    /// <param name="reason">What the other side may hear of why (RFC 3326), or null.</param>
    public void OnBye(CallLeg leg, string? reason, TimeSpan now)
    {
        if (_transfer?.TakesEndOf(leg, now) == true) return;
        if (leg == Caller) End(CallInput.CallerBye, new CallEnd(IsAnswered ? EndReason.Caller : EndReason.Cancel, 487) { ReasonHeader = reason }, now);
        else if (leg == Callee) End(CallInput.CalleeBye, new CallEnd(EndReason.Callee, 480) { ReasonHeader = reason }, now);
    }

    /// <param name="status">What its peer, or the silence, says of the dialog: the other side hears it as the reason.</param>
    public void OnDialogGone(CallLeg leg, int status, TimeSpan now)
    {
        if (_transfer?.TakesEndOf(leg, now) == true) return;
        var end = new CallEnd(EndReason.FlowLost, 480) { ReasonHeader = ReasonView.Format("SIP", status, status == 481 ? "The other side knows no such call" : "The other side does not answer") };
        if (leg == Caller) End(CallInput.CallerGone, end, now);
        else if (leg == Callee) End(CallInput.CalleeGone, end, now);
    }

    /// <summary>Nobody refreshed the session of this side (RFC 4028 §10): it is told, and so is the other.</summary>
    public void OnSessionExpired(CallLeg leg, TimeSpan now)
    {
        var end = new CallEnd(EndReason.SessionExpired, 408) { ReasonHeader = ReasonView.Format("SIP", 408, "Session timer expired") };
        if (leg == Caller) End(CallInput.CallerGone, end, now);
        else if (leg == Callee) End(CallInput.CalleeGone, end, now);
    }

    public void OnAckTimeout(CallLeg leg, TimeSpan now)
    {
        var end = new CallEnd(EndReason.NoAck, 408) { ReasonHeader = "SIP;cause=408;text=\"No ACK\"" };
        if (leg == Caller && State == CallState.Answered) End(CallInput.AckTimeout, end, now);
        else if (_transfer?.TakesEndOf(leg, now) == true) leg.HangUp(end.ReasonHeader, now);
        else if (leg == Caller) End(CallInput.CallerGone, end, now);
        else if (leg == Callee) End(CallInput.CalleeGone, end, now);
    }

    /// <summary>The ACK of the first 2xx; after a delayed offer it holds the caller's answer.</summary>
    public void OnCallerAck(SipRequest ack, TimeSpan now)
    {
        SdpBody.Find(ack, out var answer);
        if (_origin.IsDelayedOffer && !Caller!.Media!.TryReceiveAnswer(answer, early: false, out var failure))
        {
            RefuseMedia(failure, now);
            return;
        }
        Fire(CallInput.Ack, now);
    }

    /// <summary>A caller that rings from a browser cannot even cancel now: it gets a short grace (BROWSER D5).</summary>
    public void OnCallerFlowClosed(TimeSpan now)
    {
        if (State is CallState.New or CallState.Locating or CallState.Trying or CallState.Ringing or CallState.Answering or CallState.Answered)
        {
            Services.Timers.Cancel(_callerFlowTimer);
            _callerFlowTimer = Arm(TimerKind.CallerFlow, now + Services.Options.FlowGrace);
        }
    }

    public void OnMedia(MediaEvent happened, TimeSpan now)
    {
        if (!_media.TryGetValue(happened.Leg, out var media)) return;
        var leg = media == Caller?.Media ? Caller : media == Callee?.Media ? Callee : (CallLeg?)null;
        switch (happened)
        {
            case MediaEvent.Reported reported:
                media.TakeReport(reported.Status);
                OnFigures();
                break;
            case MediaEvent.Ready:
                media.State = MediaState.Ready;
                if (IsAnswered) Services.Events.CallChanged(Snapshot);
                break;
            case MediaEvent.Closed closed:
                OnReport(media, closed.Statistics, now);
                break;
            case MediaEvent.Digit digit when leg is not null:
                OnDigit(leg, digit.Value, digit.Duration, now);
                break;
            case MediaEvent.Failed failed when leg is not null:
                media.State = MediaState.Failed;
                if (!IsLeftByTransfer(leg, now)) End(CallInput.MediaLost, new CallEnd(EndReason.Media, 488) { ReasonHeader = $"SIP;cause=488;text=\"Media failed: {failed.Reason}\"" }, now);
                break;
            // Before the answer many phones send nothing.
            case MediaEvent.Silent when leg is not null && IsAnswered:
                var reason = media.IsWebRtc ? EndReason.Consent : EndReason.Silence;
                if (!IsLeftByTransfer(leg, now)) End(CallInput.MediaLost, new CallEnd(reason, 408) { ReasonHeader = "SIP;cause=408;text=\"No media\"" }, now);
                break;
        }
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) =>
        Manager.Run(this, (Call: this, Kind: (TimerKind)kind), now, static (state, now) => state.Call.OnTimer(state.Kind, now));

    private void OnTimer(TimerKind kind, TimeSpan now)
    {
        switch (kind)
        {
            case TimerKind.Ring when now >= _patience || !TryOverflow(now):
                // RFC 3261 §16.7: a refusal of one says more than the silence of the others.
                End(CallInput.RingLimit, _fork?.Refusal ?? new CallEnd(EndReason.NoAnswer, 480) { Phrase = "No Answer" }, now);
                break;
            case TimerKind.Store:
                OnStored(now);
                break;
            case TimerKind.Touch:
                _recorder.Touch();
                Meter(now);
                _touchTimer = Arm(TimerKind.Touch, now + CallLimits.TouchInterval);
                _offersLeft = CallLimits.OffersPerInterval;
                PingQuietLegs(now);
                Reconcile(now);
                break;
            case TimerKind.Report:
                Fire(CallInput.Reported, now);
                break;
            case TimerKind.Figures:
                OnFiguresLate();
                break;
            case TimerKind.CallerFlow:
                End(CallInput.CallerGone, new CallEnd(EndReason.FlowLost, 480), now);
                break;
            case TimerKind.TimeLimit:
                End(CallInput.TimeUp, s_timeUp, now);
                break;
            case TimerKind.Save:
                Save(now);
                break;
            case TimerKind.Return:
                OnNotReturned(now);
                break;
        }
    }

    private TimerHandle Arm(TimerKind kind, TimeSpan due) => Services.Timers.Schedule(due, this, (int)kind);

    private void StopTimers()
    {
        Services.Timers.Cancel(_ringTimer);
        Services.Timers.Cancel(_storeTimer);
        Services.Timers.Cancel(_touchTimer);
        Services.Timers.Cancel(_reportTimer);
        Services.Timers.Cancel(_callerFlowTimer);
        Services.Timers.Cancel(_limitTimer);
        Services.Timers.Cancel(_saveTimer);
        Services.Timers.Cancel(_returnTimer);
    }
}
