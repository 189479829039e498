using System.Diagnostics.CodeAnalysis;
using System.Text;
using Gateway.Server.Accounts;
using Gateway.Sip;

namespace Gateway.Server.Routing;

/// <summary>The user part that a URI dials, as text: unescaped, and a telephone number without what is only there to be read.</summary>
public static class DialledNumber
{
    private const int Longest = 256;

    /// <summary>Empty when the URI names no user or one that is too long to be anyone.</summary>
    public static string Of(in SipUriView uri)
    {
        if (uri.User.IsEmpty || uri.User.Length > Longest)
        {
            return "";
        }

        var user = Encoding.UTF8.GetString(uri.User);
        if (user.Contains('%', StringComparison.Ordinal))
        {
            user = Uri.UnescapeDataString(user);
        }

        // RFC 3261 §19.1.6: a telephone-subscriber may carry parameters inside the user part.
        var end = user.IndexOf(';', StringComparison.Ordinal);
        if (end >= 0)
        {
            user = user[..end];
        }

        return uri.Scheme == SipScheme.Tel || IsPhone(uri) ? WithoutSeparators(user) : user;
    }

    /// <summary>The account that a URI names; the common form, a plain user part, costs no memory.</summary>
    public static bool TryFind(AccountDirectory accounts, in SipUriView uri, [MaybeNullWhen(false)] out Account account) =>
        uri.Scheme != SipScheme.Tel && accounts.DomainOf(uri.Host) is { Length: > 0 } domain
            ? accounts.TryGet(Of(uri), domain, out account)
        : uri.Scheme != SipScheme.Tel && !uri.User.Contains((byte)';') && !IsPhone(uri)
            ? accounts.TryGet(uri.User, out account)
            : accounts.TryGet(Of(uri), out account);

    /// <summary>RFC 3966 §5.1.5: where a local number is valid, a domain or + and digits; empty when the URI does not say.</summary>
    public static string ContextOf(in SipUriView uri)
    {
        if (uri.TryGetParameter("phone-context"u8, out var context)) return Text(context);
        // RFC 3261 §19.1.6: in a sip URI it stands inside the user part.
        var user = uri.User;
        var at = user.IndexOf(";phone-context="u8);
        if (at < 0) return "";
        var rest = user[(at + ";phone-context=".Length)..];
        var end = rest.IndexOf((byte)';');
        return Text(end < 0 ? rest : rest[..end]);

        static string Text(ReadOnlySpan<byte> value) => Uri.UnescapeDataString(Encoding.UTF8.GetString(value[..Math.Min(value.Length, Longest)]));
    }

    private static bool IsPhone(in SipUriView uri) =>
        uri.TryGetParameter("user"u8, out var kind) && Ascii.EqualsIgnoreCase(kind, "phone"u8);

    /// <summary>RFC 3966 §5.1.1: visual separators mean nothing.</summary>
    private static string WithoutSeparators(string number) =>
        number.AsSpan().ContainsAny("-.() ") ? string.Concat(number.Where(c => !"-.() ".Contains(c, StringComparison.Ordinal))) : number;
}
