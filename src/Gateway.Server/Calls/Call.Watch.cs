using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The details of a live call for whoever looks: the media legs are asked for their figures, at most once a second each, and
/// the answer waits for them a moment.
/// </summary>
internal sealed partial class Call
{
    private readonly List<Action<CallSnapshot>> _watchers = [];
    private TimerHandle _figuresTimer;

    /// <param name="done">Gets the call on its loop, at once or soon.</param>
    public void Describe(Action<CallSnapshot> done, TimeSpan now)
    {
        var waits = false;
        foreach (var leg in _legs)
        {
            if (IsShown(leg) && leg.Media is { } media) waits |= media.Ask(now);
        }
        if (!waits)
        {
            done(Snapshot);
            return;
        }
        _watchers.Add(done);
        if (_watchers.Count == 1) _figuresTimer = Arm(TimerKind.Figures, now + CallLimits.FiguresWait);
    }

    private void OnFigures()
    {
        if (_watchers.Count > 0 && !_legs.Exists(leg => leg.Media is { IsAsked: true })) TellWatchers();
    }

    private void OnFiguresLate()
    {
        foreach (var leg in _legs) leg.Media?.ForgetAsking();
        TellWatchers();
    }

    private void TellWatchers()
    {
        Services.Timers.Cancel(_figuresTimer);
        var snapshot = Snapshot;
        var watchers = _watchers.ToArray();
        _watchers.Clear();
        foreach (var watcher in watchers) watcher(snapshot);
    }
}
