using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The requests that we send inside a leg's dialog, and their answers: each goes to the one who sent it, 481 and 408 end the dialog.</summary>
internal abstract partial class CallLeg
{
    /// <summary>Starts an in-dialog request in the loop's writer.</summary>
    public SipWriter Begin(SipMethod method, out string branch) => Begin(method, out branch, default);

    /// <param name="token">Of a method that has no other name here.</param>
    public SipWriter Begin(SipMethod method, out string branch, ReadOnlySpan<byte> token)
    {
        branch = Services.Transactions.NewBranch();
        _route.Follow();
        Dialog!.BeginRequest(Services.Writer, method, branch, Services.Transport.SentBy(Flow), token: token);
        return Services.Writer;
    }

    /// <summary>Sends what <see cref="Begin"/> started, once it is ended.</summary>
    public ClientTransaction Send(SipMethod method, string branch, TimeSpan now) =>
        Services.Transactions.Send(method, branch, Services.Writer.Written, Flow, this, now);

    /// <summary>The ACK of a 2xx: it goes where the dialog's requests go, with a branch of its own (RFC 3261 §13.2.2.4).</summary>
    public byte[] Acknowledge(SipResponse response)
    {
        _route.Follow();
        Dialog!.BeginRequest(Services.Writer, SipMethod.Ack, Services.Transactions.NewBranch(), Services.Transport.SentBy(Flow), response.CSeq);
        Services.Writer.NoBody();
        var ack = Services.Writer.ToArray();
        Services.Transactions.SendStateless(ack, Flow);
        return ack;
    }

    public void SendDigit(char digit, TimeSpan duration, TimeSpan now)
    {
        if (!IsConfirmed || IsHungUp || !CanSend) return;
        var writer = Begin(SipMethod.Info, out var branch);
        writer.Header(HeaderId.Contact, Contact);
        writer.Body("application/dtmf-relay"u8, DtmfInfo.Write(digit, duration));
        Send(SipMethod.Info, branch, now);
    }

    /// <summary>Asks a quiet peer whether it is still there: 481 and 408 end the dialog (ROWS 18).</summary>
    public void Ping(TimeSpan now)
    {
        if (_ping is not null || !IsConfirmed || IsHungUp || !CanSend) return;
        var writer = Begin(SipMethod.Options, out var branch);
        writer.Header(HeaderId.Accept, Capabilities.Accept);
        writer.NoBody();
        _ping = Send(SipMethod.Options, branch, now);
    }

    void IClientTransactionOwner.OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) =>
        Call.Manager.Run(Call, (Leg: this, transaction, response), now, static (state, now) => state.Leg.OnResponse(state.transaction, state.response, now));

    void IClientTransactionOwner.OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now) =>
        Call.Manager.Run(Call, (Leg: this, transaction, failure), now, static (state, now) => state.Leg.OnFailure(state.transaction, state.failure, now));

    protected virtual void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        LastHeard = now;
        if (_logins.Repeat(transaction, response, now) is { } again)
        {
            Reinvite.Replaced(transaction, again);
            SessionTimer.Replaced(transaction, again);
            _bye.Replaced(transaction, again);
            _events?.Subscriptions.Replaced(transaction, again);
            Passed?.Replaced(transaction, again);
            _relayed?.Replaced(transaction, again);
            if (transaction == _ping) _ping = again;
            return;
        }
        if (Reinvite.TakeResponse(transaction, response, now) || SessionTimer.TakeResponse(transaction, response, now)) return;
        if (_events?.Subscriptions.TakeResponse(transaction, response, now) == true) return;
        if (Passed?.TakeResponse(transaction, response, now) == true) return;
        if (_relayed?.TakeResponse(transaction, response, now) == true) return;
        if (response.IsProvisional) return;
        if (transaction == _ping) _ping = null;
        if (_bye.TakeResponse(transaction)) return;
        if (response.StatusCode is 481 or 408) OnDialogGone(now, response.StatusCode);
    }

    protected virtual void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        _logins.Forget(transaction);
        if (transaction == _ping) _ping = null;
        if (_bye.TakeFailure(transaction, failure, now)) return;
        var mayReturn = failure == TransactionFailure.Transport && Flow.IsWebSocket;
        if (_events?.Subscriptions.TakeFailure(transaction, mayReturn, now) == true)
        {
            if (mayReturn) OnFlowClosed(now);
            return;
        }
        Passed?.TakeFailure(transaction, now);
        _relayed?.TakeFailure(transaction, now);
        Reinvite.TakeFailure(transaction, now);
        SessionTimer.TakeFailure(transaction);
        // A broken WebSocket may come back; silence for 64*T1 is as good as a 408 (RFC 3261 §12.2.1.2).
        if (failure == TransactionFailure.Transport && Flow.IsWebSocket) OnFlowClosed(now);
        else if (!IsFlowDown && !(failure == TransactionFailure.Transport && TryReach())) OnDialogGone(now, 408);
    }

    /// <summary>481 or 408 to a request of ours ends the dialog (RFC 3261 §12.2.1.2).</summary>
    /// <param name="status">481, or 408 for silence as well.</param>
    private void OnDialogGone(TimeSpan now, int status)
    {
        OnPeerGone(now);
        Call.OnDialogGone(this, status, now);
    }
}
