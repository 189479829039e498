namespace Gateway.Sip;

/// <summary>Walks the values of one header name, comma lists split, without allocating: <c>foreach (var v in m.Values(id))</c>.</summary>
public ref struct HeaderValues
{
    public HeaderValues GetEnumerator() => this;

    public ReadOnlySpan<byte> Current => throw new NotImplementedException();

    public bool MoveNext() => throw new NotImplementedException();
}

/// <summary>One header field as it came.</summary>
public readonly ref struct HeaderField(HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    public HeaderId Id { get; } = id;

    /// <summary>The name as written (may be a compact form).</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The value, trimmed; folded lines are joined by one space.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;
}

/// <summary>Walks all header fields in order.</summary>
public ref struct HeaderFields
{
    public HeaderFields GetEnumerator() => this;

    public HeaderField Current => throw new NotImplementedException();

    public bool MoveNext() => throw new NotImplementedException();
}
