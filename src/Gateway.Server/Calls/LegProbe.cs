using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Asks a peer by OPTIONS inside the dialog whether it is still there, when it has said nothing for as long as its operator
/// set (ROWS 18, 36). Browsers are not asked: the consent of their media tells sooner.
/// </summary>
internal sealed class LegProbe(CallLeg leg) : ITimerTarget
{
    private TimerHandle _timer;
    private bool _isOn;

    private TimeSpan Interval => leg.Terms.Trunk is { } trunk ? TimeSpan.FromSeconds(trunk.ProbeSeconds) : leg.Services.Options.DialogProbe;

    public void Start(TimeSpan now)
    {
        if (_isOn || leg.Flow.IsWebSocket || leg.IsHungUp || Interval <= TimeSpan.Zero) return;
        _isOn = true;
        Arm(now + Interval);
    }

    public void Stop()
    {
        _isOn = false;
        leg.Services.Timers.Cancel(_timer);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => leg.Call.Manager.Run(leg.Call, this, now, static (one, now) => one.Look(now));

    private void Look(TimeSpan now)
    {
        if (!_isOn || leg.IsHungUp) return;
        var due = leg.LastHeard + Interval;
        if (due <= now)
        {
            leg.Ping(now);
            due = now + Interval;
        }
        if (_isOn) Arm(due);
    }

    private void Arm(TimeSpan due) => _timer = leg.Services.Timers.Schedule(due, this, 0);
}
