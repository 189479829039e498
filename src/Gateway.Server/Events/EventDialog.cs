using Gateway.Server.Dispatch;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>
/// A dialog that a SUBSCRIBE, or a REFER outside any dialog, made: it lives as long as one of its subscriptions. Like a leg of
/// a call it follows its device to another connection, and listens to nobody else (THREATS 32).
/// </summary>
internal sealed class EventDialog : IEventDialog, IClientTransactionOwner, ITimerTarget
{
    private readonly SubscriptionManager _manager;
    private readonly Dialog _dialog;
    private TimerHandle _grace;
    private bool _isFlowDown;

    /// <param name="aor">user@domain of the account that it belongs to.</param>
    public EventDialog(SubscriptionManager manager, Dialog dialog, string aor)
    {
        _manager = manager;
        _dialog = dialog;
        Aor = aor;
        Subscriptions = new SubscriptionList(this);
        manager.Add(this);
    }

    public LoopServices Services => _manager.Services;

    public SubscriptionList Subscriptions { get; }

    public SubscriptionManager Manager => _manager;

    /// <summary>Who subscribed first: later ones in the same dialog are that user's too.</summary>
    public Caller? Watcher { get; set; }

    public string Aor { get; }

    public string LocalTag => _dialog.LocalTag;

    public Flow Flow => _dialog.Flow;

    public bool CanSend => !_isFlowDown;

    public string Contact => ContactOf(Services, Flow);

    /// <summary>Where a dialog without a leg is reached.</summary>
    public static string ContactOf(LoopServices services, in Flow flow)
    {
        var uri = $"sip:gw@{services.Transport.SentBy(flow)}";
        return flow.Transport switch
        {
            SipTransport.Ws or SipTransport.Wss => $"<{uri};transport=ws>",
            SipTransport.Tcp => $"<{uri};transport=tcp>",
            SipTransport.Tls => $"<{uri};transport=tls>",
            _ => $"<{uri}>",
        };
    }

    /// <summary>Call-ID and both tags are this dialog's, and the request comes from whom it should.</summary>
    public bool Owns(SipRequest request, in Flow flow, string? sender)
    {
        if (!_dialog.Matches(request)) return false;
        if (sender is not null && sender.Equals(Aor, StringComparison.OrdinalIgnoreCase)) return true;
        if (flow.IsReliable && flow.Connection == Flow.Connection) return true;
        return !flow.IsWebSocket && !Flow.IsWebSocket && flow.Remote.Address.Equals(Flow.Remote.Address);
    }

    /// <summary>In order, and its Contact is the target from now on (RFC 6665 §3.1).</summary>
    public bool Takes(SipRequest request, in Flow flow, TimeSpan now)
    {
        if (_dialog.Receive(request) == DialogVerdict.OutOfOrder) return false;
        // Another port alone says nothing: not every phone listens where it sends from.
        var isElsewhere = flow.Connection != Flow.Connection || (!flow.IsReliable && !flow.Remote.Address.Equals(Flow.Remote.Address));
        if (isElsewhere && Services.IsOpen(flow)) MoveTo(flow, now);
        return true;
    }

    public SipWriter Begin(SipMethod method, out string branch)
    {
        branch = Services.Transactions.NewBranch();
        _dialog.BeginRequest(Services.Writer, method, branch, Services.Transport.SentBy(Flow));
        return Services.Writer;
    }

    public ClientTransaction Send(SipMethod method, string branch, TimeSpan now) =>
        Services.Transactions.Send(method, branch, Services.Writer.Written, Flow, this, now);

    public void OnEmpty(TimeSpan now)
    {
        Services.Timers.Cancel(_grace);
        _dialog.Terminate();
        _manager.Remove(this);
    }

    public void MoveTo(in Flow flow, TimeSpan now)
    {
        _manager.Move(this, flow);
        _dialog.Flow = flow;
        _isFlowDown = false;
        Services.Timers.Cancel(_grace);
        Subscriptions.Resume(now);
    }

    /// <summary>A connection closed: by another of ours where the peer listens, else the peer has a moment to come back.</summary>
    public void OnFlowClosed(TimeSpan now)
    {
        if (_isFlowDown) return;
        if (WayBack.To(Services, Flow, _dialog, null) is { } way)
        {
            MoveTo(way, now);
            return;
        }
        _isFlowDown = true;
        _grace = Services.Timers.Schedule(now + Services.Options.FlowGrace, this, 0);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => _manager.Run(this, now, static (dialog, now) => dialog.Subscriptions.Drop(now));

    void IClientTransactionOwner.OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) =>
        _manager.Run(this, (transaction, response), now, static (dialog, state, now) => dialog.Subscriptions.TakeResponse(state.transaction, state.response, now));

    void IClientTransactionOwner.OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now) =>
        _manager.Run(this, (transaction, failure), now, static (dialog, state, now) =>
        {
            var isBroken = state.failure == TransactionFailure.Transport && dialog.Flow.IsReliable;
            dialog.Subscriptions.TakeFailure(state.transaction, isBroken, now);
            if (isBroken) dialog.OnFlowClosed(now);
        });
}
