namespace Gateway.Media.Srtp;

/// <summary>What became of a packet in SRTP; everything but <see cref="Ok"/> means: drop it and count it.</summary>
public enum SrtpStatus
{
    /// <summary>Protected or authenticated.</summary>
    Ok = 0,

    /// <summary>Not an RTP or RTCP packet, or shorter than its header and tag.</summary>
    Malformed,

    /// <summary>The buffer has no room for tag and index (a fault of the caller).</summary>
    NoRoom,

    /// <summary>The tag is wrong: no state was touched.</summary>
    BadTag,

    /// <summary>The index was received before.</summary>
    Replayed,

    /// <summary>The index is older than the window reaches.</summary>
    TooOld,

    /// <summary>The index was already sent: sending it again would reuse a nonce.</summary>
    IndexUsed,

    /// <summary>One SSRC too many.</summary>
    TooManyStreams,

    /// <summary>All indices of the key are spent; the session needs new keys.</summary>
    KeyExhausted,

    /// <summary>The keys were disposed.</summary>
    Closed,
}
