using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// A 2xx of ours to an INVITE, until its ACK comes: sent again after T1, doubling to T2, over every transport, for 64*T1
/// (RFC 3261 §13.3.1.4). The transaction absorbs the peer's repeats meanwhile (RFC 6026).
/// </summary>
internal sealed class InviteServerUsage(CallLeg leg) : ITimerTarget
{
    private ServerTransaction? _transaction;
    private byte[] _response = [];
    private uint _sequence;
    private TimeSpan _interval;
    private TimeSpan _deadline;
    private TimerHandle _timer;

    public bool AwaitsAck => _transaction is not null;

    public void Accept(ServerTransaction transaction, uint sequence, byte[] response, TimeSpan now)
    {
        Stop();
        var services = leg.Services;
        _transaction = transaction;
        _sequence = sequence;
        _response = response;
        _interval = services.SipTimers.T1;
        _deadline = now + services.SipTimers.T1x64;
        _timer = services.Timers.Schedule(now + _interval, this, 0);
        services.Transactions.Respond(transaction, response, now);
    }

    /// <returns>False for an ACK of something else, or one that came before.</returns>
    public bool TakeAck(uint sequence)
    {
        if (_transaction is null || sequence != _sequence) return false;
        Stop();
        return true;
    }

    public void Stop()
    {
        if (_transaction is null) return;
        _transaction = null;
        _response = [];
        leg.Services.Timers.Cancel(_timer);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) =>
        leg.Call.Manager.Run(leg.Call, this, now, static (usage, now) => usage.SendAgain(now));

    private void SendAgain(TimeSpan now)
    {
        if (_transaction is not { } transaction) return;
        if (now >= _deadline)
        {
            Stop();
            leg.OnAckTimeout(now);
            return;
        }
        var services = leg.Services;
        services.Transactions.Respond(transaction, _response, now);
        _interval = TimeSpan.FromTicks(Math.Min(2 * _interval.Ticks, services.SipTimers.T2.Ticks));
        var due = now + _interval;
        _timer = services.Timers.Schedule(due < _deadline ? due : _deadline, this, 0);
    }
}
