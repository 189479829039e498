using System.Collections.Immutable;
using System.Text;
using Gateway.Sdp;
using Gateway.Server.Dispatch;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// One side of a call: its dialog, its media and its flow, and the in-dialog requests of both directions. It outlives the
/// call for as long as its BYE needs.
/// </summary>
internal abstract class CallLeg : IClientTransactionOwner
{
    private readonly ByeUsage _bye;
    private readonly DialogRoute _route;
    private readonly DialogLogins _logins;
    private ClientTransaction? _ping;

    /// <param name="role">One of <see cref="LegRole"/>.</param>
    protected CallLeg(Call call, in Flow flow, string localTag, string aor, string role, LegTerms terms)
    {
        Call = call;
        History = new LegHistory(role, aor, call.Services.Now());
        Flow = flow;
        LocalTag = localTag;
        Aor = aor;
        Terms = terms;
        Reinvite = new Reinvite(this);
        InviteUsage = new InviteServerUsage(this);
        SessionTimer = new SessionTimer(this);
        _bye = new ByeUsage(this);
        _route = new DialogRoute(this);
        _logins = new DialogLogins(this);
        call.Manager.Index.Add(this);
        call.Note(this);
    }

    /// <summary>The call that it is a side of; another one after an attended transfer.</summary>
    public Call Call { get; private set; }

    /// <summary>What the record will say of it.</summary>
    public LegHistory History { get; private set; }

    /// <summary>Who this side is when it asks for a call of its own (a transfer); null when it may not.</summary>
    public abstract Caller? Party { get; }

    /// <summary>The From that others see of it, without a tag.</summary>
    public abstract string Identity { get; }

    /// <summary>It asked not to be named (RFC 3323).</summary>
    public virtual bool WantsPrivacy => false;

    /// <summary>The last REFER of this side, until its outcome is told; null when there was none.</summary>
    public Referral? Referral { get; set; }

    /// <summary>The trunk that it stands on, or null.</summary>
    public Guid? Trunk => Terms.Trunk?.Id;

    /// <summary>Empty before its INVITE was written.</summary>
    public string CallId { get; protected set; } = "";

    /// <summary>The Q.850 cause that the peer gave for the end (RFC 3326), or null.</summary>
    public int? Cause { get; private set; }

    public LoopServices Services => Call.Services;

    /// <summary>Our tag of the dialog: what the peer writes as To tag.</summary>
    public string LocalTag { get; }

    /// <summary>user@realm of the account that the dialog belongs to.</summary>
    public string Aor { get; }

    /// <summary>How we speak with this side.</summary>
    public LegTerms Terms { get; }

    public Flow Flow { get; private set; }

    /// <summary>The connection closed and has not come back; what we have to say waits.</summary>
    public bool IsFlowDown { get; private set; }

    /// <summary>Null before the first tagged answer.</summary>
    public Dialog? Dialog { get; protected set; }

    public LegMedia? Media { get; protected set; }

    public Reinvite Reinvite { get; }

    public InviteServerUsage InviteUsage { get; }

    public SessionTimer SessionTimer { get; }

    /// <summary>We end the dialog, or have ended it.</summary>
    public bool IsHungUp { get; private set; }

    /// <summary>The dialog is over and no message of it is expected any more.</summary>
    public bool IsGone { get; private set; }

    /// <summary>When the peer last said anything by SIP.</summary>
    public TimeSpan LastHeard { get; set; }

    /// <summary>What the peer refused to change to; it is not offered again until something else is wanted.</summary>
    public (ImmutableArray<CodecDescription> Codecs, MediaDirection Direction)? Refused { get; set; }

    /// <summary>The peer, or whoever may on its behalf, keeps the other side waiting.</summary>
    public bool IsOnHold => IsParked || Media is { Will: not MediaDirection.SendRecv };

    /// <summary>The call is held on this side's behalf, by the console or the API.</summary>
    public bool IsParked { get; set; }

    public bool IsConfirmed => Dialog is { State: DialogState.Confirmed };

    /// <summary>The same Contact in every message of the dialog (BROWSER I7).</summary>
    public string Contact
    {
        get
        {
            var uri = $"sip:{ContactUser}@{Services.Transport.SentBy(Flow)}";
            return Flow.Transport switch
            {
                SipTransport.Ws or SipTransport.Wss => $"<{uri};transport=ws>",
                SipTransport.Tcp => $"<{uri};transport=tcp>",
                SipTransport.Tls => $"<{uri};transport=tls>",
                _ => $"<{uri}>",
            };
        }
    }

    protected virtual string ContactUser => "gw";

    /// <summary>Becomes a side of another call; dialog, media and flow stay as they are.</summary>
    public void Join(Call call, TimeSpan now)
    {
        Call = call;
        History = new LegHistory(LegRole.Transfer, Aor, now);
        History.Answered(now);
        call.Note(this);
    }

    /// <summary>The offer that the dialog began with is answered for good: other offers may follow it (RFC 3311 §5.1).</summary>
    public virtual bool HasFirstAgreement => IsConfirmed;

    /// <summary>A request of ours can leave.</summary>
    public bool CanSend => !IsFlowDown;

    /// <summary>The login for challenges of this side; null where none is answered (THREATS 23).</summary>
    public virtual TargetLogin? BeginLogin() => null;

    /// <summary>Ends a confirmed dialog: media stops at once, the BYE goes when it may.</summary>
    public void HangUp(string? reason, TimeSpan now)
    {
        if (IsHungUp || IsGone || !IsConfirmed) return;
        IsHungUp = true;
        History.Ended(now);
        Reinvite.Stop(now);
        SessionTimer.Stop();
        Media?.Close();
        _bye.Start(reason, now);
    }

    /// <summary>Starts an in-dialog request in the loop's writer.</summary>
    public SipWriter Begin(SipMethod method, out string branch)
    {
        branch = Services.Transactions.NewBranch();
        _route.Follow();
        Dialog!.BeginRequest(Services.Writer, method, branch, Services.Transport.SentBy(Flow));
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

    /// <summary>The dialog's requests go to this flow from now on.</summary>
    public void TurnTo(in Flow flow)
    {
        if (flow == Flow) return;
        Call.Manager.Index.Move(this, flow);
        Flow = flow;
        IsFlowDown = false;
        if (Dialog is { } dialog) dialog.Flow = flow;
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

    /// <summary>
    /// True when a request with our tag belongs to this dialog and comes from whom it should: the same connection, the same
    /// address, or a flow that is signed in as the dialog's account (THREATS 32).
    /// </summary>
    public bool Owns(SipRequest request, in Flow flow, string? sender)
    {
        if (!IsDialogOf(request)) return false;
        if (sender is not null && IsAccount(sender)) return true;
        if (flow.IsReliable && flow.Connection == Flow.Connection) return true;
        // A trunk may have several addresses, and speak in a dialog from another than it began at.
        if (Trunk is { } trunk && Services.TrunkSources.Belongs(trunk, flow)) return true;
        return !flow.IsWebSocket && !Flow.IsWebSocket && flow.Remote.Address.Equals(Flow.Remote.Address);
    }

    /// <summary>True when Call-ID and both tags are this dialog's (RFC 3261 §12).</summary>
    public bool IsDialogOf(SipRequest request) =>
        !IsGone && Dialog is { } dialog && Ascii.Equals(request.CallId, dialog.CallId) && Ascii.Equals(request.FromTag, dialog.RemoteTag);

    public void OnBye(ServerTransaction transaction, SipRequest bye, TimeSpan now)
    {
        // RFC 3261 §15: the callee may not end a dialog by BYE that is not confirmed.
        if (Dialog is { State: DialogState.Early } && this is OutboundLeg)
        {
            Replies.Send(Services, transaction, bye, 481, now);
            return;
        }
        Replies.Send(Services, transaction, bye, 200, now);
        LearnCause(bye);
        OnPeerGone(now);
        Call.OnBye(this, ReasonPolicy.Passed(bye), now);
    }

    /// <summary>A PRACK that confirms nothing of ours (RFC 3262 §3).</summary>
    public virtual void OnPrack(ServerTransaction transaction, SipRequest prack, TimeSpan now) => Replies.Send(Services, transaction, prack, 481, now);

    /// <summary>The peer's end of the dialog is gone: nothing is sent on it any more.</summary>
    public void OnPeerGone(TimeSpan now)
    {
        History.Ended(now);
        Reinvite.Stop(now);
        Dialog?.Terminate();
        Leave();
    }

    /// <summary>Keeps the Q.850 cause of a Reason header, for the record.</summary>
    public void LearnCause(SipMessage message)
    {
        foreach (var value in message.Values(HeaderId.Reason))
        {
            if (ReasonView.TryParse(value, out var reason) && Ascii.EqualsIgnoreCase(reason.Protocol, "Q.850"u8) && reason.Cause is > 0 and <= 127) Cause = reason.Cause;
        }
    }

    public void OnAck(SipRequest ack, TimeSpan now)
    {
        if (!InviteUsage.TakeAck(ack.CSeq)) return;
        LastHeard = now;
        if (IsHungUp) _bye.Resume(now);
        else OnAcknowledged(ack, now);
    }

    public void OnAckTimeout(TimeSpan now)
    {
        // RFC 3261 §13.3.1.4: the dialog is confirmed, the session ends by BYE.
        if (IsHungUp) _bye.Resume(now);
        else Call.OnAckTimeout(this, now);
    }

    public virtual void OnFlowClosed(TimeSpan now) => IsFlowDown = !TryReach();

    /// <summary>Goes on by a connection of ours to where the peer listens; it is opened when there is something to say.</summary>
    private bool TryReach()
    {
        if (!IsConfirmed || WayBack.To(Services, Flow, Dialog!, Terms.Trunk) is not { } way) return false;
        Call.Manager.Index.Move(this, way);
        Flow = way;
        Dialog!.Flow = way;
        return true;
    }

    public virtual void MoveTo(in Flow flow, TimeSpan now)
    {
        Call.Manager.Index.Move(this, flow);
        Flow = flow;
        IsFlowDown = false;
        if (Dialog is { } dialog) dialog.Flow = flow;
        if (IsHungUp) _bye.Resume(now);
        else Call.Reconcile(now);
    }

    /// <summary>
    /// A proved request came by another connection or from another host: what we send goes there from now on. Another port
    /// alone says nothing, as not every phone listens where it sends from; a NAT that rebinds is mended by the next REGISTER.
    /// </summary>
    public void SeenAt(in Flow flow)
    {
        // A trunk is spoken to where its dialog points, not where it happens to speak from.
        if (Terms.Trunk is not null && Services.IsOpen(Flow)) return;
        if (flow.Connection == Flow.Connection && (flow.IsReliable || flow.Remote.Address.Equals(Flow.Remote.Address))) return;
        // A message that was still in the mailbox when its connection closed says nothing of where the peer is.
        if (!Services.IsOpen(flow)) return;
        Call.Manager.Index.Move(this, flow);
        Flow = flow;
        IsFlowDown = false;
        if (Dialog is { } dialog) dialog.Flow = flow;
        Media?.SourceMoved(flow);
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
            Referral?.Replaced(transaction, again);
            if (transaction == _ping) _ping = again;
            return;
        }
        if (Reinvite.TakeResponse(transaction, response, now) || SessionTimer.TakeResponse(transaction, response, now)) return;
        if (Referral?.TakeResponse(transaction, response, now) == true) return;
        if (response.IsProvisional) return;
        if (transaction == _ping) _ping = null;
        if (_bye.TakeResponse(transaction)) return;
        if (response.StatusCode is 481 or 408) OnDialogGone(now);
    }

    protected virtual void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        _logins.Forget(transaction);
        if (transaction == _ping) _ping = null;
        if (_bye.TakeFailure(transaction, failure, now)) return;
        if (Referral?.TakeFailure(transaction, now) == true) return;
        Reinvite.TakeFailure(transaction, now);
        SessionTimer.TakeFailure(transaction);
        // A broken WebSocket may come back; silence for 64*T1 is as good as a 408 (RFC 3261 §12.2.1.2).
        if (failure == TransactionFailure.Transport && Flow.IsWebSocket) OnFlowClosed(now);
        else if (!IsFlowDown && !(failure == TransactionFailure.Transport && TryReach())) OnDialogGone(now);
    }

    /// <summary>Takes the leg out of the index: late messages of its dialog are answered 481.</summary>
    public void Leave()
    {
        if (IsGone) return;
        IsGone = true;
        IsHungUp = true;
        InviteUsage.Stop();
        SessionTimer.Stop();
        _bye.Stop();
        Call.Manager.Index.Remove(this);
        Media?.Close();
        OnLeft();
    }

    protected virtual void OnLeft()
    {
    }

    protected virtual void OnAcknowledged(SipRequest ack, TimeSpan now) => Reinvite.OnAcknowledged(ack, now);

    /// <summary>481 or 408 to a request of ours ends the dialog (RFC 3261 §12.2.1.2).</summary>
    private void OnDialogGone(TimeSpan now)
    {
        OnPeerGone(now);
        Call.OnDialogGone(this, now);
    }

    private bool IsAccount(string sender)
    {
        var at = Aor.LastIndexOf('@');
        return sender.Equals(Aor, StringComparison.OrdinalIgnoreCase)
            || (at > 0 && sender.AsSpan().Equals(Aor.AsSpan(0, at), StringComparison.OrdinalIgnoreCase));
    }
}
