using System.Net;
using System.Net.Sockets;
using Gateway.Media;

namespace Gateway.Net.Media;

/// <summary>
/// One bound UDP socket of the media plane and what the loop that serves it keeps beside it.
/// It is bound to one address, so answers leave from the address that was asked.
/// </summary>
internal sealed class UdpPort : IDisposable
{
    private const int SharedBuffer = 4 * 1024 * 1024;
    private const int LegBuffer = 256 * 1024;

    private UdpPort(Socket socket)
    {
        Socket = socket;
        Local = (IPEndPoint)socket.LocalEndPoint!;
        Descriptor = (int)socket.Handle;
    }

    public Socket Socket { get; }

    public int Descriptor { get; }

    public IPEndPoint Local { get; }

    public bool IsIPv6 => Local.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Whose packets these are: a plain leg's, or null on the ports that all browsers share.</summary>
    public LegSlot? Leg { get; set; }

    /// <summary>The number that the leg (or, for a shared port, the loop) knows this socket by.</summary>
    public int Index { get; set; }

    /// <summary>Bookkeeping of <see cref="IPacketIo"/>: its own number, and the head and tail of the queue to send.</summary>
    public int IoToken { get; set; } = -1;

    public int FirstQueued { get; set; } = -1;

    public int LastQueued { get; set; } = -1;

    public bool IsClosed { get; private set; }

    /// <summary>Binds a socket; null when the address or port cannot be had.</summary>
    /// <param name="shared">True for a port that serves many legs: its kernel buffers are larger.</param>
    public static UdpPort? TryBind(IPAddress address, int port, bool shared)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Blocking = false;
            socket.ReceiveBufferSize = shared ? SharedBuffer : LegBuffer;
            socket.SendBufferSize = shared ? SharedBuffer : LegBuffer;
            socket.Bind(new IPEndPoint(address, port));
            MarkExpedited(socket);
            return new UdpPort(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>The socket as a path's local end toward a peer.</summary>
    public bool CanReach(in MediaAddress to) => to.IsIPv4 != IsIPv6;

    /// <summary>RFC 8837 §5: interactive audio is EF (46). A system that refuses the mark still carries the sound.</summary>
    private static void MarkExpedited(Socket socket)
    {
        const int TrafficClass = 46 << 2;
        try
        {
            if (socket.AddressFamily == AddressFamily.InterNetwork)
            {
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.TypeOfService, TrafficClass);
            }
            else if (OperatingSystem.IsLinux())
            {
                const int IPv6TrafficClass = 67; // IPV6_TCLASS
                socket.SetRawSocketOption((int)SocketOptionLevel.IPv6, IPv6TrafficClass, BitConverter.GetBytes(TrafficClass));
            }
        }
        catch (SocketException)
        {
            // The mark is a wish.
        }
    }

    public void Dispose()
    {
        IsClosed = true;
        Socket.Dispose();
    }
}
