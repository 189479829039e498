namespace Gateway.Sdp;

/// <summary>
/// The sizes and counts above which a session description is refused, all in one place.
/// They are far above what any phone or browser sends and low enough that a hostile body costs nothing.
/// </summary>
public static class SdpLimits
{
    /// <summary>Octets of a whole description.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>m= lines of a description.</summary>
    public const int MaxMediaSections = 32;

    /// <summary>a= lines at the session level or in one media section.</summary>
    public const int MaxAttributes = 256;

    /// <summary>a=candidate lines of one section.</summary>
    public const int MaxCandidates = 64;

    /// <summary>Formats of one m= line: every payload type once.</summary>
    public const int MaxFormats = 128;

    /// <summary>Lines of one section that are neither m=, c= nor a= (b=, i=, t=, unknown ones).</summary>
    public const int MaxOtherLines = 64;

    /// <summary>The highest RTP payload type (RFC 3550 §5.1: seven bits).</summary>
    public const int MaxPayloadType = 127;

    /// <summary>Milliseconds of audio in one packet that a peer may ask for with a=ptime.</summary>
    public const int MinPacketTime = 1;

    /// <inheritdoc cref="MinPacketTime"/>
    public const int MaxPacketTime = 200;

    /// <summary>The highest RTP clock that is believed, in Hz.</summary>
    public const int MaxClockRate = 1_000_000;
}
