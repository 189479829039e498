using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Gateway.Media.Ice;
using Gateway.Media.Sessions;
using Gateway.Net.Dtls;
using Gateway.Server.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Media;

/// <summary>
/// The media plane in this process: makes a leg's identity at once on the caller's thread and posts everything else to the
/// loop that serves the owner, so both legs of a call share a loop.
/// </summary>
public sealed class MediaRelay : IMediaRelay, IDisposable
{
    private const int BindAttempts = 32;
    private const int SharedPortAttempts = 64;
    private static readonly TimeSpan PortRest = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<LegId, LegSlot> _slots = new();
    private readonly RandomNumberGenerator _random;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly DtlsIdentity _identity = new();
    private readonly ImmutableArray<IPAddress> _local;
    private readonly ImmutableArray<MediaLoop> _loops;
    private readonly PortPool _ports;
    private readonly NetOptions _options;
    private readonly ILogger _log;
    private readonly Task<IReadOnlyList<byte[]>?> _opusTone = Task.Run(() => OpusTone.Make());
    private readonly Task<IReadOnlyList<byte[]>?> _opusRing = Task.Run(() => OpusTone.Make(OpusTone.Ring));

    /// <param name="tell">Posts an event to the SIP loop that owns the leg; called on media threads.</param>
    /// <param name="logging">Null to log nothing.</param>
    /// <param name="random">Source of ufrags, passwords, SSRCs and ports; null for the system's.</param>
    /// <exception cref="IOException">The media port cannot be bound.</exception>
    public MediaRelay(
        NetOptions options, Action<int, MediaEvent> tell, TimeProvider? time = null, RandomNumberGenerator? random = null, MediaMetrics? metrics = null,
        ILoggerFactory? logging = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(tell);
        _options = options;
        _time = time ?? TimeProvider.System;
        _random = random ?? RandomNumberGenerator.Create();
        _origin = _time.GetTimestamp();
        Metrics = metrics ?? new MediaMetrics();
        _log = (logging ?? NullLoggerFactory.Instance).CreateLogger<MediaRelay>();
        _local = HostAddresses.Local(options);
        _ports = new PortPool(options.RtpPortFirst, options.RtpPortLast, PortRest, _random);
        Metrics.PortsInUse = () => _ports.InUse;
        var count = options.MediaLoops > 0 ? options.MediaLoops : Environment.ProcessorCount;
        var loops = ImmutableArray.CreateBuilder<MediaLoop>(count);
        for (var i = 0; i < count; i++)
        {
            var shared = BindShared(options.MediaPort == 0 ? 0 : options.MediaPort + i);
            IPacketIo io = EpollIo.IsSupported ? new EpollIo() : new PortableIo();
            loops.Add(new MediaLoop(i, io, shared, _time, _origin, tell, Metrics, _log));
            foreach (var port in shared)
            {
                MediaLog.Listening(_log, port.Local);
            }
        }

        _loops = loops.MoveToImmutable();
        foreach (var loop in _loops)
        {
            loop.Start();
        }
    }

    public MediaMetrics Metrics { get; }

    /// <summary>True while every media loop turns (threat 7: a dead loop is a failure of the process).</summary>
    public bool IsHealthy => _loops.All(loop => loop.IsAlive);

    /// <summary>RTP port pairs that are lent out.</summary>
    public int PortsInUse => _ports.InUse;

    /// <summary>The hash of this process's certificate.</summary>
    public string Fingerprint => _identity.Fingerprint.ToString();

    public WebRtcIdentity OpenWebRtc(LegId leg, int owner)
    {
        var loop = LoopOf(owner);
        var ice = new IceLiteAgent(_random);
        var (ssrc, cname) = NewSource();
        var slot = new LegSlot(loop, leg, owner, []) { Released = Release };
        slot.Leg = new WebRtcLeg(slot, ice, () => new OpenSslDtls(_identity), ssrc, cname, _random);
        Register(slot);
        var key = ice.Local.Key;
        loop.Post(l =>
        {
            l.Add(slot);
            l.AddUfrag(slot, key);
        });
        return new WebRtcIdentity(
            HostAddresses.Candidates(loop.SharedPorts.Select(p => p.Local), _options.PublicAddress),
            ice.Local.Ufrag, ice.Local.Password, Fingerprint, ssrc, cname);
    }

    public RtpIdentity? OpenRtp(LegId leg, int owner, IPAddress near)
    {
        var bindTo = LocalFor(near);
        if (BindPair(bindTo) is not var (rtp, rtcp))
        {
            MediaLog.NoPorts(_log, _ports.InUse);
            return null;
        }

        return Serve(leg, owner, bindTo, rtp, rtcp);
    }

    public RtpIdentity? ReopenRtp(LegId leg, int owner, IPAddress near, int port)
    {
        if (!_ports.TryTake(port))
        {
            return null;
        }

        var bindTo = LocalFor(near);
        var rtp = UdpPort.TryBind(bindTo, port, shared: false);
        var rtcp = rtp is null ? null : UdpPort.TryBind(bindTo, port + 1, shared: false);
        if (rtp is not null && rtcp is not null)
        {
            return Serve(leg, owner, bindTo, rtp, rtcp);
        }

        rtp?.Dispose();
        _ports.Return(port, _time.GetElapsedTime(_origin));
        return null;
    }

    private IPAddress LocalFor(IPAddress near) => _local.Contains(near) || IPAddress.IsLoopback(near)
        ? near
        : _local.FirstOrDefault(a => a.AddressFamily == near.AddressFamily, _local[0]);

    private RtpIdentity Serve(LegId leg, int owner, IPAddress bindTo, UdpPort rtp, UdpPort rtcp)
    {
        var loop = LoopOf(owner);
        var (ssrc, cname) = NewSource();
        var slot = new LegSlot(loop, leg, owner, [rtp, rtcp]) { PooledPort = rtp.Local.Port, Released = Release };
        slot.Leg = new RtpLeg(slot, ssrc, cname, _random);
        Register(slot);
        loop.Post(l => l.Add(slot));
        var advertised = HostAddresses.Advertised(bindTo, _options.PublicAddress);
        return new RtpIdentity(
            new IPEndPoint(advertised, rtp.Local.Port), new IPEndPoint(advertised, rtcp.Local.Port), ssrc, cname);
    }

    public void Configure(LegId leg, LegConfiguration configuration)
    {
        var settings = Mapping.ToSettings(configuration);
        var webRtc = configuration.WebRtc is { } browser ? Mapping.ToPeer(browser) : null;
        var rtp = configuration.Rtp is { } plain ? Mapping.ToPeer(plain) : null;
        Post(leg, (slot, media, now) =>
        {
            if (media is WebRtcLeg browserLeg && webRtc is not null)
            {
                if (webRtc.NewLocal is { } fresh)
                {
                    slot.Loop.AddUfrag(slot, fresh.Key);
                }

                browserLeg.SetPeer(webRtc, now);
            }
            else if (media is RtpLeg plainLeg && rtp is not null)
            {
                plainLeg.SetPeer(rtp, now);
            }

            media.Configure(settings, now);
            if (slot.Peer?.Leg is { } peer)
            {
                MediaBridge.Refresh(media, peer);
            }
        });
    }

    public void Rehome(LegId leg, int owner)
    {
        if (_slots.TryGetValue(leg, out var slot))
        {
            slot.Owner = owner;
        }
    }

    public void Join(LegId a, LegId b)
    {
        if (!_slots.TryGetValue(a, out var first) || !_slots.TryGetValue(b, out var second))
        {
            return;
        }

        if (first.Loop != second.Loop)
        {
            // After a transfer between calls of two SIP loops: packets cross by a ring each way.
            var toSecond = new RemoteSink(second);
            var toFirst = new RemoteSink(first) { Twin = toSecond };
            toSecond.Twin = toFirst;
            Post(a, (slot, _, _) => slot.Loop.JoinRemote(slot, toSecond, toFirst));
            Post(b, (slot, _, _) => slot.Loop.JoinRemote(slot, toFirst, toSecond));
            return;
        }

        Post(a, (_, _, _) =>
        {
            if (first.IsClosed || second.IsClosed)
            {
                return;
            }

            MediaLoop.Part(first);
            MediaLoop.Part(second);
            first.Peer = second;
            second.Peer = first;
            MediaBridge.Join(first.Leg!, second.Leg!);
        });
    }

    public void JoinService(LegId leg, MediaService service) => Post(leg, (slot, media, now) =>
    {
        MediaLoop.Part(slot);
        var (kind, opus) = service switch
        {
            MediaService.Echo => (LegService.Echo, null),
            MediaService.Ringback => (LegService.Ringback, _opusRing),
            _ => (LegService.Tone, _opusTone),
        };
        media.Serve(kind, now, opus is { IsCompletedSuccessfully: true } ? opus.Result : null);
    });

    public void Part(LegId leg) => Post(leg, (slot, _, _) => MediaLoop.Part(slot));

    public void SendDigit(LegId leg, char digit, TimeSpan duration) =>
        Post(leg, (_, media, now) => media.SendDigit(digit, duration, now));

    public void Report(LegId leg) =>
        Post(leg, static (slot, media, now) => slot.Loop.Tell(slot.Owner, new MediaEvent.Reported(slot.Id, Mapping.ToStatus(media, now))));

    public void Close(LegId leg)
    {
        if (_slots.TryGetValue(leg, out var slot))
        {
            slot.Loop.Post(l => l.Close(slot));
        }
    }

    public void Dispose()
    {
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }

        _identity.Dispose();
        Metrics.Dispose();
    }

    private MediaLoop LoopOf(int owner) => _loops[(int)((uint)owner % (uint)_loops.Length)];

    private void Register(LegSlot slot)
    {
        if (!_slots.TryAdd(slot.Id, slot))
        {
            throw new ArgumentException("The leg is open already.", nameof(slot));
        }

        Metrics.LegOpened();
    }

    private void Post(LegId leg, Action<LegSlot, MediaLeg, TimeSpan> command)
    {
        if (_slots.TryGetValue(leg, out var slot))
        {
            slot.Loop.Post(l => l.Guard(slot, command));
        }
    }

    private void Release(LegSlot slot)
    {
        _slots.TryRemove(slot.Id, out _);
        if (slot.PooledPort != 0)
        {
            _ports.Return(slot.PooledPort, _time.GetElapsedTime(_origin));
        }
    }

    private (uint Ssrc, string CName) NewSource()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.GetBytes(bytes);
        // RFC 7022 §4.2: a short-term random CNAME, which tells nobody who or where we are.
        return (BitConverter.ToUInt32(bytes), Convert.ToBase64String(bytes[4..]));
    }

    private (UdpPort Rtp, UdpPort Rtcp)? BindPair(IPAddress address)
    {
        for (var attempt = 0; attempt < BindAttempts; attempt++)
        {
            var now = _time.GetElapsedTime(_origin);
            if (_ports.TryTake(now) is not { } port)
            {
                return null;
            }

            var rtp = UdpPort.TryBind(address, port, shared: false);
            var rtcp = rtp is null ? null : UdpPort.TryBind(address, port + 1, shared: false);
            if (rtp is not null && rtcp is not null)
            {
                return (rtp, rtcp);
            }

            // Someone else's for now; the pair rests and is tried again later.
            rtp?.Dispose();
            _ports.Return(port, now);
        }

        return null;
    }

    /// <summary>One socket per address, all with one port number; with port 0 the first address's choice is tried on the others.</summary>
    private ImmutableArray<UdpPort> BindShared(int port)
    {
        for (var attempt = 0; attempt < SharedPortAttempts; attempt++)
        {
            var bound = new List<UdpPort>();
            foreach (var address in _local)
            {
                var wanted = port == 0 && bound.Count > 0 ? bound[0].Local.Port : port;
                if (UdpPort.TryBind(address, wanted, shared: true) is { } socket)
                {
                    bound.Add(socket);
                }
                else if (port != 0)
                {
                    bound.ForEach(b => b.Dispose());
                    throw new IOException($"UDP port {port} on {address} cannot be bound for media: Gateway:Net:MediaPort names another, or end what holds it.");
                }
            }

            if (bound.Count == _local.Length)
            {
                return [.. bound];
            }

            bound.ForEach(b => b.Dispose());
        }

        throw new IOException("No UDP port is free on all local addresses for media.");
    }
}
