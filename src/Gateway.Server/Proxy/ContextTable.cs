namespace Gateway.Server.Proxy;

/// <summary>Where a response context stands (RFC 3261 §16.7).</summary>
public enum ContextState : byte
{
    New,
    /// <summary>Targets are asked; no final response has left.</summary>
    Proceeding,
    /// <summary>Nobody else is asked: the caller cancelled, or somebody answered 6xx. What is under way comes to its end.</summary>
    Stopping,
    /// <summary>A 2xx has left. Further ones of an INVITE follow it (RFC 6026).</summary>
    Answered,
    /// <summary>The best of the other final responses has left.</summary>
    Refused,
}

public enum ContextInput : byte
{
    /// <summary>The target set is known.</summary>
    Start,
    /// <summary>101 to 199.</summary>
    Provisional,
    Success,
    /// <summary>600 to 699: it speaks for the user, wherever he is.</summary>
    Global,
    /// <summary>The caller's CANCEL.</summary>
    Cancel,
    /// <summary>It has rung for as long as may be.</summary>
    RingLimit,
    /// <summary>No branch waits for a response any more, and targets are left.</summary>
    Idle,
    /// <summary>No branch waits for a response any more, and no target is left.</summary>
    Exhausted,
}

/// <summary>What to do, in the order of the bits.</summary>
[Flags]
public enum ContextActions : byte
{
    None = 0,
    ForwardProvisional = 1,
    ForwardSuccess = 2,
    /// <summary>CANCEL to every branch of an INVITE that waits.</summary>
    CancelBranches = 4,
    DropTargets = 8,
    /// <summary>The next targets of equal q.</summary>
    AskTargets = 16,
    ForwardBest = 32,
}

/// <summary>What a stateful proxy does on what its branches and its caller say (RFC 3261 §16.7, §16.10).</summary>
public static class ContextTable
{
    public static (ContextState State, ContextActions Actions) Next(ContextState state, ContextInput input) => (state, input) switch
    {
        (ContextState.New, ContextInput.Start) => (ContextState.Proceeding, ContextActions.AskTargets),
        (ContextState.New, ContextInput.Exhausted) => (ContextState.Refused, ContextActions.ForwardBest),

        // §16.7 step 5: 1xx but 100, and every 2xx, at once.
        (ContextState.Proceeding or ContextState.Stopping, ContextInput.Provisional) => (state, ContextActions.ForwardProvisional),
        (ContextState.Proceeding or ContextState.Stopping, ContextInput.Success)
            => (ContextState.Answered, ContextActions.ForwardSuccess | ContextActions.CancelBranches | ContextActions.DropTargets),
        (ContextState.Answered, ContextInput.Success) => (ContextState.Answered, ContextActions.ForwardSuccess),

        // §16.7 step 5: not forwarded before the others have ended; §16.10: so is the caller's CANCEL.
        (ContextState.Proceeding, ContextInput.Global or ContextInput.Cancel)
            => (ContextState.Stopping, ContextActions.CancelBranches | ContextActions.DropTargets),
        // Whoever is left in the target set is asked when these have ended.
        (ContextState.Proceeding, ContextInput.RingLimit) => (ContextState.Proceeding, ContextActions.CancelBranches),
        (ContextState.Proceeding, ContextInput.Idle) => (ContextState.Proceeding, ContextActions.AskTargets),

        (ContextState.Proceeding or ContextState.Stopping, ContextInput.Exhausted) => (ContextState.Refused, ContextActions.ForwardBest),

        _ => (state, ContextActions.None),
    };
}
