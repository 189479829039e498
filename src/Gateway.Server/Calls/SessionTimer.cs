using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The session timer of one leg (RFC 4028). A peer that asks for one refreshes it itself unless it asks us to; then an
/// UPDATE goes out at half the time. No call is ended for a refresh that fails to come: the media watchdog knows better.
/// </summary>
internal sealed class SessionTimer(CallLeg leg) : ITimerTarget
{
    /// <summary>A day: longer is never.</summary>
    private const uint Longest = 86400;

    private static readonly TimeSpan Later = TimeSpan.FromSeconds(10);

    private uint _seconds;
    private ClientTransaction? _refresh;
    private TimerHandle _timer;

    /// <summary>True while it is for us to refresh.</summary>
    public bool IsOurs => _seconds > 0;

    private LoopServices Services => leg.Services;

    /// <summary>Adds what a 2xx to an INVITE or UPDATE has to say of its timer. Never 422 (BROWSER C4).</summary>
    public void Answer(SipWriter writer, SipRequest request, TimeSpan now)
    {
        Stop();
        if (!request.ListHas(HeaderId.Supported, "timer"u8) || !TryRead(request, out var asked)) return;
        if (asked.Refresher != SessionRefresher.Uas)
        {
            new SessionExpires(asked.Seconds, SessionRefresher.Uac).Write(writer);
            // RFC 4028 §9: the UAC is told that it has to refresh.
            writer.Header(HeaderId.Require, "timer");
        }
        else if (asked.Seconds is >= SessionExpires.Floor and <= Longest && request.ListHas(HeaderId.Allow, "UPDATE"u8))
        {
            new SessionExpires(asked.Seconds, SessionRefresher.Uas).Write(writer);
            Start(asked.Seconds, now);
        }
        // Otherwise no timer: better than one that nobody serves.
    }

    /// <returns>True when the response was to a refresh of ours.</returns>
    public bool TakeResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction != _refresh) return false;
        if (response.IsProvisional) return true;
        _refresh = null;
        if (response.StatusCode is 481 or 408) return false;
        if (response.IsSuccess)
        {
            leg.Dialog!.Refresh(response);
            // The peer may lengthen it, take the refreshing over, or want none any more.
            if (TryRead(response, out var agreed) && agreed is { Refresher: not SessionRefresher.Uas, Seconds: >= SessionExpires.Floor and <= Longest }) Start(agreed.Seconds, now);
            else Stop();
        }
        else if (response.StatusCode == 422 && response.TryGetNumber(HeaderId.MinSE, out var least) && least > _seconds && least <= Longest)
        {
            _seconds = least;
            Refresh(now);
        }
        else
        {
            Arm(now + Half);
        }
        return true;
    }

    /// <summary>A refresh that did not get through is tried again, if the dialog outlives it.</summary>
    public void TakeFailure(ClientTransaction transaction)
    {
        if (transaction == _refresh) _refresh = null;
    }

    public void Stop()
    {
        Services.Timers.Cancel(_timer);
        _seconds = 0;
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) =>
        leg.Call.Manager.Run(leg.Call, this, now, static (timer, now) => timer.Refresh(now));

    private TimeSpan Half => TimeSpan.FromSeconds(_seconds / 2.0);

    private void Start(uint seconds, TimeSpan now)
    {
        _seconds = seconds;
        Arm(now + Half);
    }

    private void Refresh(TimeSpan now)
    {
        if (!IsOurs || leg.IsHungUp) return;
        // An UPDATE must not cross an INVITE that is under way, and cannot go to a browser that is away.
        if (!leg.IsConfirmed || leg.IsFlowDown || leg.Reinvite.IsBusy || _refresh is not null)
        {
            Arm(now + Later);
            return;
        }
        var writer = leg.Begin(SipMethod.Update, out var branch);
        writer.Header(HeaderId.Contact, leg.Contact);
        writer.Header(HeaderId.Supported, "timer");
        new SessionExpires(_seconds, SessionRefresher.Uac).Write(writer);
        writer.NoBody();
        _refresh = leg.Send(SipMethod.Update, branch, now);
        Arm(now + Half);
    }

    private void Arm(TimeSpan due)
    {
        Services.Timers.Cancel(_timer);
        _timer = Services.Timers.Schedule(due, this, 0);
    }

    private static bool TryRead(SipMessage message, out SessionExpires asked)
    {
        asked = default;
        return message.TryGet(HeaderId.SessionExpires, out var value) && SessionExpires.TryParse(value, out asked) && asked.Seconds > 0;
    }
}
