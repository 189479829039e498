namespace Gateway.Media.Stun;

/// <summary>The class of a STUN message (RFC 8489 §5).</summary>
public enum StunClass
{
    /// <summary>Asks for an answer.</summary>
    Request = 0,

    /// <summary>Asks for none.</summary>
    Indication = 1,

    /// <summary>An answer.</summary>
    Success = 2,

    /// <summary>A refusal.</summary>
    Error = 3,
}

/// <summary>The method of a STUN message; only Binding is spoken here.</summary>
public enum StunMethod : ushort
{
    /// <summary>Asks under which address the sender is seen; with ICE attributes, a connectivity check.</summary>
    Binding = 0x001,
}

/// <summary>Attribute types (RFC 8489 §18.3, RFC 8445 §20.1). Below 0x8000 an agent must understand them.</summary>
public enum StunAttribute : ushort
{
    /// <summary>MAPPED-ADDRESS.</summary>
    MappedAddress = 0x0001,

    /// <summary>USERNAME.</summary>
    Username = 0x0006,

    /// <summary>MESSAGE-INTEGRITY: HMAC-SHA1.</summary>
    MessageIntegrity = 0x0008,

    /// <summary>ERROR-CODE.</summary>
    ErrorCode = 0x0009,

    /// <summary>UNKNOWN-ATTRIBUTES.</summary>
    UnknownAttributes = 0x000A,

    /// <summary>REALM.</summary>
    Realm = 0x0014,

    /// <summary>NONCE.</summary>
    Nonce = 0x0015,

    /// <summary>MESSAGE-INTEGRITY-SHA256.</summary>
    MessageIntegritySha256 = 0x001C,

    /// <summary>XOR-MAPPED-ADDRESS.</summary>
    XorMappedAddress = 0x0020,

    /// <summary>PRIORITY.</summary>
    Priority = 0x0024,

    /// <summary>USE-CANDIDATE.</summary>
    UseCandidate = 0x0025,

    /// <summary>SOFTWARE.</summary>
    Software = 0x8022,

    /// <summary>ALTERNATE-SERVER.</summary>
    AlternateServer = 0x8023,

    /// <summary>FINGERPRINT.</summary>
    Fingerprint = 0x8028,

    /// <summary>ICE-CONTROLLED.</summary>
    IceControlled = 0x8029,

    /// <summary>ICE-CONTROLLING.</summary>
    IceControlling = 0x802A,
}

/// <summary>Why bytes are not a STUN message; each is a label of a counter.</summary>
public enum StunError
{
    /// <summary>They are one.</summary>
    None = 0,

    /// <summary>Shorter than a header, or longer than <see cref="MediaLimits.StunMessage"/>.</summary>
    Size,

    /// <summary>First bits or magic cookie are wrong: some other protocol.</summary>
    NotStun,

    /// <summary>The length field is not the datagram's, or no multiple of 4.</summary>
    Length,

    /// <summary>An attribute reaches over the end, or has a length that its type cannot have.</summary>
    Attribute,

    /// <summary>More attributes than <see cref="MediaLimits.StunAttributes"/>.</summary>
    TooManyAttributes,

    /// <summary>FINGERPRINT is not last, or its CRC is wrong.</summary>
    Fingerprint,
}
