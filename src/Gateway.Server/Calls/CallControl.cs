namespace Gateway.Server.Calls;

/// <summary>The two sides of a call, as records and pages name them.</summary>
public enum CallSide : byte
{
    /// <summary>Who called, or who took that place by a transfer.</summary>
    Caller,
    Callee,
}

public enum ControlStatus : byte
{
    Done,
    /// <summary>There is no live call of this id here.</summary>
    NoCall,
    /// <summary>Not in this state: not answered yet, no other side, another transfer under way.</summary>
    NotNow,
    /// <summary>The dial plan, rights or caps refuse it, or nobody is registered.</summary>
    Refused,
}

/// <summary>What became of a command to a call.</summary>
/// <param name="Reason">In words, for whoever asked; empty when done.</param>
public readonly record struct ControlAnswer(ControlStatus Status, string Reason = "")
{
    /// <summary>The SIP status that a phone would have got; 0 when done.</summary>
    public int SipStatus { get; init; }

    /// <summary>The call that was started, else the one that the command was for.</summary>
    public Guid Call { get; init; }
}
