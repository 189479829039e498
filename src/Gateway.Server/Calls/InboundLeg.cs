using Gateway.Sdp;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The side of a call that called us: the UAS of its INVITE. It sees one dialog and one answer, whoever rings behind (BROWSER C3).</summary>
internal sealed class InboundLeg : CallLeg, ICallerSide
{
    private readonly ServerTransaction _invite;
    private readonly SipRequest _request;
    private readonly ReliableServer? _reliable;

    public InboundLeg(Call call, ServerTransaction invite, SipRequest request, Caller caller)
        : base(call, invite.Flow, invite.Tag, caller.Aor, LegRole.Caller, LegTerms.Of((caller as Caller.FromTrunk)?.Trunk))
    {
        _invite = invite;
        _request = request;
        Party = caller;
        Invitation = HeaderPolicy.Invitation(request, caller);
        CallId = System.Text.Encoding.Latin1.GetString(request.CallId);
        invite.User = this;
        SessionTimer.Learn(request);
        Packages.Learn(request);
        // A browser ignores 100rel and never sends PRACK (BROWSER C2).
        var isRequired = request.ListHas(HeaderId.Require, "100rel"u8);
        NeedsReliable = isRequired;
        if (!Flow.IsWebSocket && (isRequired || (Terms.AnswersReliably && request.ListHas(HeaderId.Supported, "100rel"u8)))) _reliable = new ReliableServer(this);
    }

    /// <summary>It requires 100rel, which its side of the gateway does not have: 420.</summary>
    public bool AsksTooMuch => NeedsReliable && _reliable is null;

    public override bool HasFirstAgreement => IsConfirmed || _reliable is { HasCarriedSession: true };

    public bool HoldsAnswer => _reliable is { HoldsAnswer: true };

    private bool NeedsReliable { get; }

    /// <summary>The INVITE as it came; kept by its transaction.</summary>
    public SipRequest Request => _request;

    /// <summary>What those hear of it whom it calls.</summary>
    public Invitation Invitation { get; }

    public override Caller? Party { get; }

    public override string Identity => Invitation.From;

    public override bool WantsPrivacy => Invitation.WantsPrivacy;

    SipRequest? ICallerSide.Invite => _request;

    /// <summary>A final answer left.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>The INVITE had no offer: ours goes into the 200, the answer comes in the ACK (RFC 3261 §13.2.1).</summary>
    public bool IsDelayedOffer { get; set; }

    /// <summary>A 180 has left.</summary>
    public bool HasRung { get; private set; }

    /// <summary>Opens dialog and media; false when the INVITE can make no dialog.</summary>
    public bool TryOpenDialog()
    {
        if (!Dialog.TryCreateUas(_request, LocalTag, Flow, out var dialog)) return false;
        Dialog = dialog;
        return true;
    }

    public bool TryOpenMedia()
    {
        Media = Call.OpenMedia(this);
        return Media is not null;
    }

    /// <summary>100 at once: until some 1xx came, JsSIP cannot cancel (BROWSER C1).</summary>
    public void Trying(TimeSpan now)
    {
        SipResponses.Begin(Services.Writer, _request, Flow, 100);
        Services.Writer.Copy(_request, HeaderId.Timestamp);
        Services.Writer.NoBody();
        Services.Transactions.Respond(_invite, Services.Writer.Written, now);
    }

    public void Progress(int status, byte[]? sdp, TimeSpan now)
    {
        if (IsFinal) return;
        HasRung |= status == 180;
        if (_reliable is null || (IsDelayedOffer && !NeedsReliable))
        {
            SendProvisional(WriteProvisional(status, sdp, 0), now);
            return;
        }
        // RFC 3261 §13.2.1: without an offer in the INVITE, the first reliable response has it.
        if (IsDelayedOffer && Media!.TryOffer(Terms.Order(Call.CodecsFor(this)), MediaDirection.SendRecv, out var offer))
        {
            IsDelayedOffer = false;
            sdp = offer;
        }
        _reliable.Progress(status, sdp, now);
    }

    /// <param name="number">RSeq; 0 for a response that is not acknowledged.</param>
    public byte[] WriteProvisional(int status, byte[]? sdp, uint number)
    {
        var writer = Services.Writer;
        SipResponses.Begin(writer, _request, Flow, status, null, LocalTag);
        writer.Header(HeaderId.Contact, Contact);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        if (number > 0)
        {
            writer.Header(HeaderId.Require, OptionTags.Reliable1xx);
            writer.Header(HeaderId.RSeq, number);
        }
        // RFC 5009 §8.2, toward a network that understands it and that we trust: what we let through may be heard.
        if (sdp is not null && Terms.Trunk is { TrustsIdentity: true } && _request.ListHas(HeaderId.PEarlyMedia, "supported"u8)) writer.Header(HeaderId.PEarlyMedia, "sendrecv");
        if (sdp is null) writer.NoBody();
        else writer.Body("application/sdp"u8, sdp);
        return writer.ToArray();
    }

    public void SendProvisional(ReadOnlySpan<byte> response, TimeSpan now) => Services.Transactions.Respond(_invite, response, now);

    public override void OnPrack(ServerTransaction transaction, SipRequest prack, TimeSpan now)
    {
        if (_reliable is null) base.OnPrack(transaction, prack, now);
        else _reliable.OnPrack(transaction, prack, now);
    }

    /// <summary>The PRACK of our reliable response: it may answer our offer, or bring a new one (RFC 3262 §5).</summary>
    public void AcceptPrack(ServerTransaction transaction, SipRequest prack, TimeSpan now)
    {
        var body = SdpBody.Find(prack, out var sdp);
        if (body == BodyKind.Sdp && Media is { AwaitsAnswer: true } media)
        {
            if (media.TryReceiveAnswer(sdp, early: false, out var failure))
            {
                Replies.Send(Services, transaction, prack, 200, now);
                Call.OnCallerAgreed();
                return;
            }
            Replies.Warn(Services, transaction, prack, failure.StatusCode, failure.WarningCode, failure.Text, now);
        }
        else if (body == BodyKind.Sdp)
        {
            Reinvite.AnswerOffer(transaction, prack, sdp, now);
        }
        else
        {
            Replies.Send(Services, transaction, prack, body == BodyKind.None ? 200 : 415, now);
        }
    }

    /// <summary>RFC 3262 §3: a reliable response that is never acknowledged is answered by a 5xx to the INVITE.</summary>
    public void OnNoPrack(TimeSpan now)
    {
        var end = new CallEnd(EndReason.NoAck, 504) { ReasonHeader = ReasonView.Format("SIP", 504, "No PRACK") };
        Reject(end, now);
        Call.End(CallInput.CallerGone, end, now);
    }

    public void Accept(byte[] sdp, TimeSpan now)
    {
        if (IsFinal) return;
        IsFinal = true;
        _reliable?.Stop(now);
        History.Answered(now);
        var writer = Services.Writer;
        SipResponses.Begin(writer, _request, Flow, 200, null, LocalTag);
        writer.Header(HeaderId.Contact, Contact);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        writer.Header(HeaderId.Supported, HeaderPolicy.Supported);
        if (Call.FarSide(this)?.Packages.Value is { } packages) writer.Header(HeaderId.RecvInfo, packages);
        SessionTimer.Answer(writer, _request, now);
        if (_reliable is { HasCarriedSession: true }) writer.NoBody();
        else writer.Body("application/sdp"u8, sdp);
        Dialog!.Confirm(null);
        InviteUsage.Accept(_invite, _request.CSeq, writer.ToArray(), now);
    }

    /// <summary>The final answer other than 2xx; nothing when one has left.</summary>
    public void Reject(CallEnd end, TimeSpan now)
    {
        if (IsFinal) return;
        IsFinal = true;
        _reliable?.Stop(now);
        History.Refused(end.Status, end.Phrase, now);
        var writer = Services.Writer;
        SipResponses.Begin(writer, _request, Flow, end.Status, end.Phrase, LocalTag);
        // RFC 6432: a final answer may say why as a BYE does.
        if (end.ReasonHeader is not null && end.Status != 487) writer.Header(HeaderId.Reason, end.ReasonHeader);
        if (end.RetryAfter is { } seconds) writer.Header(HeaderId.RetryAfter, seconds);
        if (end.Warning is not null) writer.Header(HeaderId.Warning, end.Warning);
        if (end.Status == 422) writer.Header(HeaderId.MinSE, SessionRules.Least);
        if (end.Status == 420) writer.Header(HeaderId.Unsupported, OptionTags.Reliable1xx);
        if (end.Status == 415) writer.Header(HeaderId.Accept, Capabilities.Accept);
        writer.NoBody();
        Dialog?.Terminate();
        Services.Transactions.Respond(_invite, writer.Written, now);
        Leave();
    }

    protected override void OnLeft() => _reliable?.Stop(Services.Now());

    protected override void OnAcknowledged(SipRequest ack, TimeSpan now)
    {
        if (Call.State != CallState.Answered) base.OnAcknowledged(ack, now);
        else Call.OnCallerAck(ack, now);
    }

    public override void OnFlowClosed(TimeSpan now)
    {
        if (IsFlowDown) return;
        base.OnFlowClosed(now);
        if (IsFlowDown) Call.OnCallerFlowClosed(now);
    }
}
