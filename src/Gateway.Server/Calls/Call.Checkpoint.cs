using System.Collections.Immutable;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The call as plain values: saved behind whatever happens to it, and gone on with by the process after a crash. Sides that talked
/// over secure media, and sides whose way here broke, get their time to come back.
/// </summary>
internal sealed partial class Call
{
    private TimerHandle _saveTimer;
    private TimerHandle _returnTimer;
    private TimeSpan _saveAt = TimeSpan.MaxValue;
    private bool _isSaving;
    private byte[]? _saved;
    private int _renewals;

    private Call(CallManager manager, CallCheckpoint from, Caller by, CallRecorder recorder)
    {
        Manager = manager;
        _by = by;
        _plan = CheckpointParties.Resolve(from.Plan);
        _recorder = recorder;
        _origin = AnsweredCaller.Instance;
        _invitation = new Invitation(by, "", CallLimits.MaxForwards);
        _isStored = true;
        // The row of the process before is ours to remove.
        _saved = [];
        State = CallState.Confirmed;
    }

    /// <summary>The way that each side's requests came and go.</summary>
    private IEnumerable<CallLeg> Sides => new[] { Caller, Callee }.OfType<CallLeg>();

    /// <summary>After each step: what it changed is written soon, and once for all that happens meanwhile.</summary>
    public void Stepped(TimeSpan now)
    {
        if (_isSaving)
        {
            _isSaving = false;
            return;
        }
        if (Services.RunningCalls is NoCallStore || State is CallState.New or >= CallState.Ending) return;
        var due = now + (IsAnswered ? CallLimits.SaveDelay : CallLimits.RingingSaveDelay);
        if (due >= _saveAt) return;
        _saveAt = due;
        Services.Timers.Cancel(_saveTimer);
        _saveTimer = Arm(TimerKind.Save, due);
    }

    /// <summary>Null once the call ends.</summary>
    public CallCheckpoint? ToCheckpoint()
    {
        if (State >= CallState.Ending) return null;
        var record = _recorder.Record with { Legs = LegRecords() };
        if (!IsAnswered) return new CallCheckpoint { Record = record };
        var (caller, callee) = (Caller?.ToCheckpoint(_recorder.At), Callee?.ToCheckpoint(_recorder.At));
        if (caller is null && callee is null) return null;
        return new CallCheckpoint
        {
            Record = record,
            IsAnswered = true,
            By = CheckpointParties.Of(_by),
            Plan = CheckpointParties.Of(_plan),
            Caller = caller,
            Callee = callee,
            IsCounted = _isCounted,
            LimitAt = _limitAt < TimeSpan.MaxValue ? _recorder.At(_limitAt) : null,
            Charges = [.. _charges.Select(charge => new ChargeCheckpoint(CheckpointParties.Of(charge.Caller)!, CheckpointParties.Of(charge.Plan), charge.IsCounted, charge.IsTalking))],
        };
    }

    /// <summary>The call goes on in this process; null when it cannot, and then nothing of it is left here.</summary>
    /// <param name="startedAt">Its beginning on the loop's clock.</param>
    public static Call? Restore(CallManager manager, CallCheckpoint from, TimeSpan startedAt, TimeSpan now)
    {
        var services = manager.Services;
        if (CheckpointParties.Resolve(from.By, services) is not { } by) return null;
        var call = new Call(manager, from, by, new CallRecorder(services, from.Record, startedAt));
        call.Caller = call.RestoreLeg(from.Caller, now);
        call.Callee = call.RestoreLeg(from.Callee, now);
        var isWhole = call.Caller is not null && (call.Callee is not null || call._plan is RoutePlan.ToService);
        if (!isWhole)
        {
            foreach (var leg in call._legs.ToArray()) leg.Leave();
            call.ForgetMedia();
            return null;
        }
        call.Resume(from, now);
        return call;
    }

    private RestoredLeg? RestoreLeg(LegCheckpoint? from, TimeSpan now)
    {
        if (from is null || !CallLeg.TryFlow(from, out var flow)) return null;
        // What was sent after the checkpoint was written had numbers too: a gap is no error (RFC 3261 §12.2.2), a number once more is.
        var lives = from.Media.Lives;
        var snapshot = lives is null ? from.Dialog with { LocalSequence = from.Dialog.LocalSequence + CallLimits.SequenceGap } : from.Dialog;
        if (!Dialog.TryRestore(snapshot, flow, out var dialog)) return null;
        var history = new LegHistory(from.Role, from.Aor, _recorder.Moment(from.StartedAt));
        if (from.AnsweredAt is { } answered) history.Answered(_recorder.Moment(answered));
        if (RestoredLeg.Make(this, from, dialog!, history) is not { } leg) return null;
        if ((lives is { } id ? LegMedia.Adopt(Services, id, from.Media, leg.Terms) : LegMedia.Reopen(Services, Manager.LegIds.Next(), from.Media, flow, leg.Terms)) is not { } media)
        {
            leg.Leave();
            return null;
        }
        Take(media);
        leg.Use(media);
        leg.FindWay();
        if (from.Session is { } session) leg.SessionTimer.Resume(session, _recorder.Moment(session.Since), now);
        if (lives is null && from.HoldsChannel && leg.Terms.Trunk is { } trunk && Services.Caps.TryEnterTrunk(trunk, now, NumberClass.Emergency))
        {
            var caps = Services.Caps;
            leg.Left = () => caps.LeaveTrunk(trunk.Id);
        }
        return leg;
    }

    private void Resume(CallCheckpoint from, TimeSpan now)
    {
        var talking = Sides.Select(side => side.CallId).ToHashSet();
        _pastLegs = [.. from.Record.Legs.Where(leg => !talking.Contains(leg.CallId))];
        var lives = Sides.All(side => (side == Caller ? from.Caller : from.Callee)!.Media.Lives is not null);
        if (lives)
        {
            TakeCounts(from, now);
        }
        else
        {
            if (Callee is not null) Join(Callee);
            else if (_plan is RoutePlan.ToService service) Services.Media.JoinService(Caller!.Media!.Id, service.Service);
            Recount(from);
            Services.Metrics.CallStarted();
        }
        _touchTimer = Arm(TimerKind.Touch, now + CallLimits.TouchInterval);
        WatchMedia();
        if (Sides.Any(IsAway)) _returnTimer = Arm(TimerKind.Return, now + ReturnTime);
        Services.Events.CallChanged(Snapshot);
    }

    public TimeSpan StartedAt => _recorder.StartedAt;

    /// <summary>
    /// The call goes to another loop: here nothing of it is left, and nothing of it is ended. Null while something is under way
    /// that would be lost.
    /// </summary>
    public CallCheckpoint? Release(TimeSpan now)
    {
        if (!MayTransfer || Caller is not { IsAtRest: true } caller || Callee is not { IsAtRest: true } callee) return null;
        Meter(now);
        if (State != CallState.Confirmed || ToCheckpoint() is not { Caller: { } near, Callee: { } far } checkpoint) return null;
        StopTimers();
        TellWatchers();
        var released = checkpoint with { Caller = near with { Left = caller.Depart() }, Callee = far with { Left = callee.Depart() } };
        ForgetMedia();
        _media.Clear();
        _unreported = 0;
        _charges.Clear();
        _isCounted = false;
        _meteredUntil = null;
        _fork?.Leave();
        foreach (var fork in _forks) fork.Leave();
        Crossed();
        State = CallState.Ended;
        _isSettled = true;
        return released;
    }

    /// <summary>What the call counts against was counted on the loop it came from.</summary>
    private void TakeCounts(CallCheckpoint from, TimeSpan now)
    {
        _isCounted = from.IsCounted;
        foreach (var charge in from.Charges)
        {
            if (CheckpointParties.Resolve(charge.By, Services) is { } caller) _charges.Add(new ChargedTransfer(caller, CheckpointParties.Resolve(charge.Plan)) { IsCounted = charge.IsCounted, IsTalking = charge.IsTalking });
        }
        _meteredUntil = now;
        if (from.LimitAt is { } limit) LimitTo(_recorder.Moment(limit));
    }

    /// <summary>It was let in once: what it counts against is counted again, and may not end it now.</summary>
    private void Recount(CallCheckpoint from)
    {
        _isCounted = from.IsCounted && Services.Caps.TryBegin(_by, Services.UtcNow(), s_admitted) is null;
        foreach (var charge in from.Charges)
        {
            if (CheckpointParties.Resolve(charge.By, Services) is not { } caller) continue;
            var isCounted = charge.IsCounted && Services.Caps.TryBegin(caller, Services.UtcNow(), s_admitted) is null;
            _charges.Add(new ChargedTransfer(caller, CheckpointParties.Resolve(charge.Plan)) { IsCounted = isCounted, IsTalking = charge.IsTalking });
        }
        // The day's records know nothing of a call that goes on: its minutes so far count now.
        _meteredUntil = _recorder.Record.AnsweredAt is { } answered ? _recorder.Moment(answered) : Services.Now();
        if (from.LimitAt is { } limit) LimitTo(_recorder.Moment(limit));
    }

    private bool IsAway(CallLeg leg) => leg.IsFlowDown || leg.Media is { MustReoffer: true };

    /// <summary>As long as silence of its media would be borne.</summary>
    private TimeSpan ReturnTime => Services.Options.MediaSilence <= TimeSpan.Zero ? Services.Options.RestoreGrace
        : Services.Options.MediaSilence > Services.Options.FlowGrace ? Services.Options.MediaSilence : Services.Options.FlowGrace;

    private void OnNotReturned(TimeSpan now)
    {
        if (IsAnswered && Sides.Any(IsAway)) End(CallInput.MediaLost, new CallEnd(EndReason.FlowLost, 480) { ReasonHeader = "SIP;cause=480;text=\"Not back after a restart\"" }, now);
    }

    /// <summary>A side that knows another media identity of ours than it now has is told by re-INVITE (RFC 8842 §4: new keys, new ICE).</summary>
    private void Renew(TimeSpan now)
    {
        if (State != CallState.Confirmed) return;
        foreach (var leg in Sides)
        {
            if (leg is { Media: { MustReoffer: true } media, Reinvite.IsBusy: false, CanSend: true } && _renewals < CallLimits.Renewals && leg.Reinvite.TrySend(default, media.Told, now)) _renewals++;
        }
    }

    private void Take(LegMedia media)
    {
        _media.Add(media.Id, media);
        _unreported++;
        Manager.Index.Add(media.Id, this);
    }

    private void Save(TimeSpan now)
    {
        (_saveAt, _isSaving) = (TimeSpan.MaxValue, true);
        if (ToCheckpoint()?.ToBytes() is not { } body || (_saved is { } before && body.AsSpan().SequenceEqual(before))) return;
        _saved = body;
        var stored = new StoredCall(Id, Services.Options.NodeId, _recorder.At(now), Services.UtcNow(), body);
        Services.RunningCalls.Save(stored, Services.Scheduler, ok =>
        {
            // The next change, or the next sign of life, writes it again.
            if (!ok && ReferenceEquals(_saved, body)) _saved = [];
        });
    }

    private void Unsave()
    {
        if (_saved is not null) Services.RunningCalls.Remove(Id);
        _saved = null;
    }

    private static readonly RoutePlan s_admitted = new RoutePlan.ToTrunks("", []) { Class = NumberClass.Emergency };
}
