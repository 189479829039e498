namespace Gateway.Server.Calls;

/// <summary>Where a two-sided call stands, seen from its caller.</summary>
internal enum CallState : byte
{
    /// <summary>The INVITE came; nothing has been decided.</summary>
    New,
    /// <summary>A call that we start: the caller's own contacts ring.</summary>
    Originating,
    /// <summary>The caller has heard 100; sources outside are asked where the called side is.</summary>
    Locating,
    /// <summary>Contacts were invited; the caller has heard 100.</summary>
    Trying,
    /// <summary>The caller has heard 180 or 183.</summary>
    Ringing,
    /// <summary>Someone (or a service) took the call; the start of the record is being committed, the 200 waits for it (and for a PRACK that is due).</summary>
    Answering,
    /// <summary>The 200 left; the ACK has not come.</summary>
    Answered,
    Confirmed,
    /// <summary>Both sides were told; the media legs have still to report.</summary>
    Ending,
    Ended,
}

/// <summary>What can happen to a call, whoever it comes from.</summary>
internal enum CallInput : byte
{
    /// <summary>The route leads to an account: contacts are to be invited.</summary>
    Placed,
    /// <summary>Nobody here knows the way: location sources are to be asked.</summary>
    Asked,
    /// <summary>The route leads to a service of ours.</summary>
    ServicePlaced,
    /// <summary>Someone asked us to start the call: its caller is to be rung first.</summary>
    Originated,
    /// <summary>One of the caller's contacts took the call that we start.</summary>
    CallerAnswered,
    /// <summary>The call cannot be placed: no route, no codec, no port.</summary>
    Refused,
    /// <summary>A contact sent 180 or 183.</summary>
    Progress,
    /// <summary>A contact sent a usable 2xx.</summary>
    Answer,
    /// <summary>Every contact has refused or is gone.</summary>
    AllFailed,
    /// <summary>A ring group that nobody answered hands the call on to other contacts.</summary>
    HandedOn,
    /// <summary>The start of the record is committed (or the store has given up: a call matters more than its record).</summary>
    Stored,
    Ack,
    /// <summary>64*T1 without an ACK.</summary>
    AckTimeout,
    Cancel,
    CallerBye,
    CalleeBye,
    RingLimit,
    /// <summary>The caller's dialog is gone: its flow stayed closed while ringing, or it answered 481 or 408 to us.</summary>
    CallerGone,
    CalleeGone,
    /// <summary>The call has lasted as long as its caller's rights allow.</summary>
    TimeUp,
    /// <summary>A transfer came to nothing after its transferor had left: nobody is there to give the call back to.</summary>
    TransferLost,
    /// <summary>A media leg failed or fell silent.</summary>
    MediaLost,
    /// <summary>The gateway stops, or an error of ours ends the call.</summary>
    Shutdown,
    /// <summary>Every media leg has reported, or the time to report is over.</summary>
    Reported,
}

/// <summary>What a call does on an input, run in the order of the bits.</summary>
[Flags]
internal enum CallActions : ushort
{
    None = 0,
    /// <summary>Rings the caller's own contacts (RFC 3725).</summary>
    RingCaller = 1 << 0,
    /// <summary>The other contacts of the caller are not wanted any more.</summary>
    TakeCaller = 1 << 1,
    InviteContacts = 1 << 2,
    ForwardProgress = 1 << 3,
    /// <summary>Takes the contact that answered as the other side and joins the media.</summary>
    TakeAnswer = 1 << 4,
    /// <summary>Cancels what still rings; a contact whose 2xx crosses gets ACK and BYE.</summary>
    CancelForks = 1 << 5,
    StartRecord = 1 << 6,
    AnswerCaller = 1 << 7,
    /// <summary>Both sides are there: what one has changed meanwhile is told to the other.</summary>
    Reconcile = 1 << 8,
    /// <summary>The final answer other than 2xx to the caller's INVITE.</summary>
    RejectCaller = 1 << 9,
    ByeCaller = 1 << 10,
    ByeCallee = 1 << 11,
    CloseMedia = 1 << 12,
    WriteRecord = 1 << 13,
    Settle = 1 << 14,
}

/// <summary>The state machine of a call (RFC 7092 back-to-back user agent over RFC 3261 §13 to §15), one row a line.</summary>
internal static class CallTable
{
    private const CallActions GiveUp = CallActions.CancelForks | CallActions.RejectCaller | CallActions.CloseMedia;
    private const CallActions DropAnswer = CallActions.RejectCaller | CallActions.ByeCallee | CallActions.CloseMedia;
    private const CallActions HangUpBoth = CallActions.ByeCaller | CallActions.ByeCallee | CallActions.CloseMedia;

    public static (CallState State, CallActions Actions) Next(CallState state, CallInput input) => (state, input) switch
    {
        (CallState.New, CallInput.Placed) => (CallState.Trying, CallActions.InviteContacts),
        (CallState.New, CallInput.Asked) => (CallState.Locating, CallActions.InviteContacts),
        (CallState.Locating, CallInput.Placed) => (CallState.Trying, CallActions.None),
        (CallState.Locating, CallInput.ServicePlaced) => (CallState.Answering, CallActions.TakeAnswer | CallActions.StartRecord),
        (CallState.Locating,
            CallInput.AllFailed or CallInput.Refused or CallInput.Cancel or CallInput.CallerBye or CallInput.RingLimit or CallInput.CallerGone
            or CallInput.MediaLost or CallInput.Shutdown) => (CallState.Ending, GiveUp),
        (CallState.New, CallInput.ServicePlaced) => (CallState.Answering, CallActions.TakeAnswer | CallActions.StartRecord),
        // RFC 3725: whoever wants to call is rung first, so that the other side never waits for someone who is not there.
        (CallState.New, CallInput.Originated) => (CallState.Originating, CallActions.RingCaller),
        (CallState.Originating, CallInput.CallerAnswered) => (CallState.Trying, CallActions.TakeCaller | CallActions.InviteContacts),
        (CallState.Originating, CallInput.ServicePlaced) => (CallState.Answering, CallActions.TakeCaller | CallActions.TakeAnswer | CallActions.StartRecord),
        (CallState.Originating, CallInput.AllFailed or CallInput.Refused or CallInput.RingLimit or CallInput.MediaLost or CallInput.Shutdown) => (CallState.Ending, GiveUp),
        (CallState.New, CallInput.Refused) => (CallState.Ending, GiveUp),
        (CallState.New, CallInput.Shutdown) => (CallState.Ending, GiveUp),

        (CallState.Trying or CallState.Ringing, CallInput.Progress) => (CallState.Ringing, CallActions.ForwardProgress),
        (CallState.Trying or CallState.Ringing, CallInput.Answer)
            => (CallState.Answering, CallActions.TakeAnswer | CallActions.CancelForks | CallActions.StartRecord),
        (CallState.Trying, CallInput.HandedOn) => (CallState.Trying, CallActions.InviteContacts),
        (CallState.Ringing, CallInput.HandedOn) => (CallState.Ringing, CallActions.InviteContacts),
        (CallState.Trying or CallState.Ringing, CallInput.ServicePlaced) => (CallState.Answering, CallActions.TakeAnswer | CallActions.StartRecord),
        // A BYE ends an early dialog as CANCEL does (RFC 3261 §15.1.2: 487 to the pending INVITE).
        (CallState.Trying or CallState.Ringing,
            CallInput.AllFailed or CallInput.Refused or CallInput.Cancel or CallInput.CallerBye or CallInput.RingLimit or CallInput.CallerGone
            or CallInput.MediaLost or CallInput.Shutdown) => (CallState.Ending, GiveUp),

        (CallState.Answering, CallInput.Stored) => (CallState.Answered, CallActions.AnswerCaller),
        (CallState.Answering,
            CallInput.Refused or CallInput.Cancel or CallInput.CallerBye or CallInput.CallerGone or CallInput.CalleeGone or CallInput.CalleeBye
            or CallInput.MediaLost or CallInput.Shutdown) => (CallState.Ending, DropAnswer),

        // A CANCEL that comes after the 2xx changes nothing (RFC 3261 §9.2).
        (CallState.Answered, CallInput.Ack) => (CallState.Confirmed, CallActions.Reconcile),
        (CallState.Answered, CallInput.AckTimeout or CallInput.Refused) => (CallState.Ending, HangUpBoth),
        (CallState.Answered or CallState.Confirmed,
            CallInput.CallerBye or CallInput.CalleeBye or CallInput.CallerGone or CallInput.CalleeGone
            or CallInput.TransferLost or CallInput.TimeUp or CallInput.MediaLost or CallInput.Shutdown) => (CallState.Ending, HangUpBoth),

        (CallState.Ending, CallInput.Reported) => (CallState.Ended, CallActions.WriteRecord | CallActions.Settle),

        _ => (state, CallActions.None),
    };
}
