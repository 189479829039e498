using System.Text;

namespace Gateway.Sip;

/// <summary>Option tags of the IANA registry that this stack names, and the check that a 420 comes from (RFC 3261 §8.2.2.3).</summary>
public static class OptionTags
{
    public const string Reliable1xx = "100rel";
    public const string Timer = "timer";
    public const string ReplacesTag = "replaces";
    public const string Join = "join";
    public const string Path = "path";
    public const string Outbound = "outbound";
    public const string Gruu = "gruu";
    public const string NoReferSub = "norefersub";
    public const string TargetDialog = "tdialog";
    public const string Ice = "ice";
    public const string EventList = "eventlist";
    public const string Precondition = "precondition";
    public const string FromChange = "from-change";

    /// <summary>
    /// The tags of Require (or Proxy-Require) that are not among the supported ones, as the value of the Unsupported header
    /// of a 420; null when all are supported.
    /// </summary>
    public static string? Unsupported(SipMessage message, HeaderId header, params ReadOnlySpan<string> supported)
    {
        StringBuilder? list = null;
        foreach (var tag in message.Values(header))
        {
            var known = false;
            foreach (var name in supported)
            {
                known |= Ascii.EqualsIgnoreCase(tag, name);
            }
            if (!known)
            {
                list = list is null ? new StringBuilder() : list.Append(", ");
                list.Append(Encoding.ASCII.GetString(tag));
            }
        }
        return list?.ToString();
    }
}
