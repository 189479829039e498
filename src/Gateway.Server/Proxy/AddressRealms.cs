using System.Net;
using System.Net.Sockets;

namespace Gateway.Server.Proxy;

/// <summary>
/// Which addresses reach each other without help. A configured network is one realm; without one, private addresses (RFC 1918,
/// 4193, 6598, link-local) share a realm within their /24 or /64, the loopback is a realm, and so is the public Internet.
/// </summary>
internal sealed class AddressRealms
{
    private static readonly IPNetwork s_internet = new(IPAddress.Any, 0);
    private static readonly IPNetwork s_internet6 = new(IPAddress.IPv6Any, 0);

    private readonly IPNetwork[] _networks;

    /// <param name="networks">As 10.0.0.0/8; what is none was refused before.</param>
    public AddressRealms(IEnumerable<string> networks) =>
        _networks = [.. networks.Select(static text => IPNetwork.TryParse(text, out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>()];

    /// <summary>True when both can send to each other.</summary>
    public bool Share(IPAddress first, IPAddress second) => RealmOf(first).Equals(RealmOf(second));

    /// <summary>True when both stand in one realm that is known to be one, and not just in the Internet.</summary>
    public bool ShareKnown(IPAddress first, IPAddress second) => Share(first, second) && RealmOf(first).PrefixLength > 0;

    private IPNetwork RealmOf(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return network;
            }
        }

        var isOld = address.AddressFamily == AddressFamily.InterNetwork;
        if (IPAddress.IsLoopback(address))
        {
            return Around(address, isOld ? 8 : 128);
        }

        return IsPrivate(address) ? Around(address, isOld ? 24 : 64) : isOld ? s_internet : s_internet6;
    }

    private static IPNetwork Around(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(bits / 8).Clear();
        return new IPNetwork(new IPAddress(bytes), bits);
    }

    /// <summary>Addresses that mean something else, or nothing, in another network.</summary>
    private static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal)
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length) && length == 4
            && bytes[..2] is [10, _] or [172, >= 16 and <= 31] or [192, 168] or [169, 254] or [100, >= 64 and <= 127];
    }
}
