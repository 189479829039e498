using Gateway.Server.Ports;

namespace Gateway.Server.Calls;

/// <summary>The record of one call (CDR): who, whom, when, how long, why it ended, and what the media did.</summary>
public sealed record CallRecord
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    public required string NodeId { get; init; }

    /// <summary>user@domain of the caller.</summary>
    public required string Caller { get; init; }

    /// <summary>What was dialled.</summary>
    public required string Callee { get; init; }

    /// <summary>The account that answered; null when none did or a service did.</summary>
    public string? AnsweredBy { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The end was taken from the last activity after a crash.</summary>
    public bool EndIsEstimated { get; init; }

    /// <summary>Final SIP status the caller got, 200 when answered.</summary>
    public int Status { get; init; }

    /// <summary>Who or what ended it: caller, callee, cancel, busy, no-answer, silence, consent, error…</summary>
    public string EndReason { get; init; } = "";

    public string? Codec { get; init; }

    public LegStatistics? CallerMedia { get; init; }

    public LegStatistics? CalleeMedia { get; init; }
}

/// <summary>A live call as the pages see it.</summary>
public sealed record CallSnapshot(
    Guid Id, string Caller, string Callee, string State, DateTimeOffset StartedAt, DateTimeOffset? AnsweredAt, string? Codec);
