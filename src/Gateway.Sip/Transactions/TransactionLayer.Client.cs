using System.Text;

namespace Gateway.Sip;

/// <summary>The client side: requests of ours, their answers, and the CANCEL of an INVITE (RFC 3261 §17.1, §9.1).</summary>
public sealed partial class TransactionLayer
{
    /// <summary>
    /// Starts a client transaction. The message must carry a top Via with <paramref name="branch"/>. A transport that
    /// refuses it at once is heard of in the next turn of the timers, never inside this call. A request for a UDP flow that
    /// is too large for a datagram is sent by TCP instead where that is to be had; its Via is rewritten then.
    /// </summary>
    /// <param name="isCongestionSafe">
    /// A request that is too large for a datagram fails where TCP is not to be had, instead of leaving by UDP after all: what
    /// RFC 3428 §8 asks of MESSAGE.
    /// </param>
    /// <exception cref="ArgumentException">The method is ACK, or a transaction with this branch and method is under way.</exception>
    public ClientTransaction Send(SipMethod method, string branch, ReadOnlySpan<byte> request, in Flow flow, object? user, TimeSpan now, bool isCongestionSafe = false)
    {
        if (method == SipMethod.Ack)
        {
            throw new ArgumentException("An ACK has no transaction: SendStateless.", nameof(method));
        }

        return Start(Make(method, branch, request, flow, user, isCongestionSafe), now);
    }

    /// <summary>
    /// Cancels an INVITE of ours: at once when a 1xx came, else as soon as one comes (§9.1). The CANCEL's own answer is not
    /// passed up; the INVITE ends by its final response (487, or the 200 that crossed), or by a timeout 64*T1 later.
    /// </summary>
    /// <param name="reasonHeader">The value of the CANCEL's Reason header (RFC 3326), e.g. <c>SIP;cause=200;text="Call completed elsewhere"</c>.</param>
    public void Cancel(ClientTransaction invite, string? reasonHeader, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(invite);
        if (invite.Method != SipMethod.Invite || invite.CancelSent || invite.CancelWanted)
        {
            return;
        }

        // A reason often holds words of a peer: it is left out rather than a header smuggled in (THREATS 22).
        invite.CancelReason = reasonHeader.AsSpan().IndexOfAny('\r', '\n', '\0') < 0 ? reasonHeader : null;
        invite.CancelWanted = invite.State == TxState.Calling;
        Step(invite, TxInput.Cancel, now);
    }

    /// <summary>
    /// Gives up a request that is no INVITE before its time: it is repeated no more, an answer that still comes is a stray one,
    /// and the user hears nothing of it.
    /// </summary>
    public void Abandon(ClientTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.Method != SipMethod.Invite && !transaction.IsTerminated)
        {
            transaction.State = TxState.Terminated;
            End(transaction);
            transaction.ReleaseRequest();
        }
    }

    internal void OnClientTimer(ClientTransaction transaction, TxInput input, TimeSpan now)
    {
        if (input is TxInput.TimerA or TxInput.TimerE)
        {
            _counters.RequestRetransmissions++;
        }

        Step(transaction, input, now);
    }

    private ClientTransaction Start(ClientTransaction transaction, TimeSpan now)
    {
        if (transaction.Branch.Length is 0 or > ClientKey.MaxBranch || !Ascii.IsValid(transaction.Branch))
        {
            throw new ArgumentException("A branch is 1 to 256 ASCII characters.", nameof(transaction));
        }

        if (!_clients.Add(transaction))
        {
            throw new ArgumentException($"A {transaction.Method} with branch {transaction.Branch} is under way.", nameof(transaction));
        }

        _counters.ClientTransactions++;
        Step(transaction, TxInput.Start, now);
        return transaction;
    }

    private void ReceiveResponse(SipResponse response, in Flow flow, TimeSpan now)
    {
        if (!_clientLookup.TryGetValue(new ClientKey(response.CSeqMethod, response.TopVia.Branch), out var transaction))
        {
            // RFC 6026 §7.2: dropped, a stray 2xx as well.
            _counters.StrayResponses++;
            return;
        }

        if (!FlowRules.MayAnswer(transaction.Flow, flow)
            && !(_options.ResponsesFromAnywhere && flow.Transport == SipTransport.Udp && transaction.Flow.Transport == SipTransport.Udp))
        {
            _counters.ForeignResponses++;
            return;
        }

        transaction.HasProvisional |= response.StatusCode < 200;
        Step(transaction, ClassOf(response.StatusCode), now, response);
    }

    private void Step(ClientTransaction transaction, TxInput input, TimeSpan now, SipResponse? response = null)
    {
        if (FallBack(transaction, input, now))
        {
            return;
        }

        var reliable = transaction.Flow.IsReliable;
        var (state, actions) = transaction.Method == SipMethod.Invite
            ? InviteClientTable.Next(transaction.State, input, reliable)
            : NonInviteClientTable.Next(transaction.State, input, reliable);
        transaction.State = state;

        if (actions.Has(TxActions.StopRetransmit))
        {
            _wheel.Cancel(transaction.RetransmitTimer);
        }

        if (actions.Has(TxActions.StopTimeout))
        {
            _wheel.Cancel(transaction.TimeoutTimer);
        }

        var sent = !actions.Has(TxActions.Send) || _transport.Send(transaction.Flow, transaction.Request.Span);
        if (actions.Has(TxActions.SendAck))
        {
            sent &= SendAck(transaction, response);
        }

        if (actions.Has(TxActions.SendCancel))
        {
            SendCancel(transaction, now);
        }

        StartTimers(transaction, actions, now);
        if (state == TxState.Terminated)
        {
            End(transaction);
        }

        Tell(transaction, actions, response, now);

        if (!sent)
        {
            Fail(transaction, input, now);
        }

        if (transaction.CancelWanted && transaction.State == TxState.Proceeding)
        {
            Step(transaction, TxInput.Cancel, now);
        }

        if (transaction.State is TxState.Completed or TxState.Accepted or TxState.Terminated)
        {
            transaction.ReleaseRequest();
        }
    }

    private void StartTimers(ClientTransaction transaction, TxActions actions, TimeSpan now)
    {
        if ((actions & (TxActions.StartA | TxActions.StartE | TxActions.StartEAtT2)) is var again && again != 0)
        {
            transaction.Interval = again switch
            {
                TxActions.StartA => NextInterval(transaction.Interval, TimeSpan.MaxValue),
                TxActions.StartE => NextInterval(transaction.Interval, _timers.T2),
                _ => _timers.T2,
            };
            var timer = again == TxActions.StartA ? TxInput.TimerA : TxInput.TimerE;
            transaction.RetransmitTimer = Arm(transaction.RetransmitTimer, now + transaction.Interval, transaction, timer);
        }

        const TxActions Timeouts = TxActions.StartB | TxActions.StartD | TxActions.StartF | TxActions.StartK | TxActions.StartM | TxActions.StartCancel;
        if ((actions & Timeouts) is var end && end != 0)
        {
            var (input, after) = end switch
            {
                TxActions.StartB => (TxInput.TimerB, _timers.T1x64),
                TxActions.StartD => (TxInput.TimerD, _timers.D),
                TxActions.StartF => (TxInput.TimerF, _timers.T1x64),
                TxActions.StartK => (TxInput.TimerK, _timers.T4),
                TxActions.StartM => (TxInput.TimerM, _timers.T1x64),
                _ => (TxInput.TimerCancel, _timers.T1x64),
            };
            transaction.TimeoutTimer = Arm(transaction.TimeoutTimer, now + after, transaction, input);
        }
    }

    private void Tell(ClientTransaction transaction, TxActions actions, SipResponse? response, TimeSpan now)
    {
        if (actions.Has(TxActions.CountTransportError) || actions.Has(TxActions.FailTransport))
        {
            _counters.TransportErrors++;
        }

        if (actions.Has(TxActions.FailTimeout))
        {
            _counters.Timeouts++;
        }

        if (transaction.IsOwn)
        {
            return;
        }

        if (actions.Has(TxActions.PassUp))
        {
            _user.OnResponse(transaction, response!, now);
        }
        else if (actions.Has(TxActions.FailTimeout))
        {
            _user.OnFailure(transaction, TransactionFailure.Timeout, now);
        }
        else if (actions.Has(TxActions.FailTransport))
        {
            _user.OnFailure(transaction, TransactionFailure.Transport, now);
        }
    }

    private void Fail(ClientTransaction transaction, TxInput input, TimeSpan now)
    {
        if (input == TxInput.Start)
        {
            // The user does not have the transaction in hand yet: it hears in the next turn.
            transaction.RetransmitTimer = Arm(transaction.RetransmitTimer, now, transaction, TxInput.TransportError);
        }
        else
        {
            Step(transaction, TxInput.TransportError, now);
        }
    }

    private bool SendAck(ClientTransaction transaction, SipResponse? response)
    {
        if (transaction.Ack is null && response is not null)
        {
            transaction.Ack = _hopByHop.Ack(transaction.Request.Span, response);
        }

        // An INVITE that cannot be read back cannot be acknowledged either; its peer's timer H ends it.
        return transaction.Ack is null || _transport.Send(transaction.Flow, transaction.Ack);
    }

    private void SendCancel(ClientTransaction invite, TimeSpan now)
    {
        invite.CancelWanted = false;
        invite.CancelSent = true;
        if (_hopByHop.Cancel(invite.Request.Span, invite.CancelReason) is { } request)
        {
            Start(new ClientTransaction(this, SipMethod.Cancel, invite.Branch, request, invite.Flow) { IsOwn = true }, now);
        }

        invite.CancelReason = null;
    }

    private void End(ClientTransaction transaction)
    {
        _wheel.Cancel(transaction.RetransmitTimer);
        _wheel.Cancel(transaction.TimeoutTimer);
        _clients.Remove(transaction);
        transaction.Ack = null;
    }
}
