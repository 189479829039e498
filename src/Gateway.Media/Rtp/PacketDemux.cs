namespace Gateway.Media.Rtp;

/// <summary>What a datagram on a media port claims to be.</summary>
public enum PacketKind
{
    /// <summary>None of the protocols that share a media port.</summary>
    Unknown = 0,

    /// <summary>STUN.</summary>
    Stun,

    /// <summary>A DTLS record.</summary>
    Dtls,

    /// <summary>RTP or SRTP.</summary>
    Rtp,

    /// <summary>RTCP or SRTCP.</summary>
    Rtcp,
}

/// <summary>Tells the protocols of one port apart by their first octets (RFC 7983 §7, RFC 5761 §4).</summary>
public static class PacketDemux
{
    /// <summary>Classifies a datagram; it proves nothing yet.</summary>
    public static PacketKind Classify(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < 4)
        {
            return PacketKind.Unknown;
        }

        return datagram[0] switch
        {
            <= 3 => PacketKind.Stun,
            >= 20 and <= 63 => PacketKind.Dtls,
            >= 128 and <= 191 => datagram[1] is >= 192 and <= 223 ? PacketKind.Rtcp : PacketKind.Rtp, // payload types 64-95 are RTCP's
            _ => PacketKind.Unknown,
        };
    }
}
