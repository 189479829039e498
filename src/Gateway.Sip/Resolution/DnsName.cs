using System.Buffers;
using System.Net;

namespace Gateway.Sip;

/// <summary>Host names as DNS asks for them: absolute, ASCII, in lower case, without the last dot.</summary>
public static class DnsName
{
    private static readonly SearchValues<char> s_digitsAndDots = SearchValues.Create("0123456789.");

    /// <summary>Letters, digits, hyphens, and underscores as in SRV names; 63 a label, 253 in all. A last dot is dropped.</summary>
    public static bool TryNormalize(string text, out string name)
    {
        name = "";
        var end = text.EndsWith('.') ? text.Length - 1 : text.Length;
        if (end is 0 or > DnsLimits.Name)
        {
            return false;
        }

        var label = 0;
        for (var i = 0; i < end; i++)
        {
            var c = text[i];
            if (c == '.' ? label == 0 : !IsNameCharacter(c))
            {
                return false;
            }

            label = c == '.' ? 0 : label + 1;
            if (label > DnsLimits.Label)
            {
                return false;
            }
        }

        name = text[..end].ToLowerInvariant();
        return label > 0;
    }

    /// <summary>Four decimal numbers, or IPv6 with or without brackets. Other spellings of an address, such as "127.1", are none.</summary>
    public static bool TryAddress(string text, out IPAddress address)
    {
        address = IPAddress.None;
        var bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        if (!IPAddress.TryParse(bare, out var parsed))
        {
            return false;
        }

        address = parsed;
        return IsIPv6(parsed)
            ? bare.Contains(':', StringComparison.Ordinal)
            : bare.Length == text.Length && bare.AsSpan().Count('.') == 3 && bare.AsSpan().IndexOfAnyExcept(s_digitsAndDots) < 0;
    }

    /// <summary>True for a name whose last label is all digits: an address spelled wrong, never a name.</summary>
    public static bool IsNumeric(string name) => name.AsSpan(name.LastIndexOf('.') + 1).IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>False for addresses that no single host has: "any", broadcast, multicast.</summary>
    internal static bool IsHost(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length)
            && (length == 4 ? bytes[0] is > 0 and < 224 : bytes[0] != 0xFF && !address.Equals(IPAddress.IPv6Any));
    }

    internal static bool IsIPv6(IPAddress address) => address.TryWriteBytes(stackalloc byte[16], out var length) && length == 16;

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
