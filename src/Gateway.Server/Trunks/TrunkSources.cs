using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// Which addresses and connections belong to which trunk: the hosts as DNS gave them last, the allowed prefixes, and what we
/// opened ourselves. Read by every loop for every request of somebody unknown; written by the loops that own the trunks.
/// Thread-safe.
/// </summary>
public sealed class TrunkSources
{
    /// <param name="Port">Where it listens, as far as DNS says; 0 for a prefix.</param>
    /// <param name="Length">Bits of the prefix: the longest wins.</param>
    private sealed record Entry(Guid Trunk, IPNetwork Network, int Port, int Length);

    private sealed record Table(FrozenDictionary<IPAddress, ImmutableArray<Entry>> Hosts, ImmutableArray<Entry> Prefixes);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, ImmutableArray<Entry>> _byTrunk = [];
    private readonly ConcurrentDictionary<long, ImmutableArray<Guid>> _connections = new();
    private volatile Table _table = new(FrozenDictionary<IPAddress, ImmutableArray<Entry>>.Empty, []);

    /// <summary>All that is known of one trunk, in place of what was.</summary>
    /// <param name="resolved">The addresses of its host and its proxy.</param>
    public void Set(Trunk trunk, IEnumerable<IPEndPoint> resolved)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        // Who must show a certificate is not known by an address.
        var isByAddress = trunk.Tls.ClientCertificates != CertificateDemand.Require;
        var entries = resolved.Where(_ => isByAddress).Select(remote => HostEntry(trunk.Id, Plain(remote.Address), remote.Port))
            .Concat(trunk.AllowedSources.Where(_ => isByAddress).Select(text => TryParse(text, out var network) ? PrefixEntry(trunk.Id, network) : null).OfType<Entry>())
            .Distinct().ToImmutableArray();
        lock (_gate)
        {
            if (!_byTrunk.TryGetValue(trunk.Id, out var known) || !known.SequenceEqual(entries))
            {
                _byTrunk[trunk.Id] = entries;
                _table = Build();
            }
        }
    }

    public void Remove(Guid trunk)
    {
        lock (_gate)
        {
            if (_byTrunk.Remove(trunk))
            {
                _table = Build();
            }
        }

        foreach (var (connection, owners) in _connections)
        {
            if (owners.Contains(trunk))
            {
                _connections.TryUpdate(connection, owners.Remove(trunk), owners);
            }
        }
    }

    /// <summary>A connection that we opened to the trunk.</summary>
    public void Opened(long connection, Guid trunk) => _connections.AddOrUpdate(connection, [trunk], (_, owners) => owners.Contains(trunk) ? owners : owners.Add(trunk));

    /// <summary>A connection of a peer whose certificate proves that it is these trunks (RFC 5922 §7.4).</summary>
    public void Proved(long connection, ImmutableArray<Guid> trunks) => _connections[connection] = trunks;

    public void Closed(long connection) => _connections.TryRemove(connection, out _);

    /// <summary>The trunks that a flow may belong to, the best matches only: a connection of its own; else the longest prefix.</summary>
    public ImmutableArray<Guid> Find(in Flow flow)
    {
        if (flow.IsWebSocket)
        {
            return [];
        }

        if (flow.Connection != 0 && _connections.TryGetValue(flow.Connection, out var owners) && !owners.IsEmpty)
        {
            return owners;
        }

        var table = _table;
        var address = Plain(flow.Remote.Address);
        if (table.Hosts.TryGetValue(address, out var hosts))
        {
            return Best(hosts, flow.Remote.Port);
        }

        // Sorted by length: the first that matches decides, with those of its own length.
        var first = -1;
        for (var i = 0; i < table.Prefixes.Length; i++)
        {
            var entry = table.Prefixes[i];
            if (first >= 0 && entry.Length < table.Prefixes[first].Length)
            {
                break;
            }

            if (entry.Network.Contains(address))
            {
                first = first < 0 ? i : first;
            }
        }

        return first < 0 ? [] : [.. table.Prefixes.Where(entry => entry.Length == table.Prefixes[first].Length && entry.Network.Contains(address)).Select(entry => entry.Trunk).Distinct()];
    }

    /// <summary>Whether a flow is the trunk's, wherever else it may belong: for requests inside its dialogs.</summary>
    public bool Belongs(Guid trunk, in Flow flow)
    {
        if (flow.IsWebSocket)
        {
            return false;
        }

        if (flow.Connection != 0 && _connections.TryGetValue(flow.Connection, out var owners) && !owners.IsEmpty)
        {
            return owners.Contains(trunk);
        }

        var table = _table;
        var address = Plain(flow.Remote.Address);
        return (table.Hosts.TryGetValue(address, out var hosts) && hosts.Any(entry => entry.Trunk == trunk))
            || table.Prefixes.Any(entry => entry.Trunk == trunk && entry.Network.Contains(address));
    }

    /// <summary>True when the flow is a connection that we opened to the trunk, has shown its certificate, or comes from the very port where it listens.</summary>
    public bool IsExact(Guid trunk, in Flow flow)
    {
        if (flow.Connection != 0 && _connections.TryGetValue(flow.Connection, out var owners) && !owners.IsEmpty)
        {
            return owners.Contains(trunk);
        }

        var port = flow.Remote.Port;
        return _table.Hosts.TryGetValue(Plain(flow.Remote.Address), out var hosts) && hosts.Any(entry => entry.Trunk == trunk && entry.Port == port);
    }

    /// <summary>An address, or an address with a prefix length: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32. Bits behind the prefix do not matter.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        ArgumentNullException.ThrowIfNull(text);
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = (slash < 0 ? text : text[..slash]).Trim();
        if (!IPAddress.TryParse(host.Trim('[', ']'), out var address) || (!host.Contains(':', StringComparison.Ordinal) && host.Count(c => c == '.') != 3))
        {
            return false;
        }

        address = Plain(address);
        var bytes = address.GetAddressBytes();
        var length = bytes.Length * 8;
        if (slash >= 0 && (!int.TryParse(text[(slash + 1)..].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bytes.Length * 8))
        {
            return false;
        }

        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        network = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }

    /// <summary>Of trunks on one address, those that listen on the port that the request came from, if there are any.</summary>
    private static ImmutableArray<Guid> Best(ImmutableArray<Entry> entries, int port)
    {
        var exact = entries.Where(entry => entry.Port == port).Select(entry => entry.Trunk).Distinct().ToImmutableArray();
        return exact.IsEmpty ? [.. entries.Select(entry => entry.Trunk).Distinct()] : exact;
    }

    private Table Build()
    {
        var all = _byTrunk.Values.SelectMany(entries => entries).ToArray();
        return new Table(
            all.Where(IsHost).GroupBy(entry => entry.Network.BaseAddress).ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray()),
            [.. all.Where(entry => !IsHost(entry)).OrderByDescending(entry => entry.Length)]);

        static bool IsHost(Entry entry) => entry.Length == entry.Network.BaseAddress.GetAddressBytes().Length * 8;
    }

    private static Entry HostEntry(Guid trunk, IPAddress address, int port)
    {
        var length = address.GetAddressBytes().Length * 8;
        return new Entry(trunk, new IPNetwork(address, length), port, length);
    }

    private static Entry PrefixEntry(Guid trunk, IPNetwork network) => new(trunk, network, 0, network.PrefixLength);

    private static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address is { IsIPv6LinkLocal: true, ScopeId: not 0 } ? new IPAddress(address.GetAddressBytes()) : address;
}
