using Gateway.Server.Events;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>REFER outside the dialog of the call that it means (RFC 4538): Target-Dialog names it.</summary>
public sealed partial class CallManager
{
    /// <param name="caller">As authentication proved it.</param>
    public void OnRefer(ServerTransaction transaction, SipRequest refer, Caller caller, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(refer);
        ArgumentNullException.ThrowIfNull(caller);
        var (status, phrase, leg) = Check(refer, caller);
        if (leg is null)
        {
            Services.Metrics.CallRefused("refer");
            Replies.Send(Services, transaction, refer, status, now, phrase, transaction.Tag);
            return;
        }
        Run(leg.Call, (leg, transaction, refer), now, static (state, now) => ReferRequests.Handle(state.leg, state.transaction, state.refer, now));
    }

    private (int Status, string Phrase, CallLeg? Leg) Check(SipRequest refer, Caller caller)
    {
        // THREATS 42: a call is handed on by one of its sides; a REFER that names none would have us call for anybody.
        if (!refer.Has(HeaderId.TargetDialog)) return (403, "Only Inside A Call", null);
        if (NamedDialogs.Read(refer, HeaderId.TargetDialog) is not { } named) return (400, "Bad Target-Dialog", null);
        if (NamedDialogs.Find(this, named) is not { IsHungUp: false } leg) return (481, "No Such Dialog", null);
        return NamedDialogs.IsOwn(leg, caller) ? (0, "", leg) : (403, "That Call Is Not Yours", null);
    }

    /// <summary>Where the NOTIFYs of a REFER go: into the dialog of the call, or into one that the REFER itself makes.</summary>
    internal IEventDialog? DialogOf(CallLeg leg, ServerTransaction transaction, SipRequest refer)
    {
        if (!refer.ToTag.IsEmpty) return leg.Events;
        if (!Dialog.TryCreateUas(refer, transaction.Tag, transaction.Flow, out var dialog)) return null;
        dialog!.Confirm(null);
        return new EventDialog(Subscriptions, dialog, leg.Aor);
    }
}
