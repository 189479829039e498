using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The way up of a call that we start: the caller's own contacts, then whoever the plan names.</summary>
internal sealed partial class Call
{
    /// <summary>The caller hears what the called side sends before its answer.</summary>
    public bool HasEarlyMedia => _early is { IsAlive: true };

    /// <summary>What we offer when no offer of the caller stands behind it: what it talks, then all else that we could pass.</summary>
    private ImmutableArray<CodecDescription> OwnCodecs
    {
        get
        {
            var codecs = Caller?.Media?.Codecs ?? [];
            return [.. codecs, .. GatewayCodecs.All.Where(codec => !LegMedia.Covers(codecs, [codec]))];
        }
    }

    /// <summary>Rings the caller, or refuses for what the plan or its caps say.</summary>
    public void Originate(TimeSpan now)
    {
        Admit(now);
        if (_plan is RoutePlan.Reject reject) Refuse(OfReject(reject), now);
        else Fire(CallInput.Originated, now);
    }

    public void OnOriginRings() => Services.Events.CallChanged(Snapshot);

    public void OnOriginAnswered(OutboundLeg leg, TimeSpan now)
    {
        if (State != CallState.Originating || Caller is not null)
        {
            leg.HangUp(ForkReason, now);
            return;
        }
        Caller = leg;
        if (_plan is RoutePlan.ToAccount { Bindings.Count: 0 } or RoutePlan.ToGroup { IsNobodyThere: true }) Refuse(new CallEnd(EndReason.Unavailable, 480), now);
        else Fire(_plan is RoutePlan.ToService ? CallInput.ServicePlaced : CallInput.CallerAnswered, now);
    }

    /// <summary>The called side has answered and the record is stored: both sides are there.</summary>
    public void OnOriginConnected(TimeSpan now) => Fire(CallInput.Ack, now);

    private void RingCaller(TimeSpan now)
    {
        _ringTimer = Arm(TimerKind.Ring, now + Services.Options.RingLimit);
        ((Originator)_origin).Ring(now);
    }

    private void TakeCaller(TimeSpan now)
    {
        Services.Timers.Cancel(_ringTimer);
        ((Originator)_origin).Keep(Caller!, now);
    }
}
