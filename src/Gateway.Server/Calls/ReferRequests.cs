using System.Text;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// REFER inside a call (RFC 3515): checks who asks and where it leads before anything is accepted, since the call to the
/// target is made in the name and at the cost of whoever refers (THREATS 42).
/// </summary>
internal static class ReferRequests
{
    /// <summary>A REFER that cannot be carried out now; the phone may try again.</summary>
    private const int Pending = 491;

    public static void Handle(CallLeg leg, ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        // RFC 3515 §2.4.2: exactly one Refer-To.
        var count = 0;
        ReferTo? target = null;
        foreach (var value in request.Values(HeaderId.ReferTo))
        {
            if (++count > 1 || !ReferTo.TryParse(value, out target)) target = null;
        }
        if (target is null)
        {
            Refuse(leg, transaction, request, Because(400, count == 0 ? "Refer-To Is Missing" : "Bad Refer-To"), now);
        }
        else if (target.Method != SipMethod.Invite)
        {
            Refuse(leg, transaction, request, Because(403, "Only Calls Can Be Referred"), now);
        }
        else if (leg.Party is not { } party || party is Caller.FromWidget)
        {
            Refuse(leg, transaction, request, Because(403, "Transfer Is Not Allowed"), now);
        }
        else if (!leg.Call.MayTransfer || leg.Call.FarSide(leg) is null || leg.Referral is { IsOver: false })
        {
            Refuse(leg, transaction, request, Because(Pending, "No Transfer Now"), now);
        }
        else if (target.Replaces is { } replaces)
        {
            AttendedTransfer.Handle(leg, transaction, request, replaces, party, now);
        }
        else
        {
            Blind(leg, transaction, request, target.Target, party, now);
        }
    }

    /// <summary>Starts the transfer where the plan leads, or refuses the REFER for what it leads to.</summary>
    public static void Place(CallLeg leg, ServerTransaction transaction, SipRequest request, Caller party, RoutePlan plan, TimeSpan now)
    {
        if (Refusal(leg.Call, party, plan) is { } refused)
        {
            Refuse(leg, transaction, request, refused, now);
            return;
        }
        leg.Call.StartTransfer(leg, party, plan, Accept(leg, transaction, request, now), now);
    }

    /// <summary>Why a plan cannot be followed for whoever transfers; null when it can, and is counted.</summary>
    public static RoutePlan.Reject? Refusal(Call call, Caller party, RoutePlan plan) => plan switch
    {
        RoutePlan.Reject refused => refused,
        RoutePlan.ToAccount { Bindings.Count: 0 } or RoutePlan.ToGroup { IsNobodyThere: true } => Because(480, "Not Registered"),
        _ => call.Charge(party, plan),
    };

    /// <summary>A refusal of the transfer itself, not of where it leads.</summary>
    public static RoutePlan.Reject Because(int status, string reason) => new(status, reason) { Label = "transfer" };

    /// <summary>202, and the subscription that it makes unless none was wanted (RFC 4488 §4).</summary>
    public static Referral Accept(CallLeg leg, ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var services = leg.Services;
        var isSilent = request.TryGet(HeaderId.ReferSub, out var wanted) && Ascii.EqualsIgnoreCase(wanted.Trim(" \t"u8), "false"u8);
        SipResponses.Begin(services.Writer, request, transaction.Flow, 202);
        services.Writer.Header(HeaderId.Contact, leg.Contact);
        if (isSilent) services.Writer.Header(HeaderId.ReferSub, "false");
        services.Writer.NoBody();
        services.Transactions.Respond(transaction, services.Writer.Written, now);
        return leg.Referral = new Referral(leg, request.CSeq, isSilent);
    }

    public static void Refuse(CallLeg leg, ServerTransaction transaction, SipRequest request, RoutePlan.Reject refused, TimeSpan now)
    {
        leg.Services.Metrics.CallRefused(refused.Label);
        if (refused.Status == 503) Replies.RetryLater(leg.Services, transaction, request, 503, CallLimits.RetryAfter, now, refused.Reason);
        else Replies.Send(leg.Services, transaction, request, refused.Status, now, refused.Reason);
    }

    private static void Blind(CallLeg leg, ServerTransaction transaction, SipRequest request, SipUri target, Caller party, TimeSpan now)
    {
        var plan = SipUriView.TryParse(Encoding.UTF8.GetBytes(target.ToString()), out var uri)
            ? leg.Call.Manager.Routes.Plan(party, uri, now)
            : Because(400, "Bad Refer-To");
        Place(leg, transaction, request, party, plan, now);
    }
}
