using Gateway.Server.Routing;

namespace Gateway.Server.Calls;

/// <summary>What a call counts against: its caller's calls at once, its time limit, and the minutes it talks over a trunk.</summary>
internal sealed partial class Call
{
    private static readonly CallEnd s_timeUp = new(EndReason.TimeLimit, 480) { ReasonHeader = "Q.850;cause=31;text=\"Time limit\"" };

    private bool _isCounted;
    private TimeSpan? _meteredUntil;

    /// <summary>Minutes cost over a trunk, whichever side it stands on.</summary>
    private bool IsMetered => _by is Routing.Caller.FromTrunk || _plan is RoutePlan.ToTrunks;

    /// <summary>Counts the call in, or turns its plan into the refusal that its caller's caps ask for.</summary>
    private void Admit(TimeSpan now)
    {
        _plan = SkipEmptyGroups(_plan, now);
        if (_plan is not RoutePlan.Reject)
        {
            if (Services.Caps.TryBegin(_by, Services.UtcNow(), _plan) is { } refused) _plan = refused;
            else _isCounted = true;
        }
        if (_plan is RoutePlan.Reject reject) Services.Metrics.CallRefused(reject.Label);
    }

    /// <summary>The call is answered: its limit runs.</summary>
    private void StartMeter(TimeSpan now)
    {
        if (IsMetered) _meteredUntil = now;
        var limit = Services.Caps.Remaining(_by, _plan, Services.UtcNow());
        if (_plan.MaxDuration > TimeSpan.Zero && (limit is null || _plan.MaxDuration < limit)) limit = _plan.MaxDuration;
        if (limit is { } longest) _limitTimer = Arm(TimerKind.TimeLimit, now + longest);
    }

    /// <summary>Counts what was talked since the last time; the call ends when another call of its caller used up the day.</summary>
    private void Meter(TimeSpan now)
    {
        if (_meteredUntil is not { } since) return;
        _meteredUntil = now;
        if (!Services.Caps.Talked(_by, _plan, now - since, Services.UtcNow())) End(CallInput.TimeUp, s_timeUp, now);
    }

    private void Discharge()
    {
        if (!_isCounted) return;
        _isCounted = false;
        Services.Caps.End(_by);
    }
}
