using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// An INVITE with Replaces (RFC 3891 §3): someone takes a call over on another device, one that is answered, or one that rings
/// because we rang it. It is its own call, or one that it has the right to pick up (THREATS 42).
/// </summary>
internal static class Takeover
{
    public static void Handle(CallManager manager, ServerTransaction transaction, SipRequest invite, Caller caller, TimeSpan now)
    {
        var (status, phrase, replaced) = Check(manager, invite, caller);
        if (replaced is null)
        {
            manager.Services.Metrics.CallRefused("replaces");
            Replies.Send(manager.Services, transaction, invite, status, now, phrase, transaction.Tag);
            return;
        }
        var far = replaced.Call.FarSide(replaced) ?? replaced.Call.Caller!;
        manager.Place(transaction, invite, caller, new RoutePlan.ToService(MediaService.Ringback, "replaces"), far.Aor, now, replaced);
    }

    private static (int Status, string Phrase, CallLeg? Leg) Check(CallManager manager, SipRequest invite, Caller caller)
    {
        if (NamedDialogs.Read(invite, HeaderId.Replaces) is not { } replaces) return (400, "Bad Replaces", null);
        if (NamedDialogs.Find(manager, replaces) is not { } leg) return (481, "No Such Dialog", null);
        if (!NamedDialogs.IsOwn(leg, caller) && caller is not Caller.FromAccount { Account.Rights.PickUp: true }) return (403, "That Call Is Not Yours", null);
        if (leg.IsHungUp) return (603, "The Call Is Over", null);
        // §3: what still rings is replaced only if it was us who rang it.
        if (!leg.IsConfirmed) return leg is OutboundLeg ringing && leg.Call.MayPickUp(ringing) ? (0, "", leg) : (481, "The Call Is Not Answered", null);
        if (replaces.EarlyOnly) return (486, "The Call Is Answered", null);
        return leg.Call.MayTransfer && leg.Call.FarSide(leg) is not null ? (0, "", leg) : (491, "No Transfer Now", null);
    }
}
