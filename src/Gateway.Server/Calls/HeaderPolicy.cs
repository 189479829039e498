using System.Text;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// What of one leg may be seen on the other. Requests of ours are written from nothing, so only what is named here passes:
/// no inner address, tag, Call-ID, User-Agent or asserted identity leaks (ROWS 87, THREATS 21).
/// </summary>
internal static class HeaderPolicy
{
    /// <summary>The methods that we take inside a dialog (RFC 3261 §20.5).</summary>
    public const string Allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, SUBSCRIBE, NOTIFY";

    /// <summary>The extensions of calls that every side may use with us: RFC 4028, 3891, 4488. Many phones offer attended transfer only to who has "replaces".</summary>
    public const string Supported = "timer, replaces, norefersub, tdialog";

    private const string AnonymousUri = "sip:anonymous@anonymous.invalid";

    /// <summary>Header fields of a caller's INVITE that reach the called side as they came.</summary>
    private static readonly HeaderId[] Passed = [HeaderId.Subject, HeaderId.Priority, HeaderId.AcceptLanguage];

    public static void CopyPassed(SipWriter writer, SipRequest from)
    {
        foreach (var id in Passed) writer.Copy(from, id);
    }

    /// <summary>What a widget's visitor brings: signed data as X- header fields, and the language of the page.</summary>
    public static void WriteVisitor(SipWriter writer, WidgetSession session)
    {
        if (session.Language.Length > 0) writer.Header(HeaderId.AcceptLanguage, session.Language);
        foreach (var (name, value) in session.Visitor.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            var (header, encoded) = VisitorData.Header(name, value);
            writer.Header(header, encoded);
        }
    }

    /// <summary>
    /// What called sides hear of a caller: the proved AOR with its display name, or nobody when it asks for privacy (RFC
    /// 3323). A trunk's caller has the name that its identification found; anyone else the one that its From gives.
    /// </summary>
    public static Invitation Invitation(SipRequest invite, Caller caller)
    {
        var isHidden = IsHidden(invite);
        var written = caller is Caller.FromWidget ? "" : DisplayName(invite.From.DisplayName);
        var known = DisplayName(Encoding.UTF8.GetBytes(caller.DisplayName));
        var name = caller is Caller.FromAccount ? FirstOf(written, known) : FirstOf(known, written);
        var left = invite.TryGetNumber(HeaderId.MaxForwards, out var hops) && hops is > 0 and <= 255 ? hops - 1 : 69;
        return new Invitation(caller, isHidden ? $"\"Anonymous\" <{AnonymousUri}>" : NameAddress(name, caller.Aor), left)
        {
            // Whoever sits before a widget may write anything into its INVITE.
            Passed = caller is Caller.FromWidget ? null : invite,
            DisplayName = name,
            WantsPrivacy = isHidden,
        };
    }

    public static string NameAddress(string displayName, string aor) =>
        displayName.Length == 0 ? $"<{Uri(aor)}>" : $"\"{displayName}\" <{Uri(aor)}>";

    /// <summary>user@domain as a sip URI, escaped.</summary>
    public static string Uri(string aor)
    {
        var at = aor.LastIndexOf('@');
        return new SipUri(SipScheme.Sip, at < 0 ? null : aor[..at], aor[(at + 1)..]).ToString();
    }

    /// <summary>A display name that is safe inside quotes: no control characters, escapes made anew, not longer than the limit.</summary>
    public static string DisplayName(ReadOnlySpan<byte> written)
    {
        if (written.IsEmpty) return "";
        var text = new StringBuilder();
        var escaped = false;
        var count = 0;
        foreach (var rune in Encoding.UTF8.GetString(written).EnumerateRunes())
        {
            if (!escaped && rune.Value == '\\')
            {
                escaped = true;
                continue;
            }
            escaped = false;
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar) continue;
            if (++count > CallLimits.DisplayName) break;
            if (rune.Value is '"' or '\\') text.Append('\\');
            text.Append(rune.ToString());
        }
        return text.ToString().Trim();
    }

    private static string FirstOf(string wanted, string fallback) => wanted.Length > 0 ? wanted : fallback;

    /// <summary>The caller, or who passed the call on, asked that nobody be told who calls: by Privacy, by an anonymous From (RFC 3323 §4.1), or in Remote-Party-ID.</summary>
    private static bool IsHidden(SipRequest invite)
    {
        var privacy = PrivacyWish.Read(invite);
        if (privacy.IsHidden || (invite.From.TryGetUri(out var from) && Ascii.EqualsIgnoreCase(from.Host, "anonymous.invalid"u8))) return true;
        if (privacy.IsNone) return false;
        foreach (var value in invite.Values(HeaderId.RemotePartyId))
        {
            if (NameAddressView.TryParse(value, out var party) && party.TryGetParameter("privacy"u8, out var wish)
                && !Ascii.EqualsIgnoreCase(wish, "off"u8)) return true;
        }
        return false;
    }
}
