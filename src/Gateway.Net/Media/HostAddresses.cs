using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Gateway.Net.Media;

/// <summary>
/// Which local addresses media is bound to, and which are told to peers: the configured ones, else what the interfaces have;
/// the public address, where one is set, is told first.
/// </summary>
internal static class HostAddresses
{
    /// <summary>Addresses to bind to; never empty, never a wildcard (RFC 8445 §5.1.1.1: host candidates are real addresses).</summary>
    public static ImmutableArray<IPAddress> Local(NetOptions options)
    {
        var listen = options.Listen.Where(a => !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any)).ToImmutableArray();
        if (listen.Length > 0 && listen.Length == options.Listen.Count)
        {
            return listen;
        }

        var found = listen.AddRange(Detect().Where(a => !listen.Contains(a)));
        return found.Length > 0 ? found : [IPAddress.Loopback];
    }

    /// <summary>What an SDP should name for a socket bound to <paramref name="bound"/>: the public address unless the peer is on this host.</summary>
    public static IPAddress Advertised(IPAddress bound, IPAddress? publicAddress) =>
        publicAddress is not null && !IPAddress.IsLoopback(bound) && publicAddress.AddressFamily == bound.AddressFamily
            ? publicAddress
            : bound;

    /// <summary>The host candidates of the shared port, most wanted first.</summary>
    public static ImmutableArray<IPEndPoint> Candidates(IEnumerable<IPEndPoint> bound, IPAddress? publicAddress)
    {
        var candidates = ImmutableArray.CreateBuilder<IPEndPoint>();
        var all = bound.ToList();
        if (publicAddress is not null && all.FirstOrDefault(e => e.AddressFamily == publicAddress.AddressFamily) is { } behind)
        {
            candidates.Add(new IPEndPoint(publicAddress, behind.Port));
        }

        candidates.AddRange(all.Where(e => !candidates.Contains(e)));
        return candidates.ToImmutable();
    }

    private static IEnumerable<IPAddress> Detect() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown
                && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(u => u.Address)
            .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal && !a.IsIPv6Multicast && !a.IsIPv4MappedToIPv6)
            .OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)
            .Distinct();
}
