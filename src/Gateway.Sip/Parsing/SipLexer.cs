using System.Buffers;
using System.Buffers.Text;

namespace Gateway.Sip;

/// <summary>
/// The small pieces of RFC 3261 §25.1 that every grammar here is made of: tokens, white space, quoted strings, numbers.
/// All of them take a span and a position, stop at its end and never throw.
/// </summary>
internal static class SipLexer
{
    /// <summary>token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~")</summary>
    public static readonly SearchValues<byte> Token =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~"u8);

    /// <summary>What ends an unquoted parameter value. Wider than gen-value, since tags in the field hold '@', ':' and '='.</summary>
    private static readonly SearchValues<byte> ValueEnd = SearchValues.Create(" \t;,<>\""u8);

    private static readonly SearchValues<byte> QuoteOrEscape = SearchValues.Create("\"\\"u8);

    public static bool IsLws(byte b) => b is (byte)' ' or (byte)'\t';

    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    public static int SkipLws(ReadOnlySpan<byte> text, int at)
    {
        while ((uint)at < (uint)text.Length && IsLws(text[at]))
        {
            at++;
        }
        return at;
    }

    /// <summary>A tag or a branch: a key in tables. Visible ASCII is enough ('@' and ':' occur), a quoted one is refused.</summary>
    public static bool IsIdentifier(ReadOnlySpan<byte> text)
        => text.Length is > 0 and <= SipLimits.Identifier && text[0] != (byte)'"' && !text.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E);

    /// <summary>The end of the token that starts here; the same position when there is none.</summary>
    public static int TokenEnd(ReadOnlySpan<byte> text, int at)
    {
        var length = text[at..].IndexOfAnyExcept(Token);
        return length < 0 ? text.Length : at + length;
    }

    /// <summary>The position after the closing quote of the quoted string whose opening quote stands here; -1 when it is open.</summary>
    public static int QuotedEnd(ReadOnlySpan<byte> text, int at)
    {
        at++;
        while (at < text.Length)
        {
            var hit = text[at..].IndexOfAny(QuoteOrEscape);
            if (hit < 0)
            {
                return -1;
            }
            at += hit;
            if (text[at] == (byte)'"')
            {
                return at + 1;
            }
            at += 2;
        }
        return -1;
    }

    /// <summary>The end of an unquoted parameter value.</summary>
    public static int ValueEndAt(ReadOnlySpan<byte> text, int at)
    {
        var length = text[at..].IndexOfAny(ValueEnd);
        return length < 0 ? text.Length : at + length;
    }

    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        var start = 0;
        while (start < text.Length && IsLws(text[start]))
        {
            start++;
        }
        var end = text.Length;
        while (end > start && IsLws(text[end - 1]))
        {
            end--;
        }
        return text[start..end];
    }

    /// <summary>1*DIGIT and nothing else; false also when the number does not fit.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        return !text.IsEmpty
            && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(text, out value, out var used)
            && used == text.Length;
    }

    /// <summary>1*DIGIT, with numbers that do not fit answered by the largest one (an Expires of 10^30 means "for ever").</summary>
    public static bool TryNumberOrMax(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }
        if (!TryNumber(text, out value))
        {
            value = uint.MaxValue;
        }
        return true;
    }

    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
        => a.Length == b.Length && (a.SequenceEqual(b) || System.Text.Ascii.EqualsIgnoreCase(a, b));
}
