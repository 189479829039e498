using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Net.Tracing;

/// <summary>
/// A ladder as a capture file (libpcap 2.4, microseconds, Ethernet) that Wireshark opens: every message in a UDP datagram of
/// its own between the addresses that it had, with right checksums, whatever transport carried it.
/// </summary>
public static class PcapFile
{
    private const int FileHeader = 24;
    private const int RecordHeader = 16;
    private const int EthernetHeader = 14;
    private const int V4Header = 20;
    private const int V6Header = 40;
    private const int UdpHeader = 8;
    private const int Udp = 17;
    private const int SnapLength = 65535;
    private const ushort SipPort = 5060;

    public static byte[] Write(IReadOnlyList<TracedMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var file = new MemoryStream();
        Span<byte> header = stackalloc byte[FileHeader];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], SnapLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], 1); // LINKTYPE_ETHERNET
        file.Write(header);
        foreach (var message in messages) file.Write(Record(message));
        return file.ToArray();
    }

    private static byte[] Record(TracedMessage message)
    {
        var (from, to) = message.IsSent ? (message.Local, message.Remote) : (message.Remote, message.Local);
        var isV6 = from.AddressFamily == AddressFamily.InterNetworkV6 || to.AddressFamily == AddressFamily.InterNetworkV6;
        var ip = isV6 ? V6Header : V4Header;
        var length = EthernetHeader + ip + UdpHeader + message.Bytes.Length;
        var record = new byte[RecordHeader + length];
        var micros = (message.At - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)(micros / 1_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), (uint)(micros % 1_000_000));
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), length);

        var frame = record.AsSpan(RecordHeader);
        // Made-up stations, locally administered: 02:…:01 is the gateway.
        (frame[0], frame[5]) = (2, message.IsSent ? (byte)2 : (byte)1);
        (frame[6], frame[11]) = (2, message.IsSent ? (byte)1 : (byte)2);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], isV6 ? (ushort)0x86DD : (ushort)0x0800);
        var packet = frame[EthernetHeader..];
        var udp = packet[ip..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, PortOf(from));
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], PortOf(to));
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        message.Bytes.Span.CopyTo(udp[UdpHeader..]);
        var addresses = isV6 ? WriteV6(packet, from.Address, to.Address, udp.Length) : WriteV4(packet, from.Address, to.Address);
        // RFC 768: a pseudo header of addresses, protocol and length; zero is written as its complement.
        var sum = Fold(Sum(addresses) + Udp + (uint)udp.Length + Sum(udp));
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], sum == 0 ? (ushort)0xFFFF : sum);
        return record;
    }

    private static ReadOnlySpan<byte> WriteV4(Span<byte> packet, IPAddress from, IPAddress to)
    {
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        packet[6] = 0x40; // do not fragment
        packet[8] = 64;
        packet[9] = Udp;
        from.MapToIPv4().TryWriteBytes(packet[12..], out _);
        to.MapToIPv4().TryWriteBytes(packet[16..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Fold(Sum(packet[..V4Header])));
        return packet[12..V4Header];
    }

    private static ReadOnlySpan<byte> WriteV6(Span<byte> packet, IPAddress from, IPAddress to, int length)
    {
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)length);
        packet[6] = Udp;
        packet[7] = 64;
        from.MapToIPv6().TryWriteBytes(packet[8..], out _);
        to.MapToIPv6().TryWriteBytes(packet[24..], out _);
        return packet[8..V6Header];
    }

    /// <summary>An end that is not known gets SIP's own port, by which readers know the protocol.</summary>
    private static ushort PortOf(IPEndPoint endPoint) => endPoint.Port == 0 ? SipPort : (ushort)endPoint.Port;

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var at = 0; at < bytes.Length; at += 2) sum += (uint)(bytes[at] << 8) + (at + 1 < bytes.Length ? bytes[at + 1] : 0u);
        return sum;
    }

    /// <summary>The one's complement of the one's complement sum (RFC 1071).</summary>
    private static ushort Fold(uint sum)
    {
        while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
