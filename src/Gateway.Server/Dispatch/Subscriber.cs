using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Server.Dispatch;

/// <summary>What limits count by: an IPv4 address, or the /64 that an IPv6 subscriber may choose addresses from.</summary>
public static class Subscriber
{
    public static UInt128 KeyOf(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (plain.AddressFamily == AddressFamily.InterNetwork)
        {
            plain.TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            plain.TryWriteBytes(bytes, out _);
            bytes[8..].Clear();
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
