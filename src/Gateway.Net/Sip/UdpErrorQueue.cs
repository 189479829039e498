using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Net.Media;

namespace Gateway.Net.Sip;

/// <summary>
/// The ICMP errors that Linux keeps for a UDP socket (ip(7), IP_RECVERR): each with where the datagram went and its beginning
/// as the error quoted it. Thread-safe: the receiver and every sender may drain it.
/// </summary>
internal sealed unsafe class UdpErrorQueue
{
    private const int IpLevel = 0;
    private const int IpReceiveErrors = 11;
    private const int Ip6Level = 41;
    private const int Ip6ReceiveErrors = 25;
    private const byte OriginIcmp = 2;
    private const byte OriginIcmp6 = 3;

    /// <summary>Nothing listens there: only a peer can cause it.</summary>
    public const int Refused = 111;

    /// <summary>Errors taken in one go; more wait for the next call.</summary>
    private const int MostAtOnce = 32;

    private const int ControlSize = 256;
    private const int ControlHeader = 16;
    private const int QuotedSize = 576;

    private readonly int _handle;
    private readonly bool _isIpv6;
    private readonly UndeliveredHandler _undelivered;

    public UdpErrorQueue(Socket socket, UndeliveredHandler undelivered)
    {
        _handle = (int)socket.Handle;
        _isIpv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        _undelivered = undelivered;
        socket.SetRawSocketOption(_isIpv6 ? Ip6Level : IpLevel, _isIpv6 ? Ip6ReceiveErrors : IpReceiveErrors, BitConverter.GetBytes(1));
    }

    /// <summary>True for errors that belong to one packet and say nothing of the socket: what ICMP becomes (icmp(7)).</summary>
    public static bool IsOfPacket(int error)
    {
        const int AccessDenied = 13, NotOnNetwork = 64, Protocol = 71, TooLong = 90, NoProtocol = 92, NetDown = 100, NetUnreachable = 101,
            HostDown = 112, HostUnreachable = 113;
        return error is AccessDenied or NotOnNetwork or Protocol or TooLong or NoProtocol or NetDown or NetUnreachable or Refused or HostDown or HostUnreachable;
    }

    /// <summary>Takes what waits and tells it. False when nothing did.</summary>
    public bool Drain()
    {
        var any = false;
        var quoted = stackalloc byte[QuotedSize];
        var control = stackalloc byte[ControlSize];
        var name = stackalloc byte[28];
        for (var i = 0; i < MostAtOnce; i++)
        {
            var vector = new Libc.IoVector { Base = quoted, Length = QuotedSize };
            var message = new Libc.MessageHeader { Name = name, NameLength = 28, Vector = &vector, VectorCount = 1, Control = control, ControlLength = ControlSize };
            var length = Libc.recvmsg(_handle, &message, Libc.MessageErrorQueue | Libc.MessageDontWait);
            if (length < 0)
            {
                return any;
            }

            any = true;
            Tell(new ReadOnlySpan<byte>(name, (int)message.NameLength), new ReadOnlySpan<byte>(control, (int)message.ControlLength), new ReadOnlySpan<byte>(quoted, (int)length));
        }

        return any;
    }

    private void Tell(ReadOnlySpan<byte> name, ReadOnlySpan<byte> control, ReadOnlySpan<byte> quoted)
    {
        // struct cmsghdr, then struct sock_extended_err: errno, origin, type, code.
        if (control.Length < ControlHeader + 8
            || MemoryMarshal.Read<int>(control[8..]) != (_isIpv6 ? Ip6Level : IpLevel)
            || MemoryMarshal.Read<int>(control[12..]) != (_isIpv6 ? Ip6ReceiveErrors : IpReceiveErrors))
        {
            return;
        }

        var error = control[ControlHeader..];
        if (IsTooLarge(error[4], error[5], error[6]) && control.Length >= ControlHeader + 12)
        {
            if (AddressOf(name) is { } beyond)
            {
                _undelivered(beyond, quoted, SocketError.MessageSize, MemoryMarshal.Read<int>(error[8..]));
            }
        }
        else if (IsUnreachable(error[4], error[5], error[6]) && AddressOf(name) is { } remote)
        {
            _undelivered(remote, quoted, error[4] == OriginIcmp && error[6] == 3 || error[4] == OriginIcmp6 && error[6] == 4 ? SocketError.ConnectionRefused : SocketError.HostUnreachable, 0);
        }
    }

    /// <summary>RFC 1191, RFC 8201: the next link takes less. The kernel cuts what follows into fragments, which many a NAT drops.</summary>
    private static bool IsTooLarge(byte origin, byte type, byte code) => (origin, type, code) is (OriginIcmp, 3, 4) or (OriginIcmp6, 2, _);

    /// <summary>RFC 3261 §18.4: unreachable hosts, networks, ports and protocols and parameter problems count; time exceeded and "too big" do not.</summary>
    private static bool IsUnreachable(byte origin, byte type, byte code) => (origin, type) switch
    {
        (OriginIcmp, 3) => code != 4,
        (OriginIcmp, 12) => true,
        (OriginIcmp6, 1 or 4) => true,
        _ => false,
    };

    private IPEndPoint? AddressOf(ReadOnlySpan<byte> name)
    {
        const int Size4 = 16, Size6 = 28;
        if (name.Length < (_isIpv6 ? Size6 : Size4))
        {
            return null;
        }

        var port = BinaryPrimitives.ReadUInt16BigEndian(name[2..]);
        return new IPEndPoint(_isIpv6 ? new IPAddress(name.Slice(8, 16)) : new IPAddress(name.Slice(4, 4)), port);
    }
}
