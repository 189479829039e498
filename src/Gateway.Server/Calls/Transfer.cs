using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// One transfer of a call, carried out by us: the target is called with the rights of whoever hands the call on, and takes
/// that side's place. Neither description nor dialog of one side reaches another; what fails gives the call back.
/// </summary>
internal sealed class Transfer : IForkOwner, ITimerTarget
{
    private const int RingTimer = 1;
    private const int LeaveTimer = 2;

    private readonly Call _call;
    private readonly Referral? _referral;
    private readonly Queue<(TransferInput Input, CallEnd? End)> _inputs = [];
    private CallLeg? _target;
    private OutboundLeg? _heard;
    private (OutboundLeg Leg, int Status)? _progress;
    private bool _ringsBack;
    private bool _isRunning;
    private CallEnd? _end;
    private TimerHandle _timer;

    /// <param name="transferor">The side that hands the other one on.</param>
    /// <param name="caller">Whose rights and caps the call to the target has: the transferor's.</param>
    /// <param name="referral">Whom to tell how it goes; null when no REFER asked for it.</param>
    public Transfer(Call call, CallLeg transferor, CallLeg transferee, Caller caller, RoutePlan plan, Referral? referral)
    {
        _call = call;
        _referral = referral;
        Transferor = transferor;
        Transferee = transferee;
        Caller = caller;
        Plan = plan;
        Fork = new Fork(call, this, new Invitation(caller, transferee.Identity, CallLimits.MaxForwards)
        {
            Role = LegRole.Transfer,
            ReferredBy = $"<{HeaderPolicy.Uri(transferor.Aor)}>",
            DisplayName = HeaderPolicy.DisplayName(System.Text.Encoding.UTF8.GetBytes(caller.DisplayName)),
            WantsPrivacy = transferee.WantsPrivacy,
        });
        if (referral is not null) referral.Told = now => Fire(TransferInput.Notified, now);
    }

    public TransferState State { get; private set; }

    public CallLeg Transferor { get; }

    public CallLeg Transferee { get; }

    public Caller Caller { get; }

    public RoutePlan Plan { get; private set; }

    public Fork Fork { get; }

    public bool IsOver => State is TransferState.Done or TransferState.Failed;

    private LoopServices Services => _call.Services;

    public void Start(TimeSpan now) => Fire(Plan is RoutePlan.ToService ? TransferInput.Ready : TransferInput.Placed, now);

    /// <summary>An attended transfer: the target is a side that has been taken over from the transferor's other call.</summary>
    public void Start(CallLeg target, TimeSpan now)
    {
        _target = target;
        Fire(TransferInput.Ready, now);
    }

    public void OnProgress(OutboundLeg leg, int status, TimeSpan now)
    {
        // Forwarded or queued: nobody's phone rings yet that could be told of.
        if (status is 181 or 182 && !leg.HasEarlyMedia) return;
        _progress = (leg, status);
        Fire(TransferInput.Progress, now);
    }

    public void OnAnswered(OutboundLeg leg, TimeSpan now)
    {
        if (_target is not null || IsOver)
        {
            leg.HangUp(null, now);
            return;
        }
        _target = leg;
        Fire(TransferInput.Answer, now);
    }

    /// <summary>What the transfer costs goes by where it leads; a service of ours is no place that anybody can be found at.</summary>
    RoutePlan? IForkOwner.OnLocated(RoutePlan plan, TimeSpan now)
    {
        foreach (var line in plan.Why) Services.Notes.Add(_call.Id, line);
        if (plan is RoutePlan.ToService) return new RoutePlan.Reject(404, "Nobody There") { Label = "location_unusable" };
        if (_call.Recharge(Caller, Plan, plan) is { } refused) return refused;
        Plan = plan;
        return plan;
    }

    public void OnAllFailed(CallEnd end, TimeSpan now) => Fire(TransferInput.Refused, now, end);

    /// <summary>The one whose early media was heard fell out: the next one rings on.</summary>
    public void OnContactLost(OutboundLeg leg)
    {
        if (leg != _heard) return;
        _heard = null;
        RingBack();
    }

    /// <returns>True when the leg is the transferor's: its end does not end the call.</returns>
    public bool TakesEndOf(CallLeg leg, TimeSpan now)
    {
        if (leg != Transferor || IsOver) return false;
        Fire(TransferInput.TransferorGone, now);
        return true;
    }

    public void Fire(TransferInput input, TimeSpan now, CallEnd? end = null)
    {
        _inputs.Enqueue((input, end));
        if (_isRunning) return;
        _isRunning = true;
        while (_inputs.TryDequeue(out var next)) Step(next.Input, next.End, now);
        _isRunning = false;
    }

    /// <summary>After an error of ours: the call ends now.</summary>
    public void Recover()
    {
        _inputs.Clear();
        _isRunning = false;
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => _call.Manager.Run(_call, (Transfer: this, kind), now, static (state, now) =>
    {
        if (state.kind == RingTimer) state.Transfer.Fire(TransferInput.Refused, now, new CallEnd(EndReason.NoAnswer, 408));
        else state.Transfer.Fire(TransferInput.Notified, now);
    });

    private void Step(TransferInput input, CallEnd? end, TimeSpan now)
    {
        var (next, actions) = TransferTable.Next(State, input);
        State = next;
        if (end is not null && IsOver) _end = end;
        if (actions.HasFlag(TransferActions.NotifyTrying)) _referral?.Notify(100, "Trying", isLast: false, now);
        if (actions.HasFlag(TransferActions.Invite)) Invite(now);
        if (actions.HasFlag(TransferActions.NotifyRinging)) _referral?.Notify(180, "Ringing", isLast: false, now);
        if (actions.HasFlag(TransferActions.Present)) Present();
        if (actions.HasFlag(TransferActions.Replace)) Replace(now);
        if (actions.HasFlag(TransferActions.CancelRest)) Fork.CancelAll(_target, null, now);
        if (actions.HasFlag(TransferActions.NotifyEnd)) NotifyEnd(now);
        if (actions.HasFlag(TransferActions.GiveBack)) _call.GiveBack(this);
        if (actions.HasFlag(TransferActions.HangUpTransferor)) Transferor.HangUp("SIP;cause=200;text=\"Call transferred\"", now);
        if (actions.HasFlag(TransferActions.EndCall)) _call.End(CallInput.TransferLost, _end ?? new CallEnd(EndReason.Error, 500), now);
        if (actions.HasFlag(TransferActions.Finish)) Finish(now);
    }

    private void Invite(TimeSpan now)
    {
        _timer = Services.Timers.Schedule(now + Services.Options.RingLimit, this, RingTimer);
        Fork.Invite(Plan, CodecsOf(Transferee), now);
    }

    /// <summary>What the transferee talks now, and what else it has said that it can.</summary>
    private static ImmutableArray<CodecDescription> CodecsOf(CallLeg leg)
    {
        if (leg.Media is not { } media) return GatewayCodecs.All;
        var codecs = media.Codecs;
        foreach (var codec in media.Offered?.Codecs ?? [])
        {
            if (!LegMedia.Covers(codecs, [codec])) codecs = codecs.Add(codec);
        }
        return codecs.IsEmpty ? GatewayCodecs.All : codecs;
    }

    private void Present()
    {
        if (_progress is not { } progress) return;
        _progress = null;
        if (!progress.Leg.HasEarlyMedia)
        {
            if (_heard is null) RingBack();
        }
        else if (_heard is null && Transferee.Media is { IsClosed: false } near && progress.Leg.Media is { } far)
        {
            _heard = progress.Leg;
            _ringsBack = false;
            Services.Media.Join(near.Id, far.Id);
        }
    }

    private void RingBack()
    {
        if (_ringsBack || Transferee.Media is not { IsClosed: false } media) return;
        _ringsBack = true;
        Services.Media.JoinService(media.Id, MediaService.Ringback);
    }

    private void Replace(TimeSpan now)
    {
        Services.Timers.Cancel(_timer);
        if (State == TransferState.Leaving) _timer = Services.Timers.Schedule(now + CallLimits.LeaveWait, this, LeaveTimer);
        _call.Replace(this, _target, now);
    }

    private void NotifyEnd(TimeSpan now)
    {
        var status = State == TransferState.Leaving ? 200 : _end?.Status ?? 487;
        if (_referral is null) Fire(TransferInput.Notified, now);
        else _referral.Notify(status, SipStatus.ReasonOf(status), isLast: true, now);
    }

    private void Finish(TimeSpan now)
    {
        Services.Timers.Cancel(_timer);
        if (_referral is not null) _referral.Told = null;
        _call.Finished(this, now);
    }
}
