using System.Collections.Immutable;
using System.Text;
using Gateway.Sdp;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
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
/// One target that a call rings, a contact or a trunk: the UAC of an INVITE of our own, with ids, tags and an offer of its
/// own. After its 2xx it is the called side's dialog.
/// </summary>
internal sealed partial class OutboundLeg : CallLeg, ITimerTarget
{
    private const int TimerC = 10;
    private const int GraceTimer = 11;
    private const int PatienceTimer = 12;

    private readonly Fork _fork;
    private readonly ImmutableArray<CodecDescription> _codecs;
    private readonly TargetLogin? _login;
    private readonly ReliableClient _reliable;
    private byte[] _offer = [];
    private bool _isDescribed;
    private EarlyMediaWish _wish;
    private uint _sequence;
    private ClientTransaction? _invite;
    private TimerHandle _timer;
    private TimerHandle _patienceTimer;
    private byte[] _ack = [];

    public OutboundLeg(Call call, Fork fork, LegTarget target, in Flow flow, ImmutableArray<CodecDescription> codecs)
        : base(call, flow, call.Services.Transactions.NewTag(), target.Aor, fork.Invitation.Role, target.Terms)
    {
        _fork = fork;
        _codecs = target.Terms.Order(codecs);
        _login = target.BeginLogin();
        _reliable = new ReliableClient(this);
        Target = target;
    }

    public LegTarget Target { get; }

    public override Caller? Party => Terms.Trunk is { } trunk ? new Caller.FromTrunk(trunk, Aor, "") : Account is { } account ? new Caller.FromAccount(account, Aor, account.DisplayName) : null;

    public override string Identity => HeaderPolicy.NameAddress(HeaderPolicy.DisplayName(Encoding.UTF8.GetBytes(Account?.DisplayName ?? "")), Aor);

    public ContactState State { get; private set; } = ContactState.Inviting;

    public bool IsAlive => State is ContactState.Waiting or ContactState.Inviting;

    /// <summary>It sent a description before its final answer, so its media can be heard, and its network lets it (RFC 5009).</summary>
    public bool HasEarlyMedia => _isDescribed && _wish is not (EarlyMediaWish.Inactive or EarlyMediaWish.RecvOnly);

    /// <summary>Why its challenge was not answered, in words; empty when none was left open.</summary>
    public string Challenge => _login?.Refusal ?? "";

    public override bool HasFirstAgreement => Media is { IsAgreed: true };

    /// <summary>It told that someone is asked to answer (180, 181, 182).</summary>
    public bool HasRung { get; private set; }

    /// <summary>Sends the INVITE; the leg fails when no media port is free, or nothing is left to be offered.</summary>
    public void Invite(TimeSpan now)
    {
        if (_codecs.IsEmpty)
        {
            Fail(new LegFailure(488, FailureCause.Local), now);
            return;
        }
        Media = Call.OpenMedia(this);
        if (Media is null || !Media.TryOffer(_codecs, MediaDirection.SendRecv, out _offer))
        {
            Fail(new LegFailure(503, FailureCause.Local), now);
            return;
        }
        SendInvite(now);
    }

    /// <summary>The call needs this contact no more.</summary>
    public void Cancel(string? reason, TimeSpan now)
    {
        switch (State)
        {
            case ContactState.Waiting:
                Fail(new LegFailure(487), now);
                break;
            case ContactState.Inviting when _invite is not null:
                State = ContactState.Cancelling;
                StopTimers();
                Media?.Close();
                Services.Transactions.Cancel(_invite, reason, now);
                break;
            case ContactState.Answered:
                HangUp(reason, now);
                break;
        }
    }

    protected override void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction.Method == SipMethod.Prack && response.StatusCode is not (401 or 407))
        {
            LastHeard = now;
            return;
        }
        if (transaction != _invite)
        {
            base.OnResponse(transaction, response, now);
            return;
        }
        LastHeard = now;
        Services.Timers.Cancel(_patienceTimer);
        if (response.IsProvisional) OnProvisional(response, now);
        else if (response.IsSuccess) OnSuccess(response, now);
        else OnRefused(response, now);
    }

    protected override void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (transaction.Method == SipMethod.Prack) return;
        if (transaction != _invite)
        {
            base.OnFailure(transaction, failure, now);
            return;
        }
        if (State == ContactState.Answered) return;
        if (State == ContactState.Inviting && failure == TransactionFailure.Transport && Flow.IsWebSocket && !MayGoElsewhere) WaitForFlow(now);
        else Fail(failure == TransactionFailure.Timeout ? new LegFailure(408, FailureCause.Timeout) : new LegFailure(503, FailureCause.Transport), now);
    }

    /// <summary>A browser's connection closed while it rings: its session there is dead, it is invited anew when it is back (BROWSER D5).</summary>
    public override void OnFlowClosed(TimeSpan now)
    {
        base.OnFlowClosed(now);
        if (State == ContactState.Inviting && MayGoElsewhere) Fail(new LegFailure(503, FailureCause.Transport), now);
        else if (State == ContactState.Inviting) WaitForFlow(now);
        else if (State == ContactState.Cancelling) Fail(new LegFailure(487), now);
    }

    private bool MayGoElsewhere => Target.HasOtherWay && !HasRung;

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
                _fork.OnFailed(this, new LegFailure(408, FailureCause.Timeout) { HasRung = HasRung }, now);
                break;
            case GraceTimer when State == ContactState.Waiting:
                Fail(new LegFailure(480), now);
                break;
            case PatienceTimer when State == ContactState.Inviting:
                _fork.OnSilent(this, now);
                break;
        }
    }

    public override bool OwnsCallId => true;

    public override Guid? TrunkAccount => Terms.Trunk is not null && _fork.Invitation.Caller is Caller.FromAccount { Account.Id: var id } ? id : null;

    public override bool HoldsChannel => Left is not null;

    /// <summary>Runs once when the leg is gone: what it held is free.</summary>
    public Action? Left { get; set; }

    protected override void OnLeft()
    {
        StopTimers();
        Services.Loops.Over(CallId);
        Left?.Invoke();
        Left = null;
    }

    protected override Action? TakeLeft()
    {
        StopTimers();
        var (left, loops, callId) = (Left, Services.Loops, CallId);
        Left = null;
        return () =>
        {
            loops.Over(callId);
            left?.Invoke();
        };
    }

    public override TargetLogin? BeginLogin() => Target.BeginLogin();

    protected override string ContactUser => Target.ContactUser;

    /// <summary>The first INVITE, and the same again with what was asked for: the same Call-ID and From tag, the next number (RFC 3261 §22.2).</summary>
    private void SendInvite(TimeSpan now)
    {
        var branch = Services.Transactions.NewBranch();
        _sequence++;
        WriteInvite(branch);
        _invite = Services.Transactions.Send(SipMethod.Invite, branch, Services.Writer.Written, Flow, this, now);
        StopTimers();
        _timer = Services.Timers.Schedule(now + Services.SipTimers.C, this, TimerC);
        if (Target.Patience is { } patience) _patienceTimer = Services.Timers.Schedule(now + patience, this, PatienceTimer);
    }

    private void WriteInvite(string branch)
    {
        var writer = Services.Writer;
        var uri = Target.RequestUri(Flow);
        writer.Request(SipMethod.Invite, uri);
        SipRequests.WriteVia(writer, Flow.Transport, Services.Transport.SentBy(Flow), branch);
        foreach (var hop in Target.Routes) writer.Header(HeaderId.Route, hop);
        writer.Header(HeaderId.MaxForwards, _fork.Invitation.MaxForwards);
        Target.WriteParties(writer, _fork.Invitation, LocalTag);
        if (CallId.Length == 0)
        {
            CallId = Services.Transactions.NewTag();
            Services.Loops.Leaves(CallId, Target.Goal);
        }
        writer.Header(HeaderId.CallId, CallId);
        writer.CSeq(_sequence, SipMethod.Invite);
        writer.Header(HeaderId.Contact, Contact);
        _login?.Write(writer, SipMethod.Invite, uri);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        writer.Header(HeaderId.Accept, Capabilities.Accept);
        WriteExtensions(writer);
        // RFC 6086 §5.2.2: what the caller takes is what can be sent to it.
        if (Call.Caller is { } caller && caller != this && caller.Packages.Value is { } packages) writer.Header(HeaderId.RecvInfo, packages);
        if (_fork.Invitation.ReferredBy is { } referrer) writer.Header(HeaderId.ReferredBy, referrer);
        if (_fork.Invitation.Caller is Caller.FromWidget visitor) HeaderPolicy.WriteVisitor(writer, visitor.Session);
        writer.Body("application/sdp"u8, _offer);
    }

    /// <summary>What we can and ask for beyond RFC 3261, as the operator of the trunk set it; browsers and phones are asked for nothing.</summary>
    private void WriteExtensions(SipWriter writer)
    {
        if (Terms.Trunk is null) return;
        if (Terms.OffersReliable == ReliableProvisional.Required) writer.Header(HeaderId.Require, OptionTags.Reliable1xx);
        writer.Header(HeaderId.Supported, Terms.OffersReliable == ReliableProvisional.Supported ? $"100rel, {HeaderPolicy.Supported}" : HeaderPolicy.Supported);
        SessionTimer.Ask(writer);
        // RFC 5009 §10: only inside a trust domain.
        if (Terms.Trunk.TrustsIdentity) writer.Header(HeaderId.PEarlyMedia, "supported");
    }

    private void WaitForFlow(TimeSpan now)
    {
        State = ContactState.Waiting;
        if (!IsFlowDown) base.OnFlowClosed(now);
        Services.Timers.Cancel(_timer);
        _timer = Services.Timers.Schedule(now + Services.Options.FlowGrace, this, GraceTimer);
    }

    private void Fail(LegFailure failure, TimeSpan now)
    {
        var wasWanted = IsAlive;
        State = ContactState.Failed;
        History.Ended(now);
        Dialog?.Terminate();
        Leave();
        if (wasWanted) _fork.OnFailed(this, failure with { HasRung = HasRung }, now);
    }

    /// <summary>Whose contact it is; null behind a trunk, and when the account was removed or disabled.</summary>
    private Account? Account => Terms.Trunk is null && Services.Accounts.TryGetAor(Aor, out var account) && account.IsEnabled ? account : null;

    private void StopTimers()
    {
        Services.Timers.Cancel(_timer);
        Services.Timers.Cancel(_patienceTimer);
    }
}
