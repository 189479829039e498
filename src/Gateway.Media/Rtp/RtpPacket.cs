using System.Buffers.Binary;

namespace Gateway.Media.Rtp;

/// <summary>
/// A received RTP packet (RFC 3550 §5.1) as a view over its octets. Header, CSRC list, extension and padding are checked once, in <see cref="TryParse"/>.
/// </summary>
public readonly ref struct RtpPacket
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _headerLength;
    private readonly int _payloadLength;

    private RtpPacket(ReadOnlySpan<byte> bytes, int headerLength, int payloadLength)
    {
        _bytes = bytes;
        _headerLength = headerLength;
        _payloadLength = payloadLength;
    }

    /// <summary>The marker bit: with audio, the first packet of a talk spurt.</summary>
    public bool Marker => (_bytes[1] & 0x80) != 0;

    /// <summary>The payload type.</summary>
    public byte PayloadType => (byte)(_bytes[1] & 0x7F);

    /// <summary>The sequence number.</summary>
    public ushort Sequence => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>The timestamp in units of the payload's clock.</summary>
    public uint Timestamp => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>The synchronisation source.</summary>
    public uint Ssrc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]);

    /// <summary>How many contributing sources are listed.</summary>
    public int CsrcCount => _bytes[0] & 0x0F;

    /// <summary>True when there is a header extension.</summary>
    public bool HasExtension => (_bytes[0] & 0x10) != 0;

    /// <summary>The profile of the header extension; 0xBEDE is the one-byte form of RFC 8285.</summary>
    public ushort ExtensionProfile => HasExtension ? BinaryPrimitives.ReadUInt16BigEndian(_bytes[ExtensionOffset..]) : (ushort)0;

    /// <summary>The octets of the header extension, or empty.</summary>
    public ReadOnlySpan<byte> Extension => HasExtension ? _bytes[(ExtensionOffset + 4).._headerLength] : default;

    /// <summary>Octets of header, CSRC list and extension.</summary>
    public int HeaderLength => _headerLength;

    /// <summary>The payload without padding.</summary>
    public ReadOnlySpan<byte> Payload => _bytes.Slice(_headerLength, _payloadLength);

    /// <summary>The whole packet.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    private int ExtensionOffset => RtpHeader.MinLength + (CsrcCount * 4);

    /// <summary>One of the contributing sources.</summary>
    public uint GetCsrc(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)CsrcCount);
        return BinaryPrimitives.ReadUInt32BigEndian(_bytes[(RtpHeader.MinLength + (index * 4))..]);
    }

    /// <summary>Checks a packet; false when any length in it is wrong.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out RtpPacket packet)
    {
        packet = default;
        if (!RtpHeader.TryGetLength(bytes, out var headerLength))
        {
            return false;
        }

        var payload = bytes.Length - headerLength;
        if ((bytes[0] & 0x20) != 0)
        {
            // The last octet counts the padding, itself included (RFC 3550 §5.1).
            int padding = payload > 0 ? bytes[^1] : 0;
            if (padding == 0 || padding > payload)
            {
                return false;
            }

            payload -= padding;
        }

        packet = new RtpPacket(bytes, headerLength, payload);
        return true;
    }
}
