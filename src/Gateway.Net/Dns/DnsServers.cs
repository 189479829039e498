using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Dns;

/// <summary>
/// Which servers are asked, the ones that answer first: those of the option Gateway:Net:DnsServers, else those of
/// /etc/resolv.conf, which is read again when it changes (DHCP, VPN).
/// </summary>
internal sealed class DnsServers
{
    public const int Port = 53;

    private const int MostServers = 8;

    /// <summary>How long a server that kept silent is asked after the others.</summary>
    private static readonly TimeSpan s_distrust = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ImmutableArray<IPEndPoint> _configured;
    private readonly WatchedFile<ServerList> _file;
    private readonly Dictionary<IPEndPoint, long> _silent = [];

    /// <param name="configured">Port 0 is 53; empty to take those of <paramref name="path"/>.</param>
    public DnsServers(IEnumerable<IPEndPoint> configured, string path, TimeProvider time, ILogger logger)
    {
        _time = time;
        _configured = [.. configured.Select(server => server.Port == 0 ? new IPEndPoint(server.Address, Port) : server).Distinct()];
        _file = new WatchedFile<ServerList>(path, lines =>
        {
            var servers = Parse(lines);
            DnsLog.Servers(logger, string.Join(", ", servers));
            return new ServerList(servers);
        }, time);
    }

    private ImmutableArray<IPEndPoint> All => _configured.IsEmpty ? _file.Value.Servers : _configured;

    /// <summary>In the order to be asked: as written, but those that were silent a moment ago last.</summary>
    public ImmutableArray<IPEndPoint> InOrder()
    {
        var all = All;
        lock (_gate)
        {
            return _silent.Count == 0 ? all
                : [.. all.OrderBy(server => _silent.TryGetValue(server, out var since) && _time.GetElapsedTime(since) < s_distrust)];
        }
    }

    public void Silent(IPEndPoint server)
    {
        lock (_gate)
        {
            _silent[server] = _time.GetTimestamp();
        }
    }

    public void Answered(IPEndPoint server)
    {
        lock (_gate)
        {
            _silent.Remove(server);
        }
    }

    /// <summary>resolv.conf(5): "nameserver" lines; without any, the server of this machine. Other lines are of no use to absolute names.</summary>
    public static ImmutableArray<IPEndPoint> Parse(IEnumerable<string> lines)
    {
        var servers = lines
            .Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length >= 2 && words[0] == "nameserver")
            .Select(words => IPAddress.TryParse(words[1], out var address) ? new IPEndPoint(address, Port) : null)
            .OfType<IPEndPoint>().Distinct().Take(MostServers).ToImmutableArray();
        return servers.IsEmpty ? [new IPEndPoint(IPAddress.Loopback, Port)] : servers;
    }

    private sealed record ServerList(ImmutableArray<IPEndPoint> Servers);
}
