using System.Text;
using Gateway.Sdp;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>What the answers to an INVITE of ours do: 1xx with their early dialogs, the 2xx, refusals that may be met by trying again.</summary>
internal sealed partial class OutboundLeg
{
    private void OnProvisional(SipResponse response, TimeSpan now)
    {
        // 199 tells of a branch that ended behind a proxy (RFC 6228): nothing that anyone waits for.
        if (State != ContactState.Inviting || response.StatusCode is 100 or 199) return;
        // RFC 3261 §16.6 step 11: every 1xx but 100 starts timer C again.
        Services.Timers.Cancel(_timer);
        _timer = Services.Timers.Schedule(now + Services.SipTimers.C, this, TimerC);
        if (!TakeDialog(response))
        {
            HasRung |= response.StatusCode is 180 or 181 or 182;
            if (response.StatusCode is 181 or 182) _fork.OnProgress(this, response.StatusCode, now);
            return;
        }
        var isReliable = ReliableClient.IsReliable(response, out var number) && !Flow.IsWebSocket;
        if (isReliable && !_reliable.Take(response, number, now)) return;
        HasRung |= response.StatusCode is 180 or 181 or 182;
        if (SdpBody.Find(response, out var answer) == BodyKind.Sdp && Media is { AwaitsAnswer: true } media)
        {
            _isDescribed |= media.TryReceiveAnswer(answer, early: !isReliable, out _);
            if (isReliable && !media.IsAgreed)
            {
                // RFC 3262 §5: it was the answer, and there will be no other.
                Cancel("SIP;cause=488;text=\"Not Acceptable Here\"", now);
                _fork.OnFailed(this, new LegFailure(488) { HasRung = HasRung }, now);
                return;
            }
        }
        LearnWish(response, now);
        var isTold = response.StatusCode is 180 or 181 or 182;
        if (isTold || HasEarlyMedia) _fork.OnProgress(this, isTold ? response.StatusCode : 183, now);
    }

    /// <summary>RFC 5009 §8: what a trusted network says last of its early media counts until the 200. Others have no say in it.</summary>
    private void LearnWish(SipMessage message, TimeSpan now)
    {
        if (Terms.Trunk is not { TrustsIdentity: true } || EarlyMedia.Wish(message) is var wish && wish == EarlyMediaWish.None) return;
        var wasHeard = HasEarlyMedia;
        _wish = wish;
        if (wasHeard && !HasEarlyMedia) _fork.OnSilenced(this);
    }

    /// <summary>An UPDATE in the early dialog may open or close what is heard.</summary>
    public override void OnEarlyUpdate(SipRequest update, TimeSpan now)
    {
        if (State != ContactState.Inviting) return;
        LearnWish(update, now);
        if (HasEarlyMedia) _fork.OnProgress(this, 183, now);
    }

    private void OnSuccess(SipResponse response, TimeSpan now)
    {
        if (State == ContactState.Answered)
        {
            // §13.2.2.4: a repeat gets the ACK again; another dialog of the same INVITE gets ACK and BYE.
            if (IsOwn(response)) Services.Transactions.SendStateless(_ack, Flow);
            else StrayAnswer.End(Services, response, Flow, now);
            return;
        }
        if (!TakeDialog(response))
        {
            // A 2xx without a tag or a Contact makes no dialog; there is nothing to hang up either.
            Fail(new LegFailure(500), now);
            return;
        }
        var isWanted = State == ContactState.Inviting;
        State = ContactState.Answered;
        History.Answered(now);
        StopTimers();
        Dialog!.Confirm(response);
        Packages.Learn(response);
        SessionTimer.Learn(response);
        if (Terms.AsksForTimer) SessionTimer.TakeAnswer(response, now);
        _ack = Acknowledge(response);
        SdpBody.Find(response, out var answer);
        if (!isWanted)
        {
            // The CANCEL and the 200 crossed (§9.1).
            HangUp(_fork.EndHeader, now);
        }
        else if (!Media!.IsAgreed && !Media.TryReceiveAnswer(answer, early: false, out _))
        {
            HangUp("SIP;cause=488;text=\"Not Acceptable Here\"", now);
            _fork.OnFailed(this, new LegFailure(488) { HasRung = HasRung }, now);
        }
        else
        {
            _fork.OnAnswered(this, now);
        }
    }

    private void OnRefused(SipResponse response, TimeSpan now)
    {
        if (State is ContactState.Answered or ContactState.Failed) return;
        if (State == ContactState.Inviting && (_login?.MayRepeat(response) == true || (Terms.AsksForTimer && SessionTimer.TryRaise(response))))
        {
            SendInvite(now);
            return;
        }
        LearnCause(response);
        History.Refused(response.StatusCode, HeaderPolicy.DisplayName(response.ReasonPhrase), now);
        Fail(new LegFailure(response.StatusCode)
        {
            RetryAfter = response.TryGetNumber(HeaderId.RetryAfter, out var seconds) ? seconds : null,
            Reason = ReasonPolicy.Passed(response),
            Targets = Terms.Trunk is null ? Redirection.Read(response) : [],
        }, now);
    }

    /// <summary>The early dialog of a tagged 1xx, or that of a 2xx; a new tag is a new dialog and the old one is forgotten.</summary>
    private bool TakeDialog(SipResponse response)
    {
        if (Dialog is not null && IsOwn(response)) return true;
        if (!Dialog.TryCreateUac(response, Flow, out var dialog)) return false;
        // A reliable answer was that of another fork behind a proxy: this one has its own to our offer, which stands.
        if (Dialog is not null && Media is { IsAgreed: true } media) media.TryOffer(_codecs, MediaDirection.SendRecv, out _);
        Dialog = dialog;
        return true;
    }

    private bool IsOwn(SipResponse response) => Ascii.Equals(response.ToTag, Dialog!.RemoteTag);
}
