namespace Gateway.Server.Calls;

/// <summary>What an UPDATE of the peer gets.</summary>
internal enum UpdateVerdict : byte
{
    /// <summary>200: it refreshes target and session, and offers nothing.</summary>
    Refresh,
    /// <summary>200 with an answer, if one can be found.</summary>
    Answer,
    /// <summary>491: an offer of ours is open.</summary>
    Glare,
    /// <summary>500 with Retry-After: an offer of the peer's is open.</summary>
    RetryLater,
    /// <summary>415.</summary>
    UnknownBody,
}

/// <summary>How an UPDATE is received, one row a line (RFC 3311 §5.2).</summary>
internal static class UpdateRules
{
    /// <param name="isOursOpen">We made an offer, in INVITE, UPDATE or PRACK, and have no answer.</param>
    /// <param name="isTheirsOpen">The peer made an offer, in INVITE, UPDATE or PRACK, that is not answered for good.</param>
    public static UpdateVerdict Judge(BodyKind body, bool isOursOpen, bool isTheirsOpen) => (body, isOursOpen, isTheirsOpen) switch
    {
        (BodyKind.None, _, _) => UpdateVerdict.Refresh,
        (BodyKind.Unknown, _, _) => UpdateVerdict.UnknownBody,
        (_, true, _) => UpdateVerdict.Glare,
        (_, _, true) => UpdateVerdict.RetryLater,
        _ => UpdateVerdict.Answer,
    };
}
