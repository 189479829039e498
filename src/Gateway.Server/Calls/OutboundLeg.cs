using System.Collections.Immutable;
using System.Text;
using Gateway.Sdp;
using Gateway.Server.Registrar;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>Where an invited contact stands.</summary>
internal enum ContactState : byte
{
    /// <summary>Its connection is closed; it is invited when it comes back in time.</summary>
    Waiting,
    Inviting,
    /// <summary>We want no answer any more; a 2xx that crosses gets ACK and BYE.</summary>
    Cancelling,
    Answered,
    Failed,
}

/// <summary>
/// One contact that a call rings: the UAC of an INVITE of our own, with ids, tags and an offer of its own. After its 2xx it
/// is the called side's dialog.
/// </summary>
internal sealed class OutboundLeg : CallLeg, ITimerTarget
{
    private const int TimerC = 10;
    private const int GraceTimer = 11;

    private readonly Fork _fork;
    private readonly ImmutableArray<CodecDescription> _codecs;
    private ClientTransaction? _invite;
    private TimerHandle _timer;
    private byte[] _ack = [];

    public OutboundLeg(Call call, Fork fork, Binding binding, in Flow flow, string aor, ImmutableArray<CodecDescription> codecs)
        : base(call, flow, call.Services.Transactions.NewTag(), aor, fork.Invitation.Role)
    {
        _fork = fork;
        _codecs = codecs;
        Binding = binding;
    }

    public Binding Binding { get; }

    public ContactState State { get; private set; } = ContactState.Inviting;

    public bool IsAlive => State is ContactState.Waiting or ContactState.Inviting;

    /// <summary>It sent a description before its final answer, so its media can be heard.</summary>
    public bool HasEarlyMedia { get; private set; }

    /// <summary>Sends the INVITE; the leg fails with 503 when no media port is free.</summary>
    public void Invite(TimeSpan now)
    {
        Media = Call.OpenMedia(Flow);
        if (Media is null || !Media.TryOffer(_codecs, MediaDirection.SendRecv, out var sdp))
        {
            Fail(503, null, now);
            return;
        }
        var branch = Services.Transactions.NewBranch();
        WriteInvite(branch, sdp);
        _invite = Services.Transactions.Send(SipMethod.Invite, branch, Services.Writer.Written, Flow, this, now);
        _timer = Services.Timers.Schedule(now + Services.SipTimers.C, this, TimerC);
    }

    /// <summary>The call needs this contact no more.</summary>
    public void Cancel(string? reason, TimeSpan now)
    {
        switch (State)
        {
            case ContactState.Waiting:
                Fail(487, null, now);
                break;
            case ContactState.Inviting when _invite is not null:
                State = ContactState.Cancelling;
                Services.Timers.Cancel(_timer);
                Services.Transactions.Cancel(_invite, reason, now);
                break;
            case ContactState.Answered:
                HangUp(reason, now);
                break;
        }
    }

    protected override void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction != _invite)
        {
            base.OnResponse(transaction, response, now);
            return;
        }
        LastHeard = now;
        if (response.IsProvisional) OnProvisional(response, now);
        else if (response.IsSuccess) OnSuccess(response, now);
        else OnRefused(response, now);
    }

    protected override void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (transaction != _invite)
        {
            base.OnFailure(transaction, failure, now);
            return;
        }
        if (State == ContactState.Answered) return;
        if (State == ContactState.Inviting && failure == TransactionFailure.Transport && Flow.IsWebSocket) WaitForFlow(now);
        else Fail(failure == TransactionFailure.Timeout ? 408 : 503, null, now);
    }

    /// <summary>A browser's connection closed while it rings: its session there is dead, it is invited anew when it is back (BROWSER D5).</summary>
    public override void OnFlowClosed(TimeSpan now)
    {
        base.OnFlowClosed(now);
        if (State == ContactState.Inviting) WaitForFlow(now);
        else if (State == ContactState.Cancelling) Fail(487, null, now);
    }

    public override void MoveTo(in Flow flow, TimeSpan now)
    {
        if (!IsAlive)
        {
            base.MoveTo(flow, now);
            return;
        }
        if (flow == Flow && !IsFlowDown) return;
        // The new one first, or the call might look as if nobody were left.
        _fork.RingAgain(this, flow, now);
        Cancel(null, now);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) =>
        Call.Manager.Run(Call, (Leg: this, kind), now, static (state, now) => state.Leg.OnTimer(state.kind, now));

    private void OnTimer(int kind, TimeSpan now)
    {
        switch (kind)
        {
            case TimerC when State == ContactState.Inviting:
                // RFC 3261 §16.8: as if a 408 had come.
                Cancel(null, now);
                _fork.OnFailed(this, 408, null, now);
                break;
            case GraceTimer when State == ContactState.Waiting:
                Fail(480, null, now);
                break;
        }
    }

    protected override void OnLeft() => Services.Timers.Cancel(_timer);

    private void WriteInvite(string branch, byte[] sdp)
    {
        var writer = Services.Writer;
        var invitation = _fork.Invitation;
        writer.Request(SipMethod.Invite, RequestUri());
        writer.BeginHeader(HeaderId.Via);
        writer.Append(ViaPrefix());
        writer.Append(Services.Transport.SentBy(Flow));
        writer.Append(";branch=");
        writer.Append(branch);
        writer.Append(";rport");
        writer.EndHeader();
        foreach (var hop in Binding.Path) writer.Header(HeaderId.Route, hop);
        writer.Header(HeaderId.MaxForwards, invitation.MaxForwards);
        writer.Header(HeaderId.From, $"{invitation.From};tag={LocalTag}");
        writer.Header(HeaderId.To, $"<{HeaderPolicy.Uri(Aor)}>");
        CallId = Services.Transactions.NewTag();
        writer.Header(HeaderId.CallId, CallId);
        writer.CSeq(1, SipMethod.Invite);
        writer.Header(HeaderId.Contact, Contact);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        writer.Header(HeaderId.Accept, Capabilities.Accept);
        if (invitation.ReferredBy is { } referrer) writer.Header(HeaderId.ReferredBy, referrer);
        if (invitation.Passed is { } passed) HeaderPolicy.CopyPassed(writer, passed);
        writer.Body("application/sdp"u8, sdp);
    }

    /// <summary>The contact with all its parameters (ROWS 55b); a browser refuses sips: (BROWSER I6).</summary>
    private string RequestUri()
    {
        var contact = Binding.Contact;
        if (contact.Scheme == SipScheme.Sips && Flow.IsWebSocket)
        {
            contact = new SipUri(SipScheme.Sip, contact.User, contact.Host, contact.Port, contact.Parameters);
        }
        return contact.ToString();
    }

    private string ViaPrefix() => Flow.Transport switch
    {
        SipTransport.Udp => "SIP/2.0/UDP ",
        SipTransport.Tcp => "SIP/2.0/TCP ",
        SipTransport.Tls => "SIP/2.0/TLS ",
        SipTransport.Ws => "SIP/2.0/WS ",
        _ => "SIP/2.0/WSS ",
    };

    private void OnProvisional(SipResponse response, TimeSpan now)
    {
        // 199 tells of a branch that ended behind a proxy (RFC 6228): nothing that anyone waits for.
        if (State != ContactState.Inviting || response.StatusCode is 100 or 199) return;
        // RFC 3261 §16.6 step 11: every 1xx but 100 starts timer C again.
        Services.Timers.Cancel(_timer);
        _timer = Services.Timers.Schedule(now + Services.SipTimers.C, this, TimerC);
        if (!TakeDialog(response)) return;
        if (SdpBody.Find(response, out var answer) == BodyKind.Sdp && Media!.TryReceiveAnswer(answer, early: true, out _)) HasEarlyMedia = true;
        if (response.StatusCode == 180 || HasEarlyMedia) _fork.OnProgress(this, response.StatusCode == 180 ? 180 : 183, now);
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
            Fail(500, null, now);
            return;
        }
        var isWanted = State == ContactState.Inviting;
        State = ContactState.Answered;
        History.Answered(now);
        Services.Timers.Cancel(_timer);
        Dialog!.Confirm(response);
        Acknowledge(response);
        SdpBody.Find(response, out var answer);
        if (!isWanted)
        {
            // The CANCEL and the 200 crossed (§9.1).
            HangUp(_fork.EndHeader, now);
        }
        else if (!Media!.TryReceiveAnswer(answer, early: false, out _))
        {
            HangUp("SIP;cause=488;text=\"Not Acceptable Here\"", now);
            _fork.OnFailed(this, 488, null, now);
        }
        else
        {
            _fork.OnAnswered(this, now);
        }
    }

    private void OnRefused(SipResponse response, TimeSpan now)
    {
        if (State is ContactState.Answered or ContactState.Failed) return;
        uint? retryAfter = response.TryGetNumber(HeaderId.RetryAfter, out var seconds) ? seconds : null;
        LearnCause(response);
        History.Refused(response.StatusCode, HeaderPolicy.DisplayName(response.ReasonPhrase), now);
        Fail(response.StatusCode, retryAfter, now);
    }

    /// <summary>The early dialog of a tagged 1xx, or that of a 2xx; a new tag is a new dialog and the old one is forgotten.</summary>
    private bool TakeDialog(SipResponse response)
    {
        if (Dialog is not null && IsOwn(response)) return true;
        if (!Dialog.TryCreateUac(response, Flow, out var dialog)) return false;
        Dialog = dialog;
        return true;
    }

    private bool IsOwn(SipResponse response) => Ascii.Equals(response.ToTag, Dialog!.RemoteTag);

    private void Acknowledge(SipResponse response)
    {
        Dialog!.BeginRequest(Services.Writer, SipMethod.Ack, Services.Transactions.NewBranch(), Services.Transport.SentBy(Flow), response.CSeq);
        Services.Writer.NoBody();
        _ack = Services.Writer.ToArray();
        Services.Transactions.SendStateless(_ack, Flow);
    }

    private void WaitForFlow(TimeSpan now)
    {
        State = ContactState.Waiting;
        if (!IsFlowDown) base.OnFlowClosed(now);
        Services.Timers.Cancel(_timer);
        _timer = Services.Timers.Schedule(now + Services.Options.FlowGrace, this, GraceTimer);
    }

    private void Fail(int status, uint? retryAfter, TimeSpan now)
    {
        var wasWanted = IsAlive;
        State = ContactState.Failed;
        History.Ended(now);
        Dialog?.Terminate();
        Leave();
        if (wasWanted) _fork.OnFailed(this, status, retryAfter, now);
    }
}
