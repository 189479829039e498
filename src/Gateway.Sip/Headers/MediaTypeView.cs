namespace Gateway.Sip;

/// <summary>Content-Type, or one value of Accept: type, subtype and parameters (RFC 3261 §20.15).</summary>
public readonly ref struct MediaTypeView
{
    private MediaTypeView(ReadOnlySpan<byte> type, ReadOnlySpan<byte> subtype, ReadOnlySpan<byte> parameters)
    {
        Type = type;
        Subtype = subtype;
        Parameters = parameters;
    }

    public ReadOnlySpan<byte> Type { get; }

    public ReadOnlySpan<byte> Subtype { get; }

    /// <summary>With the leading semicolon, or empty.</summary>
    public ReadOnlySpan<byte> Parameters { get; }

    /// <summary>True for this "type/subtype", without regard to case and parameters.</summary>
    public bool Is(ReadOnlySpan<byte> name)
    {
        var slash = name.IndexOf((byte)'/');
        return slash > 0 && SipLexer.EqualsIgnoreCase(Type, name[..slash]) && SipLexer.EqualsIgnoreCase(Subtype, name[(slash + 1)..]);
    }

    /// <summary>A parameter's value as written (<see cref="QuotedText.Unescape"/> takes its quotes off).</summary>
    public bool TryGetParameter(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => ParameterReader.TryFind(Parameters, name, out value);

    public static bool TryParse(ReadOnlySpan<byte> value, out MediaTypeView media)
    {
        media = default;
        value = SipLexer.Trim(value);
        var typeEnd = SipLexer.TokenEnd(value, 0);
        var slash = SipLexer.SkipLws(value, typeEnd);
        if (typeEnd == 0 || slash >= value.Length || value[slash] != (byte)'/')
        {
            return false;
        }
        var start = SipLexer.SkipLws(value, slash + 1);
        var end = SipLexer.TokenEnd(value, start);
        var parameters = new ParameterReader(value[end..]);
        while (parameters.Next())
        {
        }
        media = new MediaTypeView(value[..typeEnd], value[start..end], value[end..]);
        return end > start && !parameters.Failed;
    }
}
