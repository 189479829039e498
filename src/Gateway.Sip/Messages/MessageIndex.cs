namespace Gateway.Sip;

/// <summary>A run of bytes in a message's buffer.</summary>
internal readonly record struct Slice(int Offset, int Length)
{
    public int End => Offset + Length;
}

/// <summary>One header field: where its name and its (trimmed, unfolded) value lie in the buffer.</summary>
internal readonly record struct HeaderEntry(int NameOffset, int ValueOffset, int ValueLength, ushort NameLength, HeaderId Id);

/// <summary>
/// What the parser found: offsets into the buffer of the message, and the few values that every layer asks for. It is one
/// struct, so that a copy of a message copies it by assignment.
/// </summary>
internal struct MessageIndex
{
    /// <summary>Bytes of the message; unfolded header values may lie behind it, up to <see cref="Used"/>.</summary>
    public int Length;
    public int Used;
    public int HeaderCount;
    public HeaderSet Present;
    /// <summary>The message was refused: what is not indexed of its mandatory headers could not be read.</summary>
    public bool IsPartial;

    public Slice MethodToken;
    public Slice Uri;
    public Slice Reason;
    public SipMethod Method;
    public int StatusCode;

    public Slice Body;
    public Slice CallId;
    public uint CSeq;
    public SipMethod CSeqMethod;
    public Slice CSeqToken;
    public Slice TopVia;
    public ViaLayout TopViaLayout;
    public Slice From;
    public NameAddressLayout FromLayout;
    public Slice To;
    public NameAddressLayout ToLayout;
}
