using System.Buffers.Binary;

namespace Gateway.Net.Dtls;

/// <summary>
/// A look at the clear outside of a datagram before OpenSSL sees it: OpenSSL ends an association for things that
/// RFC 6347 §4.1.2.7 wants silently discarded, so what cannot be a peer's is dropped here.
/// </summary>
internal static class DtlsRecords
{
    private const int RecordHeader = 13;
    private const int HandshakeHeader = 12;
    private const int MaxHandshake = 16 * 1024;
    private const byte ClientHello = 1;
    private const byte ChangeCipherSpec = 20;
    private const byte Handshake = 22;
    private const byte Heartbeat = 24;

    /// <summary>
    /// True when every record is whole, of a known type and version, and every clear handshake fragment lies within its message.
    /// A clear alert is refused: nobody vouches for it, and believing it would let one forged packet end a call (threat 1).
    /// </summary>
    public static bool ArePlausible(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < RecordHeader)
        {
            return false;
        }

        while (datagram.Length > 0)
        {
            if (datagram.Length < RecordHeader)
            {
                return false;
            }

            var type = datagram[0];
            var version = BinaryPrimitives.ReadUInt16BigEndian(datagram[1..]);
            var epoch = BinaryPrimitives.ReadUInt16BigEndian(datagram[3..]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(datagram[11..]);
            if (type is < ChangeCipherSpec or > Heartbeat
                || version is not (0xFEFF or 0xFEFD)
                || length == 0
                || length > datagram.Length - RecordHeader)
            {
                return false;
            }

            if (epoch == 0 && !IsPlausibleInClear(type, datagram.Slice(RecordHeader, length)))
            {
                return false;
            }

            datagram = datagram[(RecordHeader + length)..];
        }

        return true;
    }

    /// <summary>True when a datagram of ours carries a handshake message other than ClientHello (and not just an alert).</summary>
    public static bool IsBeyondHello(ReadOnlySpan<byte> datagram) =>
        datagram.Length > RecordHeader && datagram[0] == Handshake && datagram[RecordHeader] != ClientHello;

    private static bool IsPlausibleInClear(byte type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case ChangeCipherSpec:
                return body.Length == 1;
            case Handshake:
                while (body.Length > 0)
                {
                    if (body.Length < HandshakeHeader)
                    {
                        return false;
                    }

                    var length = UInt24(body[1..]);
                    var offset = UInt24(body[6..]);
                    var fragment = UInt24(body[9..]);
                    if (length > MaxHandshake || offset + fragment > length || fragment > body.Length - HandshakeHeader)
                    {
                        return false;
                    }

                    body = body[(HandshakeHeader + fragment)..];
                }

                return true;
            default:
                return false; // alerts, and data before there are keys
        }
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];
}
