using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// A call as plain values: what is stored while it lives, read by the process after a crash, and handed to another loop. Its
/// JSON is versioned; a reader refuses versions that it does not know. Keys are never part of it.
/// </summary>
public sealed record CallCheckpoint
{
    /// <summary>The version that this code writes.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>As far as it is known; its times are those of the call's own clock.</summary>
    public required CallRecord Record { get; init; }

    /// <summary>Both sides were talking; else the call only rang, and ends with the process.</summary>
    public bool IsAnswered { get; init; }

    public CallerCheckpoint? By { get; init; }

    public PlanCheckpoint? Plan { get; init; }

    /// <summary>Null after its side went over to another call.</summary>
    public LegCheckpoint? Caller { get; init; }

    /// <summary>Null when the caller talks to a service.</summary>
    public LegCheckpoint? Callee { get; init; }

    /// <summary>It counts among the calls at once of its caller.</summary>
    public bool IsCounted { get; init; }

    /// <summary>When its time is up; null without a limit.</summary>
    public DateTimeOffset? LimitAt { get; init; }

    public IReadOnlyList<ChargeCheckpoint> Charges { get; init; } = [];

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, CallCheckpointJson.Default.CallCheckpoint);

    /// <summary>False for what is no checkpoint of a version that this code reads.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out CallCheckpoint? checkpoint)
    {
        checkpoint = null;
        try
        {
            checkpoint = JsonSerializer.Deserialize(bytes, CallCheckpointJson.Default.CallCheckpoint);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            // Not ours, or damaged: whoever asked goes on without it.
        }
        if (checkpoint is not { Version: CurrentVersion, Record: not null }) checkpoint = null;
        return checkpoint is not null;
    }
}

/// <summary>Where a call stood when it was stored.</summary>
/// <param name="At">The moment on the call's own clock.</param>
/// <param name="Utc">The same moment on the wall: a step of the wall clock before the crash is known by the difference.</param>
/// <param name="Body"><see cref="CallCheckpoint.ToBytes"/>.</param>
public sealed record StoredCall(Guid Id, string NodeId, DateTimeOffset At, DateTimeOffset Utc, ReadOnlyMemory<byte> Body);

/// <summary>Who a side is when it calls: looked up again where the checkpoint is read.</summary>
public sealed record CallerCheckpoint(CallerKind Kind, string Aor, string DisplayName)
{
    /// <summary>The account's user part; null for trunks and widgets.</summary>
    public string? User { get; init; }

    public Guid? Trunk { get; init; }

    public Guid? Extension { get; init; }

    public VisitCheckpoint? Visit { get; init; }
}

/// <summary>The session of a widget's visitor.</summary>
public sealed record VisitCheckpoint(Guid Session, Guid Widget, string Origin)
{
    public IReadOnlyDictionary<string, string> Visitor { get; init; } = new Dictionary<string, string>();

    public string Language { get; init; } = "";

    public string Page { get; init; } = "";

    public int MaxSeconds { get; init; }
}

/// <summary>Where the call led, as far as an answered call still asks.</summary>
public sealed record PlanCheckpoint
{
    /// <summary>The service that the caller talks to; null when it talks to someone.</summary>
    public MediaService? Service { get; init; }

    /// <summary>The number that went out over a trunk; null for calls inside.</summary>
    public string? Number { get; init; }

    /// <summary>What kind of number it is, by the name of its class.</summary>
    public string? Class { get; init; }

    public TimeSpan MaxDuration { get; init; }
}

/// <summary>A further caller that the call counts against, after a transfer.</summary>
public sealed record ChargeCheckpoint(CallerCheckpoint By, PlanCheckpoint Plan, bool IsCounted, bool IsTalking);

/// <summary>One side of a call.</summary>
public sealed record LegCheckpoint
{
    public required DialogSnapshot Dialog { get; init; }

    public required SipTransport Transport { get; init; }

    /// <summary>address:port that the side was last heard from.</summary>
    public required string Remote { get; init; }

    public int Listener { get; init; }

    /// <summary>The connection, which is known again by the id that its registration or visit was stored with; 0 for UDP.</summary>
    public long Connection { get; init; }

    /// <summary>It called us: the Call-ID is its own.</summary>
    public bool IsInbound { get; init; }

    public required string Aor { get; init; }

    public required string Role { get; init; }

    public required string Identity { get; init; }

    public string ContactUser { get; init; } = "gw";

    public bool WantsPrivacy { get; init; }

    public Guid? Trunk { get; init; }

    /// <summary>Whom we went to a trunk for: its extension decides the login.</summary>
    public Guid? TrunkAccount { get; init; }

    /// <summary>It holds a channel of its trunk.</summary>
    public bool HoldsChannel { get; init; }

    public CallerCheckpoint? Party { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    public bool IsParked { get; init; }

    public SessionCheckpoint? Session { get; init; }

    public required MediaCheckpoint Media { get; init; }

    /// <summary>Frees what the side holds when it is gone, where it lives on.</summary>
    [JsonIgnore]
    public Action? Left { get; init; }
}

/// <summary>The session timer of a side (RFC 4028).</summary>
/// <param name="Since">The last refresh.</param>
public sealed record SessionCheckpoint(bool IsOurs, uint Seconds, uint Least, bool AllowsUpdate, bool IsUpdateRefused, DateTimeOffset Since);

/// <summary>The media of a side.</summary>
public sealed record MediaCheckpoint
{
    public required NegotiationSnapshot Negotiation { get; init; }

    public MediaDirection Told { get; init; }

    public MediaDirection Will { get; init; }

    /// <summary>Our RTP address as the peer was told it; null toward browsers.</summary>
    public string? Rtp { get; init; }

    /// <summary>Where signalling came from, for the latch.</summary>
    public string? Source { get; init; }

    /// <summary>What the peer last offered; null before an offer of the peer.</summary>
    public OfferedAudio? Offered { get; init; }

    /// <summary>The leg in the media plane, where it lives on.</summary>
    [JsonIgnore]
    public LegId? Lives { get; init; }

    /// <summary>The peer has still to be told of our identity as it is now.</summary>
    [JsonIgnore]
    public bool IsUntold { get; init; }
}

[JsonSerializable(typeof(CallCheckpoint))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class CallCheckpointJson : JsonSerializerContext;
