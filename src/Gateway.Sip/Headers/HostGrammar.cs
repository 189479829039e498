using System.Buffers;

namespace Gateway.Sip;

/// <summary>
/// host and port of RFC 3261 §25.1: names, IPv4 addresses and IPv6 references, as Via and the URIs share them.
/// The underscore is let through, since names in the field have it.
/// </summary>
internal static class HostGrammar
{
    private static readonly SearchValues<byte> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"u8);

    /// <summary>The end of the host that starts here; -1 when there is none.</summary>
    public static int End(ReadOnlySpan<byte> text, int at)
    {
        if ((uint)at >= (uint)text.Length)
        {
            return -1;
        }
        if (text[at] == (byte)'[')
        {
            var close = text[at..].IndexOf((byte)']');
            return close > 0 && IsIPv6(text.Slice(at + 1, close - 1)) ? at + close + 1 : -1;
        }
        var length = text[at..].IndexOfAnyExcept(NameCharacters);
        var end = length < 0 ? text.Length : at + length;
        // No empty label: ".com", "a..b" and "-" alone are no names.
        return end > at && text[at] != (byte)'.' && text[at] != (byte)'-' && !text[at..end].ContainsDoubleDot() && !IsOddAddress(text[at..end]) ? end : -1;
    }

    /// <summary>
    /// What others read as an address though it is none of four decimal numbers (0177.0.0.1, 127.1, 0x7f.1, 2130706433): a name's
    /// last label begins with a letter (§25.1 toplabel), so it is no name either.
    /// </summary>
    private static bool IsOddAddress(ReadOnlySpan<byte> host)
    {
        var label = host[(host.LastIndexOf((byte)'.') + 1)..];
        return (label.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 || label.StartsWith("0x"u8) || label.StartsWith("0X"u8)) && !label.IsEmpty && !IsIPv4(host);
    }

    public static bool IsHost(ReadOnlySpan<byte> text) => !text.IsEmpty && End(text, 0) == text.Length;

    /// <summary>1*DIGIT from 1 to 65535; the position moves behind it.</summary>
    public static bool TryPort(ReadOnlySpan<byte> text, ref int at, out int port)
    {
        port = 0;
        var start = at;
        while (at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9')
        {
            port = (port * 10) + (text[at] - '0');
            if (port > 65535)
            {
                return false;
            }
            at++;
        }
        return at > start && port > 0;
    }

    /// <summary>IPv6address of RFC 3261 §25.1: up to eight groups of one to four hex digits, one "::", an IPv4 tail.</summary>
    public static bool IsIPv6(ReadOnlySpan<byte> text)
    {
        var groups = 0;
        var gap = false;
        var at = 0;
        if (text.StartsWith("::"u8))
        {
            gap = true;
            at = 2;
        }
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && char.IsAsciiHexDigit((char)text[at]))
            {
                at++;
            }
            if (at < text.Length && text[at] == (byte)'.')
            {
                groups += 2;
                at = text.Length;
                if (!IsIPv4(text[start..]))
                {
                    return false;
                }
                break;
            }
            if (at - start is 0 or > 4)
            {
                return false;
            }
            groups++;
            if (at == text.Length)
            {
                break;
            }
            if (text[at++] != (byte)':' || at == text.Length)
            {
                return false;
            }
            if (text[at] == (byte)':')
            {
                if (gap)
                {
                    return false;
                }
                gap = true;
                at++;
                // The grammar of RFC 3261 allows a third colon before an IPv4 tail; RFC 5118 §4.10 wants it tolerated.
                at += at < text.Length && text[at] == (byte)':' && text[at..].Contains((byte)'.') ? 1 : 0;
            }
        }
        return gap ? groups < 8 : groups == 8;
    }

    public static bool IsIPv4(ReadOnlySpan<byte> text)
    {
        for (var group = 0; group < 4; group++)
        {
            var dot = text.IndexOf((byte)'.');
            var part = group == 3 ? text : dot < 0 ? default : text[..dot];
            // Without leading zeros, which some read as octal (RFC 3986 §7.4).
            if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == (byte)'0') || !SipLexer.TryNumber(part, out var number) || number > 255)
            {
                return false;
            }
            text = group == 3 ? default : text[(dot + 1)..];
        }
        return true;
    }

    private static bool ContainsDoubleDot(this ReadOnlySpan<byte> text) => text.IndexOf(".."u8) >= 0;
}
