using System.Text.Json.Serialization;

namespace Gateway.Sdp;

/// <summary>An m= line of a leg's descriptions, which keeps its place for the dialog's life.</summary>
public sealed record SlotSnapshot(string Media, string Protocol, IReadOnlyList<string> Formats, string? Mid);

/// <summary>A payload number that has had a meaning on the leg.</summary>
public sealed record NumberSnapshot(int Number, CodecDescription Codec);

/// <summary>
/// What is agreed on a leg, as plain values: enough to offer and answer on it from another loop, or after a restart. What is
/// secret, and what dies with the process, goes to another loop only and is never written: ICE passwords, our media identity.
/// </summary>
public sealed record NegotiationSnapshot
{
    public required LegProfile Profile { get; init; }

    public required string SessionId { get; init; }

    /// <summary>Of our last description (RFC 8866 §5.2).</summary>
    public required ulong DescriptionVersion { get; init; }

    public required MediaDirection Wanted { get; init; }

    public required IReadOnlyList<SlotSnapshot> Slots { get; init; }

    public required int AudioIndex { get; init; }

    /// <summary>Those of our last description, telephone-event among them.</summary>
    public required IReadOnlyList<CodecDescription> LocalCodecs { get; init; }

    public required MediaDirection LocalDirection { get; init; }

    public bool LocalMux { get; init; }

    public bool Bundle { get; init; }

    public DtlsSetup Setup { get; init; }

    public required int LocalPacketTime { get; init; }

    public required IReadOnlyList<NegotiatedCodec> Codecs { get; init; }

    public required IReadOnlyList<NegotiatedCodec> TelephoneEvents { get; init; }

    public required string Protocol { get; init; }

    public required MediaDirection RemoteDirection { get; init; }

    /// <summary>address:port of the peer's RTP; null where it has none.</summary>
    public string? RemoteRtp { get; init; }

    public string? RemoteRtcp { get; init; }

    public bool RtcpMux { get; init; }

    public int? PacketTime { get; init; }

    public int? MaxPacketTime { get; init; }

    public IReadOnlyList<string> RemoteFingerprints { get; init; } = [];

    public string? RemoteTlsId { get; init; }

    public DtlsRole DtlsRole { get; init; }

    public required IReadOnlyList<NumberSnapshot> Numbers { get; init; }

    /// <summary>Our identity on the leg, where it lives on.</summary>
    [JsonIgnore]
    public LocalMedia? Local { get; init; }

    /// <summary>The peer's side of ICE, where the path lives on.</summary>
    [JsonIgnore]
    public RemoteIce? RemoteIce { get; init; }
}
