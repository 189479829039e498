using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Offers inside a leg's dialog, both ways: the peer's re-INVITE and UPDATE are answered from this leg alone (rule 5), ours
/// go out one at a time, and what crosses is sorted out by RFC 3261 §14.
/// </summary>
internal sealed class Reinvite(CallLeg leg) : ITimerTarget
{
    private const int RetryTimer = 1;
    private const int AnswerTimer = 2;

    private ClientTransaction? _sent;
    private ClientTransaction? _acknowledged;
    private byte[] _ack = [];
    private ServerTransaction? _waiting;
    private (ImmutableArray<CodecDescription> Codecs, MediaDirection Direction) _offered;
    private bool _answerIsInAck;
    private bool _isBackedOff;
    private TimerHandle _timer;

    /// <summary>True while an offer of ours would collide with something on this dialog.</summary>
    public bool IsBusy => _sent is not null || _waiting is not null || _answerIsInAck || _isBackedOff || leg.InviteUsage.AwaitsAck;

    private LoopServices Services => leg.Services;

    /// <summary>Offers the peer these codecs and this direction by re-INVITE; false when it cannot be now.</summary>
    public bool TrySend(ImmutableArray<CodecDescription> codecs, MediaDirection direction, TimeSpan now)
    {
        if (IsBusy || !leg.IsConfirmed || leg.IsHungUp || !leg.CanSend || leg.Media is not { IsIdle: true } media) return false;
        if (!media.TryOffer(codecs, direction, out var sdp)) return false;
        var writer = leg.Begin(SipMethod.Invite, out var branch);
        writer.Header(HeaderId.Contact, leg.Contact);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        writer.Header(HeaderId.Supported, OptionTags.Timer);
        leg.SessionTimer.Write(writer);
        writer.Body("application/sdp"u8, sdp);
        _offered = (codecs, direction);
        _sent = leg.Send(SipMethod.Invite, branch, now);
        Arm(AnswerTimer, now + Services.SipTimers.T1x64);
        return true;
    }

    /// <summary>The peer's re-INVITE (§14.2).</summary>
    public void OnInvite(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        if (!leg.IsConfirmed)
        {
            // §14.2: the first INVITE has no final answer yet.
            Replies.RetryLater(Services, transaction, request, 500, 1, now, "Earlier INVITE Is Pending");
        }
        else if (_sent is not null && _waiting is null && leg.Flow.IsWebSocket)
        {
            // A browser hangs up on any refusal (BROWSER 4): its offer waits until ours is answered.
            _waiting = transaction;
        }
        else if (_sent is not null || _answerIsInAck || leg.InviteUsage.AwaitsAck)
        {
            Replies.Send(Services, transaction, request, 491, now);
        }
        else if (leg.SessionTimer.IsTooShort(request))
        {
            Replies.SessionTooShort(Services, transaction, request, now);
        }
        else
        {
            Answer(transaction, request, now);
        }
    }

    /// <summary>UPDATE (RFC 3311): a refresh when it has no body, else an offer; in an early dialog too, once its first offer is answered.</summary>
    public void OnUpdate(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var body = SdpBody.Find(request, out var offer);
        switch (UpdateRules.Judge(body, isOursOpen: IsBusy || leg.Media is { AwaitsAnswer: true }, isTheirsOpen: !leg.HasFirstAgreement))
        {
            case UpdateVerdict.RetryLater:
                // §5.2: "a randomly chosen value of between 0 and 10 seconds."
                Span<byte> random = stackalloc byte[1];
                Services.Random.GetBytes(random);
                Replies.RetryLater(Services, transaction, request, 500, random[0] % 11u, now);
                break;
            case UpdateVerdict.Glare:
                Replies.Send(Services, transaction, request, 491, now);
                break;
            case UpdateVerdict.UnknownBody:
                Replies.Send(Services, transaction, request, 415, now);
                break;
            case var _ when leg.SessionTimer.IsTooShort(request):
                Replies.SessionTooShort(Services, transaction, request, now);
                break;
            case UpdateVerdict.Refresh:
                AcceptUpdate(transaction, request, null, now);
                break;
            default:
                AnswerOffer(transaction, request, offer, now);
                break;
        }
    }

    /// <summary>The offer of an UPDATE or PRACK, answered in its 2xx or refused.</summary>
    public void AnswerOffer(ServerTransaction transaction, SipRequest request, ReadOnlySpan<byte> offer, TimeSpan now)
    {
        if (!TryAnswer(transaction, request, offer, out var sdp, now)) return;
        AcceptUpdate(transaction, request, sdp, now);
        leg.Call.OnRenegotiated(now);
    }

    /// <summary>The ACK of a 2xx of ours came; it holds the answer when the 2xx held the offer.</summary>
    public void OnAcknowledged(SipRequest ack, TimeSpan now)
    {
        if (_answerIsInAck)
        {
            _answerIsInAck = false;
            SdpBody.Find(ack, out var answer);
            if (leg.Media is { } media && !media.TryReceiveAnswer(answer, early: false, out _)) media.OfferFailed();
            leg.Call.OnRenegotiated(now);
        }
        else
        {
            leg.Call.Reconcile(now);
        }
    }

    /// <returns>True when the response was to an INVITE of this class.</returns>
    public bool TakeResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction == _acknowledged)
        {
            // §13.2.2.4: every repeat of the 2xx gets the ACK again.
            if (response.IsSuccess) Services.Transactions.SendStateless(_ack, leg.Flow);
            return true;
        }
        if (transaction != _sent) return false;
        if (response.IsProvisional) return true;
        _sent = null;
        Services.Timers.Cancel(_timer);
        if (response.IsSuccess) Accepted(transaction, response, now);
        else if (!Refused(response.StatusCode, now)) return false;
        if (leg.SessionTimer.TryRaise(response) && TrySend(_offered.Codecs, _offered.Direction, now)) return true;
        Finished(response.IsSuccess, now);
        return true;
    }

    /// <summary>Our offer was sent again with credentials.</summary>
    public void Replaced(ClientTransaction old, ClientTransaction repeated)
    {
        if (_sent == old) _sent = repeated;
    }

    public void TakeFailure(ClientTransaction transaction, TimeSpan now)
    {
        if (transaction != _sent) return;
        _sent = null;
        Services.Timers.Cancel(_timer);
        leg.Media?.OfferFailed();
        AnswerWaiting(now);
    }

    /// <summary>The dialog ends: what waits is refused (§15.1.2), nothing more is offered.</summary>
    public void Stop(TimeSpan now)
    {
        Services.Timers.Cancel(_timer);
        _isBackedOff = false;
        _answerIsInAck = false;
        // A peer that said 1xx and no more would keep the transaction for ever.
        if (_sent is { } sent) Services.Transactions.Cancel(sent, null, now);
        if (_waiting is not { } waiting) return;
        _waiting = null;
        if (!waiting.IsTerminated) Replies.Send(Services, waiting, waiting.Request, 487, now);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) =>
        leg.Call.Manager.Run(leg.Call, (This: this, kind), now, static (state, now) => state.This.OnTimer(state.kind, now));

    private void Answer(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        byte[] sdp;
        var body = SdpBody.Find(request, out var offer);
        if (body == BodyKind.None)
        {
            // §14.2: without an offer the 2xx holds one, of everything that is agreed.
            var media = leg.Media!;
            if (!media.TryOffer(leg.Call.CodecsFor(leg), leg.Call.DirectionFor(leg), out sdp))
            {
                Replies.Send(Services, transaction, request, 491, now);
                return;
            }
            _answerIsInAck = true;
        }
        else if (body == BodyKind.Unknown)
        {
            Replies.Send(Services, transaction, request, 415, now);
            return;
        }
        else if (!TryAnswer(transaction, request, offer, out sdp, now))
        {
            return;
        }
        Begin2xx(transaction, request, now);
        Services.Writer.Body("application/sdp"u8, sdp);
        leg.InviteUsage.Accept(transaction, request.CSeq, Services.Writer.ToArray(), now);
        if (!_answerIsInAck) leg.Call.OnRenegotiated(now);
    }

    /// <summary>Answers the offer with the codecs of the other leg, or refuses it and keeps the session as it is.</summary>
    private bool TryAnswer(ServerTransaction transaction, SipRequest request, ReadOnlySpan<byte> offer, out byte[] sdp, TimeSpan now)
    {
        var media = leg.Media!;
        if (media.TryReceiveOffer(offer, out var failure))
        {
            if (media.TryAnswer(leg.Call.CodecsToAnswer(leg, media.Offered!), leg.Call.DirectionFor(leg), out sdp, out failure)) return true;
            media.OfferFailed();
        }
        sdp = [];
        Replies.Warn(Services, transaction, request, failure.StatusCode, failure.WarningCode, failure.Text, now);
        return false;
    }

    private void AcceptUpdate(ServerTransaction transaction, SipRequest request, byte[]? sdp, TimeSpan now)
    {
        Begin2xx(transaction, request, now);
        if (sdp is null) Services.Writer.NoBody();
        else Services.Writer.Body("application/sdp"u8, sdp);
        Services.Transactions.Respond(transaction, Services.Writer.Written, now);
    }

    private void Begin2xx(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var writer = Services.Writer;
        SipResponses.Begin(writer, request, transaction.Flow, 200);
        writer.Header(HeaderId.Contact, leg.Contact);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        // A PRACK says nothing of timers.
        if (request.Method != SipMethod.Prack) leg.SessionTimer.Answer(writer, request, now);
    }

    private void Accepted(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        leg.Dialog!.Refresh(response);
        leg.Packages.Learn(response);
        leg.SessionTimer.TakeAnswer(response, now);
        _acknowledged = transaction;
        _ack = leg.Acknowledge(response);
        SdpBody.Find(response, out var answer);
        if (leg.Media is { } media && !media.TryReceiveAnswer(answer, early: false, out _)) media.OfferFailed();
    }

    /// <returns>False when the dialog itself is gone.</returns>
    private bool Refused(int status, TimeSpan now)
    {
        leg.Media?.OfferFailed();
        if (status is 481 or 408) return false;
        if (status != 491) return true;
        // §14.1: who owns the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms.
        Span<byte> random = stackalloc byte[1];
        Services.Random.GetBytes(random);
        var steps = leg.OwnsCallId ? 210 + (random[0] % 191) : random[0] % 201;
        _isBackedOff = true;
        Arm(RetryTimer, now + TimeSpan.FromMilliseconds(10 * steps));
        return true;
    }

    private void OnTimer(int kind, TimeSpan now)
    {
        if (kind == AnswerTimer)
        {
            // It rings, as it were: nobody waits that long for the answer to a hold. The 487 ends it.
            if (_sent is { } sent) Services.Transactions.Cancel(sent, null, now);
            return;
        }
        _isBackedOff = false;
        leg.Call.Reconcile(now);
    }

    private void Arm(int kind, TimeSpan due)
    {
        Services.Timers.Cancel(_timer);
        _timer = Services.Timers.Schedule(due, this, kind);
    }

    private void Finished(bool accepted, TimeSpan now)
    {
        if (leg.IsHungUp) return;
        if (!accepted && !_isBackedOff) leg.Call.OnOfferRefused(leg);
        AnswerWaiting(now);
        leg.Call.OnRenegotiated(now);
    }

    private void AnswerWaiting(TimeSpan now)
    {
        if (_waiting is not { } waiting) return;
        _waiting = null;
        if (!waiting.IsTerminated && !leg.IsHungUp) Answer(waiting, waiting.Request, now);
    }
}
