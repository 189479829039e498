using System.Text;

namespace Gateway.Sip;

/// <summary>Replaces (RFC 3891 §6.1) and, of the same form, Join (RFC 3911) and Target-Dialog (RFC 4538): the name of a dialog.</summary>
/// <param name="CallId">The Call-ID of that dialog.</param>
/// <param name="ToTag">Its to-tag: the local tag of the one who receives the header (§3). "0" stands for none.</param>
/// <param name="FromTag">Its from-tag: the remote tag there.</param>
/// <param name="EarlyOnly">Only an early dialog may be replaced.</param>
public sealed record Replaces(string CallId, string ToTag, string FromTag, bool EarlyOnly = false)
{
    public static bool TryParse(ReadOnlySpan<byte> value, out Replaces? replaces)
    {
        replaces = null;
        value = SipLexer.Trim(value);
        var semicolon = value.IndexOf((byte)';');
        var callId = SipLexer.Trim(semicolon < 0 ? value : value[..semicolon]);
        if (semicolon < 0 || callId.Length is 0 or > SipLimits.CallId || callId.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
        {
            return false;
        }
        string? to = null, from = null;
        var early = false;
        var parameters = new ParameterReader(value[semicolon..]);
        while (parameters.Next())
        {
            // Target-Dialog calls them local-tag and remote-tag, seen from the sender: its remote is our local tag.
            if (Is(parameters.Name, "to-tag"u8, "remote-tag"u8) && to is null)
            {
                to = Encoding.UTF8.GetString(parameters.Value);
            }
            else if (Is(parameters.Name, "from-tag"u8, "local-tag"u8) && from is null)
            {
                from = Encoding.UTF8.GetString(parameters.Value);
            }
            else if (SipLexer.EqualsIgnoreCase(parameters.Name, "early-only"u8))
            {
                early = true;
            }
            else if (Is(parameters.Name, "to-tag"u8, "remote-tag"u8) || Is(parameters.Name, "from-tag"u8, "local-tag"u8))
            {
                // §6.1: exactly one of each.
                return false;
            }
        }
        if (parameters.Failed || string.IsNullOrEmpty(to) || string.IsNullOrEmpty(from))
        {
            return false;
        }
        replaces = new Replaces(Encoding.ASCII.GetString(callId), to, from, early);
        return true;
    }

    /// <summary>The header value.</summary>
    public override string ToString() => $"{CallId};to-tag={ToTag};from-tag={FromTag}{(EarlyOnly ? ";early-only" : "")}";

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
        => SipLexer.EqualsIgnoreCase(name, a) || SipLexer.EqualsIgnoreCase(name, b);
}
