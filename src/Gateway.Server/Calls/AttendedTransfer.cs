using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// A REFER whose target replaces another dialog (RFC 3891, RFC 5589 §7): someone with two calls joins their far sides and
/// leaves. Only one's own calls can be joined (THREATS 42).
/// </summary>
internal static class AttendedTransfer
{
    /// <param name="isHere">Other loops were asked already.</param>
    public static void Handle(CallLeg leg, ServerTransaction transaction, SipRequest request, Replaces replaces, Caller party, TimeSpan now, bool isHere = false)
    {
        var manager = leg.Call.Manager;
        if (manager.FindReplaced(replaces, leg.Aor, leg.Trunk) is not { } consultation || consultation.Call == leg.Call)
        {
            if (!isHere && manager.LoopsOf(replaces) is [_, ..] loops) Fetch(leg, transaction, replaces, party, loops);
            // No 481: a phone would take its own dialog for gone.
            else ReferRequests.Refuse(leg, transaction, request, ReferRequests.Because(404, "No Such Call Of Yours Here"), now);
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

    /// <summary>The other call is on another loop: it comes here, and then it is as if it had always been here.</summary>
    private static void Fetch(CallLeg leg, ServerTransaction transaction, Replaces replaces, Caller party, IReadOnlyList<int> loops) =>
        leg.Call.Manager.Fetch(loops, replaces, leg.Aor, leg.Trunk, (answer, now) => leg.Call.Manager.Run(leg.Call, (leg, transaction, replaces, party, answer), now, static (state, now) =>
        {
            var (leg, transaction, replaces, party, answer) = state;
            var request = transaction.Request;
            if (transaction.IsTerminated) return;
            // Whatever happened here meanwhile: the call that was asked for is here now, and goes on in any case.
            if (answer.IsBusy || leg.IsGone || leg.IsHungUp || !leg.Call.MayTransfer || leg.Call.FarSide(leg) is null) ReferRequests.Refuse(leg, transaction, request, ReferRequests.Because(491, "No Transfer Now"), now);
            else if (answer.Ringing is { } plan) ReferRequests.Place(leg, transaction, request, party, plan, now);
            else Handle(leg, transaction, request, replaces, party, now, isHere: true);
        }));
}
