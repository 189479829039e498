using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Reliable provisional responses to our INVITE (RFC 3262 §4): each is acknowledged once by PRACK, in the order of its early
/// dialog. A PRACK that is refused or lost ends nothing: the peer sends its response again, or refuses the INVITE.
/// </summary>
internal sealed class ReliableClient(OutboundLeg leg)
{
    /// <summary>By the tag of the early dialog; null for the many calls that ring without.</summary>
    private Dictionary<string, uint>? _last;

    /// <summary>True for a response that the peer wants to be acknowledged.</summary>
    public static bool IsReliable(SipResponse response, out uint number)
    {
        number = 0;
        return response.ListHas(HeaderId.Require, "100rel"u8) && response.TryGet(HeaderId.RSeq, out var value) && RSeq.TryParse(value, out number);
    }

    /// <returns>False for a response that must not be looked at: a repeat, or one with a gap before it.</returns>
    public bool Take(SipResponse response, uint number, TimeSpan now)
    {
        _last ??= [];
        // More early dialogs than proxies make are nobody's ringing.
        if (_last.Count >= CallLimits.EarlyDialogs && !_last.ContainsKey(Tag(response))) return false;
        uint? last = _last.TryGetValue(Tag(response), out var known) ? known : null;
        if (ReliableClientTable.Judge(last, number) != ReliableVerdict.Acknowledge) return false;
        _last[Tag(response)] = number;
        var writer = leg.Begin(SipMethod.Prack, out var branch);
        new RAck(number, response.CSeq, SipMethod.Invite).Write(writer);
        writer.NoBody();
        leg.Send(SipMethod.Prack, branch, now);
        return true;
    }

    private static string Tag(SipResponse response) => Encoding.Latin1.GetString(response.ToTag);
}
