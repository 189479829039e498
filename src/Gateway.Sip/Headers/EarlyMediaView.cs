namespace Gateway.Sip;

/// <summary>What P-Early-Media asks for the first media line (RFC 5009 §8), in SDP's words from the called side.</summary>
public enum EarlyMediaWish : byte
{
    /// <summary>The header is absent or names no direction: what was asked before stands.</summary>
    None,
    /// <summary>It may be heard, and hear.</summary>
    SendRecv,
    /// <summary>It may be heard.</summary>
    SendOnly,
    /// <summary>It may hear.</summary>
    RecvOnly,
    /// <summary>Nothing, or no more.</summary>
    Inactive,
}

/// <summary>Reads P-Early-Media (RFC 5009 §9).</summary>
public static class EarlyMedia
{
    /// <summary>The first direction in it; what it does not know is passed over (§8).</summary>
    public static EarlyMediaWish Wish(SipMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        foreach (var value in message.Values(HeaderId.PEarlyMedia))
        {
            if (SipLexer.EqualsIgnoreCase(value, "sendrecv"u8)) return EarlyMediaWish.SendRecv;
            if (SipLexer.EqualsIgnoreCase(value, "sendonly"u8)) return EarlyMediaWish.SendOnly;
            if (SipLexer.EqualsIgnoreCase(value, "recvonly"u8)) return EarlyMediaWish.RecvOnly;
            if (SipLexer.EqualsIgnoreCase(value, "inactive"u8)) return EarlyMediaWish.Inactive;
        }
        return EarlyMediaWish.None;
    }
}
