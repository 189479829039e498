using System.Buffers.Binary;

namespace Gateway.Media.Rtp;

/// <summary>One packet of a compound, as a view. Its body is whole words, as its header said.</summary>
public readonly ref struct RtcpPacket
{
    private const int BlockLength = 24;

    internal RtcpPacket(RtcpType type, int count, ReadOnlySpan<byte> body)
    {
        Type = type;
        Count = count;
        Body = body;
    }

    /// <summary>The packet type; also values that the enum has no name for.</summary>
    public RtcpType Type { get; }

    /// <summary>The five bits of the header: report count, source count or feedback format.</summary>
    public int Count { get; }

    /// <summary>What follows the header, without padding.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>True for a picture loss indication (RFC 4585 §6.3.1) or a full intra request (RFC 5104 §4.3.1): the peer wants a whole picture.</summary>
    public bool IsPictureRequest => Type == RtcpType.PayloadFeedback && Count is 1 or 4;

    /// <summary>Reads the sender's part of an SR.</summary>
    public bool TryGetSenderInfo(out SenderInfo sender)
    {
        sender = default;
        if (Type != RtcpType.SenderReport || Body.Length < 24)
        {
            return false;
        }

        sender = new SenderInfo(
            BinaryPrimitives.ReadUInt32BigEndian(Body),
            BinaryPrimitives.ReadUInt64BigEndian(Body[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(Body[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(Body[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(Body[20..]));
        return true;
    }

    /// <summary>Reads the report block of an SR or RR with the given position; false beyond the last or when the packet is too short for it.</summary>
    public bool TryGetBlock(int index, out ReportBlock block)
    {
        block = default;
        var start = Type switch { RtcpType.SenderReport => 24, RtcpType.ReceiverReport => 4, _ => -1 };
        if (start < 0 || (uint)index >= (uint)Count || Body.Length < start + ((index + 1) * BlockLength))
        {
            return false;
        }

        var at = Body[(start + (index * BlockLength))..];
        var loss = BinaryPrimitives.ReadUInt32BigEndian(at[4..]);
        block = new ReportBlock(
            BinaryPrimitives.ReadUInt32BigEndian(at),
            (byte)(loss >> 24),
            (int)(loss << 8) >> 8, // a signed number of 24 bits
            BinaryPrimitives.ReadUInt32BigEndian(at[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(at[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(at[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(at[20..]));
        return true;
    }

    /// <summary>Reads one of the sources that a BYE names.</summary>
    public bool TryGetGoodbye(int index, out uint ssrc)
    {
        ssrc = 0;
        if (Type != RtcpType.Goodbye || (uint)index >= (uint)Count || Body.Length < (index + 1) * 4)
        {
            return false;
        }

        ssrc = BinaryPrimitives.ReadUInt32BigEndian(Body[(index * 4)..]);
        return true;
    }

    /// <summary>Reads the CNAME of an SDES packet's first chunk.</summary>
    public bool TryGetCname(out uint ssrc, out ReadOnlySpan<byte> cname)
    {
        ssrc = 0;
        cname = default;
        if (Type != RtcpType.SourceDescription || Count == 0 || Body.Length < 8)
        {
            return false;
        }

        ssrc = BinaryPrimitives.ReadUInt32BigEndian(Body);
        for (var at = 4; at + 2 <= Body.Length && Body[at] != 0;)
        {
            int length = Body[at + 1];
            if (length > Body.Length - at - 2)
            {
                return false;
            }

            if (Body[at] == 1)
            {
                cname = Body.Slice(at + 2, length);
                return true;
            }

            at += 2 + length;
        }

        return false;
    }
}

/// <summary>
/// Walks a compound RTCP packet (RFC 3550 §6.1, A.2). <see cref="TryOpen"/> checks all lengths first, so a compound is read whole or not at all;
/// feedback alone (RFC 5506) is allowed.
/// </summary>
public ref struct RtcpReader
{
    private ReadOnlySpan<byte> _rest;

    private RtcpReader(ReadOnlySpan<byte> compound) => _rest = compound;

    /// <summary>Checks a compound; false when any version, length or padding in it is wrong.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> compound, out RtcpReader reader)
    {
        reader = default;
        if (compound.Length < 8)
        {
            return false;
        }

        var rest = compound;
        for (var count = 0; rest.Length > 0; count++)
        {
            if (count == MediaLimits.RtcpPackets || !TryMeasure(rest, out var length))
            {
                return false;
            }

            // Only the last packet may be padded (RFC 3550 §6.4.1); the octets count whole words, themselves included.
            if ((rest[0] & 0x20) != 0)
            {
                int padding = rest[length - 1];
                if (length != rest.Length || padding == 0 || (padding & 3) != 0 || padding > length - 4)
                {
                    return false;
                }
            }

            rest = rest[length..];
        }

        reader = new RtcpReader(compound);
        return true;
    }

    /// <summary>Reads the next packet; false after the last.</summary>
    public bool TryRead(out RtcpPacket packet)
    {
        packet = default;
        if (!TryMeasure(_rest, out var length))
        {
            return false;
        }

        var padding = (_rest[0] & 0x20) != 0 ? _rest[length - 1] : 0;
        packet = new RtcpPacket((RtcpType)_rest[1], _rest[0] & 0x1F, _rest[4..(length - padding)]);
        _rest = _rest[length..];
        return true;
    }

    private static bool TryMeasure(ReadOnlySpan<byte> rest, out int length)
    {
        length = 0;
        if (rest.Length < 4 || rest[0] >> 6 != 2)
        {
            return false;
        }

        length = 4 + (BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) * 4);
        return length <= rest.Length;
    }
}
