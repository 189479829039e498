using Gateway.Server.Ports;

namespace Gateway.Server.Calls;

/// <summary>The roles of legs in records.</summary>
internal static class LegRole
{
    public const string Caller = "caller";
    public const string Callee = "callee";
    public const string Transfer = "transfer";
}

/// <summary>What the record will say of one leg: when it was invited, answered and ended on the loop's clock, and how.</summary>
internal sealed class LegHistory(string role, string party, TimeSpan startedAt)
{
    public string Role { get; } = role;

    public string Party { get; } = party;

    public TimeSpan StartedAt { get; } = startedAt;

    public TimeSpan? AnsweredAt { get; private set; }

    public TimeSpan? EndedAt { get; private set; }

    /// <summary>Final status of its INVITE; 0 before.</summary>
    public int Status { get; private set; }

    /// <summary>Why it was refused, in the words of whoever refused.</summary>
    public string Reason { get; private set; } = "";

    public void Answered(TimeSpan now)
    {
        AnsweredAt ??= now;
        Status = 200;
    }

    public void Refused(int status, string? reason, TimeSpan now)
    {
        Status = status;
        Reason = reason ?? Reason;
        Ended(now);
    }

    public void Ended(TimeSpan now) => EndedAt ??= now;
}
