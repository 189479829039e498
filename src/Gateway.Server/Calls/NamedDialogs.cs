using System.Text;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>The leg whose dialog a request outside it names, by Replaces, Join or Target-Dialog, and whether its sender may (THREATS 42).</summary>
internal static class NamedDialogs
{
    /// <summary>The only value of a header that names a dialog; null when there is none, several, or one that cannot be read.</summary>
    public static Replaces? Read(SipRequest request, HeaderId header)
    {
        var count = 0;
        Replaces? named = null;
        foreach (var value in request.Values(header))
        {
            if (++count > 1 || !Replaces.TryParse(value, out named)) return null;
        }
        return named;
    }

    /// <summary>RFC 3891 §3: the to-tag is our local tag, the from-tag the remote one.</summary>
    public static CallLeg? Find(CallManager manager, Replaces named) =>
        manager.Index.Find(Encoding.Latin1.GetBytes(named.ToTag)) is { IsGone: false } leg && leg.CallId == named.CallId && leg.Dialog?.RemoteTag == named.FromTag ? leg : null;

    /// <summary>The dialog is that of the same user, or stands on the same trunk.</summary>
    public static bool IsOwn(CallLeg leg, Caller caller) => caller switch
    {
        Caller.FromAccount => leg.Trunk is null && leg.Aor.Equals(caller.Aor, StringComparison.OrdinalIgnoreCase),
        Caller.FromTrunk trunk => leg.Trunk == trunk.Trunk.Id,
        _ => false,
    };
}
