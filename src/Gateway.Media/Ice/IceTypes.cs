namespace Gateway.Media.Ice;

/// <summary>Where a peer's packets come from and by which of our addresses: a 5-tuple, the protocol being UDP.</summary>
/// <param name="Remote">The peer's address as seen.</param>
/// <param name="Local">Our end, as the owner of the sockets numbers them; 0 when there is one.</param>
public readonly record struct IcePath(MediaAddress Remote, int Local = 0)
{
    /// <summary>True for the default value.</summary>
    public bool IsNone => Remote.IsNone;
}

/// <summary>What a datagram did to the agent.</summary>
[Flags]
public enum IceEvents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A check was authenticated: the peer consents to receive on its path (RFC 7675).</summary>
    Checked = 1,

    /// <summary>The path is new: packets of the other protocols may now be taken from it.</summary>
    NewPath = 2,

    /// <summary>The peer nominated another path than before: send there from now on.</summary>
    Selected = 4,

    /// <summary>The peer has begun to use the credentials of our restart.</summary>
    Restarted = 8,
}

/// <summary>Why a datagram was refused; each is a label of a counter.</summary>
public enum IceRefusal
{
    /// <summary>It was not.</summary>
    None = 0,

    /// <summary>No STUN message.</summary>
    Malformed,

    /// <summary>A STUN message that a lite agent has no use for: a response, an indication, another method.</summary>
    NotACheck,

    /// <summary>USERNAME or integrity is missing (400).</summary>
    NoCredentials,

    /// <summary>The USERNAME is not of this session.</summary>
    UnknownUser,

    /// <summary>The integrity is wrong (401).</summary>
    BadIntegrity,

    /// <summary>It has comprehension-required attributes that we do not know (420).</summary>
    UnknownAttributes,

    /// <summary>The peer says that it is controlled, which we are (487).</summary>
    RoleConflict,
}

/// <summary>The outcome of one datagram.</summary>
/// <param name="Events">What changed.</param>
/// <param name="Refusal">Why it was refused, if it was; a refusal may have a response.</param>
/// <param name="ResponseLength">Octets of the response to send back along the same path; 0 for none.</param>
/// <param name="Forgotten">A path that had to make room and from which nothing may be taken any more; usually none.</param>
public readonly record struct IceOutcome(IceEvents Events, IceRefusal Refusal, int ResponseLength, IcePath Forgotten);
