using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Sip;

/// <summary>
/// Which bytes a header section may hold: printable ASCII, tab, line ends, valid UTF-8, and control characters only as a
/// quoted-pair inside a quoted string (RFC 3261 §25.1; RFC 4475 §3.1.1.2 sends BEL and NUL so). Everything else is refused,
/// since two hops that read a control byte differently are how headers are smuggled.
/// </summary>
internal static class HeaderText
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create(PlainBytes());

    /// <summary>None when the section is clean; else what is wrong at <paramref name="offset"/>.</summary>
    public static SipParseErrorKind Check(ReadOnlySpan<byte> section, out int offset)
    {
        offset = section.IndexOfAnyExcept(Plain);
        return offset < 0 ? SipParseErrorKind.None : CheckSlowly(section, out offset);
    }

    // One pass for sections with other than plain bytes; linear however many there are.
    private static SipParseErrorKind CheckSlowly(ReadOnlySpan<byte> section, out int offset)
    {
        var quoted = false;
        var at = Math.Max(0, section.IndexOf((byte)'\n'));
        var control = section.Length;
        // The start line has no quoted strings that could excuse one.
        for (var i = 0; i < at && control == section.Length; i++)
        {
            control = IsControl(section[i]) ? i : control;
        }
        while (at < section.Length && control == section.Length)
        {
            var b = section[at];
            if (b == (byte)'\n')
            {
                // A quoted string goes on over a folded line, and ends with its field otherwise.
                quoted &= at + 1 < section.Length && SipLexer.IsLws(section[at + 1]);
            }
            else if (b == (byte)'"')
            {
                quoted = !quoted;
            }
            else if (b == (byte)'\\' && quoted && at + 1 < section.Length && section[at + 1] is not ((byte)'\r' or (byte)'\n' or >= 0x80))
            {
                at++;
            }
            else if (IsControl(b))
            {
                control = at;
            }
            at++;
        }
        // The first fault counts: what stands before it is then clean.
        if (!Utf8.IsValid(section[..control]))
        {
            offset = FirstInvalid(section);
            return SipParseErrorKind.NotUtf8;
        }
        offset = control;
        return control < section.Length ? SipParseErrorKind.ControlCharacter : SipParseErrorKind.None;
    }

    private static bool IsControl(byte b) => b == 0x7F || (b < 0x20 && b is not ((byte)'\t' or (byte)'\r' or (byte)'\n'));

    private static int FirstInvalid(ReadOnlySpan<byte> section)
    {
        var at = 0;
        while (at < section.Length && Rune.DecodeFromUtf8(section[at..], out _, out var used) == OperationStatus.Done)
        {
            at += used;
        }
        return at;
    }

    private static byte[] PlainBytes()
    {
        var bytes = new List<byte> { (byte)'\t', (byte)'\r', (byte)'\n' };
        for (byte b = 0x20; b < 0x7F; b++)
        {
            bytes.Add(b);
        }
        return [.. bytes];
    }
}
