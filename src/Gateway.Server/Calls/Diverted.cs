using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>Whom a call was for before it was sent elsewhere, and why, as trunks are told it: Diversion (RFC 5806) and History-Info (RFC 7044).</summary>
/// <param name="Number">The number, or the user, that it was for.</param>
/// <param name="Reason">A reason of RFC 5806 §6: unconditional, deflection, no-answer…</param>
/// <param name="Cause">The status that stands for it in History-Info (RFC 7044 §10.2).</param>
internal sealed record Diverted(string Number, string Reason, int Cause)
{
    /// <summary>By a 302 of the phone itself: at once, as its owner set it, or while it rang, as its owner chose then.</summary>
    public static Diverted By(Caller.FromAccount owner, bool hasRung) =>
        new(owner.Account.CallerNumber.Length > 0 ? owner.Account.CallerNumber : owner.Account.User, hasRung ? "deflection" : "unconditional", 302);

    /// <summary>A ring group that nobody answered.</summary>
    public static Diverted NobodyOf(string dialled) => new(dialled.LastIndexOf('@') is > 0 and var at ? dialled[..at] : dialled, "no-answer", 408);

    /// <param name="all">The last diversion last.</param>
    /// <param name="uriOf">How a number of ours is written for who reads it.</param>
    /// <param name="target">The Request-URI that it leads to now.</param>
    public static void Write(SipWriter writer, IReadOnlyList<Diverted> all, Func<string, string> uriOf, string target)
    {
        // RFC 5806 §5.1: the newest on top.
        for (var i = all.Count - 1; i >= 0; i--)
        {
            writer.Header(HeaderId.Diversion, $"<{uriOf(all[i].Number)}>;reason={all[i].Reason};counter=1;privacy=off");
        }

        // RFC 7044 §10.3: one entry a hop, each under the one before it; Reason stands in the entry that was left.
        var index = "1";
        writer.BeginHeader(HeaderId.HistoryInfo);
        for (var i = 0; i < all.Count; i++, index += ".1")
        {
            writer.Append($"<{uriOf(all[i].Number)}?Reason=SIP%3Bcause%3D{all[i].Cause}>;index={index}{(i > 0 ? ";mp=" + index[..^2] : "")}, ");
        }

        writer.Append($"<{target}>;index={index};mp={index[..^2]}");
        writer.EndHeader();
    }
}
