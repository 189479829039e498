using System.Text;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// A REFER whose target replaces another dialog (RFC 3891, RFC 5589 §7): someone with two calls joins their far sides and
/// leaves. Only one's own calls can be joined (THREATS 42).
/// </summary>
internal static class AttendedTransfer
{
    public static void Handle(CallLeg leg, ServerTransaction transaction, SipRequest request, Replaces replaces, Caller party, TimeSpan now)
    {
        if (Find(leg, replaces) is not { } consultation)
        {
            // No 481: a phone would take its own dialog for gone. Calls of two loops cannot be joined yet (docs/calls.md).
            ReferRequests.Refuse(leg, transaction, request, ReferRequests.Because(IsElsewhere(leg, replaces) ? 501 : 404, "No Such Call Of Yours Here"), now);
        }
        else if (consultation.Call.MayTransfer && consultation.Call.FarSide(consultation) is not null)
        {
            leg.Call.StartAttendedTransfer(leg, consultation, party, ReferRequests.Accept(leg, transaction, request, now), now);
        }
        else if (consultation.Call.RingingPlan is { } plan && consultation == consultation.Call.Caller)
        {
            // Handed on while it still rings: that call ends and the target rings for the transferee.
            consultation.Call.End(CallInput.Shutdown, new CallEnd(EndReason.Transfer, 487), now);
            ReferRequests.Place(leg, transaction, request, party, plan, now);
        }
        else
        {
            ReferRequests.Refuse(leg, transaction, request, ReferRequests.Because(491, "No Transfer Now"), now);
        }
    }

    /// <summary>The other leg of the same user: JsSIP writes the tags the wrong way round when the consultation came in (BROWSER C7).</summary>
    private static CallLeg? Find(CallLeg leg, Replaces replaces) =>
        Match(leg, replaces.CallId, replaces.ToTag, replaces.FromTag) ?? Match(leg, replaces.CallId, replaces.FromTag, replaces.ToTag);

    private static CallLeg? Match(CallLeg leg, string callId, string ours, string theirs)
    {
        if (leg.Call.Manager.Index.Find(Encoding.Latin1.GetBytes(ours)) is not { IsGone: false, IsHungUp: false } found || found.Call == leg.Call) return null;
        var isDialog = found.CallId == callId && found.Dialog?.RemoteTag == theirs;
        var isOwn = found.Trunk == leg.Trunk && (leg.Trunk is not null || found.Aor.Equals(leg.Aor, StringComparison.OrdinalIgnoreCase));
        return isDialog && isOwn ? found : null;
    }

    private static bool IsElsewhere(CallLeg leg, Replaces replaces) => new[] { replaces.ToTag, replaces.FromTag }
        .Any(tag => TransactionLayer.LoopOf(Encoding.Latin1.GetBytes(tag)) is >= 0 and var loop && loop != leg.Services.Loop);
}
