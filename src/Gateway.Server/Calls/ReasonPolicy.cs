using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// What of a side's Reason header (RFC 3326) the other side hears: the cause by SIP and by Q.850, without the words, which are
/// the peer's own (ROWS 87).
/// </summary>
internal static class ReasonPolicy
{
    /// <summary>The value of a Reason header for the other side; null when there is nothing to tell.</summary>
    public static string? Passed(SipMessage message)
    {
        var (sip, q850) = (0, 0);
        foreach (var value in message.Values(HeaderId.Reason))
        {
            if (!ReasonView.TryParse(value, out var reason)) continue;
            if (sip == 0 && Is(reason.Protocol, "SIP") && reason.Cause is >= 100 and <= 699) sip = reason.Cause;
            if (q850 == 0 && Is(reason.Protocol, "Q.850") && reason.Cause is > 0 and <= 127) q850 = reason.Cause;
        }
        return (sip, q850) switch
        {
            (0, 0) => null,
            (_, 0) => ReasonView.Format("SIP", sip),
            (0, _) => ReasonView.Format("Q.850", q850),
            _ => $"{ReasonView.Format("SIP", sip)}, {ReasonView.Format("Q.850", q850)}",
        };
    }

    private static bool Is(ReadOnlySpan<byte> protocol, string name) => Ascii.EqualsIgnoreCase(protocol, name);
}
