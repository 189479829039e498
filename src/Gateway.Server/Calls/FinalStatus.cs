namespace Gateway.Server.Calls;

/// <summary>
/// What the caller hears when contacts refuse: the best of their answers (RFC 3261 §16.7 step 6), mapped to what means
/// the same to a caller of ours.
/// </summary>
internal static class FinalStatus
{
    /// <summary>
    /// A contact's final status as the caller may see it. A challenge is never answered (THREATS 23) nor passed on; a
    /// redirection is not followed; a contact's own troubles and time-outs mean that it cannot be reached now.
    /// </summary>
    public static int ToCaller(int status) => status switch
    {
        486 or 480 or 404 or 410 or 484 or 488 or 600 or 603 or 604 or 606 or 607 or 608 => status,
        415 => 488,
        403 => 403,
        401 or 407 => 480,
        >= 600 => 603,
        _ => 480,
    };

    /// <summary>True when the second says more to the caller than the first. 0 is no answer yet.</summary>
    public static bool IsBetter(int current, int candidate) => Rank(candidate) < Rank(current);

    private static int Rank(int status) => status switch
    {
        0 => int.MaxValue,
        // A 6xx speaks for the user, not for one device.
        >= 600 => 0,
        486 => 1,
        488 => 2,
        403 => 3,
        480 => 4,
        _ => 5,
    };
}
