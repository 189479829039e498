using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>How long the called side rings, and where an unanswered ring group hands the call on to.</summary>
internal sealed partial class Call
{
    private TimeSpan _patience = TimeSpan.MaxValue;
    private int _overflows;

    /// <summary>When this round of ringing is over: the gateway's limit, the group's, or the caller's, who may be less patient.</summary>
    private TimeSpan RingUntil(TimeSpan now)
    {
        // RFC 3261 §13.3.1: Expires is counted from the INVITE, whoever rings.
        if (_patience == TimeSpan.MaxValue && _origin.Invite is { } invite && invite.TryGetNumber(HeaderId.Expires, out var seconds) && seconds is > 0 and < 86_400)
        {
            _patience = now + TimeSpan.FromSeconds(seconds);
        }
        var limit = _plan is RoutePlan.ToGroup { Group.RingSeconds: > 0 and var group } ? TimeSpan.FromSeconds(group) : Services.Options.RingLimit;
        return now + limit < _patience ? now + limit : _patience;
    }

    /// <summary>True when nobody of a ring group answered and the call goes on elsewhere.</summary>
    private bool TryOverflow(TimeSpan now)
    {
        if (State is not (CallState.Trying or CallState.Ringing) || !MayHandOn(_plan)) return false;
        StopRinging(now);
        _plan = Next(_plan, now);
        _invitation = _invitation with { Diversions = [.. _invitation.Diversions, Diverted.NobodyOf(_recorder.Record.Callee)] };
        switch (_plan)
        {
            case RoutePlan.Reject reject:
                Refuse(OfReject(reject), now);
                break;
            case RoutePlan.ToAccount { Bindings.Count: 0 } or RoutePlan.ToGroup { IsNobodyThere: true }:
                Refuse(new CallEnd(EndReason.NoAnswer, 480) { Phrase = "No Answer" }, now);
                break;
            default:
                Fire(_plan is RoutePlan.ToService ? CallInput.ServicePlaced : CallInput.HandedOn, now);
                break;
        }
        return true;
    }

    /// <summary>The plan, or where its group hands on to when no member is registered.</summary>
    private RoutePlan SkipEmptyGroups(RoutePlan plan, TimeSpan now)
    {
        while (plan is RoutePlan.ToGroup { IsNobodyThere: true } && MayHandOn(plan)) plan = Hand(plan, now);
        return plan;
    }

    private bool MayHandOn(RoutePlan plan) => plan is RoutePlan.ToGroup { Group.Overflow: not null } && _overflows < CallLimits.Overflows;

    private RoutePlan Next(RoutePlan plan, TimeSpan now) => SkipEmptyGroups(Hand(plan, now), now);

    private RoutePlan Hand(RoutePlan plan, TimeSpan now)
    {
        _overflows++;
        return Manager.Routes.PlanOverflow(_by, (RoutePlan.ToGroup)plan, now);
    }

    /// <summary>Those who rang so far are not wanted any more; what one of them let the caller hear is silent.</summary>
    private void StopRinging(TimeSpan now)
    {
        if (_fork is null) return;
        Services.Timers.Cancel(_ringTimer);
        if (_early is not null && Caller?.Media is { } media) Services.Media.Part(media.Id);
        var over = _fork;
        _fork = null;
        over.CancelAll(null, null, now);
    }

    private static CallEnd OfReject(RoutePlan.Reject reject) => new(EndReason.OfStatus(reject.Status), reject.Status)
    {
        Phrase = reject.Reason,
        RetryAfter = reject.Status == 503 ? CallLimits.RetryAfter : null,
    };
}
