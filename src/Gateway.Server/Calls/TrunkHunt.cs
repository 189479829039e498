using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;

namespace Gateway.Server.Calls;

/// <summary>
/// The way out of a call by trunks: one after another in the order of the plan, and the addresses of each in the order of
/// DNS (RFC 3263 §4.3). It holds a channel of the trunk that it tries.
/// </summary>
internal sealed class TrunkHunt(Call call, Fork fork, RoutePlan.ToTrunks plan)
{
    private readonly Queue<Trunk> _trunks = new(plan.Trunks);
    private readonly Queue<NextHop> _hops = [];
    private TrunkCredentials? _current;
    private bool _isStopped;

    /// <summary>A trunk's addresses are being looked up.</summary>
    public bool IsLooking { get; private set; }

    /// <summary>There is another to ask when this one falls out.</summary>
    public bool HasNext => !_isStopped && (_hops.Count > 0 || _trunks.Count > 0);

    private LoopServices Services => call.Services;

    /// <summary>Asks the next trunk; does nothing when none is left.</summary>
    public void NextTrunk(TimeSpan now)
    {
        LeaveTrunk();
        _hops.Clear();
        while (!_isStopped && _trunks.TryDequeue(out var trunk))
        {
            if (Services.TrunkAccess.For(trunk, AccountOf(fork.Invitation.Caller)) is not { } credentials)
            {
                fork.Note(new LegFailure(403, FailureCause.Local));
                continue;
            }
            if (!Services.Caps.TryEnterTrunk(trunk, now, plan.Class))
            {
                fork.Note(new LegFailure(503, FailureCause.Local));
                continue;
            }
            _current = credentials;
            IsLooking = true;
            Services.NextHops!.Find(credentials.NextHop, Services.Scheduler, OnFound);
            return;
        }
    }

    /// <summary>The one that was asked has said something that makes a call of it.</summary>
    public void Reached(OutboundLeg leg)
    {
        if (leg.Target is TrunkTarget { Hop: var hop }) Services.NextHops?.Answered(hop);
        if (_current is { } current) Services.Trunks.CallSucceeded(current.Trunk.Id, Services.UtcNow());
    }

    /// <returns>True when somebody else is asked instead of the one that fell out.</returns>
    public bool GoOn(OutboundLeg leg, LegFailure failure, TimeSpan now)
    {
        if (_isStopped || _current is not { } current) return false;
        Report(current.Trunk, leg, failure);
        switch (Failover.Next(failure))
        {
            case Onward.Stop:
                return false;
            case Onward.NextHop when _hops.TryDequeue(out var hop):
                Ask(current, hop, now);
                return true;
            default:
                NextTrunk(now);
                return IsLooking;
        }
    }

    /// <summary>The channel goes with the side that answered, into another call too (a transfer), and is free when that is gone.</summary>
    public void HandOver(OutboundLeg leg)
    {
        if (_current is not { } current) return;
        _current = null;
        var caps = Services.Caps;
        leg.Left = () => caps.LeaveTrunk(current.Trunk.Id);
    }

    /// <summary>Nobody else is asked.</summary>
    public void Stop()
    {
        _isStopped = true;
        _trunks.Clear();
        _hops.Clear();
        LeaveTrunk();
    }

    private void LeaveTrunk()
    {
        if (_current is not { } current) return;
        _current = null;
        Services.Caps.LeaveTrunk(current.Trunk.Id);
    }

    private void OnFound(NextHops found) =>
        call.Manager.Run(call, (This: this, found), Services.Now(), static (state, now) => state.This.OnFound(state.found, now));

    private void OnFound(NextHops found, TimeSpan now)
    {
        IsLooking = false;
        if (_isStopped || _current is not { } current) return;
        foreach (var hop in found.Hops.Take(CallLimits.Hops)) _hops.Enqueue(hop);
        if (_hops.TryDequeue(out var first))
        {
            Ask(current, first, now);
            return;
        }
        Services.Trunks.CallFailed(current.Trunk.Id, found.Error, Services.UtcNow());
        fork.Note(new LegFailure(503, FailureCause.Transport));
        NextTrunk(now);
        fork.CheckAllFailed(now);
    }

    private void Ask(TrunkCredentials credentials, NextHop hop, TimeSpan now)
    {
        var flow = Services.Connector!.Open(hop with { Trunk = credentials.Trunk.Id });
        fork.Add(new TrunkTarget(credentials, plan.Number, hop), flow).Invite(now);
    }

    /// <summary>The health of the trunk learns from silence, broken ways and 503; any other answer says that it is there.</summary>
    private void Report(Trunk trunk, OutboundLeg leg, LegFailure failure)
    {
        var at = $"{leg.Flow.Remote} ({leg.Flow.Transport.ToString().ToUpperInvariant()})";
        var words = failure.Cause switch
        {
            FailureCause.Transport => $"{Services.Connector!.WhyClosed(leg.Flow) ?? "no way there"}: {at}",
            FailureCause.Timeout or FailureCause.Silence when !failure.HasRung => $"no answer to a call from {at}",
            FailureCause.Answer when failure.Status == 503 => $"503 to a call from {at}",
            _ => null,
        };
        var hop = leg.Target is TrunkTarget target ? target.Hop : null;
        if (words is not null)
        {
            Services.Trunks.CallFailed(trunk.Id, words, Services.UtcNow());
            if (hop is not null) Services.NextHops?.Failed(hop, failure.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        }
        else if (failure.Cause == FailureCause.Answer)
        {
            Services.Trunks.CallSucceeded(trunk.Id, Services.UtcNow());
            if (hop is not null) Services.NextHops?.Answered(hop);
        }
        if (leg.Challenge.Length > 0) Services.Trunks.Update(trunk.Id, status => status with { LastReason = leg.Challenge });
    }

    private static Guid? AccountOf(Caller caller) => caller is Caller.FromAccount account ? account.Account.Id : null;
}
