using System.Text;

namespace Gateway.Sip;

/// <summary>quoted-string to and from plain text (RFC 3261 §25.1).</summary>
public static class QuotedText
{
    /// <summary>The text between the quotes: quotes and backslashes escaped; CR, LF and NUL, which need no place in it, as spaces.</summary>
    public static string Escape(string text)
    {
        if (text.AsSpan().IndexOfAny("\"\\\r\n\0") < 0)
        {
            return text;
        }
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => escaped.Append('\\').Append(c),
                '\r' or '\n' or '\0' => escaped.Append(' '),
                _ => escaped.Append(c),
            };
        }
        return escaped.ToString();
    }

    /// <summary>A quoted-string, or the inside of one, or a token, as plain text: outer quotes and escapes gone.</summary>
    public static string Unescape(ReadOnlySpan<byte> value)
    {
        if (value is [(byte)'"', .. var inner, (byte)'"'])
        {
            value = inner;
        }
        if (!value.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetString(value);
        }
        var plain = new byte[value.Length];
        var length = 0;
        for (var at = 0; at < value.Length; at++)
        {
            if (value[at] == (byte)'\\' && at + 1 < value.Length)
            {
                at++;
            }
            plain[length++] = value[at];
        }
        return Encoding.UTF8.GetString(plain, 0, length);
    }
}
