using System.Collections.Concurrent;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Trunks;

namespace Gateway.Server.Routing;

/// <summary>
/// Counts what accounts, trunks and widgets use: calls at once, new calls a second, minutes a day (UTC). Thread-safe, shared by
/// all loops; an owner's counters are locked one at a time and for a few instructions.
/// </summary>
public sealed class CallCaps
{
    private sealed class Use
    {
        public int Calls;

        /// <summary>The UTC day that the two below belong to.</summary>
        public DateOnly Day;
        public int CallsToday;
        public TimeSpan TalkToday;

        /// <summary>New calls that may begin at once, on the monotonic clock.</summary>
        public double Tokens;
        public TimeSpan? TokensAt;

        public void Turn(DateOnly day)
        {
            if (day == Day) return;
            Day = day;
            CallsToday = 0;
            TalkToday = TimeSpan.Zero;
        }
    }

    private readonly ConcurrentDictionary<Guid, Use> _uses = new();

    /// <summary>Calls at once of an account, trunk or widget.</summary>
    public int Calls(Guid owner) => Read(owner, static use => use.Calls);

    /// <summary>Talk time over trunks since midnight UTC.</summary>
    public TimeSpan TalkToday(Guid owner, DateTimeOffset utcNow) => Read(owner, use =>
    {
        use.Turn(Day(utcNow));
        return use.TalkToday;
    });

    /// <summary>
    /// Counts a call of this caller in; null when it may be placed, else why not. <see cref="End"/> counts it out. An
    /// emergency call is counted and never refused.
    /// </summary>
    public RoutePlan.Reject? TryBegin(Caller caller, DateTimeOffset utcNow, RoutePlan? plan = null)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var use = Of(caller.Id);
        lock (use)
        {
            use.Turn(Day(utcNow));
            if (plan is not RoutePlan.ToTrunks { Class: NumberClass.Emergency } && Refusal(caller, use, plan) is { } refused) return refused;
            use.Calls++;
            use.CallsToday++;
            return null;
        }
    }

    public void End(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        Leave(caller.Id);
    }

    /// <summary>What is left of the caller's minutes today for this call; null for no limit.</summary>
    public TimeSpan? Remaining(Caller caller, RoutePlan plan, DateTimeOffset utcNow)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (!IsMetered(caller, plan)) return null;
        var left = Minutes(caller) - TalkToday(caller.Id, utcNow);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Adds talk time of a call that goes on, or just ended; false when the caller's minutes of today are used up.</summary>
    public bool Talked(Caller caller, RoutePlan plan, TimeSpan time, DateTimeOffset utcNow)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var use = Of(caller.Id);
        lock (use)
        {
            use.Turn(Day(utcNow));
            use.TalkToday += time;
            return !IsMetered(caller, plan) || use.TalkToday < Minutes(caller);
        }
    }

    /// <summary>
    /// Counts one call out over the trunk; false when its channels or its calls a second are used up. Whether there is room for
    /// an emergency call is left to the trunk.
    /// </summary>
    public bool TryEnterTrunk(Trunk trunk, TimeSpan now, NumberClass kind = NumberClass.National)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        var use = Of(trunk.Id);
        lock (use)
        {
            if (kind != NumberClass.Emergency && (IsFull(trunk, use) || !TakeToken(trunk, use, now))) return false;
            use.Calls++;
            return true;
        }
    }

    public void LeaveTrunk(Guid trunk) => Leave(trunk);

    /// <summary>After a restart: takes the day's use from its records, so that a restart does not hand out the day's minutes anew.</summary>
    public void Restore(IEnumerable<CallRecord> records, AccountDirectory accounts, DateTimeOffset utcNow)
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(accounts);
        var today = Day(utcNow);
        foreach (var record in records)
        {
            if (Day(record.StartedAt) != today || OwnerOf(record, accounts) is not { } owner) continue;
            var use = Of(owner);
            lock (use)
            {
                use.Turn(today);
                use.CallsToday++;
                if (record.Trunk is not null) use.TalkToday += TalkOf(record);
            }
        }
    }

    private static RoutePlan.Reject? Refusal(Caller caller, Use use, RoutePlan? plan)
    {
        var rights = caller.Rights;
        if (caller is Caller.FromTrunk { Trunk: var trunk } && IsFull(trunk, use)) return Refuse(503, "Trunk Is Full", "cap_trunk_calls");
        if (caller is Caller.FromWidget { Session.Widget: var widget })
        {
            if (widget.MaxCalls > 0 && use.Calls >= widget.MaxCalls) return Refuse(486, "Too Many Calls At Once", "cap_calls");
            if (widget.MaxCallsPerDay > 0 && use.CallsToday >= widget.MaxCallsPerDay) return Refuse(403, "Too Many Calls Today", "cap_day");
        }
        if (rights.MaxCalls > 0 && use.Calls >= rights.MaxCalls) return Refuse(486, "Too Many Calls At Once", "cap_calls");
        return IsMetered(caller, plan) && use.TalkToday >= Minutes(caller) ? Refuse(403, "Minutes Of Today Are Used Up", "cap_minutes") : null;
    }

    private static RoutePlan.Reject Refuse(int status, string reason, string label) => new(status, reason) { Label = label };

    private static bool IsFull(Trunk trunk, Use use) => trunk.MaxCalls > 0 && use.Calls >= trunk.MaxCalls;

    /// <summary>A bucket of one second's calls: a burst passes, a steady stream above the rate does not.</summary>
    private static bool TakeToken(Trunk trunk, Use use, TimeSpan now)
    {
        if (trunk.MaxCallsPerSecond <= 0) return true;
        double full = trunk.MaxCallsPerSecond;
        use.Tokens = use.TokensAt is { } at ? Math.Min(full, use.Tokens + ((now - at).TotalSeconds * full)) : full;
        use.TokensAt = now;
        if (use.Tokens < 1) return false;
        use.Tokens--;
        return true;
    }

    /// <summary>Only what a trunk may be paid for has a price; an emergency call is worth any.</summary>
    private static bool IsMetered(Caller caller, RoutePlan? plan) => caller.Rights.MaxMinutesPerDay > 0
        && (caller is Caller.FromTrunk || plan is RoutePlan.ToTrunks { Class: not NumberClass.Emergency });

    private static TimeSpan Minutes(Caller caller) => TimeSpan.FromMinutes(caller.Rights.MaxMinutesPerDay);

    private static DateOnly Day(DateTimeOffset utcNow) => DateOnly.FromDateTime(utcNow.UtcDateTime);

    private static Guid? OwnerOf(CallRecord record, AccountDirectory accounts) => record.CallerKind switch
    {
        CallerKind.Widget => record.Widget,
        CallerKind.Trunk => record.Trunk,
        _ => accounts.TryGet(record.Caller[..Math.Max(record.Caller.LastIndexOf('@'), 0)], out var account) ? account.Id : null,
    };

    private static TimeSpan TalkOf(CallRecord record) =>
        record.TalkSeconds is { } seconds ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400))
            : record is { AnsweredAt: { } from, EndedAt: { } to } && to > from ? to - from : TimeSpan.Zero;

    private Use Of(Guid owner) => _uses.GetOrAdd(owner, static _ => new Use());

    private T? Read<T>(Guid owner, Func<Use, T> question)
    {
        if (!_uses.TryGetValue(owner, out var use)) return default;
        lock (use)
        {
            return question(use);
        }
    }

    private void Leave(Guid owner)
    {
        var use = Of(owner);
        lock (use)
        {
            if (use.Calls > 0) use.Calls--;
        }
    }
}
