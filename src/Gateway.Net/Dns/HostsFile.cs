using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Gateway.Sip;

namespace Gateway.Net.Dns;

/// <summary>
/// The names that this machine answers itself: those of /etc/hosts (hosts(5), read again when it changes), localhost
/// and .invalid (RFC 6761 §6.3, §6.4). DNS is never asked about them, not for their services either.
/// </summary>
internal sealed class HostsFile(string path, TimeProvider time)
{
    /// <summary>Looked at anew for each search; the cache does not hold these.</summary>
    private static readonly TimeSpan s_lifetime = TimeSpan.Zero;

    private readonly WatchedFile<Dictionary<string, ImmutableArray<IPAddress>>> _file = new(path, Parse, time);

    /// <summary>Null for a name that DNS has to know.</summary>
    public DnsAnswer? Find(in DnsQuestion question)
    {
        var name = question.Type == DnsType.Srv ? HostOf(question.Name) : question.Name;
        if (name == "invalid" || name.EndsWith(".invalid", StringComparison.Ordinal))
        {
            return new DnsAnswer(DnsOutcome.NoName, [], s_lifetime);
        }

        if (!_file.Value.TryGetValue(name, out var addresses))
        {
            if (name != "localhost" && !name.EndsWith(".localhost", StringComparison.Ordinal))
            {
                return null;
            }

            addresses = [IPAddress.Loopback, IPAddress.IPv6Loopback];
        }

        AddressFamily? family = question.Type switch
        {
            DnsType.A => AddressFamily.InterNetwork,
            DnsType.Aaaa => AddressFamily.InterNetworkV6,
            _ => null,
        };
        var asked = question.Name;
        ImmutableArray<DnsRecord> records = [.. addresses.Where(address => address.AddressFamily == family).Select(address => new AddressRecord(asked, 0, address))];
        return new DnsAnswer(records.IsEmpty ? DnsOutcome.NoRecords : DnsOutcome.Found, records, s_lifetime);
    }

    internal static Dictionary<string, ImmutableArray<IPAddress>> Parse(IEnumerable<string> lines)
    {
        Dictionary<string, ImmutableArray<IPAddress>> hosts = [];
        foreach (var line in lines)
        {
            var words = line.Split('#')[0].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out var address))
            {
                continue;
            }

            foreach (var word in words.Skip(1))
            {
                if (DnsName.TryNormalize(word, out var name))
                {
                    hosts[name] = hosts.TryGetValue(name, out var earlier) ? [.. earlier, address] : [address];
                }
            }
        }

        return hosts;
    }

    /// <summary>The host in "_service._protocol.host".</summary>
    private static string HostOf(string service)
    {
        var name = service;
        for (var i = 0; i < 2 && name.StartsWith('_') && name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot; i++)
        {
            name = name[(dot + 1)..];
        }

        return name;
    }
}
