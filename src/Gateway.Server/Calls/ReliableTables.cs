namespace Gateway.Server.Calls;

/// <summary>Where the reliable provisional responses of a leg that called us stand (RFC 3262 §3).</summary>
internal enum ReliableState : byte
{
    /// <summary>None is out, or the last one is acknowledged.</summary>
    Clear,
    /// <summary>One is out and waits for its PRACK; the next ones wait for that.</summary>
    Unacknowledged,
    /// <summary>A 2xx left before the PRACK came, which is still good.</summary>
    Closing,
    /// <summary>A final response left, or the peer never acknowledged.</summary>
    Over,
}

internal enum ReliableInput : byte
{
    /// <summary>The call has a provisional response for the peer.</summary>
    Progress,
    /// <summary>The PRACK of the response that is out.</summary>
    Prack,
    /// <summary>A PRACK of anything else.</summary>
    StrayPrack,
    /// <summary>The time to send it again.</summary>
    Repeat,
    /// <summary>64*T1 after it was first sent.</summary>
    GiveUp,
    /// <summary>A final response leaves.</summary>
    Final,
}

[Flags]
internal enum ReliableActions : ushort
{
    None = 0,
    /// <summary>Sends the response with the next RSeq and starts the timers.</summary>
    Send = 1 << 0,
    Queue = 1 << 1,
    SendAgain = 1 << 2,
    StopTimers = 1 << 3,
    /// <summary>200 to the PRACK, with the answer to its offer.</summary>
    AcceptPrack = 1 << 4,
    RefusePrack = 1 << 5,
    /// <summary>The next response that was queued, and what else waited for the PRACK.</summary>
    GoOn = 1 << 6,
    /// <summary>A 5xx to the INVITE.</summary>
    RejectInvite = 1 << 7,
}

/// <summary>What a UAS does for its reliable provisional responses, one row a line.</summary>
internal static class ReliableServerTable
{
    public static (ReliableState State, ReliableActions Actions) Next(ReliableState state, ReliableInput input) => (state, input) switch
    {
        (ReliableState.Clear, ReliableInput.Progress) => (ReliableState.Unacknowledged, ReliableActions.Send),
        (ReliableState.Clear, ReliableInput.Final) => (ReliableState.Over, ReliableActions.None),

        // "MUST NOT send a second reliable provisional response until the first is acknowledged."
        (ReliableState.Unacknowledged, ReliableInput.Progress) => (ReliableState.Unacknowledged, ReliableActions.Queue),
        (ReliableState.Unacknowledged, ReliableInput.Prack)
            => (ReliableState.Clear, ReliableActions.StopTimers | ReliableActions.AcceptPrack | ReliableActions.GoOn),
        (ReliableState.Unacknowledged, ReliableInput.Repeat) => (ReliableState.Unacknowledged, ReliableActions.SendAgain),
        (ReliableState.Unacknowledged, ReliableInput.GiveUp) => (ReliableState.Over, ReliableActions.StopTimers | ReliableActions.RejectInvite),
        // "SHOULD NOT continue to retransmit … MUST be prepared to process PRACK requests for those outstanding responses."
        (ReliableState.Unacknowledged, ReliableInput.Final) => (ReliableState.Closing, ReliableActions.StopTimers),
        (ReliableState.Closing, ReliableInput.Prack) => (ReliableState.Over, ReliableActions.AcceptPrack),

        // Each PRACK is a request of its own; one that matches nothing gets 481, whatever the state.
        (_, ReliableInput.Prack or ReliableInput.StrayPrack) => (state, ReliableActions.RefusePrack),

        _ => (state, ReliableActions.None),
    };
}

/// <summary>What a UAC does with a reliable provisional response (RFC 3262 §4).</summary>
internal enum ReliableVerdict : byte
{
    /// <summary>The next in order: PRACK, and it counts.</summary>
    Acknowledge,
    /// <summary>One that was acknowledged already: nothing; the PRACK repeats itself.</summary>
    Repeat,
    /// <summary>One is missing before it: neither acknowledged nor looked at, it will be sent again.</summary>
    Gap,
}

/// <summary>The order of reliable provisional responses of one early dialog.</summary>
internal static class ReliableClientTable
{
    /// <param name="last">RSeq of the last one that counted; null before the first, whose number the peer chooses.</param>
    public static ReliableVerdict Judge(uint? last, uint number) => (last, number) switch
    {
        (null, _) => ReliableVerdict.Acknowledge,
        ({ } before, _) when number == before + 1 => ReliableVerdict.Acknowledge,
        ({ } before, _) when number <= before => ReliableVerdict.Repeat,
        _ => ReliableVerdict.Gap,
    };
}
