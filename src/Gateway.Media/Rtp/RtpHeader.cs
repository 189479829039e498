using System.Buffers.Binary;

namespace Gateway.Media.Rtp;

/// <summary>The lengths of an RTP header (RFC 3550 §5.1), which SRTP needs before anything of the packet may be believed.</summary>
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
}
