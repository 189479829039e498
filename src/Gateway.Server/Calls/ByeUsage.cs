using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Our BYE on one leg: not before the ACK of our 2xx (RFC 3261 §15), and not into a closed connection, whose browser hears
/// it when it comes back within 64*T1. With its answer the leg is gone.
/// </summary>
internal sealed class ByeUsage(CallLeg leg) : ITimerTarget
{
    private string? _reason;
    private bool _isAgain;
    private ClientTransaction? _sent;
    private TimerHandle _linger;

    /// <param name="reason">The value of a Reason header (RFC 3326), or null.</param>
    public void Start(string? reason, TimeSpan now)
    {
        _reason = reason;
        Resume(now);
    }

    /// <summary>Something that the BYE may have waited for has happened.</summary>
    public void Resume(TimeSpan now)
    {
        if (_sent is not null || leg.IsGone || leg.InviteUsage.AwaitsAck) return;
        leg.Services.Timers.Cancel(_linger);
        if (leg.IsFlowDown) _linger = leg.Services.Timers.Schedule(now + leg.Services.SipTimers.T1x64, this, 0);
        else Send(now);
    }

    /// <summary>The BYE was sent again with credentials.</summary>
    public void Replaced(ClientTransaction old, ClientTransaction repeated)
    {
        if (_sent == old) _sent = repeated;
    }

    /// <returns>True when the final response was to the BYE, whatever it says.</returns>
    public bool TakeResponse(ClientTransaction transaction)
    {
        if (transaction != _sent) return false;
        leg.Leave();
        return true;
    }

    /// <returns>True when it was the BYE that failed.</returns>
    public bool TakeFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (transaction != _sent) return false;
        if (failure == TransactionFailure.Transport && (leg.Flow.IsWebSocket || (leg.Flow.IsReliable && !_isAgain)))
        {
            // The connection broke under it: once more by another, or when the browser is back.
            _sent = null;
            _isAgain = true;
            leg.OnFlowClosed(now);
            Resume(now);
        }
        else
        {
            leg.Leave();
        }
        return true;
    }

    public void Stop() => leg.Services.Timers.Cancel(_linger);

    void ITimerTarget.OnTimer(int kind, TimeSpan now) =>
        leg.Call.Manager.Run(leg.Call, leg, now, static (leg, _) => leg.Leave());

    private void Send(TimeSpan now)
    {
        var writer = leg.Begin(SipMethod.Bye, out var branch);
        if (_reason is not null) writer.Header(HeaderId.Reason, _reason);
        writer.NoBody();
        // RFC 3261 §15.1.1: the session is over when the BYE is handed to its transaction.
        leg.Dialog!.Terminate();
        _sent = leg.Send(SipMethod.Bye, branch, now);
    }
}
