using System.Text;
using Gateway.Sip;

namespace Gateway.Net.Tracing;

/// <summary>The messages of one transaction (RFC 3261 §17): a request with its repeats and its answers; the ACK of a refusal is part of it, that of a 2xx is not.</summary>
/// <param name="Method">Of the request, as it stood on the wire.</param>
/// <param name="Branch">Of its Via.</param>
/// <param name="IsOurs">We sent the request.</param>
public sealed record TracedTransaction(string Method, string Branch, uint CSeq, bool IsOurs, IReadOnlyList<TracedMessage> Messages);

/// <summary>The transactions of one dialog (RFC 3261 §12), or those of a Call-ID that made none: a tag is empty then.</summary>
/// <param name="LocalTag">Ours.</param>
/// <param name="RemoteTag">The peer's; empty for what was asked before any dialog.</param>
public sealed record TracedDialog(string CallId, string LocalTag, string RemoteTag, IReadOnlyList<TracedTransaction> Transactions);

/// <summary>
/// Puts the messages of a call into their three levels: message in transaction in dialog. The transaction that made a dialog
/// stands in it; when a forked INVITE made several, it stands in the first, and what followed in its own.
/// </summary>
public static class TraceLevels
{
    public static IReadOnlyList<TracedDialog> Of(IReadOnlyList<TracedMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var parser = new SipParser();
        var transactions = new List<Transaction>();
        var known = new Dictionary<(string CallId, string Branch, string Method, bool IsOurs), Transaction>();
        foreach (var traced in messages)
        {
            if (!parser.TryParse(traced.Bytes.Span, stream: false, out var message, out _) && message is null) continue;
            Place(traced, message!, transactions, known);
            message!.Return();
        }
        return [.. transactions
            .GroupBy(static one => (one.CallId, one.Local, one.Remote))
            .Select(static group => new TracedDialog(group.Key.CallId, group.Key.Local, group.Key.Remote, [.. group.Select(static one => one.Traced)]))];
    }

    private static void Place(TracedMessage traced, SipMessage message, List<Transaction> all, Dictionary<(string, string, string, bool), Transaction> known)
    {
        var isOurs = message is SipRequest == traced.IsSent;
        var method = Encoding.ASCII.GetString(message is SipRequest request ? request.MethodToken : message.CSeqMethodToken);
        var branch = Encoding.ASCII.GetString(message.TopVia.Branch);
        // §17.1.1.3: the ACK of a refusal has the branch of its INVITE.
        if (method == "ACK" && known.TryGetValue((traced.CallId, branch, "INVITE", isOurs), out var refused))
        {
            refused.Messages.Add(traced);
            return;
        }
        // The one who sent the request wrote From; the dialog's local tag is ours.
        var (from, to) = (Encoding.ASCII.GetString(message.FromTag), Encoding.ASCII.GetString(message.ToTag));
        if (!known.TryGetValue((traced.CallId, branch, method, isOurs), out var transaction))
        {
            transaction = new Transaction(traced.CallId, method, branch, message.CSeq, isOurs) { Local = isOurs ? from : to, Remote = isOurs ? to : from };
            known.Add((traced.CallId, branch, method, isOurs), transaction);
            all.Add(transaction);
        }
        transaction.Messages.Add(traced);
        // The first answer with a tag names the dialog that the request made.
        if (isOurs && transaction.Remote.Length == 0) transaction.Remote = to;
        if (!isOurs && transaction.Local.Length == 0) transaction.Local = to;
    }

    private sealed class Transaction(string callId, string method, string branch, uint number, bool isOurs)
    {
        public string CallId { get; } = callId;

        public string Local { get; set; } = "";

        public string Remote { get; set; } = "";

        public List<TracedMessage> Messages { get; } = [];

        public TracedTransaction Traced => new(method, branch, number, isOurs, Messages);
    }
}
