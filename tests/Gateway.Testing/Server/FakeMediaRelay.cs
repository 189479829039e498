using System.Globalization;
using System.Net;
using Gateway.Server.Ports;

namespace Gateway.Testing.Server;

/// <summary>A media plane that only writes down what it was told; ports and SSRCs count up.</summary>
public sealed class FakeMediaRelay : IMediaRelay
{
    public const string Fingerprint = "sha-256 " +
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

    private int _next;

    /// <summary>Every command in order, e.g. "OpenRtp 2", "Join 1 2", "Close 1".</summary>
    public List<string> Commands { get; } = [];

    public Dictionary<LegId, LegConfiguration> Configured { get; } = [];

    public HashSet<LegId> Open { get; } = [];

    /// <summary>True: the port range is used up.</summary>
    public bool IsFull { get; set; }

    public WebRtcIdentity OpenWebRtc(LegId leg, int owner)
    {
        Note("OpenWebRtc", leg);
        Open.Add(leg);
        var n = ++_next;
        return new WebRtcIdentity([new IPEndPoint(IPAddress.Parse("192.0.2.1"), 40000)], $"ufrag{n}", $"password-of-twenty-two-{n}", Fingerprint, (uint)n, "gw");
    }

    public RtpIdentity? OpenRtp(LegId leg, int owner, IPAddress near)
    {
        Note("OpenRtp", leg);
        if (IsFull)
        {
            return null;
        }

        Open.Add(leg);
        var port = 40100 + (2 * ++_next);
        var address = near.Equals(IPAddress.Any) || near.Equals(IPAddress.IPv6Any) ? IPAddress.Parse("192.0.2.1") : near;
        return new RtpIdentity(new IPEndPoint(address, port), new IPEndPoint(address, port + 1), (uint)_next, "gw");
    }

    public void Configure(LegId leg, LegConfiguration configuration)
    {
        Note("Configure", leg);
        Configured[leg] = configuration;
    }

    public void Join(LegId a, LegId b) => Commands.Add(string.Create(CultureInfo.InvariantCulture, $"Join {a.Value} {b.Value}"));

    public void JoinService(LegId leg, MediaService service) => Note($"JoinService {service}", leg);

    public void Part(LegId leg) => Note("Part", leg);

    public void SendDigit(LegId leg, char digit, TimeSpan duration) => Note($"SendDigit {digit}", leg);

    public void Report(LegId leg) => Note("Report", leg);

    public void Close(LegId leg)
    {
        Note("Close", leg);
        Open.Remove(leg);
    }

    private void Note(string what, LegId leg) => Commands.Add(string.Create(CultureInfo.InvariantCulture, $"{what} {leg.Value}"));
}
