using System.Net;
using System.Net.Sockets;
using IPNetwork = System.Net.IPNetwork;

namespace Gateway.Web.Webhooks;

/// <summary>
/// Which addresses a webhook may lead to: public ones. Who may write a webhook must not reach what only this machine reaches
/// (server-side request forgery). Addresses inside addresses (IPv4-mapped, NAT64, 6to4) are taken out first.
/// </summary>
internal static class WebhookAddresses
{
    /// <summary>IANA's special-purpose registries (RFC 6890) and what is no unicast.</summary>
    private static readonly IPNetwork[] s_special =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("192.88.99.0/24"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("224.0.0.0/3"),
        IPNetwork.Parse("::/96"), IPNetwork.Parse("64:ff9b:1::/48"), IPNetwork.Parse("100::/64"), IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32"),
        IPNetwork.Parse("3fff::/20"), IPNetwork.Parse("5f00::/16"), IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/9"), IPNetwork.Parse("ff00::/8"),
    ];

    private static readonly IPNetwork s_nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork s_6to4 = IPNetwork.Parse("2002::/16");

    public static bool IsPublic(IPAddress address)
    {
        var inner = Inner(address);
        return !Array.Exists(s_special, network => network.Contains(inner));
    }

    private static IPAddress Inner(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var plain = new IPAddress(address.GetAddressBytes());
        var bytes = plain.GetAddressBytes();
        return s_nat64.Contains(plain) ? new IPAddress(bytes.AsSpan(12)) : s_6to4.Contains(plain) ? new IPAddress(bytes.AsSpan(2, 4)) : plain;
    }
}

/// <summary>A webhook leads where it may not.</summary>
internal sealed class WebhookAddressException(string message) : Exception(message);
