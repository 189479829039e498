using System.Buffers;
using System.Text;

namespace Gateway.Sip;

/// <summary>Escaping of URI parts (RFC 3261 §19.1.2): what may stand plain where, and the canonical form that is compared.</summary>
internal static class UriText
{
    private const string Unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()";

    /// <summary>unreserved / user-unreserved</summary>
    public static readonly SearchValues<char> InUser = SearchValues.Create(Unreserved + "&=+$,;?/");

    /// <summary>paramchar, to stand as a value.</summary>
    public static readonly SearchValues<char> InValue = SearchValues.Create(Unreserved + "[]/:&+$");

    /// <summary>A whole parameter part, escapes in it already done.</summary>
    public static readonly SearchValues<char> InParameters = SearchValues.Create(Unreserved + "[]/:&+$;=%");

    /// <summary>A whole header part, escapes in it already done.</summary>
    public static readonly SearchValues<char> InHeaders = SearchValues.Create(Unreserved + "[]/?:+$=&%");

    private static readonly SearchValues<byte> Plain = SearchValues.Create(Encoding.ASCII.GetBytes(Unreserved));

    /// <summary>Escapes all characters but the allowed ones, as the bytes of their UTF-8.</summary>
    public static string Escape(string text, SearchValues<char> allowed)
    {
        var at = text.AsSpan().IndexOfAnyExcept(allowed);
        if (at < 0)
        {
            return text;
        }
        var escaped = new StringBuilder(text, 0, at, text.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.AsSpan(at).EnumerateRunes())
        {
            if (rune.IsAscii && allowed.Contains((char)rune.Value))
            {
                escaped.Append((char)rune.Value);
                continue;
            }
            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                AppendEscape(escaped, b);
            }
        }
        return escaped.ToString();
    }

    /// <summary>A telephone number (RFC 3966 §3) without what may not stand in one: no escape is allowed there. Null when nothing is left.</summary>
    public static string? Number(string? text)
    {
        text ??= "";
        var global = text.StartsWith('+');
        var number = string.Concat(text.Where(c => char.IsAsciiDigit(c) || c is '-' or '.' or '(' or ')' || (!global && (char.IsAsciiHexDigit(c) || c is '*' or '#'))));
        return number.All(c => c is '-' or '.' or '(' or ')') ? null : global ? "+" + number : number;
    }

    /// <summary>The leading mark put before a part that lacks it, and the part made fit for the wire.</summary>
    public static string Prefixed(char mark, string? part, SearchValues<char> allowed)
    {
        if (string.IsNullOrEmpty(part))
        {
            return "";
        }
        part = Escape(part[0] == mark ? part[1..] : part, allowed);
        return part.Length == 0 ? "" : mark + part;
    }

    /// <summary>
    /// "Characters other than those in the reserved set are equivalent to their % HEX HEX encoding" (§19.1.4): unreserved
    /// ones come out plain, all others as upper-case escapes when they were escaped.
    /// </summary>
    public static string Canonical(ReadOnlySpan<byte> raw)
    {
        if (!raw.ContainsAny((byte)'%', (byte)'#'))
        {
            return Encoding.ASCII.GetString(raw);
        }
        var text = new StringBuilder(raw.Length + 8);
        for (var at = 0; at < raw.Length; at++)
        {
            if (raw[at] == (byte)'#')
            {
                AppendEscape(text, raw[at]);
            }
            else if (raw[at] == (byte)'%' && at + 2 < raw.Length)
            {
                var b = Escapes.Decode(raw[at..]);
                at += 2;
                if (Plain.Contains(b))
                {
                    text.Append((char)b);
                }
                else
                {
                    AppendEscape(text, b);
                }
            }
            else
            {
                text.Append((char)raw[at]);
            }
        }
        return text.ToString();
    }

    /// <summary>All escapes undone; bytes that are no UTF-8 become U+FFFD.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }
        var raw = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var at = 0; at < raw.Length; at++)
        {
            var escape = raw[at] == (byte)'%' && at + 2 < raw.Length && Escapes.IsHex(raw[at + 1]) && Escapes.IsHex(raw[at + 2]);
            raw[length++] = escape ? Escapes.Decode(raw.AsSpan(at)) : raw[at];
            at += escape ? 2 : 0;
        }
        return Encoding.UTF8.GetString(raw, 0, length);
    }

    /// <summary>Name and value of each part of a raw parameter or header string.</summary>
    public static IEnumerable<(string Name, string Value)> Parts(string raw, char separator)
    {
        if (raw.Length == 0)
        {
            yield break;
        }
        foreach (var part in raw[1..].Split(separator))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
        }
    }

    private static void AppendEscape(StringBuilder text, byte b) => text.Append('%').Append("0123456789ABCDEF"[b >> 4]).Append("0123456789ABCDEF"[b & 15]);
}
