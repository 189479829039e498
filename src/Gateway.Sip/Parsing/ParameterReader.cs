namespace Gateway.Sip;

/// <summary>
/// Walks <c>;name=value;flag</c> parameters of a header value in place (generic-param, RFC 3261 §25.1). White space around
/// semicolon and equals sign is allowed, quoted values keep their quotes.
/// </summary>
internal ref struct ParameterReader(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    /// <summary>True when the walk ended at something that is no parameter.</summary>
    public bool Failed { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value as written, with its quotes; empty for a flag.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Where <see cref="Value"/> starts in the text.</summary>
    public int ValueStart { get; private set; }

    /// <summary>Where the semicolon of this parameter stands in the text.</summary>
    public int Start { get; private set; }

    /// <summary>Where this parameter ends in the text.</summary>
    public int End => _at;

    public bool Next()
    {
        var at = SipLexer.SkipLws(_text, _at);
        if (at >= _text.Length)
        {
            return false;
        }
        if (_text[at] != (byte)';')
        {
            return Fail();
        }
        Start = at;
        at = SipLexer.SkipLws(_text, at + 1);
        var end = at < _text.Length ? SipLexer.TokenEnd(_text, at) : at;
        if (end == at)
        {
            return Fail();
        }
        Name = _text[at..end];
        Value = default;
        ValueStart = end;
        _at = end;
        at = SipLexer.SkipLws(_text, end);
        if (at >= _text.Length || _text[at] != (byte)'=')
        {
            return true;
        }
        at = SipLexer.SkipLws(_text, at + 1);
        if (at >= _text.Length)
        {
            return Fail();
        }
        end = _text[at] == (byte)'"' ? SipLexer.QuotedEnd(_text, at) : SipLexer.ValueEndAt(_text, at);
        if (end <= at)
        {
            return Fail();
        }
        Value = _text[at..end];
        ValueStart = at;
        _at = end;
        return true;
    }

    /// <summary>Finds one parameter by name (case-insensitive); the first wins.</summary>
    public static bool TryFind(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var reader = new ParameterReader(text);
        while (reader.Next())
        {
            if (SipLexer.EqualsIgnoreCase(reader.Name, name))
            {
                value = reader.Value;
                return true;
            }
        }
        value = default;
        return false;
    }

    private bool Fail()
    {
        Failed = true;
        return false;
    }
}
