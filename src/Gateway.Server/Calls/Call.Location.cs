using System.Text;
using Gateway.Server.Routing;

namespace Gateway.Server.Calls;

/// <summary>The way up of a call whose called side had to be asked for outside: what its plan becomes when the answer is there.</summary>
internal sealed partial class Call
{
    /// <summary>The plan that was asked for is replaced by what came of it; what that costs and whether it goes in a circle is checked now.</summary>
    RoutePlan? IForkOwner.OnLocated(RoutePlan plan, TimeSpan now)
    {
        if (State is not (CallState.Locating or CallState.Trying or CallState.Ringing)) return null;
        Services.Notes.Set(Id, plan.Why);
        _plan = SkipEmptyGroups(plan, now);
        _plan = Refusal(_plan) ?? _plan;
        if (_plan is RoutePlan.Reject reject)
        {
            Services.Metrics.CallRefused(reject.Label);
            return reject;
        }
        Services.Timers.Cancel(_ringTimer);
        if (_plan is RoutePlan.ToService)
        {
            Fire(CallInput.ServicePlaced, now);
            return null;
        }
        _ringTimer = Arm(TimerKind.Ring, RingUntil(now));
        Fire(CallInput.Placed, now);
        return _plan;
    }

    private RoutePlan.Reject? Refusal(RoutePlan plan)
    {
        if (plan is RoutePlan.ToAccount { Bindings.Count: 0 } or RoutePlan.ToGroup { IsNobodyThere: true }) return new RoutePlan.Reject(480, "Not Registered") { Label = "not_registered" };
        if (_origin.Invite is { } invite && Services.Loops.HasPassed(Encoding.Latin1.GetString(invite.CallId), plan)) return new RoutePlan.Reject(482, "Loop Detected") { Label = "loop" };
        if (Services.Caps.Remaining(_by, plan, Services.UtcNow()) == TimeSpan.Zero) return new RoutePlan.Reject(403, "No Minutes Left Today") { Label = "cap_minutes" };
        if (_by is not Routing.Caller.FromTrunk || plan is not RoutePlan.ToTrunks { Number: var number } || _crossing is not null) return null;
        if (!Services.Loops.TryCross(_by.Aor, number)) return new RoutePlan.Reject(482, "Loop Detected") { Label = "loop_transit" };
        _crossing = number;
        return null;
    }
}
