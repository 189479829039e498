using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The side of a call that called us: the UAS of its INVITE. It sees one dialog and one answer, whoever rings behind (BROWSER C3).</summary>
internal sealed class InboundLeg : CallLeg, ICallerSide
{
    private readonly ServerTransaction _invite;
    private readonly SipRequest _request;

    public InboundLeg(Call call, ServerTransaction invite, SipRequest request, Caller caller)
        : base(call, invite.Flow, invite.Tag, caller.Aor, LegRole.Caller, LegTerms.Of((caller as Caller.FromTrunk)?.Trunk))
    {
        _invite = invite;
        _request = request;
        CallId = System.Text.Encoding.Latin1.GetString(request.CallId);
        invite.User = this;
    }

    /// <summary>The INVITE as it came; kept by its transaction.</summary>
    public SipRequest Request => _request;

    SipRequest? ICallerSide.Invite => _request;

    public bool AwaitsAnswer => !IsDelayedOffer;

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
        var writer = Services.Writer;
        SipResponses.Begin(writer, _request, Flow, status, null, LocalTag);
        writer.Header(HeaderId.Contact, Contact);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        if (sdp is null) writer.NoBody();
        else writer.Body("application/sdp"u8, sdp);
        Services.Transactions.Respond(_invite, writer.Written, now);
    }

    public void Accept(byte[] sdp, TimeSpan now)
    {
        if (IsFinal) return;
        IsFinal = true;
        History.Answered(now);
        var writer = Services.Writer;
        SipResponses.Begin(writer, _request, Flow, 200, null, LocalTag);
        writer.Header(HeaderId.Contact, Contact);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        writer.Header(HeaderId.Supported, "timer");
        SessionTimer.Answer(writer, _request, now);
        writer.Body("application/sdp"u8, sdp);
        Dialog!.Confirm(null);
        InviteUsage.Accept(_invite, _request.CSeq, writer.ToArray(), now);
    }

    /// <summary>The final answer other than 2xx; nothing when one has left.</summary>
    public void Reject(CallEnd end, TimeSpan now)
    {
        if (IsFinal) return;
        IsFinal = true;
        History.Refused(end.Status, end.Phrase, now);
        var writer = Services.Writer;
        SipResponses.Begin(writer, _request, Flow, end.Status, end.Phrase, LocalTag);
        if (end.RetryAfter is { } seconds) writer.Header(HeaderId.RetryAfter, seconds);
        if (end.Warning is not null) writer.Header(HeaderId.Warning, end.Warning);
        if (end.Status == 415) writer.Header(HeaderId.Accept, Capabilities.Accept);
        writer.NoBody();
        Dialog?.Terminate();
        Services.Transactions.Respond(_invite, writer.Written, now);
        Leave();
    }

    protected override void OnAcknowledged(SipRequest ack, TimeSpan now)
    {
        if (Call.State != CallState.Answered) base.OnAcknowledged(ack, now);
        else Call.OnCallerAck(ack, now);
    }

    public override void OnFlowClosed(TimeSpan now)
    {
        if (IsFlowDown) return;
        base.OnFlowClosed(now);
        Call.OnCallerFlowClosed(now);
    }
}
