using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>All calls of one loop: finds the call of a message or a media event and hands it on. The dispatcher calls it.</summary>
public sealed class CallManager
{
    public CallManager(LoopServices services, RoutePlanner routes)
    {
        Services = services;
        Routes = routes;
    }

    internal LoopServices Services { get; }

    internal RoutePlanner Routes { get; }

    public int Count => throw new NotImplementedException();

    /// <summary>A new INVITE (no To tag) from an authenticated caller.</summary>
    public void OnInvite(ServerTransaction transaction, SipRequest invite, Caller caller, TimeSpan now) => throw new NotImplementedException();

    /// <summary>A request inside a dialog (To tag): false when no call knows the dialog, and the dispatcher answers 481.</summary>
    /// <param name="sender">The account that the flow is authenticated for, or null: BYE and the like must come from the dialog's own side.</param>
    public bool OnInDialog(ServerTransaction transaction, SipRequest request, string? sender, TimeSpan now) => throw new NotImplementedException();

    public void OnAck(SipRequest ack, in Flow flow, TimeSpan now) => throw new NotImplementedException();

    public void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now) => throw new NotImplementedException();

    public void OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now) => throw new NotImplementedException();

    public void OnMedia(MediaEvent happened, TimeSpan now) => throw new NotImplementedException();

    /// <summary>A device re-registered from elsewhere: its dialogs move to the new flow, and what was ringing there rings again.</summary>
    public void OnFlowMoved(in Flow old, in Flow current, TimeSpan now) => throw new NotImplementedException();

    /// <summary>A connection closed and has not come back yet: the grace time of its calls begins.</summary>
    public void OnFlowClosed(in Flow flow, TimeSpan now) => throw new NotImplementedException();

    /// <summary>The gateway stops: every call gets its BYE or final answer and its record.</summary>
    public void HangUpAll(string reason, TimeSpan now) => throw new NotImplementedException();

    public IReadOnlyList<CallSnapshot> Snapshot() => throw new NotImplementedException();
}
