using System.Text;

namespace Gateway.Server.Calls;

/// <summary>What the console and the API do to a call from outside.</summary>
internal sealed partial class Call
{
    private bool IsParked => Caller is { IsParked: true } || Callee is { IsParked: true };

    public CallLeg? Side(CallSide side) => side == CallSide.Caller ? Caller : Callee;

    /// <param name="reason">For the Reason header of the BYEs.</param>
    public void HangUp(string reason, TimeSpan now) => End(CallInput.Shutdown, new CallEnd(EndReason.Operator, 480)
    {
        ReasonHeader = $"Q.850;cause=16;text=\"{HeaderPolicy.DisplayName(Encoding.UTF8.GetBytes(reason))}\"",
    }, now);

    /// <summary>Holds the call on one side's behalf, or ends that: neither side hears the other while any side holds.</summary>
    public bool TryHold(CallSide side, bool hold, TimeSpan now)
    {
        if (State != CallState.Confirmed || Caller is null || Callee is null || Side(side) is not { } leg) return false;
        leg.IsParked = hold;
        Services.Events.CallChanged(Snapshot);
        Reconcile(now);
        return true;
    }
}
