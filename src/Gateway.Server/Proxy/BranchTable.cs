namespace Gateway.Server.Proxy;

/// <summary>Where one branch of a response context stands: one target, and the client transaction toward it.</summary>
public enum BranchState : byte
{
    New,
    /// <summary>The next hops of its target are looked up (RFC 3263).</summary>
    Resolving,
    /// <summary>The request has left; nothing came back.</summary>
    Calling,
    /// <summary>A provisional response came.</summary>
    Proceeding,
    /// <summary>Its CANCEL has left, or leaves with the first provisional response (RFC 3261 §9.1).</summary>
    Cancelling,
    Answered,
    Failed,
}

public enum BranchInput : byte
{
    /// <summary>A way is known.</summary>
    Send,
    /// <summary>A way has to be looked up.</summary>
    Resolve,
    /// <summary>There is no way.</summary>
    NoWay,
    /// <summary>100.</summary>
    Trying,
    /// <summary>101 to 199.</summary>
    Provisional,
    Success,
    /// <summary>300 to 699.</summary>
    Refusal,
    /// <summary>No final response in time (timers B, F, or 64*T1 after a CANCEL).</summary>
    Timeout,
    TransportError,
    /// <summary>This way led nowhere, and there is another.</summary>
    HopFailed,
    TimerC,
    Cancel,
}

/// <summary>What to do, in the order of the bits.</summary>
[Flags]
public enum BranchActions : byte
{
    None = 0,
    StopC = 1,
    Send = 2,
    StartC = 4,
    SendCancel = 8,
    /// <summary>The response goes to the context: 1xx and 2xx.</summary>
    Report = 16,
    /// <summary>The branch has its final response: the one that came, or the one that the failure acts as.</summary>
    Fail = 32,
}

/// <summary>One branch by RFC 3261 §16.6 steps 9 to 11, §16.7 step 2, §16.8 and §16.9.</summary>
public static class BranchTable
{
    private const BranchActions End = BranchActions.StopC | BranchActions.Fail;

    public static (BranchState State, BranchActions Actions) Next(BranchState state, BranchInput input) => (state, input) switch
    {
        (BranchState.New or BranchState.Resolving, BranchInput.Send) => (BranchState.Calling, BranchActions.Send | BranchActions.StartC),
        (BranchState.New, BranchInput.Resolve) => (BranchState.Resolving, BranchActions.None),
        (BranchState.New or BranchState.Resolving, BranchInput.NoWay or BranchInput.Cancel) => (BranchState.Failed, BranchActions.Fail),

        (BranchState.Calling or BranchState.Proceeding, BranchInput.Trying) => (BranchState.Proceeding, BranchActions.None),
        // §16.7 step 2: every 1xx but 100 starts timer C anew.
        (BranchState.Calling or BranchState.Proceeding, BranchInput.Provisional) => (BranchState.Proceeding, BranchActions.StopC | BranchActions.StartC | BranchActions.Report),
        (BranchState.Calling or BranchState.Proceeding, BranchInput.HopFailed) => (BranchState.Calling, BranchActions.StopC | BranchActions.Send | BranchActions.StartC),
        // §16.8: CANCEL when it has said anything, as if 408 had come when not.
        (BranchState.Calling, BranchInput.TimerC) => (BranchState.Failed, BranchActions.Fail),
        (BranchState.Proceeding, BranchInput.TimerC) => (BranchState.Cancelling, BranchActions.SendCancel),
        (BranchState.Calling or BranchState.Proceeding, BranchInput.Cancel) => (BranchState.Cancelling, BranchActions.StopC | BranchActions.SendCancel),

        // §16.7 step 5: the CANCEL may come too late, and then the answer counts.
        (BranchState.Cancelling, BranchInput.Provisional) => (BranchState.Cancelling, BranchActions.Report),
        (BranchState.Calling or BranchState.Proceeding or BranchState.Cancelling, BranchInput.Success) => (BranchState.Answered, BranchActions.StopC | BranchActions.Report),
        (BranchState.Answered, BranchInput.Success) => (BranchState.Answered, BranchActions.Report),
        (BranchState.Calling or BranchState.Proceeding or BranchState.Cancelling,
            BranchInput.Refusal or BranchInput.Timeout or BranchInput.TransportError) => (BranchState.Failed, End),

        _ => (state, BranchActions.None),
    };
}
