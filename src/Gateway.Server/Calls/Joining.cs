using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// An INVITE with Join (RFC 3911 §4): someone wants to be heard in a call as a third side. There is no mixing of voices here,
/// so whoever may is told 488, and the call that it names stays as it is.
/// </summary>
internal static class Joining
{
    public static void Handle(CallManager manager, ServerTransaction transaction, SipRequest invite, Caller caller, TimeSpan now)
    {
        var (status, phrase) = Check(manager, invite, caller);
        manager.Services.Metrics.CallRefused("join");
        Replies.Send(manager.Services, transaction, invite, status, now, phrase, transaction.Tag);
    }

    private static (int Status, string Phrase) Check(CallManager manager, SipRequest invite, Caller caller)
    {
        if (invite.Has(HeaderId.Replaces) || NamedDialogs.Read(invite, HeaderId.Join) is not { } named) return (400, "Bad Join");
        if (NamedDialogs.Find(manager, named) is not { } leg) return (481, "No Such Dialog");
        if (!NamedDialogs.IsOwn(leg, caller)) return (403, "That Call Is Not Yours");
        return leg.IsHungUp ? (603, "The Call Is Over") : (488, "No Conferences Here");
    }
}
