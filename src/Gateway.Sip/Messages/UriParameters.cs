namespace Gateway.Sip;

/// <summary>Walks the <c>;name=value</c> parameters (or <c>&amp;name=value</c> headers) of a URI in place.</summary>
internal ref struct UriParameters(ReadOnlySpan<byte> text, byte separator)
{
    private readonly byte _separator = separator;
    private ReadOnlySpan<byte> _rest = text;

    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value as written; empty for a flag.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }
        // The leading separator ("?" before the first header) goes with the part behind it.
        var part = _rest[1..];
        var end = part.IndexOf(_separator);
        _rest = end < 0 ? default : part[end..];
        part = end < 0 ? part : part[..end];
        var equals = part.IndexOf((byte)'=');
        Name = equals < 0 ? part : part[..equals];
        Value = equals < 0 ? default : part[(equals + 1)..];
        return true;
    }
}

/// <summary>The "%" HEX HEX escapes of URIs (RFC 3261 §19.1.2).</summary>
internal static class Escapes
{
    /// <summary>True when every percent sign starts an escape.</summary>
    public static bool AreWhole(ReadOnlySpan<byte> text)
    {
        while (text.IndexOf((byte)'%') is >= 0 and var at)
        {
            if (at + 2 >= text.Length || !IsHex(text[at + 1]) || !IsHex(text[at + 2]))
            {
                return false;
            }
            text = text[(at + 3)..];
        }
        return true;
    }

    public static bool IsHex(byte b) => char.IsAsciiHexDigit((char)b);

    /// <summary>The byte that "%" HEX HEX at the start of this text stands for; the escape must be whole.</summary>
    public static byte Decode(ReadOnlySpan<byte> text) => (byte)((Digit(text[1]) << 4) | Digit(text[2]));

    private static int Digit(byte b) => b <= (byte)'9' ? b - '0' : (b | 0x20) - 'a' + 10;
}
