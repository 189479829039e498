using System.Buffers;

namespace Gateway.Sip;

/// <summary>Where the parts of a name-addr lie in its text.</summary>
internal struct NameAddressLayout
{
    public Slice DisplayName;
    public Slice Uri;
    public Slice Tag;
    public int Parameters;
    public bool IsStar;
}

/// <summary>A name-addr or addr-spec with header parameters, in place: From, To, Contact, Route… (RFC 3261 §20.10).</summary>
public readonly ref struct NameAddressView
{
    // A display name without quotes is tokens and white space; other letters are let through (phones write UTF-8 there),
    // but nothing that could end the address or start another one (RFC 4475 §3.1.2.15).
    private static readonly SearchValues<byte> NotInDisplayName = SearchValues.Create("\",;:<>\\"u8);

    private static readonly SearchValues<byte> NotInUri = SearchValues.Create(" \t\"<>\u007f"u8);

    private static readonly SearchValues<byte> SchemeCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."u8);

    private readonly NameAddressLayout _layout;

    internal NameAddressView(ReadOnlySpan<byte> raw, scoped in NameAddressLayout layout)
    {
        Raw = raw;
        _layout = layout;
    }

    /// <summary>The display name without quotes (escapes kept); empty when absent.</summary>
    public ReadOnlySpan<byte> DisplayName => Raw.Slice(_layout.DisplayName.Offset, _layout.DisplayName.Length);

    /// <summary>The URI text between the angle brackets (or the bare addr-spec up to the first semicolon).</summary>
    public ReadOnlySpan<byte> UriBytes => Raw.Slice(_layout.Uri.Offset, _layout.Uri.Length);

    /// <summary>True for the lone star of <c>Contact: *</c>.</summary>
    public bool IsStar => _layout.IsStar;

    /// <summary>The tag parameter; empty when absent.</summary>
    public ReadOnlySpan<byte> Tag => Raw.Slice(_layout.Tag.Offset, _layout.Tag.Length);

    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>The header parameters with their leading semicolon, or empty.</summary>
    public ReadOnlySpan<byte> Parameters => Raw[_layout.Parameters..];

    /// <summary>The URI, parsed; false for a scheme other than sip, sips and tel or for bad syntax.</summary>
    public bool TryGetUri(out SipUriView uri) => SipUriView.TryParse(UriBytes, out uri);

    /// <summary>A header parameter's value as written, quotes kept (so that +sip.instance is echoed exactly); "" for a flag.</summary>
    public bool TryGetParameter(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => ParameterReader.TryFind(Parameters, name, out value);

    /// <summary>Reads one address, the commas around it gone.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out NameAddressView address)
    {
        value = SipLexer.Trim(value);
        if (TryRead(value, out var layout))
        {
            address = new NameAddressView(value, layout);
            return true;
        }
        address = default;
        return false;
    }

    internal static bool TryRead(ReadOnlySpan<byte> text, out NameAddressLayout layout)
    {
        layout = default;
        if (text.IsEmpty)
        {
            return false;
        }
        if (text.Length == 1 && text[0] == (byte)'*')
        {
            layout.IsStar = true;
            layout.Parameters = 1;
            return true;
        }
        if (text[0] == (byte)'"')
        {
            var close = SipLexer.QuotedEnd(text, 0);
            if (close < 0)
            {
                return false;
            }
            layout.DisplayName = new Slice(1, close - 2);
            // No white space is needed before "<" (RFC 4475 §3.1.1.6).
            var open = SipLexer.SkipLws(text, close);
            return open < text.Length && text[open] == (byte)'<' && TryBracketed(text, open, ref layout);
        }
        var bracket = text.IndexOf((byte)'<');
        var name = bracket < 0 ? default : text[..bracket];
        if (bracket < 0 || name.Contains((byte)';'))
        {
            return TryBare(text, ref layout);
        }
        if (name.ContainsAny(NotInDisplayName))
        {
            return false;
        }
        layout.DisplayName = new Slice(0, SipLexer.Trim(name).Length);
        return TryBracketed(text, bracket, ref layout);
    }

    private static bool TryBracketed(ReadOnlySpan<byte> text, int open, ref NameAddressLayout layout)
    {
        var close = text[open..].IndexOf((byte)'>');
        if (close < 0)
        {
            return false;
        }
        layout.Uri = new Slice(open + 1, close - 1);
        return IsAbsoluteUri(text.Slice(open + 1, close - 1)) && TryParameters(text, open + close + 1, ref layout);
    }

    // "If the URI contains a comma, question mark or semicolon, it MUST be enclosed in angle brackets" (RFC 3261 §20):
    // so a bare one ends at the first semicolon, and one with the other two is refused (RFC 4475 §3.1.2.13).
    private static bool TryBare(ReadOnlySpan<byte> text, ref NameAddressLayout layout)
    {
        var end = text.IndexOf((byte)';');
        var uri = SipLexer.Trim(end < 0 ? text : text[..end]);
        layout.Uri = new Slice(0, uri.Length);
        return !uri.ContainsAny((byte)'?', (byte)',') && IsAbsoluteUri(uri) && TryParameters(text, uri.Length, ref layout);
    }

    private static bool TryParameters(ReadOnlySpan<byte> text, int start, ref NameAddressLayout layout)
    {
        layout.Parameters = start;
        var reader = new ParameterReader(text[start..]);
        while (reader.Next())
        {
            if (reader.Name.Length == 3 && SipLexer.EqualsIgnoreCase(reader.Name, "tag"u8))
            {
                // Two tags, an empty or a quoted one make the dialog id ambiguous.
                if (layout.Tag.Length > 0 || !SipLexer.IsIdentifier(reader.Value))
                {
                    return false;
                }
                layout.Tag = new Slice(start + reader.ValueStart, reader.Value.Length);
            }
        }
        return !reader.Failed;
    }

    /// <summary>scheme ":" and something, without the bytes that no URI holds.</summary>
    internal static bool IsAbsoluteUri(ReadOnlySpan<byte> uri)
    {
        var colon = uri.IndexOf((byte)':');
        return colon > 0
            && colon < uri.Length - 1
            && char.IsAsciiLetter((char)uri[0])
            && !uri[..colon].ContainsAnyExcept(SchemeCharacters)
            && !uri.ContainsAny(NotInUri);
    }
}
