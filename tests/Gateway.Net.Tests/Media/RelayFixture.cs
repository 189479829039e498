using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using Gateway.Net.Dtls;
using Gateway.Net.Media;
using Gateway.Server.Ports;
using Gateway.Testing;

namespace Gateway.Net.Tests.Media;

/// <summary>A media relay on loopback with ports of its own, and the peers that talk to it.</summary>
internal sealed class RelayFixture : IDisposable
{
    public const byte Pcmu = 0;
    public const byte Events = 101;
    private static int s_nextRange;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<IDisposable> _peers = [];
    private long _lastLeg;

    public RelayFixture(int loops = 1, int pairs = 200)
    {
        // Each fixture has a range of its own, below the ephemeral ports.
        var first = 24000 + (Interlocked.Increment(ref s_nextRange) * 500 % 7500);
        Options = new NetOptions
        {
            Listen = [IPAddress.Loopback], MediaPort = 0, RtpPortFirst = first, RtpPortLast = first + (pairs * 2) - 1, MediaLoops = loops,
        };
        Relay = new MediaRelay(Options, (owner, happened) => Happened.Enqueue((owner, happened)));
    }

    public NetOptions Options { get; }

    public MediaRelay Relay { get; }

    public DtlsIdentity BrowserIdentity { get; } = new();

    public ConcurrentQueue<(int Owner, MediaEvent Event)> Happened { get; } = new();

    public TimeSpan Now => _clock.Elapsed;

    public static CodecBinding PcmuCodec { get; } = new(new CodecId("PCMU", 8000, 1), Pcmu, Pcmu);

    public static CodecBinding EventCodec(byte type = Events, int clock = 8000) => new(new CodecId("telephone-event", clock, 1), type, type);

    public LegId NewLeg() => new(++_lastLeg);

    public RtcPeer OpenBrowser(LegId leg, int owner = 0, Func<LegConfiguration, LegConfiguration>? change = null, string? fingerprint = null)
    {
        var identity = Relay.OpenWebRtc(leg, owner);
        var peer = new RtcPeer(
            BrowserIdentity, identity.Addresses[0], identity.IceUfrag, identity.IcePassword, identity.Fingerprint, (int)leg.Value);
        var configuration = new LegConfiguration
        {
            Codecs = [PcmuCodec, EventCodec()],
            CanSend = true,
            CanReceive = true,
            WebRtc = new WebRtcRemote(peer.Ufrag, peer.Password, [fingerprint ?? BrowserIdentity.Fingerprint.ToString()], DtlsRole.Server),
        };
        Relay.Configure(leg, change?.Invoke(configuration) ?? configuration);
        _peers.Add(peer);
        return peer;
    }

    public (PlainPeer Peer, IPEndPoint Gateway) OpenPhone(LegId leg, int owner = 0, Func<LegConfiguration, LegConfiguration>? change = null)
    {
        var identity = Relay.OpenRtp(leg, owner, IPAddress.Loopback);
        Assert.NotNull(identity);
        var peer = new PlainPeer(0x2000_0000u + (uint)leg.Value);
        var configuration = new LegConfiguration
        {
            Codecs = ImmutableArray.Create(PcmuCodec, EventCodec()),
            CanSend = true,
            CanReceive = true,
            Rtp = new RtpRemote(peer.Local, null, false, null, false),
        };
        Relay.Configure(leg, change?.Invoke(configuration) ?? configuration);
        _peers.Add(peer);
        return (peer, identity.Rtp);
    }

    /// <summary>Runs the action again and again until the condition holds; false when the time is over.</summary>
    public bool Until(Func<bool> condition, Action poll, double seconds = 10)
    {
        var end = Now + TimeSpan.FromSeconds(seconds);
        while (!condition())
        {
            if (Now > end)
            {
                return false;
            }

            poll();
            Thread.Sleep(1);
        }

        return true;
    }

    public bool Heard<T>(LegId leg, Func<T, bool>? that = null)
        where T : MediaEvent => Happened.Any(e => e.Event is T t && t.Leg == leg && (that?.Invoke(t) ?? true));

    public void Dispose()
    {
        foreach (var peer in _peers)
        {
            peer.Dispose();
        }

        Relay.Dispose();
        BrowserIdentity.Dispose();
    }
}
