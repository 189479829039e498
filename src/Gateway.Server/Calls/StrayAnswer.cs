using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// A 2xx that nobody wants: a second dialog of one INVITE, when a proxy forked it further. It gets its ACK and a BYE at
/// once (RFC 3261 §13.2.2.4, ROWS 2); nothing is kept of it.
/// </summary>
internal static class StrayAnswer
{
    public static void End(LoopServices services, SipResponse response, in Flow flow, TimeSpan now)
    {
        if (!Dialog.TryCreateUac(response, flow, out var dialog)) return;
        dialog!.Confirm(response);
        var sentBy = services.Transport.SentBy(flow);
        dialog.BeginRequest(services.Writer, SipMethod.Ack, services.Transactions.NewBranch(), sentBy, response.CSeq);
        services.Writer.NoBody();
        services.Transactions.SendStateless(services.Writer.Written, flow);
        var branch = services.Transactions.NewBranch();
        dialog.BeginRequest(services.Writer, SipMethod.Bye, branch, sentBy);
        services.Writer.NoBody();
        services.Transactions.Send(SipMethod.Bye, branch, services.Writer.Written, flow, null, now);
    }
}
