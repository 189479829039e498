using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Gateway.Net.Sip;

/// <summary>
/// The addresses that SIP listens on: the configured ones, else every address of this host. The order is the same in every
/// run, because stored flows name listeners by their place. Addresses that come later need a restart.
/// </summary>
internal static class ListenAddresses
{
    public static IReadOnlyList<IPAddress> Of(NetOptions options)
    {
        var named = options.Listen.Where(address => !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)).ToList();
        if (named.Count > 0 && named.Count == options.Listen.Count)
        {
            return named;
        }

        var all = NetworkInterface.GetAllNetworkInterfaces()
            .Where(one => one.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(one => one.GetIPProperties().UnicastAddresses)
            .Select(one => one.Address)
            .Where(address => !address.IsIPv6LinkLocal && !address.IsIPv4MappedToIPv6)
            .Distinct()
            .OrderBy(address => address.AddressFamily == AddressFamily.InterNetworkV6)
            .ThenBy(IPAddress.IsLoopback)
            .ThenBy(address => Convert.ToHexString(address.GetAddressBytes()), StringComparer.Ordinal)
            .ToList();
        return all.Count > 0 ? all : [IPAddress.Loopback];
    }
}
