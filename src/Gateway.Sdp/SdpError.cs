namespace Gateway.Sdp;

/// <summary>What is wrong with bytes that should have been a session description.</summary>
public enum SdpErrorKind : byte
{
    None,
    /// <summary>No line at all.</summary>
    Empty,
    /// <summary>A line is not "letter=value", or a carriage return stands alone.</summary>
    Line,
    /// <summary>A NUL octet (RFC 8866 §9 has none in any production).</summary>
    Nul,
    /// <summary>The first line is not v=0.</summary>
    Version,
    /// <summary>o= is missing, doubled or has not six fields.</summary>
    Origin,
    /// <summary>c= has not three fields.</summary>
    Connection,
    /// <summary>m= has no media, port, protocol or format that can be read.</summary>
    Media,
    /// <summary>A payload type outside 0–127.</summary>
    PayloadType,
    /// <summary>a=ptime outside 1–200 ms.</summary>
    PacketTime,
    TooLong,
    TooManyMediaSections,
    TooManyAttributes,
    TooManyCandidates,
    TooManyFormats,
    TooManyLines,
}

/// <summary>A refusal: what is wrong and in which line, counted from 1 (0: the description as a whole).</summary>
public readonly record struct SdpError(SdpErrorKind Kind, int Line)
{
    /// <summary>400 where the syntax is broken, 488 where the description is well formed but not acceptable.</summary>
    public int StatusCode => Kind >= SdpErrorKind.PayloadType ? 488 : 400;

    /// <summary>A phrase that tells the sender what to mend.</summary>
    public string Reason => Kind switch
    {
        SdpErrorKind.None => "",
        SdpErrorKind.Empty => "The session description is empty",
        SdpErrorKind.Line => $"SDP line {Line} is not type=value",
        SdpErrorKind.Nul => $"SDP line {Line} has a NUL octet",
        SdpErrorKind.Version => "The first SDP line is not v=0",
        SdpErrorKind.Origin => "SDP has no well formed o= line",
        SdpErrorKind.Connection => $"SDP line {Line}: c= is malformed",
        SdpErrorKind.Media => $"SDP line {Line}: m= is malformed",
        SdpErrorKind.PayloadType => $"SDP line {Line}: payload type outside 0-127",
        SdpErrorKind.PacketTime => $"SDP line {Line}: ptime outside 1-200 ms",
        SdpErrorKind.TooLong => "The session description is too long",
        SdpErrorKind.TooManyMediaSections => "Too many m= lines",
        SdpErrorKind.TooManyAttributes => "Too many attributes in one section",
        SdpErrorKind.TooManyCandidates => "Too many candidates in one section",
        SdpErrorKind.TooManyFormats => $"SDP line {Line}: too many formats",
        _ => "Too many lines in one section",
    };

    /// <summary>The bounded label of the metric.</summary>
    public string Label => Kind switch
    {
        SdpErrorKind.None => "none",
        SdpErrorKind.Empty => "sdp_empty",
        SdpErrorKind.Line => "sdp_line",
        SdpErrorKind.Nul => "sdp_nul",
        SdpErrorKind.Version => "sdp_version",
        SdpErrorKind.Origin => "sdp_origin",
        SdpErrorKind.Connection => "sdp_connection",
        SdpErrorKind.Media => "sdp_media",
        SdpErrorKind.PayloadType => "sdp_payload_type",
        SdpErrorKind.PacketTime => "sdp_ptime",
        SdpErrorKind.TooLong => "sdp_too_long",
        SdpErrorKind.TooManyMediaSections => "sdp_media_sections",
        SdpErrorKind.TooManyAttributes => "sdp_attributes",
        SdpErrorKind.TooManyCandidates => "sdp_candidates",
        SdpErrorKind.TooManyFormats => "sdp_formats",
        _ => "sdp_lines",
    };
}
