namespace Gateway.Sip;

/// <summary>
/// Walks the parameters of a challenge or of credentials in place: <c>name=token</c> or <c>name="quoted \" string"</c>,
/// separated by commas (RFC 3261 §25.1). Shared by both sides of digest.
/// </summary>
internal ref struct AuthParameters
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;
    private int _count;

    private AuthParameters(ReadOnlySpan<byte> text)
    {
        _text = text;
    }

    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value without its quotes, escapes kept.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool IsQuoted { get; private set; }

    /// <summary>True when the text broke the grammar or a limit: nothing of it may be used.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Takes the scheme off; false when the value has another one.</summary>
    public static bool TryBegin(ReadOnlySpan<byte> value, ReadOnlySpan<byte> scheme, out AuthParameters parameters)
    {
        parameters = default;
        if (value.Length > DigestLimits.Value
            || value.Length <= scheme.Length
            || !System.Text.Ascii.EqualsIgnoreCase(value[..scheme.Length], scheme)
            || !IsSpace(value[scheme.Length]))
        {
            return false;
        }

        parameters = new AuthParameters(value[scheme.Length..]);
        return true;
    }

    public bool MoveNext()
    {
        Skip();
        // Empty list elements are legal and happen (RFC 7230 §7).
        while (_at < _text.Length && _text[_at] == ',')
        {
            _at++;
            Skip();
        }

        if (_at == _text.Length || IsBroken)
        {
            return false;
        }

        return (++_count <= DigestLimits.Parameters && ReadName() && ReadValue() && ReadEnd()) || Break();
    }

    private bool ReadName()
    {
        var start = _at;
        while (_at < _text.Length && IsToken(_text[_at]))
        {
            _at++;
        }

        Name = _text[start.._at];
        Skip();
        if (Name.IsEmpty || _at == _text.Length || _text[_at] != '=')
        {
            return false;
        }

        _at++;
        Skip();
        return true;
    }

    private bool ReadValue()
    {
        IsQuoted = _at < _text.Length && _text[_at] == '"';
        if (IsQuoted)
        {
            return ReadQuoted();
        }

        var start = _at;
        while (_at < _text.Length && IsToken(_text[_at]))
        {
            _at++;
        }

        Value = _text[start.._at];
        return !Value.IsEmpty;
    }

    private bool ReadQuoted()
    {
        var start = ++_at;
        for (; _at < _text.Length; _at++)
        {
            switch (_text[_at])
            {
                case (byte)'"':
                    Value = _text[start.._at];
                    _at++;
                    return true;
                case (byte)'\\':
                    _at++;
                    break;
                case < 0x20 and not (byte)'\t':
                case 0x7F:
                    return false;
            }
        }

        return false;
    }

    private bool ReadEnd()
    {
        Skip();
        return _at == _text.Length || _text[_at] == ',';
    }

    private bool Break()
    {
        IsBroken = true;
        return false;
    }

    private void Skip()
    {
        while (_at < _text.Length && IsSpace(_text[_at]))
        {
            _at++;
        }
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    /// <summary>token of RFC 3261 §25.1.</summary>
    private static bool IsToken(byte value) =>
        char.IsAsciiLetterOrDigit((char)value) || "-.!%*_+`'~"u8.Contains(value);
}
