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

    /// <summary>
    /// Replaces or Join names a dialog between two phones whose call we only forwarded: neither of its tags is ours. It is the called
    /// phone's to match and to allow (RFC 3891 §3), so the INVITE is forwarded as well.
    /// </summary>
    public static bool IsOthers(SipRequest request)
    {
        var header = request.Has(HeaderId.Replaces) ? HeaderId.Replaces : HeaderId.Join;
        return Read(request, header) is { } named && !IsMinted(named.ToTag) && !IsMinted(named.FromTag);

        static bool IsMinted(string tag) => TransactionLayer.LoopOf(Encoding.Latin1.GetBytes(tag)) >= 0;
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
