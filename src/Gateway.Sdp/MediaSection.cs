using System.Collections.Immutable;

namespace Gateway.Sdp;

/// <summary>
/// One m= line and what follows it up to the next one (RFC 8866 §5.14), as it was written.
/// <see cref="ResolvedMedia"/> reads it together with the session level.
/// </summary>
public sealed record MediaSection
{
    /// <summary>"audio", "video", "application", …</summary>
    public required string Media { get; init; }

    /// <summary>0 refuses or ends the stream (RFC 3264 §6); 9 is what ICE endpoints write before they know (RFC 8839 §4.2.2).</summary>
    public required int Port { get; init; }

    /// <summary>The number after "port/", 1 when there is none.</summary>
    public int PortCount { get; init; } = 1;

    /// <summary>"RTP/AVP", "UDP/TLS/RTP/SAVPF", …</summary>
    public required string Protocol { get; init; }

    /// <summary>Payload types for RTP, otherwise whatever the protocol says; kept as written.</summary>
    public required ImmutableArray<string> Formats { get; init; }

    public SdpConnection? Connection { get; init; }

    /// <summary>The lines i, b, k and unknown ones of this section, in their order.</summary>
    public ImmutableArray<SdpLine> Lines { get; init; } = [];

    public ImmutableArray<SdpAttribute> Attributes { get; init; } = [];

    public bool IsAudio => Media.Equals("audio", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the formats are RTP payload types.</summary>
    public bool IsRtp => Protocol.Contains("RTP/", StringComparison.OrdinalIgnoreCase);

    /// <summary>The value of the first attribute of that name; null when absent, "" for a property.</summary>
    public string? Find(string name)
    {
        foreach (var attribute in Attributes)
            if (attribute.Is(name)) return attribute.Value ?? "";
        return null;
    }

    public bool Has(string name) => Find(name) is not null;

    /// <summary>The values of all attributes of that name, in order.</summary>
    public IEnumerable<string> FindAll(string name)
    {
        foreach (var attribute in Attributes)
            if (attribute.Is(name)) yield return attribute.Value ?? "";
    }
}
