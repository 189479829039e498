using System.Net;
using System.Net.Sockets;
using Gateway.Media;

namespace Gateway.Net.Media;

/// <summary>
/// The same path by the framework's sockets alone, for systems without epoll: select, then ReceiveFrom and SendTo with
/// socket addresses. About 1.5 times the cost per packet; one datagram is in flight at a time.
/// </summary>
internal sealed class PortableIo : IPacketIo
{
    private const int DatagramsPerWake = 64;

    private readonly byte[] _receive = GC.AllocateArray<byte>(PacketBuffers.Size, pinned: true);
    private readonly byte[] _send = GC.AllocateArray<byte>(PacketBuffers.Size, pinned: true);
    private readonly SocketAddress _from4 = new(AddressFamily.InterNetwork);
    private readonly SocketAddress _from6 = new(AddressFamily.InterNetworkV6);
    private readonly Dictionary<Socket, UdpPort> _ports = [];
    private readonly List<Socket> _ready = [];
    private readonly Socket _wakeReader = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _wakeWriter = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public PortableIo()
    {
        _wakeReader.Blocking = false;
        _wakeReader.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _wakeWriter.Connect(_wakeReader.LocalEndPoint!);
    }

    public long SendErrors { get; private set; }

    public long ReceiveErrors { get; private set; }

    public void Add(UdpPort port)
    {
        _ports.Add(port.Socket, port);
        port.IoToken = 0;
    }

    public void Remove(UdpPort port)
    {
        _ports.Remove(port.Socket);
        port.IoToken = -1;
    }

    public void Receive(TimeSpan wait, IPacketHandler handler)
    {
        _ready.Clear();
        _ready.Add(_wakeReader);
        _ready.AddRange(_ports.Keys);
        Socket.Select(_ready, null, null, TimeSpan.FromMilliseconds(Math.Clamp(wait.TotalMilliseconds, 0, 1000)));
        handler.OnWake();
        foreach (var socket in _ready)
        {
            if (socket == _wakeReader)
            {
                while (socket.Available > 0)
                {
                    socket.Receive(_receive);
                }
            }
            else if (_ports.TryGetValue(socket, out var port))
            {
                Drain(port, handler);
            }
        }
    }

    public Span<byte> Rent() => _send;

    public void Send(UdpPort port, int length, in MediaAddress to)
    {
        if (port.IoToken < 0 || !port.CanReach(to))
        {
            SendErrors++;
            return;
        }

        try
        {
            port.Socket.SendTo(_send.AsSpan(0, length), SocketFlags.None, to.ToIPEndPoint());
        }
        catch (SocketException)
        {
            SendErrors++;
        }
    }

    public void Flush()
    {
    }

    public void Wake()
    {
        try
        {
            _wakeWriter.Send([1]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The loop is awake (its wake socket is full) or gone.
        }
    }

    public void Dispose()
    {
        _wakeReader.Dispose();
        _wakeWriter.Dispose();
    }

    private void Drain(UdpPort port, IPacketHandler handler)
    {
        var from = port.IsIPv6 ? _from6 : _from4;
        for (var i = 0; i < DatagramsPerWake && port.IoToken >= 0; i++)
        {
            int length;
            try
            {
                if (port.Socket.Available == 0)
                {
                    return;
                }

                length = port.Socket.ReceiveFrom(_receive, SocketFlags.None, from);
            }
            catch (SocketException)
            {
                // An ICMP error of an earlier datagram, or one too large: neither ends the loop.
                ReceiveErrors++;
                continue;
            }

            var endpoint = (IPEndPoint)port.Local.Create(from);
            handler.OnDatagram(port, _receive.AsSpan(0, length), MediaAddress.From(endpoint));
        }
    }
}
