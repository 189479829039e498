using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Sip;

/// <summary>
/// A dialog as plain values: what is handed to another loop, stored, and read by a later process. Its JSON is versioned;
/// a reader refuses versions that it does not know and ignores members that it does not know.
/// </summary>
public sealed record DialogSnapshot
{
    /// <summary>The version that this code writes.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string CallId { get; init; }

    public required string LocalTag { get; init; }

    public required string RemoteTag { get; init; }

    public required string LocalAddress { get; init; }

    public required string RemoteAddress { get; init; }

    public required string RemoteTarget { get; init; }

    public required IReadOnlyList<string> RouteSet { get; init; }

    public uint LocalSequence { get; init; }

    public uint InviteSequence { get; init; }

    public uint? RemoteSequence { get; init; }

    public bool SequenceRepeated { get; init; }

    public DialogState State { get; init; }

    public bool Secure { get; init; }

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, DialogSnapshotJson.Default.DialogSnapshot);

    /// <summary>False for what is no snapshot of a version that this code reads.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out DialogSnapshot? snapshot)
    {
        try
        {
            snapshot = JsonSerializer.Deserialize(bytes, DialogSnapshotJson.Default.DialogSnapshot);
        }
        catch (JsonException)
        {
            snapshot = null;
        }
        if (snapshot is not { Version: CurrentVersion, RouteSet: not null, RemoteTarget: not null, CallId: not null }
            || snapshot.LocalTag is null || snapshot.RemoteTag is null || snapshot.LocalAddress is null || snapshot.RemoteAddress is null)
        {
            snapshot = null;
        }
        return snapshot is not null;
    }

    public bool Equals(DialogSnapshot? other)
        => other is not null && ToBytes().AsSpan().SequenceEqual(other.ToBytes());

    public override int GetHashCode() => HashCode.Combine(CallId, LocalTag, RemoteTag, LocalSequence, RemoteSequence);
}

[JsonSerializable(typeof(DialogSnapshot))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class DialogSnapshotJson : JsonSerializerContext;
