using System.Net;
using System.Net.Sockets;
using Gateway.Media;
using Gateway.Net.Media;
using Gateway.Server.Ports;

namespace Gateway.Net.Tests.Media;

public sealed class EpollFairnessTests
{
    private const int Phones = 50;
    private const int FromPhone = 40;

    /// <summary>A loop that was held up finds queues everywhere: the one port of all browsers is served as the many of phones are.</summary>
    [Fact]
    public void Behind_a_backlog_the_shared_port_is_not_served_like_one_phone()
    {
        using var io = new EpollIo();
        using var shared = UdpPort.TryBind(IPAddress.Loopback, 0, shared: true)!;
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var counter = new Counter(shared);
        var phones = Enumerable.Range(0, Phones).Select(i => UdpPort.TryBind(IPAddress.Loopback, 0, shared: false)!).ToList();
        try
        {
            foreach (var (phone, i) in phones.Select((port, i) => (port, i)))
            {
                _ = new LegSlot(null!, new LegId(i), 0, [phone]); // the port knows its leg
                io.Add(phone);
                Send(sender, phone, FromPhone);
            }

            io.Add(shared);
            Send(sender, shared, 1000);

            io.Receive(TimeSpan.FromSeconds(1), counter);

            Assert.Equal(1000, counter.Shared);
            Assert.InRange(counter.Phones, Phones, 1000);

            for (var turn = 0; turn < FromPhone; turn++)
            {
                io.Receive(TimeSpan.Zero, counter);
            }

            Assert.Equal(Phones * FromPhone, counter.Phones); // nothing is lost by the smaller helpings
        }
        finally
        {
            phones.ForEach(port => port.Dispose());
        }
    }

    private static void Send(Socket sender, UdpPort to, int count)
    {
        for (var i = 0; i < count; i++)
        {
            sender.SendTo([1], to.Local);
        }
    }

    private sealed class Counter(UdpPort shared) : IPacketHandler
    {
        public int Shared { get; private set; }

        public int Phones { get; private set; }

        public void OnWake()
        {
        }

        public void OnDatagram(UdpPort port, Span<byte> datagram, in MediaAddress from)
        {
            Shared += port == shared ? 1 : 0;
            Phones += port == shared ? 0 : 1;
        }
    }
}
