using System.Buffers;
using System.Text;

namespace Gateway.Net.Tracing;

/// <summary>
/// Takes the secrets out of a captured message: what they were becomes asterisks of the same length, so that lengths and
/// grammar stay as they passed. Credentials, tokens, SRTP and ICE keys go always, dialled digits unless they are wanted.
/// </summary>
internal static class TraceMask
{
    private static readonly byte[][] s_headers = ["Authorization"u8.ToArray(), "Proxy-Authorization"u8.ToArray(), "Authentication-Info"u8.ToArray()];

    private static readonly SearchValues<byte> s_delimiters = SearchValues.Create(" \t\r\n;,>&?\""u8);

    /// <param name="keepDigits">Leave the digits of INFO bodies readable: card numbers and PINs are among them.</param>
    public static void Apply(Span<byte> message, bool keepDigits)
    {
        var isInfo = message.StartsWith("INFO "u8);
        var inBody = false;
        var masksLine = false;
        for (var at = 0; at < message.Length;)
        {
            var end = message[at..].IndexOf((byte)'\n');
            end = end < 0 ? message.Length : at + end + 1;
            var line = message[at..end];
            at = end;
            if (inBody)
            {
                MaskBody(line, isInfo && !keepDigits);
                continue;
            }
            if (line.Length <= 2 && line.Trim("\r\n"u8).IsEmpty)
            {
                inBody = true;
                continue;
            }
            // RFC 3261 §7.3.1: a line that begins with white space goes on with the header before.
            masksLine = line[0] is (byte)' ' or (byte)'\t' ? masksLine : IsSecret(line);
            if (masksLine) MaskHeader(line);
            else MaskTokens(line);
        }
    }

    private static bool IsSecret(ReadOnlySpan<byte> line)
    {
        if ((line[0] | 0x20) is not ((byte)'a' or (byte)'p')) return false;
        var colon = line.IndexOf((byte)':');
        if (colon < 0) return false;
        var name = line[..colon].TrimEnd(" \t"u8);
        foreach (var secret in s_headers)
        {
            if (Ascii.EqualsIgnoreCase(name, secret)) return true;
        }
        return false;
    }

    /// <summary>The scheme is left: it says which kind of credentials there were.</summary>
    private static void MaskHeader(Span<byte> line)
    {
        var value = line;
        if (line[0] is not ((byte)' ' or (byte)'\t'))
        {
            value = line[(line.IndexOf((byte)':') + 1)..];
            var start = value.IndexOfAnyExcept(" \t"u8);
            if (start < 0) return;
            value = value[start..];
            var scheme = value.IndexOfAny(" \t\r\n"u8);
            var isScheme = scheme > 0 && value[scheme] is (byte)' ' or (byte)'\t' && !value[..scheme].ContainsAny("=,\""u8);
            if (isScheme) value = value[scheme..];
        }
        Fill(value);
    }

    /// <summary>A token in a URI or a header: what follows <c>token=</c> up to a delimiter.</summary>
    private static void MaskTokens(Span<byte> line)
    {
        var rest = line;
        while (true)
        {
            var found = IndexOfToken(rest);
            if (found < 0) return;
            rest = rest[found..];
            var end = rest.IndexOfAny(s_delimiters);
            Fill(end < 0 ? rest : rest[..end]);
            if (end < 0) return;
            rest = rest[end..];
        }
    }

    private static int IndexOfToken(ReadOnlySpan<byte> line)
    {
        for (var at = 0; ;)
        {
            var equals = line[at..].IndexOf((byte)'=');
            if (equals < 0) return -1;
            at += equals + 1;
            if (at > 5 && Ascii.EqualsIgnoreCase(line.Slice(at - 6, 5), "token"u8)) return at;
        }
    }

    private static void MaskBody(Span<byte> line, bool digits)
    {
        if (line.StartsWith("a=crypto:"u8))
        {
            var key = line.IndexOf("inline:"u8);
            Fill(key < 0 ? line[9..] : line[(key + 7)..]);
        }
        else if (line.StartsWith("a=ice-pwd:"u8)) Fill(line[10..]);
        else if (line.StartsWith("a=key-mgmt:"u8)) Fill(line[11..]);
        else if (line.StartsWith("k="u8)) Fill(line[2..]);
        else if (digits)
        {
            var equals = line.IndexOf((byte)'=');
            // "Signal=5", or the digit alone; how long it was held tells nothing.
            if (equals < 0) Fill(line);
            else if (Ascii.EqualsIgnoreCase(line[..equals].Trim(" \t"u8), "Signal"u8)) Fill(line[(equals + 1)..]);
        }
    }

    private static void Fill(Span<byte> secret)
    {
        foreach (ref var octet in secret)
        {
            if (octet is not ((byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t')) octet = (byte)'*';
        }
    }
}
