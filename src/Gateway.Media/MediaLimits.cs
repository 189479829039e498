namespace Gateway.Media;

/// <summary>
/// Every size and count beyond which bytes from outside are refused on the media side, in one place.
/// Each refusal has a result code of its own, which the owner of the socket counts.
/// </summary>
public static class MediaLimits
{
    /// <summary>Attributes that one STUN message may hold; real checks have seven.</summary>
    public const int StunAttributes = 24;

    /// <summary>Octets of a STUN USERNAME (RFC 8489 §14.3: less than 509 bytes; 513 in RFC 5389).</summary>
    public const int StunUsername = 513;

    /// <summary>Octets of a STUN message that are looked at; a check is about 100.</summary>
    public const int StunMessage = 1500;

    /// <summary>Unknown comprehension-required attributes that are named in a 420.</summary>
    public const int StunUnknownAttributes = 8;

    /// <summary>Remote addresses with a passed check that one ICE agent remembers.</summary>
    public const int IcePaths = 16;

    /// <summary>SSRCs that one SRTP receiver keeps state for. Only authenticated packets make state, and it is never evicted.</summary>
    public const int SrtpReceiveStreams = 64;

    /// <summary>SSRCs of our own that one SRTP sender serves.</summary>
    public const int SrtpSendStreams = 16;

    /// <summary>RTCP packets read from one compound packet.</summary>
    public const int RtcpPackets = 32;

    /// <summary>Octets of an SDES item that are kept.</summary>
    public const int SdesItem = 255;

    /// <summary>Fingerprints of one session description that are compared.</summary>
    public const int Fingerprints = 8;
}
