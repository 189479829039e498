using System.Collections.Immutable;
using Gateway.Server.Ports;
using Gateway.Server.Proxy;
using Gateway.Server.Routing;

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

    public CallerKind CallerKind { get; init; }

    /// <summary>Trunk it came in by or went out by; null for calls that stay inside.</summary>
    public Guid? Trunk { get; init; }

    /// <summary>The rule of the dial plan that decided.</summary>
    public Guid? Route { get; init; }

    public Guid? Widget { get; init; }

    /// <summary>caller, callee, gateway or unknown.</summary>
    public string EndedBy { get; init; } = "";

    /// <summary>Q.850 cause that a side gave (RFC 3326), where known.</summary>
    public int? Q850 { get; init; }

    /// <summary>Every side that took part or was tried, in the order of their invitation; the caller first.</summary>
    public ImmutableArray<CallLegRecord> Legs { get; init; } = [];

    /// <summary>Signed data of a widget's host page.</summary>
    public ImmutableDictionary<string, string> Visitor { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Seconds between answer and end on the monotonic clock: a wall clock that jumps does not change it.</summary>
    public double? TalkSeconds { get; init; }

    /// <summary>Bridge or Proxy.</summary>
    public CallMode Mode { get; init; } = CallMode.Bridge;

    /// <summary>Why it was bridged or proxied, in words; empty where nothing was to decide.</summary>
    public string ModeReason { get; init; } = "";

    /// <summary>Of a proxied call: why we stayed in the path or left it, in words.</summary>
    public string PathReason { get; init; } = "";
}

/// <summary>One side of a recorded call.</summary>
public sealed record CallLegRecord
{
    /// <summary>caller, callee (was invited) or transfer (took part after a transfer).</summary>
    public required string Role { get; init; }

    /// <summary>user@domain, or the number at a trunk.</summary>
    public required string Party { get; init; }

    /// <summary>SIP Call-ID: finds the leg in the signalling ladder and in the peer's logs.</summary>
    public string CallId { get; init; } = "";

    /// <summary>udp, tcp, tls, ws, wss.</summary>
    public string Transport { get; init; } = "";

    public Guid? Trunk { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Final status of its INVITE; 0 when none came.</summary>
    public int Status { get; init; }

    public string Reason { get; init; } = "";

    public LegStatistics? Media { get; init; }
}

/// <summary>A live call as the pages see it.</summary>
public sealed record CallSnapshot(
    Guid Id, string Caller, string Callee, string State, DateTimeOffset StartedAt, DateTimeOffset? AnsweredAt, string? Codec)
{
    public CallerKind CallerKind { get; init; }

    public Guid? Trunk { get; init; }

    public Guid? Widget { get; init; }

    /// <summary>Bridge or Proxy.</summary>
    public CallMode Mode { get; init; } = CallMode.Bridge;

    public string ModeReason { get; init; } = "";

    /// <summary>The caller first; then whom it rings or talks to.</summary>
    public ImmutableArray<LegSnapshot> Legs { get; init; } = [];
}

/// <summary>One side of a live call.</summary>
/// <param name="State">trying, ringing, connected, held, ended.</param>
/// <param name="MediaState">new, connecting, ready, failed; empty where there is no media yet.</param>
public sealed record LegSnapshot(string Party, string CallId, string Transport, string State, string MediaState, string? Codec, LegStatistics? Media)
{
    /// <summary>caller, callee or transfer.</summary>
    public string Role { get; init; } = "";

    public Guid? Trunk { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>The figures of the media when they were last asked for; null before.</summary>
    public LegStatus? Live { get; init; }
}
