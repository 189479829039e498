using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Provisional responses that a caller acknowledges by PRACK (RFC 3262 §3): one at a time, sent again after T1, doubling,
/// for 64*T1. What the call wants to say meanwhile waits in line.
/// </summary>
internal sealed class ReliableServer(InboundLeg leg) : ITimerTarget
{
    private const int RepeatTimer = 1;
    private const int GiveUpTimer = 2;

    private readonly Queue<(int Status, byte[]? Sdp)> _waiting = [];
    private byte[] _response = [];
    private uint _number;
    private TimeSpan _interval;
    private TimerHandle _repeat;
    private TimerHandle _giveUp;

    public ReliableState State { get; private set; }

    /// <summary>A description is out or in line that the peer has not acknowledged: no 2xx may leave yet (§3).</summary>
    public bool HoldsAnswer { get; private set; }

    /// <summary>A description was sent and acknowledged: the 2xx has none (RFC 6337 §3.1.1).</summary>
    public bool HasCarriedSession { get; private set; }

    private LoopServices Services => leg.Services;

    public void Progress(int status, byte[]? sdp, TimeSpan now)
    {
        HoldsAnswer |= sdp is not null;
        Step(ReliableInput.Progress, now, status, sdp);
    }

    public void OnPrack(ServerTransaction transaction, SipRequest prack, TimeSpan now)
    {
        var isMatch = prack.TryGet(HeaderId.RAck, out var value) && RAck.TryParse(value, out var rack)
            && rack.ResponseNumber == _number && rack.CSeq == leg.Request.CSeq && rack.Method == SipMethod.Invite;
        Step(isMatch ? ReliableInput.Prack : ReliableInput.StrayPrack, now, transaction: transaction, prack: prack);
    }

    /// <summary>A final response leaves, or the leg is gone.</summary>
    public void Stop(TimeSpan now) => Step(ReliableInput.Final, now);

    void ITimerTarget.OnTimer(int kind, TimeSpan now) =>
        leg.Call.Manager.Run(leg.Call, (This: this, kind), now, static (state, now) =>
            state.This.Step(state.kind == GiveUpTimer ? ReliableInput.GiveUp : ReliableInput.Repeat, now));

    private void Step(ReliableInput input, TimeSpan now, int status = 0, byte[]? sdp = null, ServerTransaction? transaction = null, SipRequest? prack = null)
    {
        (State, var actions) = ReliableServerTable.Next(State, input);
        if (actions.HasFlag(ReliableActions.StopTimers)) StopTimers();
        if (actions.HasFlag(ReliableActions.Send)) Send(status, sdp, now);
        if (actions.HasFlag(ReliableActions.Queue)) _waiting.Enqueue((status, sdp));
        if (actions.HasFlag(ReliableActions.SendAgain)) SendAgain(now);
        if (actions.HasFlag(ReliableActions.RefusePrack)) Replies.Send(Services, transaction!, prack!, 481, now);
        if (actions.HasFlag(ReliableActions.AcceptPrack)) leg.AcceptPrack(transaction!, prack!, now);
        if (actions.HasFlag(ReliableActions.GoOn)) GoOn(now);
        if (actions.HasFlag(ReliableActions.RejectInvite)) leg.OnNoPrack(now);
    }

    private void Send(int status, byte[]? sdp, TimeSpan now)
    {
        _number = _number == 0 ? First() : _number + 1;
        _response = leg.WriteProvisional(status, sdp, _number);
        _interval = Services.SipTimers.T1;
        _giveUp = Services.Timers.Schedule(now + Services.SipTimers.T1x64, this, GiveUpTimer);
        leg.SendProvisional(_response, now);
        _repeat = Services.Timers.Schedule(now + _interval, this, RepeatTimer);
    }

    private void SendAgain(TimeSpan now)
    {
        leg.SendProvisional(_response, now);
        _interval *= 2;
        _repeat = Services.Timers.Schedule(now + _interval, this, RepeatTimer);
    }

    private void GoOn(TimeSpan now)
    {
        if (_waiting.TryDequeue(out var next))
        {
            Step(ReliableInput.Progress, now, next.Status, next.Sdp);
            return;
        }
        HasCarriedSession |= HoldsAnswer;
        HoldsAnswer = false;
        leg.Call.OnAcknowledgedProgress(now);
    }

    private void StopTimers()
    {
        Services.Timers.Cancel(_repeat);
        Services.Timers.Cancel(_giveUp);
    }

    /// <summary>§3: between 1 and 2^31 - 1, so that it cannot overflow in one transaction.</summary>
    private uint First()
    {
        Span<byte> random = stackalloc byte[2];
        Services.Random.GetBytes(random);
        return 1u + random[0] + ((uint)random[1] << 8);
    }
}
