namespace Gateway.Sip;

/// <summary>
/// Every size and count that a message from outside may reach, in one place (docs/parsing.md lists them). What is over a
/// limit is refused with a status and a label, before memory is taken for it.
/// </summary>
public static class SipLimits
{
    /// <summary>Bytes of one message, start line to the last body byte. Also the largest Content-Length that is believed.</summary>
    public const int Message = 64 * 1024;

    /// <summary>Bytes of start line and header fields together, the blank line included.</summary>
    public const int HeaderSection = 32 * 1024;

    /// <summary>Bytes of a request that may leave as a datagram; larger ones go by TCP where it is to be had (RFC 3261 §18.1.1).</summary>
    public const int DatagramRequest = 1300;

    /// <summary>Header fields (lines, after unfolding) of one message.</summary>
    public const int Headers = 256;

    /// <summary>Via values of one message: more hops than any Max-Forwards that we accept would leave.</summary>
    public const int ViaHops = 256;

    /// <summary>Values in one address list (Contact, Route, Record-Route…).</summary>
    public const int Addresses = 256;

    /// <summary>Bytes of the Request-URI (longer ones: 414).</summary>
    public const int Uri = 4096;

    /// <summary>Bytes of a method token.</summary>
    public const int MethodToken = 64;

    /// <summary>Bytes of a Call-ID; it is a key in tables.</summary>
    public const int CallId = 512;

    /// <summary>Bytes of a tag or a branch; they are keys in tables.</summary>
    public const int Identifier = 512;

    /// <summary>CSeq numbers stay below this (RFC 3261 §8.1.1.5).</summary>
    public const uint CSeqBound = 1u << 31;

    /// <summary>Largest Max-Forwards (RFC 3261 §20.22).</summary>
    public const uint MaxForwards = 255;

    /// <summary>Parts of one multipart body.</summary>
    public const int Parts = 8;

    /// <summary>Multiparts inside each other.</summary>
    public const int MultipartDepth = 2;

    /// <summary>Characters of a multipart boundary (RFC 2046 §5.1.1).</summary>
    public const int Boundary = 70;

    /// <summary>CR and LF bytes before a start line that are skipped (§7.5); more of them and nothing else is no message.</summary>
    public const int LeadingLineEnds = 64;
}
