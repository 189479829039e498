namespace Gateway.Server.Trunks;

/// <summary>
/// When a trunk counts as down and when as up again, as pure changes of its status: a few failures in a row take it out, a few
/// successes in a row bring it back, so that one lost packet moves no calls and a flapping link does not either.
/// </summary>
public static class TrunkHealth
{
    /// <summary>Questions and calls in a row without an answer that take a trunk out.</summary>
    public const int FailuresToDown = 3;

    /// <summary>Answers in a row that bring it back. The first answer of a trunk that nothing is known of is enough.</summary>
    public const int SuccessesToUp = 2;

    public static TrunkStatus Succeeded(TrunkStatus status, DateTimeOffset at)
    {
        var row = Math.Min(status.SuccessesInARow + 1, SuccessesToUp);
        var reach = status.Reach != TrunkState.Down || row >= SuccessesToUp ? TrunkState.Up : TrunkState.Down;
        return Settle(status, status with
        {
            SuccessesInARow = row,
            FailuresInARow = 0,
            Reach = reach,
            LastReason = reach == TrunkState.Up && !status.IsRefused ? "" : status.LastReason,
        }, at);
    }

    /// <param name="reason">In words that an operator can act on.</param>
    public static TrunkStatus Failed(TrunkStatus status, string reason, DateTimeOffset at)
    {
        var row = Math.Min(status.FailuresInARow + 1, FailuresToDown);
        return Settle(status, status with
        {
            FailuresInARow = row,
            SuccessesInARow = 0,
            Reach = row >= FailuresToDown ? TrunkState.Down : status.Reach,
            LastReason = reason,
        }, at);
    }

    /// <summary>The registration that its calls need was refused, or ended: no hysteresis, the answer was clear.</summary>
    public static TrunkStatus Refused(TrunkStatus status, string reason, DateTimeOffset at) =>
        Settle(status, status with { IsRefused = true, LastReason = reason }, at);

    /// <summary>The registration stands.</summary>
    public static TrunkStatus Admitted(TrunkStatus status, DateTimeOffset at) =>
        Succeeded(status with { IsRefused = false }, at);

    /// <summary>Nothing asks a trunk that is down whether it is back: after a while it gets another chance.</summary>
    public static TrunkStatus Forgiven(TrunkStatus status, DateTimeOffset at) =>
        Settle(status, status with { Reach = TrunkState.Unknown, FailuresInARow = 0, SuccessesInARow = 0 }, at);

    private static TrunkStatus Settle(TrunkStatus before, TrunkStatus after, DateTimeOffset at)
    {
        var state = after.IsRefused ? TrunkState.Down : after.Reach;
        return after with { State = state, ChangedAt = state == before.State ? before.ChangedAt : at };
    }
}
