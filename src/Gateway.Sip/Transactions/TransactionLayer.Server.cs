using System.Text;

namespace Gateway.Sip;

/// <summary>The server side: requests of peers, their repeats, ACK and CANCEL, and our answers (RFC 3261 §17.2, §9.2).</summary>
public sealed partial class TransactionLayer
{
    /// <summary>
    /// Sends an answer and moves the server transaction. One that the state does not take (a second final answer, any
    /// answer after the end) is dropped; so is what RFC 4320 forbids for a non-INVITE.
    /// </summary>
    /// <exception cref="ArgumentException">The bytes do not start with a SIP status line.</exception>
    public void Respond(ServerTransaction transaction, ReadOnlySpan<byte> response, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var status = StatusOf(response);
        if (transaction.Method != SipMethod.Invite && (status is > 100 and < 200 || status == 408))
        {
            // RFC 4320 §4.1 and §4.2: 100 is the only 1xx, and a 408 would come too late for anyone.
            _counters.ForbiddenAnswers++;
            return;
        }

        Step(transaction, ClassOf(status), now, null, response, status);
    }

    internal void OnServerTimer(ServerTransaction transaction, TxInput input, TimeSpan now)
    {
        if (input == TxInput.TimerG)
        {
            _counters.ResponseRetransmissions++;
        }
        else if (input == TxInput.TimerAbandon)
        {
            _counters.Unanswered++;
        }

        Step(transaction, input, now);
    }

    private void ReceiveRequest(SipRequest request, in Flow flow, TimeSpan now)
    {
        if (!FlowRules.CanBeAnswered(flow))
        {
            _counters.Refused++;
            return;
        }

        Span<byte> buffer = stackalloc byte[ServerKey.MaxLength];
        // The ACK of a non-2xx belongs to its INVITE (§17.2.3).
        var method = request.Method == SipMethod.Ack ? SipMethod.Invite : request.Method;
        var key = ServerKey.Write(buffer, request, method);
        var found = _serverLookup.TryGetValue(key, out var transaction) && IsSameRequest(transaction, request);
        switch (request.Method)
        {
            case SipMethod.Ack when found:
                Step(transaction!, TxInput.Ack, now, request);
                break;
            case SipMethod.Ack:
                _user.OnAck(request, flow, now);
                break;
            case var _ when found:
                _counters.AbsorbedRequests++;
                Repeat(transaction!, request, flow, now);
                break;
            case SipMethod.Cancel when FindCancelled(request) is not { } target || !FlowRules.SameSource(target.Flow, flow):
                // §9.2, and without state: a flood of them is worth no memory.
                _counters.UnmatchedCancels++;
                AnswerStateless(request, flow, 481);
                break;
            case not SipMethod.Cancel when Refuses?.Invoke(request) == true:
                _counters.Shed++;
                TurnAway(request, flow);
                break;
            case not SipMethod.Cancel when IsFull(request):
                _counters.Shed++;
                AnswerStateless(request, flow, 503, retryLater: true);
                break;
            default:
                Open(request, key, flow, now);
                break;
        }
    }

    /// <summary>
    /// A repeat. One that came another way from the same host (its connection broke, or it changed the transport, §18.1.1)
    /// is answered where it came from (§18.2.2), as nobody listens at the old place any more.
    /// </summary>
    private void Repeat(ServerTransaction transaction, SipRequest request, in Flow flow, TimeSpan now)
    {
        if (transaction.LastResponse is { } answer && !FlowRules.IsSame(transaction.Flow, flow) && FlowRules.SameHost(transaction.Flow, flow))
        {
            _counters.ResponseRetransmissions++;
            SendStateless(answer, FlowRules.ReplyTo(flow, request.TopVia));
            return;
        }

        Step(transaction, TxInput.Retransmission, now);
    }

    /// <summary>True when there is no room for this request: for new ones first, for those of calls under way a quarter later.</summary>
    private bool IsFull(SipRequest request)
    {
        var limit = _options.MaxServerTransactions;
        return _servers.Count >= (request.ToTag.IsEmpty ? limit : limit + (limit / 4));
    }

    /// <summary>
    /// A proxy before us, and whoever understands what we say of our load, is not told to stay away: it would keep all its users
    /// away (RFC 7339 §5.10.2). A phone is, for a few seconds that are not the same for all.
    /// </summary>
    private void TurnAway(SipRequest request, in Flow flow)
    {
        var vias = request.Values(HeaderId.Via);
        var isRelayed = vias.MoveNext() && vias.MoveNext();
        if (isRelayed || OverloadFeedback.IsOffered(request.TopVia))
        {
            AnswerStateless(request, flow, 503);
            return;
        }

        var hash = default(HashCode);
        hash.AddBytes(request.CallId);
        var seconds = _options.RetryAfter + ((uint)hash.ToHashCode() % _options.RetryAfter);
        AnswerStateless(request, flow, 503, help: writer => writer.Header(HeaderId.RetryAfter, seconds));
    }

    /// <summary>A request that matches nothing gets a transaction of its own.</summary>
    private void Open(SipRequest request, ReadOnlySpan<byte> key, in Flow flow, TimeSpan now)
    {
        var transaction = new ServerTransaction(this, key.ToArray(), request, flow, FlowRules.ReplyTo(flow, request.TopVia))
        {
            LegacyToTag = ServerKey.IsLegacy(key) && !request.ToTag.IsEmpty ? request.ToTag.ToArray() : null,
        };
        if (!_servers.Add(transaction))
        {
            // An RFC 2543 peer with two requests under way that differ in the To tag alone.
            _counters.Refused++;
            return;
        }

        _counters.ServerTransactions++;
        if (request.Method == SipMethod.Invite)
        {
            request = transaction.RetainRequest();
        }

        try
        {
            Step(transaction, TxInput.Start, now, request);
        }
        catch
        {
            // A bug of the user, which the loop reports: the peer need not wait for an answer that nobody will give.
            if (transaction.State is TxState.Trying or TxState.Proceeding)
            {
                ReplyTo(transaction, request, 500, transaction.Tag, now);
            }

            throw;
        }
        finally
        {
            // Left unanswered, it will need a 100 of ours: that is written from the request.
            if (transaction.State is TxState.Trying or TxState.Proceeding)
            {
                transaction.RetainRequest();
            }

            transaction.EndLease();
            ReleaseUnneeded(transaction);
        }
    }

    /// <summary>What the key of an RFC 2543 peer leaves out (§17.2.3): the To tag, for an ACK that of our answer.</summary>
    private bool IsSameRequest(ServerTransaction transaction, SipRequest request)
    {
        if (!ServerKey.IsLegacy(transaction.Key))
        {
            return true;
        }

        if (request.Method != SipMethod.Ack)
        {
            return request.ToTag.SequenceEqual(transaction.LegacyToTag);
        }

        // In Accepted the answer is the user's and so is the ACK (RFC 6026 §6).
        return transaction.LastResponse is null || request.ToTag.SequenceEqual(ToTagOf(transaction.LastResponse));
    }

    /// <summary>The To tag of an answer that the user wrote; empty when it has none.</summary>
    private byte[] ToTagOf(ReadOnlySpan<byte> response)
    {
        _parser.TryParse(response, stream: false, out var message, out _);
        var tag = message is SipResponse ? message.ToTag.ToArray() : [];
        message?.Return();
        return tag;
    }

    private void Step(
        ServerTransaction transaction,
        TxInput input,
        TimeSpan now,
        SipRequest? request = null,
        ReadOnlySpan<byte> response = default,
        int status = 0)
    {
        var reliable = transaction.Flow.IsReliable;
        var (state, actions) = transaction.Method == SipMethod.Invite
            ? InviteServerTable.Next(transaction.State, input, reliable)
            : NonInviteServerTable.Next(transaction.State, input, reliable);
        transaction.State = state;

        if (actions.Has(TxActions.StopRetransmit))
        {
            _wheel.Cancel(transaction.RetransmitTimer);
        }

        var sent = true;
        if (actions.Has(TxActions.Send))
        {
            sent = status == 0 ? Resend(transaction, input) : SendNew(transaction, response, status);
        }
        else if (actions.Has(TxActions.SendTrying))
        {
            sent = SendTrying(transaction);
        }

        StartTimers(transaction, actions, now);
        if (state == TxState.Terminated)
        {
            End(transaction);
        }

        Tell(transaction, actions, input, request, now);

        if (actions.Has(TxActions.CountTransportError))
        {
            _counters.TransportErrors++;
        }
        else if (!sent)
        {
            Step(transaction, TxInput.TransportError, now);
        }

        if (!transaction.IsLease)
        {
            ReleaseUnneeded(transaction);
        }
    }

    /// <summary>A transaction that only lingers keeps its key and its last answer, not the request.</summary>
    private static void ReleaseUnneeded(ServerTransaction transaction)
    {
        if (transaction.State is TxState.Confirmed or TxState.Terminated
            || (transaction.State == TxState.Completed && transaction.Method != SipMethod.Invite))
        {
            transaction.ReleaseRequest();
        }
    }

    private bool SendNew(ServerTransaction transaction, ReadOnlySpan<byte> response, int status)
    {
        transaction.LastStatus = status;
        // Accepted absorbs repeats of the INVITE without an answer, and what has ended answers nothing.
        transaction.LastResponse = transaction.State is TxState.Accepted or TxState.Terminated ? null : response.ToArray();
        return _transport.Send(transaction.ReplyFlow, response);
    }

    private bool Resend(ServerTransaction transaction, TxInput input)
    {
        if (transaction.LastResponse is null)
        {
            return true;
        }

        if (input == TxInput.Retransmission)
        {
            _counters.ResponseRetransmissions++;
        }

        return _transport.Send(transaction.ReplyFlow, transaction.LastResponse);
    }

    /// <summary>A 100 without To tag (§8.2.6.1).</summary>
    private bool SendTrying(ServerTransaction transaction)
    {
        if (!transaction.HasRequest)
        {
            return true;
        }

        var request = transaction.Request;
        SipResponses.Begin(_writer, request, transaction.Flow, 100);
        _writer.NoBody();
        return SendNew(transaction, _writer.Written, 100);
    }

    private void StartTimers(ServerTransaction transaction, TxActions actions, TimeSpan now)
    {
        if (actions.Has(TxActions.StartTrying))
        {
            var after = transaction.Method == SipMethod.Invite ? _timers.Trying : _timers.NonInviteTrying;
            transaction.RetransmitTimer = Arm(transaction.RetransmitTimer, now + after, transaction, TxInput.TimerTrying);
        }
        else if (actions.Has(TxActions.StartG))
        {
            transaction.Interval = NextInterval(transaction.Interval, _timers.T2);
            transaction.RetransmitTimer = Arm(transaction.RetransmitTimer, now + transaction.Interval, transaction, TxInput.TimerG);
        }

        const TxActions Timeouts = TxActions.StartH | TxActions.StartI | TxActions.StartJ | TxActions.StartL | TxActions.StartAbandon;
        if ((actions & Timeouts) is var end && end != 0)
        {
            var (input, after) = end switch
            {
                TxActions.StartH => (TxInput.TimerH, _timers.T1x64),
                TxActions.StartI => (TxInput.TimerI, _timers.T4),
                TxActions.StartJ => (TxInput.TimerJ, _timers.T1x64),
                TxActions.StartL => (TxInput.TimerL, _timers.T1x64),
                _ => (TxInput.TimerAbandon, _timers.T1x64),
            };
            transaction.TimeoutTimer = Arm(transaction.TimeoutTimer, now + after, transaction, input);
        }
    }

    private void Tell(ServerTransaction transaction, TxActions actions, TxInput input, SipRequest? request, TimeSpan now)
    {
        if (actions.Has(TxActions.PassUp))
        {
            switch (input)
            {
                case TxInput.Start when transaction.Method == SipMethod.Cancel:
                    AnswerCancel(transaction, request!, now);
                    break;
                case TxInput.Start:
                    _user.OnRequest(transaction, request!, now);
                    break;
                case TxInput.Ack:
                    _user.OnAck(request!, transaction.Flow, now);
                    break;
                case TxInput.Cancel:
                    _user.OnCancel(transaction, request!, now);
                    break;
            }
        }
        else if (actions.Has(TxActions.Acknowledged) || actions.Has(TxActions.NotAcknowledged))
        {
            var acknowledged = actions.Has(TxActions.Acknowledged);
            _counters.Unacknowledged += acknowledged ? 0 : 1;
            transaction.LastResponse = null;
            _user.OnServerInviteEnded(transaction, acknowledged, now);
        }
    }

    /// <summary>
    /// A CANCEL that names a request we have, and comes from where that came from, is answered by us (§9.2). The user hears
    /// of it while its INVITE can still be refused.
    /// </summary>
    private void AnswerCancel(ServerTransaction cancel, SipRequest request, TimeSpan now)
    {
        if (FindCancelled(request) is not { } target)
        {
            return;
        }

        var tag = target.LastResponse is null ? [] : ToTagOf(target.LastResponse);
        ReplyTo(cancel, request, 200, tag.Length == 0 ? target.Tag : Encoding.UTF8.GetString(tag), now);
        if (target.Method == SipMethod.Invite)
        {
            Step(target, TxInput.Cancel, now, request);
        }
    }

    /// <summary>The transaction that matches as if the method were any but CANCEL or ACK: in practice an INVITE.</summary>
    private ServerTransaction? FindCancelled(SipRequest cancel)
    {
        Span<byte> buffer = stackalloc byte[ServerKey.MaxLength];
        for (var method = SipMethod.Invite; method <= SipMethod.Refer; method++)
        {
            if (method is not (SipMethod.Ack or SipMethod.Cancel)
                && _serverLookup.TryGetValue(ServerKey.Write(buffer, cancel, method), out var transaction)
                && IsSameRequest(transaction, cancel))
            {
                return transaction;
            }
        }

        return null;
    }

    private void ReplyTo(ServerTransaction transaction, SipRequest request, int status, string tag, TimeSpan now)
    {
        SipResponses.Begin(_writer, request, transaction.Flow, status, null, tag);
        _writer.NoBody();
        Respond(transaction, _writer.Written, now);
    }

    private void End(ServerTransaction transaction)
    {
        _wheel.Cancel(transaction.RetransmitTimer);
        _wheel.Cancel(transaction.TimeoutTimer);
        _servers.Remove(transaction);
        transaction.LastResponse = null;
    }
}
