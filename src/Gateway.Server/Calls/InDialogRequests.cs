using System.Text;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Every request that a peer can send inside the dialog of a leg, and its answer; what changes the call is handed on to it.
/// </summary>
internal static class InDialogRequests
{
    public static void Handle(CallLeg leg, ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var services = leg.Services;
        leg.LastHeard = now;
        if (leg.Dialog!.Receive(request) == DialogVerdict.OutOfOrder)
        {
            // RFC 3261 §12.2.2.
            Replies.Send(services, transaction, request, 500, now, "CSeq Is Out Of Order");
            return;
        }
        if (leg.IsHungUp)
        {
            // Our BYE and the peer's request crossed; a BYE of its own is still good.
            if (request.Method == SipMethod.Bye) leg.OnBye(transaction, request, now);
            else Replies.Send(services, transaction, request, 481, now);
            return;
        }
        if (request.Method is SipMethod.Invite or SipMethod.Update or SipMethod.Prack) leg.Packages.Learn(request);
        switch (request.Method)
        {
            case SipMethod.Bye:
                leg.OnBye(transaction, request, now);
                break;
            case SipMethod.Invite:
                leg.Reinvite.OnInvite(transaction, request, now);
                break;
            case SipMethod.Update:
                leg.Reinvite.OnUpdate(transaction, request, now);
                if (!leg.IsConfirmed) leg.OnEarlyUpdate(request, now);
                break;
            case SipMethod.Options:
                AnswerOptions(services, transaction, request, now);
                break;
            case SipMethod.Info:
                OnInfo(leg, transaction, request, now);
                break;
            case SipMethod.Prack:
                leg.OnPrack(transaction, request, now);
                break;
            case SipMethod.Refer:
                ReferRequests.Handle(leg, transaction, request, now);
                break;
            case SipMethod.Subscribe:
                leg.Call.Manager.Subscriptions.OnSubscribeInside(leg.Events, transaction, request, leg.Party, now);
                break;
            case SipMethod.Notify:
                // RFC 6665 §4.1.3: to nothing else do we subscribe inside a call.
                if (leg.Passed?.TakeNotify(transaction, request, now) != true) Replies.Send(services, transaction, request, 481, now);
                break;
            default:
                if (!IsRelayed(services, request) || !TryRelay(leg, transaction, request, now)) Replies.Send(services, transaction, request, 405, now);
                break;
        }
    }

    /// <summary>The operator named this method: it is the other side's to understand.</summary>
    public static bool IsRelayed(LoopServices services, SipRequest request)
    {
        foreach (var name in services.Options.RelayedMethods)
        {
            if (Ascii.Equals(request.MethodToken, name)) return true;
        }
        return false;
    }

    private static bool TryRelay(CallLeg leg, ServerTransaction transaction, SipRequest request, TimeSpan now) =>
        leg.Party is not Caller.FromWidget && leg.Call.FarSide(leg) is { } far && far.Relayed.TrySend(transaction, request, now);

    private static bool IsRelayedInfo(LoopServices services, SipRequest request)
    {
        if (!request.TryGet(HeaderId.ContentType, out var type)) return false;
        foreach (var one in services.Options.RelayedInfo)
        {
            if (one == "*" || SdpBody.IsType(type, Encoding.ASCII.GetBytes(one))) return true;
        }
        return false;
    }

    private static void AnswerOptions(LoopServices services, ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var writer = services.Writer;
        SipResponses.Begin(writer, request, transaction.Flow, 200);
        writer.Header(HeaderId.Allow, HeaderPolicy.Allow);
        writer.Header(HeaderId.Accept, Capabilities.Accept);
        writer.Header(HeaderId.Supported, HeaderPolicy.Supported);
        writer.NoBody();
        services.Transactions.Respond(transaction, writer.Written, now);
    }

    private static void OnInfo(CallLeg leg, ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var services = leg.Services;
        if (request.TryGet(HeaderId.InfoPackage, out var package))
        {
            var taken = leg.Call.FarSide(leg)?.Packages;
            if (taken?.Takes(package) == true && TryRelay(leg, transaction, request, now)) return;
            // RFC 6086 §4.2.2: 469 names the packages that are taken. We have none of our own.
            SipResponses.Begin(services.Writer, request, transaction.Flow, 469, "Bad Info Package");
            services.Writer.Header(HeaderId.RecvInfo, taken?.Value ?? "");
            services.Writer.NoBody();
            services.Transactions.Respond(transaction, services.Writer.Written, now);
        }
        else if (request.Body.IsEmpty)
        {
            Replies.Send(services, transaction, request, 200, now);
        }
        else if (!request.TryGet(HeaderId.ContentType, out var type) || !DtmfInfo.IsDtmf(type))
        {
            if (!IsRelayedInfo(services, request) || !TryRelay(leg, transaction, request, now)) Replies.Send(services, transaction, request, 415, now);
        }
        else if (!DtmfInfo.TryParse(request.Body, out var digit, out var duration))
        {
            Replies.Send(services, transaction, request, 400, now, "Body Has No Signal");
        }
        else
        {
            Replies.Send(services, transaction, request, 200, now);
            leg.Call.OnDigit(leg, digit, duration, now);
        }
    }
}
