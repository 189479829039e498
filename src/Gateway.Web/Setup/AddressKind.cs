using System.Net;
using System.Net.Sockets;

namespace Gateway.Web.Setup;

/// <summary>Which addresses the rest of the world cannot reach.</summary>
internal static class AddressKind
{
    /// <summary>RFC 1918, RFC 6598 (carrier NAT), link-local and unique local addresses.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var bytes = plain.GetAddressBytes();
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] == 10 || bytes[0] == 127 || (bytes[0] == 172 && bytes[1] is >= 16 and < 32) || (bytes[0] == 192 && bytes[1] == 168)
                || (bytes[0] == 169 && bytes[1] == 254) || (bytes[0] == 100 && bytes[1] is >= 64 and < 128)
            : plain.IsIPv6LinkLocal || plain.IsIPv6UniqueLocal || IPAddress.IsLoopback(plain);
    }
}
