using System.Collections.Immutable;
using System.Text;
using Gateway.Sdp;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// One side of a call: its dialog, its media and its flow, and the in-dialog requests of both directions. It outlives the
/// call for as long as its BYE needs.
/// </summary>
internal abstract partial class CallLeg : IClientTransactionOwner
{
    private readonly ByeUsage _bye;
    private readonly DialogRoute _route;
    private readonly DialogLogins _logins;
    private ClientTransaction? _ping;
    private LegDialog? _events;
    private RelayedRequests? _relayed;

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

    /// <summary>The last REFER of the other side that was handed on to this one; null when there was none.</summary>
    public PassedReferral? Passed { get; set; }

    /// <summary>Its dialog, for the subscriptions in it.</summary>
    public LegDialog Events => _events ??= new LegDialog(this);

    /// <summary>What of the other side is handed on to this one.</summary>
    public RelayedRequests Relayed => _relayed ??= new RelayedRequests(this);

    /// <summary>The Info Packages that its peer takes.</summary>
    public InfoPackages Packages { get; } = new();

    /// <summary>Asks it now and then whether it is there.</summary>
    public LegProbe Probe => field ??= new LegProbe(this);

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

    /// <summary>An UPDATE came before the 2xx.</summary>
    public virtual void OnEarlyUpdate(SipRequest update, TimeSpan now)
    {
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
        _events?.Subscriptions.Drop(Services.Now());
        Passed?.Stop(Services.Now());
        _relayed?.Stop(Services.Now());
        Probe.Stop();
        OnLeft();
    }

    protected virtual void OnLeft()
    {
    }

    protected virtual void OnAcknowledged(SipRequest ack, TimeSpan now) => Reinvite.OnAcknowledged(ack, now);
}
