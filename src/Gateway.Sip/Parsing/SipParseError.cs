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
    UriTooLong,
}

/// <summary>A refusal: what is wrong, where, and how to answer when a Via could be read.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Offset">Where in the bytes that were given, 0 to their length.</param>
/// <param name="Header">The header field at fault, when it is one that the stack knows.</param>
public readonly record struct SipParseError(SipParseErrorKind Kind, int Offset, HeaderId Header = HeaderId.Other)
{
    /// <summary>400, 414, 505 or 513: the status of the answer; 0 when there is no error to answer.</summary>
    public int StatusCode => Kind switch
    {
        SipParseErrorKind.None or SipParseErrorKind.KeepAlive => 0,
        SipParseErrorKind.Version => 505,
        SipParseErrorKind.UriTooLong => 414,
        SipParseErrorKind.TooLong or SipParseErrorKind.TooManyHeaders or SipParseErrorKind.HeaderTooLong => 513,
        _ => 400,
    };

    /// <summary>A reason phrase that tells the sender what to mend; made of our own words only, never of received bytes.</summary>
    public string Reason => Kind switch
    {
        SipParseErrorKind.None or SipParseErrorKind.KeepAlive => "",
        SipParseErrorKind.Incomplete => "Message Ends Before Its Headers Do",
        SipParseErrorKind.StartLine => "Bad Start Line",
        SipParseErrorKind.Version => "Version Not Supported",
        SipParseErrorKind.HeaderSyntax => Header == HeaderId.Other ? "Bad Header Field" : $"Bad {HeaderNames.TextOf(Header)} Header Field",
        SipParseErrorKind.ControlCharacter => "Control Character In Header",
        SipParseErrorKind.MissingHeader => $"Missing {HeaderNames.TextOf(Header)} Header Field",
        SipParseErrorKind.DuplicateHeader => $"More Than One {HeaderNames.TextOf(Header)} Header Field",
        SipParseErrorKind.ContentLength => "Bad Content-Length",
        SipParseErrorKind.CSeq => "Bad CSeq Header Field",
        SipParseErrorKind.Via => "Bad Via Header Field",
        SipParseErrorKind.UriTooLong => "Request-URI Too Long",
        SipParseErrorKind.TooManyHeaders => "Too Many Header Fields",
        SipParseErrorKind.NotUtf8 => "Header Is Not UTF-8",
        _ => "Message Too Large",
    };

    /// <summary>The bounded label of the metric.</summary>
    public string Label => Kind switch
    {
        SipParseErrorKind.None => "none",
        SipParseErrorKind.KeepAlive => "keep_alive",
        SipParseErrorKind.Incomplete => "incomplete",
        SipParseErrorKind.StartLine => "start_line",
        SipParseErrorKind.Version => "version",
        SipParseErrorKind.HeaderSyntax => "header_syntax",
        SipParseErrorKind.ControlCharacter => "control_character",
        SipParseErrorKind.MissingHeader => "missing_header",
        SipParseErrorKind.DuplicateHeader => "duplicate_header",
        SipParseErrorKind.ContentLength => "content_length",
        SipParseErrorKind.CSeq => "cseq",
        SipParseErrorKind.Via => "via",
        SipParseErrorKind.TooLong => "too_long",
        SipParseErrorKind.TooManyHeaders => "too_many_headers",
        SipParseErrorKind.HeaderTooLong => "header_too_long",
        SipParseErrorKind.NotUtf8 => "not_utf8",
        _ => "uri_too_long",
    };
}
