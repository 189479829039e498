namespace Gateway.Server.Calls;

/// <summary>Where a transfer stands that we carry out: someone (the transferor) hands the other side (the transferee) on to a target.</summary>
internal enum TransferState : byte
{
    /// <summary>It was accepted; nothing has been done.</summary>
    New,
    /// <summary>The target was invited; the two sides are still connected.</summary>
    Calling,
    /// <summary>The target rings and the transferee hears it.</summary>
    Ringing,
    /// <summary>As before, but the transferor has hung up: there is nobody to give the call back to.</summary>
    CallingAlone,
    RingingAlone,
    /// <summary>The target has the call; the transferor is told, and hangs up or is hung up.</summary>
    Leaving,
    Done,
    Failed,
}

/// <summary>What can happen to a transfer.</summary>
internal enum TransferInput : byte
{
    /// <summary>The route of the target leads to contacts or trunks.</summary>
    Placed,
    /// <summary>The target is there already: a service of ours, or the other call of an attended transfer.</summary>
    Ready,
    /// <summary>The target rings, or can be heard.</summary>
    Progress,
    Answer,
    /// <summary>Everyone refused, nobody answered in time, or the target cannot be reached.</summary>
    Refused,
    /// <summary>The transferor hung up or is gone.</summary>
    TransferorGone,
    /// <summary>The last NOTIFY was answered, or its time is over.</summary>
    Notified,
    /// <summary>The transferee hung up, or something else ends the call.</summary>
    CallEnds,
}

/// <summary>What a transfer does on an input, run in the order of the bits.</summary>
[Flags]
internal enum TransferActions : ushort
{
    None = 0,
    /// <summary>NOTIFY with 100 (RFC 3515 §2.4.4).</summary>
    NotifyTrying = 1 << 0,
    Invite = 1 << 1,
    NotifyRinging = 1 << 2,
    /// <summary>The transferee hears the target's early media, or a ringing tone.</summary>
    Present = 1 << 3,
    /// <summary>The target takes the transferor's place.</summary>
    Replace = 1 << 4,
    /// <summary>What still rings is cancelled.</summary>
    CancelRest = 1 << 5,
    /// <summary>The last NOTIFY: 200, or the refusal.</summary>
    NotifyEnd = 1 << 6,
    /// <summary>The two sides hear each other again.</summary>
    GiveBack = 1 << 7,
    HangUpTransferor = 1 << 8,
    EndCall = 1 << 9,
    Finish = 1 << 10,
}

/// <summary>The state machine of a transfer (RFC 3515, RFC 5589 carried out by a back-to-back user agent), one row a line.</summary>
internal static class TransferTable
{
    private const TransferActions Fail = TransferActions.CancelRest | TransferActions.NotifyEnd | TransferActions.Finish;

    public static (TransferState State, TransferActions Actions) Next(TransferState state, TransferInput input) => (state, input) switch
    {
        (TransferState.New, TransferInput.Placed) => (TransferState.Calling, TransferActions.NotifyTrying | TransferActions.Invite),
        (TransferState.New, TransferInput.Ready) => (TransferState.Leaving, TransferActions.NotifyTrying | TransferActions.Replace | TransferActions.NotifyEnd),

        (TransferState.Calling or TransferState.Ringing, TransferInput.Progress) => (TransferState.Ringing, TransferActions.NotifyRinging | TransferActions.Present),
        (TransferState.CallingAlone or TransferState.RingingAlone, TransferInput.Progress) => (TransferState.RingingAlone, TransferActions.Present),

        (TransferState.Calling or TransferState.Ringing, TransferInput.Answer)
            => (TransferState.Leaving, TransferActions.Replace | TransferActions.CancelRest | TransferActions.NotifyEnd),
        (TransferState.CallingAlone or TransferState.RingingAlone, TransferInput.Answer)
            => (TransferState.Done, TransferActions.Replace | TransferActions.CancelRest | TransferActions.Finish),

        (TransferState.Calling or TransferState.Ringing, TransferInput.Refused) => (TransferState.Failed, Fail | TransferActions.GiveBack),
        (TransferState.CallingAlone or TransferState.RingingAlone, TransferInput.Refused)
            => (TransferState.Failed, TransferActions.CancelRest | TransferActions.EndCall | TransferActions.Finish),

        // RFC 5589 §6.1: a transferor may leave as soon as its REFER is accepted.
        (TransferState.Calling, TransferInput.TransferorGone) => (TransferState.CallingAlone, TransferActions.None),
        (TransferState.Ringing, TransferInput.TransferorGone) => (TransferState.RingingAlone, TransferActions.None),

        (TransferState.Calling or TransferState.Ringing, TransferInput.CallEnds) => (TransferState.Failed, Fail),
        (TransferState.CallingAlone or TransferState.RingingAlone, TransferInput.CallEnds) => (TransferState.Failed, TransferActions.CancelRest | TransferActions.Finish),

        (TransferState.Leaving, TransferInput.Notified or TransferInput.CallEnds) => (TransferState.Done, TransferActions.HangUpTransferor | TransferActions.Finish),
        (TransferState.Leaving, TransferInput.TransferorGone) => (TransferState.Done, TransferActions.Finish),

        _ => (state, TransferActions.None),
    };
}
