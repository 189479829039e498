using System.Collections.Immutable;
using System.Net;

namespace Gateway.Sdp;

/// <summary>The gateway's own media identity on one leg: what its descriptions on that leg are written from.</summary>
public sealed record LocalMedia
{
    /// <summary>Where we take RTP: an address the peer can reach, not one of a host behind us. It stands in o=, c= and m=.</summary>
    public required IPEndPoint Rtp { get; init; }

    /// <summary>Where we take RTCP when it is not multiplexed; null for the next port.</summary>
    public IPEndPoint? Rtcp { get; init; }

    /// <summary>The synchronisation source that we send with.</summary>
    public required uint Ssrc { get; init; }

    /// <summary>The name of that source in RTCP; random, never a user or host name (RFC 7022).</summary>
    public required string CName { get; init; }

    /// <summary>WebRTC: our host candidates, most wanted first. Empty: the RTP address alone.</summary>
    public ImmutableArray<IPEndPoint> Candidates { get; init; } = [];

    /// <summary>WebRTC: our ICE user fragment, at least 4 characters.</summary>
    public string IceUfrag { get; init; } = "";

    /// <summary>WebRTC: our ICE password, at least 22 characters.</summary>
    public string IcePassword { get; init; } = "";

    /// <summary>WebRTC: the value of a=fingerprint, "sha-256 AA:BB:…".</summary>
    public string Fingerprint { get; init; } = "";
}
