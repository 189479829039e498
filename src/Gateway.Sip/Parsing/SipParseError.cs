namespace Gateway.Sip;

/// <summary>Why bytes are not a SIP message, with the answer they deserve.</summary>
public enum SipParseErrorKind : byte
{
    None,
    /// <summary>Nothing but CR and LF: a keep-alive (RFC 5626 §3.5.1), not an error to count.</summary>
    KeepAlive,
    /// <summary>The bytes end before the message does (stream transports read on).</summary>
    Incomplete,
    StartLine,
    Version,
    HeaderSyntax,
    ControlCharacter,
    MissingHeader,
    DuplicateHeader,
    ContentLength,
    CSeq,
    Via,
    TooLong,
    TooManyHeaders,
    HeaderTooLong,
    NotUtf8,
}

/// <summary>A refusal: what is wrong, where, and how to answer when a Via could be read.</summary>
public readonly record struct SipParseError(SipParseErrorKind Kind, int Offset, HeaderId Header = HeaderId.Other)
{
    /// <summary>400, 505 or 513: the status of the answer.</summary>
    public int StatusCode => throw new NotImplementedException();

    /// <summary>A reason phrase that tells the sender what to mend.</summary>
    public string Reason => throw new NotImplementedException();

    /// <summary>The bounded label of the metric.</summary>
    public string Label => throw new NotImplementedException();
}
