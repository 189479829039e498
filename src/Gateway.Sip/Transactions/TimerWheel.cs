namespace Gateway.Sip;

/// <summary>What a timer wakes.</summary>
public interface ITimerTarget
{
    /// <param name="kind">The number given when the timer was armed; it tells the target's timers apart.</param>
    void OnTimer(int kind, TimeSpan now);
}

/// <summary>
/// All the deadlines of one loop on a hashed, hierarchical wheel: arming and cancelling are O(1) and allocate nothing in
/// steady state. Time is the loop's monotonic clock.
/// </summary>
public sealed class TimerWheel
{
    public TimerWheel(TimeSpan now) => throw new NotImplementedException();

    public int Count => throw new NotImplementedException();

    /// <summary>When <see cref="Advance"/> has next to be called; null when no timer is armed.</summary>
    public TimeSpan? NextDeadline => throw new NotImplementedException();

    public TimerHandle Schedule(TimeSpan due, ITimerTarget target, int kind) => throw new NotImplementedException();

    /// <summary>Disarms; harmless when it has fired or was cancelled.</summary>
    public void Cancel(TimerHandle handle) => throw new NotImplementedException();

    /// <summary>Fires all that is due, in order of their deadlines.</summary>
    public void Advance(TimeSpan now) => throw new NotImplementedException();
}

/// <summary>Names one armed timer; default names none.</summary>
public readonly record struct TimerHandle(int Index, uint Generation);
