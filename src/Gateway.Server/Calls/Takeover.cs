using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// An INVITE with Replaces (RFC 3891 §3): someone takes an answered call of its own over on another device. Nobody can take a
/// call of others (THREATS 42).
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
        var far = replaced.Call.FarSide(replaced)!;
        manager.Place(transaction, invite, caller, new RoutePlan.ToService(MediaService.Ringback, "replaces"), far.Aor, now, replaced);
    }

    private static (int Status, string Phrase, CallLeg? Leg) Check(CallManager manager, SipRequest invite, Caller caller)
    {
        var count = 0;
        Replaces? replaces = null;
        foreach (var value in invite.Values(HeaderId.Replaces))
        {
            if (++count > 1 || !Replaces.TryParse(value, out replaces)) return (400, "Bad Replaces", null);
        }
        if (replaces is null) return (400, "Bad Replaces", null);
        if (manager.Index.Find(Encoding.Latin1.GetBytes(replaces.ToTag)) is not { IsGone: false } leg
            || leg.CallId != replaces.CallId || leg.Dialog?.RemoteTag != replaces.FromTag) return (481, "No Such Dialog", null);
        if (caller is not Caller.FromAccount || leg.Trunk is not null || !leg.Aor.Equals(caller.Aor, StringComparison.OrdinalIgnoreCase)) return (403, "That Call Is Not Yours", null);
        if (leg.IsHungUp) return (603, "The Call Is Over", null);
        // §3: what still rings is replaced only by who began it, and we began nothing that it could mean.
        if (!leg.IsConfirmed) return (481, "The Call Is Not Answered", null);
        if (replaces.EarlyOnly) return (486, "The Call Is Answered", null);
        return leg.Call.MayTransfer && leg.Call.FarSide(leg) is not null ? (0, "", leg) : (491, "No Transfer Now", null);
    }
}
