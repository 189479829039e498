using System.Buffers.Binary;
using System.Text;

namespace Gateway.Sip;

/// <summary>Writes a query: one question, recursion desired, and EDNS0 with our UDP size (RFC 1035 §4.1, RFC 6891 §6.1).</summary>
public static class DnsQueryWriter
{
    private const ushort RecursionDesired = 0x0100;
    private const ushort ClassInternet = 1;

    /// <param name="question">Its name comes from <see cref="DnsName.TryNormalize"/>.</param>
    /// <param name="withEdns">False for a server that does not know it (RFC 6891 §7).</param>
    /// <param name="destination">At least <see cref="DnsLimits.Query"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(ushort id, in DnsQuestion question, bool withEdns, Span<byte> destination)
    {
        destination[..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], RecursionDesired);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(destination[10..], withEdns ? (ushort)1 : (ushort)0);
        var at = 12 + WriteName(question.Name, destination[12..]);
        BinaryPrimitives.WriteUInt16BigEndian(destination[at..], (ushort)question.Type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 2)..], ClassInternet);
        at += 4;
        if (!withEdns)
        {
            return at;
        }

        // OPT: root name, type, UDP size in the place of the class, version 0, no options.
        destination.Slice(at, 11).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 1)..], (ushort)DnsType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 3)..], DnsLimits.UdpPayload);
        return at + 11;
    }

    private static int WriteName(string name, Span<byte> destination)
    {
        var at = 0;
        foreach (var part in name.AsSpan().Split('.'))
        {
            var label = name.AsSpan()[part];
            if (label.Length > 0)
            {
                destination[at] = (byte)label.Length;
                Encoding.ASCII.GetBytes(label, destination[(at + 1)..]);
                at += label.Length + 1;
            }
        }

        destination[at] = 0;
        return at + 1;
    }
}
