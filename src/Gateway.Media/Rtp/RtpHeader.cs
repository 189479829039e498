using System.Buffers.Binary;

namespace Gateway.Media.Rtp;

/// <summary>The RTP header (RFC 3550 §5.1): its length, which SRTP needs before anything of a packet may be believed, and the form that we send.</summary>
public static class RtpHeader
{
    /// <summary>Octets of the fixed header.</summary>
    public const int MinLength = 12;

    /// <summary>Octets of fixed header, CSRC list and extension. False when the version is not 2 or the packet ends before its header does.</summary>
    public static bool TryGetLength(ReadOnlySpan<byte> packet, out int length)
    {
        length = 0;
        if (packet.Length < MinLength || packet[0] >> 6 != 2)
        {
            return false;
        }

        var end = MinLength + ((packet[0] & 0x0F) * 4);
        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < end + 4)
            {
                return false;
            }

            end += 4 + (BinaryPrimitives.ReadUInt16BigEndian(packet[(end + 2)..]) * 4);
        }

        if (packet.Length < end)
        {
            return false;
        }

        length = end;
        return true;
    }

    /// <summary>Writes the fixed header of a packet without CSRC list, extension and padding.</summary>
    public static void Write(Span<byte> destination, byte payloadType, bool marker, ushort sequence, uint timestamp, uint ssrc)
    {
        destination[0] = 0x80;
        destination[1] = (byte)((payloadType & 0x7F) | (marker ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], ssrc);
    }
}
