using System.Collections.Immutable;
using System.Net;
using Gateway.Server.Ports;

namespace Gateway.Server.Tests.Calls;

/// <summary>A media plane that only notes what it is told, and reports a closed leg as the real one does.</summary>
internal sealed class FakeMedia(Action<int, MediaEvent> told) : IMediaRelay
{
    private readonly Dictionary<LegId, int> _owners = [];

    /// <summary>Every leg in the order in which they were opened.</summary>
    public List<LegId> Order { get; } = [];

    public int OwnerOf(LegId leg) => _owners.GetValueOrDefault(leg);

    public void Rehome(LegId leg, int owner)
    {
        Check(leg);
        _owners[leg] = owner;
    }

    private int _ports = 30000;

    /// <summary>The first port is two above this one.</summary>
    public int Ports { set => _ports = value; }

    /// <summary>True: the ports of an earlier process are others' now.</summary>
    public bool ArePortsTaken { get; set; }

    public HashSet<LegId> Open { get; } = [];

    public Dictionary<LegId, LegConfiguration> Configured { get; } = [];

    public Dictionary<LegId, LegId> Peers { get; } = [];

    public Dictionary<LegId, MediaService> Services { get; } = [];

    public List<(LegId Leg, char Digit)> Digits { get; } = [];

    /// <summary>Ports that are left; legs of plain RTP beyond get none.</summary>
    public int PortsLeft { get; set; } = int.MaxValue;

    /// <summary>False: a media loop that never reports.</summary>
    public bool Reports { get; set; } = true;

    public int Opened { get; private set; }

    public List<string> Errors { get; } = [];

    /// <summary>The command of this name throws, once.</summary>
    public string? FailNext { get; set; }

    public WebRtcIdentity OpenWebRtc(LegId leg, int owner)
    {
        Add(leg, owner);
        return new WebRtcIdentity([new IPEndPoint(IPAddress.Parse("203.0.113.1"), 3478)], "gwufrag" + leg.Value, "gwpassword0123456789abcdef", SdpText.Fingerprint, 1, "cname");
    }

    public RtpIdentity? OpenRtp(LegId leg, int owner, IPAddress near)
    {
        Fail();
        if (PortsLeft <= 0) return null;
        PortsLeft--;
        Add(leg, owner);
        _ports += 2;
        return new RtpIdentity(new IPEndPoint(IPAddress.Parse("203.0.113.1"), _ports), new IPEndPoint(IPAddress.Parse("203.0.113.1"), _ports + 1), 2, "cname");
    }

    public RtpIdentity? ReopenRtp(LegId leg, int owner, IPAddress near, int port)
    {
        if (ArePortsTaken) return null;
        Add(leg, owner);
        return new RtpIdentity(new IPEndPoint(IPAddress.Parse("203.0.113.1"), port), new IPEndPoint(IPAddress.Parse("203.0.113.1"), port + 1), 3, "cname2");
    }

    public void Configure(LegId leg, LegConfiguration configuration)
    {
        Fail();
        Check(leg);
        Configured[leg] = configuration;
    }

    public void Join(LegId a, LegId b)
    {
        Check(a);
        Check(b);
        Part(a);
        Part(b);
        Services.Remove(a);
        Services.Remove(b);
        Peers[a] = b;
        Peers[b] = a;
    }

    public void JoinService(LegId leg, MediaService service)
    {
        Fail();
        Check(leg);
        Part(leg);
        Services[leg] = service;
    }

    public void Part(LegId leg)
    {
        if (Peers.Remove(leg, out var peer)) Peers.Remove(peer);
    }

    public void SendDigit(LegId leg, char digit, TimeSpan duration)
    {
        Fail();
        Check(leg);
        Digits.Add((leg, digit));
    }

    public int Asked { get; private set; }

    public void Report(LegId leg)
    {
        Asked++;
        if (Reports && Open.Contains(leg))
            Tell(new MediaEvent.Reported(leg, new LegStatus { Statistics = new LegStatistics { Codec = "PCMU", PacketsReceived = leg.Value }, State = MediaState.Ready }));
    }

    public void Close(LegId leg)
    {
        Fail();
        if (!Open.Remove(leg)) Errors.Add($"{leg} closed twice");
        Part(leg);
        if (Reports) Tell(new MediaEvent.Closed(leg, new LegStatistics { PacketsReceived = leg.Value }));
    }

    private void Fail([System.Runtime.CompilerServices.CallerMemberName] string command = "")
    {
        if (FailNext != command) return;
        FailNext = null;
        throw new InvalidOperationException(command);
    }

    private void Tell(MediaEvent what) => told(OwnerOf(what.Leg), what);

    private void Add(LegId leg, int owner)
    {
        _owners[leg] = owner;
        Order.Add(leg);
        Opened++;
        if (!Open.Add(leg)) Errors.Add($"{leg} opened twice");
    }

    private void Check(LegId leg)
    {
        if (!Open.Contains(leg)) Errors.Add($"{leg} used while closed");
    }
}
