using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.Sip;

namespace Gateway.Net.Tracing;

/// <summary>What stands before a message in a slab: when it passed, which way, and between whom.</summary>
internal static class TraceHeader
{
    private const int AddressSize = 19;
    private const int LocalAt = 24;
    private const int RemoteAt = LocalAt + AddressSize;

    /// <summary>Bytes of one header.</summary>
    public const int Size = RemoteAt + AddressSize;

    public static void Write(Span<byte> into, long order, long utcTicks, bool isSent, in Flow flow, IPEndPoint? local, int length, int kept)
    {
        BinaryPrimitives.WriteInt64LittleEndian(into, order);
        BinaryPrimitives.WriteInt64LittleEndian(into[8..], utcTicks);
        BinaryPrimitives.WriteInt32LittleEndian(into[16..], length | (isSent ? int.MinValue : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(into[20..], (ushort)kept);
        into[22] = (byte)flow.Transport;
        into[23] = 0;
        WriteAddress(into[LocalAt..], local);
        WriteAddress(into[RemoteAt..], flow.Remote);
    }

    public static TracedMessage Read(ReadOnlySpan<byte> from, string callId)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(from[16..]);
        var kept = BinaryPrimitives.ReadUInt16LittleEndian(from[20..]);
        var remote = ReadAddress(from[RemoteAt..]);
        return new TracedMessage
        {
            Order = BinaryPrimitives.ReadInt64LittleEndian(from),
            At = new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(from[8..]), TimeSpan.Zero),
            IsSent = length < 0,
            Length = length & int.MaxValue,
            Transport = (SipTransport)from[22],
            Local = ReadAddress(from[LocalAt..]) ?? new IPEndPoint(remote?.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0),
            Remote = remote ?? new IPEndPoint(IPAddress.Any, 0),
            CallId = callId,
            Bytes = from.Slice(Size, kept).ToArray(),
        };
    }

    /// <summary>Family by its length, 16 bytes, the port.</summary>
    private static void WriteAddress(Span<byte> into, IPEndPoint? endPoint)
    {
        into[0] = 0;
        if (endPoint is null || !endPoint.Address.TryWriteBytes(into[1..17], out var written))
        {
            return;
        }

        into[0] = (byte)written;
        BinaryPrimitives.WriteUInt16LittleEndian(into[17..], (ushort)endPoint.Port);
    }

    private static IPEndPoint? ReadAddress(ReadOnlySpan<byte> from) =>
        from[0] == 0 ? null : new IPEndPoint(new IPAddress(from.Slice(1, from[0])), BinaryPrimitives.ReadUInt16LittleEndian(from[17..]));
}
