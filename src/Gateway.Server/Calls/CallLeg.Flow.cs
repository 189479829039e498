using System.Text;
using Gateway.Server.Dispatch;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>Whom a leg listens to and where it speaks: the flow of its peer, when that closes, moves or is another's.</summary>
internal abstract partial class CallLeg
{
    /// <summary>The dialog's requests go to this flow from now on.</summary>
    public void TurnTo(in Flow flow)
    {
        if (flow == Flow) return;
        Call.Manager.Index.Move(this, flow);
        Flow = flow;
        IsFlowDown = false;
        if (Dialog is { } dialog) dialog.Flow = flow;
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
        _events?.Subscriptions.Resume(now);
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

    private bool IsAccount(string sender)
    {
        var at = Aor.LastIndexOf('@');
        return sender.Equals(Aor, StringComparison.OrdinalIgnoreCase)
            || (at > 0 && sender.AsSpan().Equals(Aor.AsSpan(0, at), StringComparison.OrdinalIgnoreCase));
    }
}
