using System.Collections.Immutable;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The way to the contacts of an account, or of the members of a ring group: those of the best q at once, then the next
/// (RFC 3261 §16.6), and of each device one flow after another (RFC 5626 §7). What the caller prefers counts (RFC 3841).
/// </summary>
internal sealed class ContactHunt(Call call, Fork fork) : ITimerTarget
{
    private readonly Queue<ImmutableArray<Target>> _later = [];
    private TimerHandle _timer;

    /// <summary>The next ones are being asked: one that fails at once is not the last.</summary>
    public bool IsLooking { get; private set; }

    private LoopServices Services => call.Services;

    /// <summary>The first ones; others may follow.</summary>
    public void Start(RoutePlan plan, TimeSpan now)
    {
        var preferences = fork.Invitation.Passed is { } invite ? CallerPreferences.Of(invite) : null;
        switch (plan)
        {
            case RoutePlan.ToGroup group:
                // A group rings all at once: whoever is there takes the call.
                var devices = group.Members.SelectMany(member => TargetSet.Of(member.Bindings, preferences).All.Take(CallLimits.Forks));
                Add([.. devices.Take(CallLimits.GroupForks)], isNow: true);
                break;
            case RoutePlan.ToAccount account:
                var room = CallLimits.Forks;
                foreach (var equals in TargetSet.Of(account.Bindings, preferences).Groups)
                {
                    if (room > 0) _later.Enqueue([.. equals.Take(room)]);
                    room -= equals.Length;
                }
                if (_later.TryDequeue(out var first)) Add(first, isNow: true);
                break;
        }
        Wait(now);
    }

    /// <returns>True when the device of a leg that fell out is asked by another of its flows.</returns>
    public bool GoOn(OutboundLeg leg, LegFailure failure, TimeSpan now)
    {
        if (failure.HasRung || leg.Target is not ContactTarget { Others.IsEmpty: false } target
            || !Target.MayTryNextFlow(failure.Status, failure.Cause is FailureCause.Transport or FailureCause.Timeout)) return false;
        for (var i = 0; i < target.Others.Length; i++)
        {
            if (Current(target.Others[i]) is not { } binding) continue;
            fork.Add(new ContactTarget(binding, target.Aor) { Others = target.Others[(i + 1)..] }, binding.Flow).Invite(now);
            return true;
        }
        return false;
    }

    /// <summary>One of those who were asked says that the callee is with this account: its devices ring beside the others.</summary>
    public void Join(RoutePlan.ToAccount account, TimeSpan now)
    {
        var preferences = fork.Invitation.Passed is { } invite ? CallerPreferences.Of(invite) : null;
        var wasLooking = IsLooking;
        IsLooking = true;
        foreach (var leg in Add([.. TargetSet.Of(account.Bindings, preferences).All.Take(CallLimits.Forks)], isNow: true)) leg.Invite(now);
        IsLooking = wasLooking;
    }

    /// <returns>True when contacts of a lower q are asked now that all others refused.</returns>
    public bool NextGroup(TimeSpan now)
    {
        Services.Timers.Cancel(_timer);
        while (_later.TryDequeue(out var next))
        {
            IsLooking = true;
            var legs = Add(next, isNow: false);
            foreach (var leg in legs) leg.Invite(now);
            IsLooking = false;
            if (!fork.Legs.Any(static leg => leg.IsAlive)) continue;
            Wait(now);
            return true;
        }
        return false;
    }

    /// <summary>Nobody else is asked.</summary>
    public void Stop()
    {
        _later.Clear();
        Services.Timers.Cancel(_timer);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => call.Manager.Run(call, this, now, static (hunt, now) => hunt.OnPatienceEnded(now));

    /// <summary>Those who ring have rung long enough while others could be asked.</summary>
    private void OnPatienceEnded(TimeSpan now)
    {
        foreach (var leg in fork.Legs.ToArray())
        {
            if (leg.IsAlive) fork.GiveUp(leg, now);
        }
        fork.CheckAllFailed(now);
    }

    private void Wait(TimeSpan now)
    {
        if (_later.Count > 0) _timer = Services.Timers.Schedule(now + Services.Options.SerialRing, this, 0);
    }

    private List<OutboundLeg> Add(ImmutableArray<Target> devices, bool isNow)
    {
        var legs = new List<OutboundLeg>(devices.Length);
        foreach (var device in devices)
        {
            if (fork.Legs.Count >= CallLimits.GroupForks) break;
            // What was there when the call began may have moved or gone since.
            var flows = isNow ? device.Flows : [.. device.Flows.Select(Current).OfType<Binding>()];
            if (!flows.IsEmpty) legs.Add(fork.Add(new ContactTarget(flows[0], flows[0].Aor) { Others = flows[1..] }, flows[0].Flow));
        }
        return legs;
    }

    private Binding? Current(Binding binding) => Services.Bindings.Published.Get(binding.Aor).FirstOrDefault(known => known.Id == binding.Id);
}
