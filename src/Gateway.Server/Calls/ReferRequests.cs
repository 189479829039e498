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
        else if (leg.Party is not { } party || party is Caller.FromWidget || party.Rights.Refer == ReferPolicy.Refuse)
        {
            Refuse(leg, transaction, request, Because(403, "Transfer Is Not Allowed"), now);
        }
        else if (!leg.Call.MayTransfer || leg.Call.FarSide(leg) is null)
        {
            Refuse(leg, transaction, request, Because(Pending, "No Transfer Now"), now);
        }
        else if (target.Replaces is { } replaces)
        {
            AttendedTransfer.Handle(leg, transaction, request, replaces, party, now);
        }
        else if (party.Rights.Refer == ReferPolicy.Pass)
        {
            Pass(leg, transaction, request, target, now);
        }
        else
        {
            Execute(leg, transaction, request, target, now);
        }
    }

    /// <summary>Calls the target ourselves, or refuses the REFER.</summary>
    public static void Execute(CallLeg leg, ServerTransaction transaction, SipRequest request, ReferTo target, TimeSpan now)
    {
        if (leg.Party is not { } party || !leg.Call.MayTransfer || leg.Call.FarSide(leg) is null)
        {
            Refuse(leg, transaction, request, Because(Pending, "No Transfer Now"), now);
            return;
        }
        var plan = SipUriView.TryParse(Encoding.UTF8.GetBytes(target.Target.ToString()), out var uri)
            ? leg.Call.Manager.Routes.Plan(party, uri, now)
            : Because(400, "Bad Refer-To");
        Place(leg, transaction, request, party, plan, now);
    }

    private static void Pass(CallLeg leg, ServerTransaction transaction, SipRequest request, ReferTo target, TimeSpan now)
    {
        var far = leg.Call.FarSide(leg)!;
        if (far.Passed is { IsOver: false } || !far.CanSend)
        {
            Refuse(leg, transaction, request, Because(Pending, "No Transfer Now"), now);
            return;
        }
        far.Passed = new PassedReferral(leg, far, transaction, target);
        far.Passed.Send(now);
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

    /// <summary>RFC 4488 §4: no subscription is wanted.</summary>
    public static bool IsSilent(SipRequest request) =>
        request.TryGet(HeaderId.ReferSub, out var wanted) && Ascii.EqualsIgnoreCase(wanted.Trim(" \t"u8), "false"u8);

    /// <summary>202, and the subscription that it makes unless none was wanted (RFC 4488 §4).</summary>
    public static Referral Accept(CallLeg leg, ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var dialog = IsSilent(request) ? leg.Events : leg.Call.Manager.DialogOf(leg, transaction, request);
        var services = leg.Services;
        var isSilent = IsSilent(request);
        SipResponses.Begin(services.Writer, request, transaction.Flow, 202, null, transaction.Tag);
        services.Writer.Header(HeaderId.Contact, leg.Contact);
        if (isSilent) services.Writer.Header(HeaderId.ReferSub, "false");
        services.Writer.NoBody();
        services.Transactions.Respond(transaction, services.Writer.Written, now);
        leg.Referral = new Referral(leg.Call.Manager.Subscriptions, dialog ?? leg.Events, request.CSeq, isSilent || dialog is null);
        leg.Referral.Begin(now);
        return leg.Referral;
    }

    public static void Refuse(CallLeg leg, ServerTransaction transaction, SipRequest request, RoutePlan.Reject refused, TimeSpan now)
    {
        leg.Services.Metrics.CallRefused(refused.Label);
        if (refused.Status == 503) Replies.RetryLater(leg.Services, transaction, request, 503, CallLimits.RetryAfter, now, refused.Reason, transaction.Tag);
        else Replies.Send(leg.Services, transaction, request, refused.Status, now, refused.Reason, transaction.Tag);
    }
}
