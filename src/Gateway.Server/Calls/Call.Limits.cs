using Gateway.Server.Routing;

namespace Gateway.Server.Calls;

/// <summary>
/// What a call counts against: its caller's calls at once, its time limit, and the minutes it talks over a trunk; after a
/// transfer those of whoever transferred as well, so that handing a call on makes it no cheaper.
/// </summary>
internal sealed partial class Call
{
    private static readonly CallEnd s_timeUp = new(EndReason.TimeLimit, 480) { ReasonHeader = "Q.850;cause=31;text=\"Time limit\"" };

    private readonly List<ChargedTransfer> _charges = [];
    private bool _isCounted;
    private string? _crossing;
    private TimeSpan? _meteredUntil;
    private TimeSpan _limitAt = TimeSpan.MaxValue;

    /// <summary>A further caller that the call counts against.</summary>
    private sealed class ChargedTransfer(Caller caller, RoutePlan plan)
    {
        public Caller Caller { get; } = caller;

        public RoutePlan Plan { get; set; } = plan;

        /// <summary>It counts among the calls at once of its caller.</summary>
        public bool IsCounted { get; init; }

        /// <summary>Its minutes run.</summary>
        public bool IsTalking { get; set; }
    }

    /// <summary>Counts the call in, or turns its plan into the refusal that its caller's caps ask for.</summary>
    private void Admit(TimeSpan now)
    {
        _plan = SkipEmptyGroups(_plan, now);
        if (_plan is not RoutePlan.Reject)
        {
            if (Services.Caps.TryBegin(_by, Services.UtcNow(), _plan) is { } refused) _plan = refused;
            else _isCounted = true;
        }
        if (_by is Routing.Caller.FromTrunk && _plan is RoutePlan.ToTrunks { Number: var number })
        {
            if (Services.Loops.TryCross(_by.Aor, number)) _crossing = number;
            else _plan = new RoutePlan.Reject(482, "Loop Detected") { Label = "loop_transit" };
        }
        if (_plan is RoutePlan.Reject reject) Services.Metrics.CallRefused(reject.Label);
    }

    /// <summary>The call is answered: its limit runs.</summary>
    private void StartMeter(TimeSpan now)
    {
        Crossed();
        _meteredUntil = now;
        LimitTo(_by, _plan, now);
        if (_redirectedBy is { } by) StartMeter(by, _plan, now);
    }

    /// <summary>A transfer was answered: what it costs counts from now on.</summary>
    private void StartMeter(Caller caller, RoutePlan plan, TimeSpan now)
    {
        Meter(now);
        if (_charges.Find(charge => charge.Caller.Id == caller.Id && charge.Plan == plan) is { } charge) charge.IsTalking = true;
        else if (IsMetered(caller, plan)) _charges.Add(new ChargedTransfer(caller, plan) { IsTalking = true });
        LimitTo(caller, plan, now);
    }

    /// <summary>A limit only ever comes nearer.</summary>
    private void LimitTo(Caller caller, RoutePlan plan, TimeSpan now)
    {
        var limit = Services.Caps.Remaining(caller, plan, Services.UtcNow());
        if (plan.MaxDuration > TimeSpan.Zero && (limit is null || plan.MaxDuration < limit)) limit = plan.MaxDuration;
        if (limit is { } longest) LimitTo(now + longest);
    }

    private void LimitTo(TimeSpan due)
    {
        if (due >= _limitAt) return;
        _limitAt = due;
        Services.Timers.Cancel(_limitTimer);
        _limitTimer = Arm(TimerKind.TimeLimit, due);
    }

    /// <summary>Counts what was talked since the last time; the call ends when another call of its caller used up the day.</summary>
    private void Meter(TimeSpan now)
    {
        if (_meteredUntil is not { } since) return;
        _meteredUntil = now;
        var utc = Services.UtcNow();
        var mayGoOn = !IsMetered(_by, _plan) || Services.Caps.Talked(_by, _plan, now - since, utc);
        foreach (var charge in _charges)
        {
            if (charge.IsTalking && IsMetered(charge.Caller, charge.Plan)) mayGoOn &= Services.Caps.Talked(charge.Caller, charge.Plan, now - since, utc);
        }
        if (!mayGoOn) End(CallInput.TimeUp, s_timeUp, now);
    }

    private bool IsCharged(Caller caller) => (_isCounted && _by.Id == caller.Id) || _charges.Exists(charge => charge.Caller.Id == caller.Id);

    /// <summary>A transfer leads elsewhere than was known when it began: what was counted for it goes on under the new plan.</summary>
    public RoutePlan.Reject? Recharge(Caller caller, RoutePlan old, RoutePlan plan)
    {
        if (plan is RoutePlan.Reject refused) return refused;
        if (Services.Caps.Remaining(caller, plan, Services.UtcNow()) == TimeSpan.Zero) return new RoutePlan.Reject(403, "No Minutes Left Today") { Label = "cap_minutes" };
        foreach (var charge in _charges)
        {
            if (charge.Caller.Id == caller.Id && charge.Plan == old) charge.Plan = plan;
        }
        return null;
    }

    private void Uncharge(Caller caller, RoutePlan plan)
    {
        if (_charges.RemoveAll(charge => !charge.IsTalking && charge.IsCounted && charge.Caller.Id == caller.Id && charge.Plan == plan) > 0) Services.Caps.End(caller);
    }

    /// <summary>A side leaves for another call: what this call counts against and its limit go with it.</summary>
    private void HandOverCharges(Call to, TimeSpan now)
    {
        to.Meter(now);
        to._charges.Add(new ChargedTransfer(_by, _plan) { IsTalking = true, IsCounted = _isCounted });
        to._charges.AddRange(_charges);
        if (_limitAt < TimeSpan.MaxValue) to.LimitTo(_limitAt);
        _isCounted = false;
        _meteredUntil = null;
        _charges.Clear();
    }

    private void Discharge()
    {
        Crossed();
        if (_isCounted) Services.Caps.End(_by);
        _isCounted = false;
        foreach (var charge in _charges)
        {
            if (charge.IsCounted) Services.Caps.End(charge.Caller);
        }
        _charges.Clear();
    }

    /// <summary>Minutes cost over a trunk, whichever side it stands on.</summary>
    private static bool IsMetered(Caller caller, RoutePlan plan) => caller is Routing.Caller.FromTrunk || plan is RoutePlan.ToTrunks;

    /// <summary>Answered or over: it goes round no more.</summary>
    private void Crossed()
    {
        if (_crossing is not null) Services.Loops.Crossed(_by.Aor, _crossing);
        _crossing = null;
    }
}
