using System.Net;
using Gateway.Media;
using Gateway.Media.Dtls;
using Gateway.Media.Ice;
using Gateway.Media.Sessions;
using Gateway.Server.Ports;

namespace Gateway.Net.Media;

/// <summary>Turns the values of Server's port into those of the pure legs, and their report back.</summary>
internal static class Mapping
{
    public static LegSettings ToSettings(LegConfiguration configuration) => new()
    {
        Codecs = [.. configuration.Codecs.Select(c =>
            new LegCodec(c.Codec.Name, c.Codec.ClockRate, Math.Max(1, c.Codec.Channels), c.SendPayloadType, c.ReceivePayloadType))],
        CanSend = configuration.CanSend,
        CanReceive = configuration.CanReceive,
        PacketTime = TimeSpan.FromMilliseconds(Math.Clamp(configuration.PacketTime, 10, 200)),
        ReportDigits = configuration.ReportDigits,
        SilenceLimit = configuration.SilenceLimit,
    };

    public static WebRtcPeer ToPeer(WebRtcRemote remote)
    {
        var fingerprints = new List<Fingerprint>();
        foreach (var text in remote.Fingerprints)
        {
            // Weak and unknown hashes prove nothing and are left out; with none left the association fails (threat 4).
            if (Fingerprint.TryParse(text, out var fingerprint) == FingerprintError.None)
            {
                fingerprints.Add(fingerprint!);
            }
        }

        return new WebRtcPeer(
            remote.IceUfrag,
            fingerprints,
            remote.OurRole == Gateway.Server.Ports.DtlsRole.Client ? Gateway.Media.Dtls.DtlsRole.Client : Gateway.Media.Dtls.DtlsRole.Server,
            remote.NewLocalCredentials is { } fresh && IceCredentials.TryCreate(fresh.Ufrag, fresh.Password, out var credentials) ? credentials : null);
    }

    public static RtpPeer ToPeer(RtpRemote remote) => new(
        Address(remote.Rtp),
        remote.RtcpMux ? default : Address(remote.Rtcp),
        remote.RtcpMux,
        remote.SignallingSource is { } source ? MediaAddress.From(source, 0) : default,
        remote.BehindNat);

    public static LegStatistics ToStatistics(in LegReport report) => new()
    {
        Codec = report.Codec,
        PacketsReceived = report.PacketsReceived,
        BytesReceived = report.BytesReceived,
        PacketsLost = report.PacketsLost,
        PacketsSent = report.PacketsSent,
        BytesSent = report.BytesSent,
        PeerPacketsLost = report.PeerPacketsLost,
        Jitter = report.Jitter,
        PeerJitter = report.PeerJitter,
        RoundTrip = report.RoundTrip,
        Discarded = report.Discarded,
        LongestSilence = report.LongestSilence,
    };

    public static LegStatus ToStatus(MediaLeg leg, TimeSpan now) => new()
    {
        Statistics = ToStatistics(leg.Report(now)),
        State = leg.State switch
        {
            LegState.New => MediaState.New,
            LegState.Connecting => MediaState.Connecting,
            LegState.Ready => MediaState.Ready,
            _ => MediaState.Failed,
        },
        Ice = leg is not WebRtcLeg browser ? "" : !browser.HasPath ? "new" : browser.IsSilent ? "disconnected" : "connected",
        Dtls = leg is not WebRtcLeg secure ? "" : secure.Dtls switch
        {
            DtlsState.Connected => "connected",
            DtlsState.Failed => "failed",
            DtlsState.Closed => "closed",
            // A server that waits for its first flight.
            _ => secure.HasPath ? "connecting" : "new",
        },
        SilentFor = leg.SilentFor(now),
        IdleFor = leg.IdleFor(now),
    };

    /// <summary>None for what cannot be sent to: c=0.0.0.0 is how RFC 2543 held a call, and a group is nobody's phone.</summary>
    private static MediaAddress Address(IPEndPoint? endpoint)
    {
        if (endpoint is null || endpoint.Port == 0
            || endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any)
            || endpoint.Address.Equals(IPAddress.Broadcast) || endpoint.Address.IsIPv6Multicast)
        {
            return default;
        }

        Span<byte> bytes = stackalloc byte[16];
        var isV4Multicast = endpoint.Address.TryWriteBytes(bytes, out var length) && length == 4 && bytes[0] is >= 224 and <= 239;
        return isV4Multicast ? default : MediaAddress.From(endpoint);
    }
}
