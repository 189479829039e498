namespace Gateway.Sip;

/// <summary>
/// Reads Content-Length from a header section that is not parsed yet, by the same grammar as the parser: long or compact
/// name in any case, white space before the colon, folded lines; digits only, and no two different ones.
/// </summary>
internal static class ContentLength
{
    /// <param name="section">Start line and header fields, the CRLF of the last one included.</param>
    /// <param name="length">The value; the largest number when it does not fit 32 bits.</param>
    /// <param name="offset">Where the fault is.</param>
    public static SipParseErrorKind Read(ReadOnlySpan<byte> section, out uint length, out int offset)
    {
        length = 0;
        var found = false;
        offset = section.IndexOf("\r\n"u8) + 2;
        while (offset < section.Length)
        {
            var end = FieldEnd(section, offset);
            var field = section[offset..end];
            var nameEnd = SipLexer.TokenEnd(field, 0);
            var colon = SipLexer.SkipLws(field, nameEnd);
            if (colon < field.Length && field[colon] == (byte)':' && HeaderNames.Parse(field[..nameEnd]) == HeaderId.ContentLength)
            {
                var value = TrimFolds(field[(colon + 1)..]);
                if (!SipLexer.TryNumberOrMax(value, out var number) || (found && number != length))
                {
                    return SipParseErrorKind.ContentLength;
                }
                length = number;
                found = true;
            }
            offset = end + 2;
        }
        offset = section.Length;
        return found ? SipParseErrorKind.None : SipParseErrorKind.MissingHeader;
    }

    // The CRLF that ends the field, folded lines passed over.
    private static int FieldEnd(ReadOnlySpan<byte> section, int start)
    {
        var at = start;
        while (true)
        {
            var hit = section[at..].IndexOf("\r\n"u8);
            if (hit < 0)
            {
                return section.Length;
            }
            at += hit;
            if (at + 2 >= section.Length || !SipLexer.IsLws(section[at + 2]))
            {
                return at;
            }
            at += 2;
        }
    }

    private static ReadOnlySpan<byte> TrimFolds(ReadOnlySpan<byte> value) => value.Trim(" \t\r\n"u8);
}
