using System.Net;
using System.Net.Sockets;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip;

/// <summary>Takes one datagram, on the listener's own thread.</summary>
internal delegate void DatagramHandler(ReadOnlySpan<byte> datagram, in Flow flow);

/// <summary>
/// SIP over UDP on one local address (RFC 3261 §18): a socket an address, so that answers leave from where the question
/// came, and a thread that only receives and parses. Sending is thread-safe and never throws.
/// </summary>
/// <remarks>Batched receiving (recvmmsg) would stand in <see cref="Receive"/>, behind the same handler.</remarks>
internal sealed class UdpListener : IDisposable
{
    private const int LargestDatagram = 65_535;
    private static readonly TimeSpan s_warnEvery = TimeSpan.FromMinutes(1);

    private readonly int _index;
    private readonly UdpSocket _socket;
    private readonly DatagramHandler _handler;
    private readonly NetMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private long _warnedAt;
    private volatile bool _stopping;

    /// <exception cref="SocketException">The address or port cannot be had.</exception>
    public UdpListener(int index, IPEndPoint local, DatagramHandler handler, UndeliveredHandler undelivered, NetMetrics metrics, ILogger logger)
    {
        _index = index;
        _handler = handler;
        _metrics = metrics;
        _logger = logger;
        _socket = new UdpSocket(local, undelivered);
        CardMtu = PathSizes.OfCard(Local.Address);
        _thread = new Thread(Receive) { IsBackground = true, Name = $"sip udp {Local}" };
    }

    public IPEndPoint Local => _socket.Local;

    /// <summary>What the network card takes at once; 0 when that is not known.</summary>
    public int CardMtu { get; }

    /// <summary>Datagrams that the kernel had no room for, ever; 0 where it does not say.</summary>
    public uint Dropped => _socket.Dropped;

    /// <summary>Bytes that may wait to be read, by the kernel's count.</summary>
    public int ReceiveBuffer => _socket.ReceiveBuffer;

    /// <summary>What peers are told instead of the address; empty for that.</summary>
    public string Advertise { get; init; } = "";

    public bool IsAlive => _thread.IsAlive;

    public void Start() => _thread.Start();

    /// <summary>False when the peer cannot be sent to at all.</summary>
    public bool Send(IPEndPoint remote, ReadOnlySpan<byte> message)
    {
        if (_stopping || remote.AddressFamily != Local.AddressFamily || remote.Port == 0)
        {
            return false;
        }

        if (!_socket.Send(remote, message))
        {
            _metrics.SendFailed(SipTransport.Udp);
            return false;
        }

        _metrics.Sent(SipTransport.Udp);
        if (message.Length > SipLimits.DatagramRequest && !message.StartsWith("SIP/2.0 "u8))
        {
            WarnOfSize(message.Length);
        }

        return true;
    }

    /// <summary>The peer has no TCP to take: it is said instead of kept silent (docs/conformance.md, row 68).</summary>
    private void WarnOfSize(int length)
    {
        _metrics.Oversize();
        var now = Environment.TickCount64;
        var last = Interlocked.Read(ref _warnedAt);
        if ((last == 0 || now - last >= s_warnEvery.TotalMilliseconds) && Interlocked.CompareExchange(ref _warnedAt, now, last) == last)
        {
            NetLog.Oversize(_logger, Local, length);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        if (_thread.IsAlive)
        {
            // The thread reads from the socket's number: it is gone before another socket can have that.
            Wake();
            _thread.Join(TimeSpan.FromSeconds(5));
        }

        _socket.Dispose();
    }

    private void Receive()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(LargestDatagram, pinned: true);
        var heard = new SocketAddress(Local.AddressFamily);
        var remotes = new RemoteCache();
        while (!_stopping)
        {
            try
            {
                var length = _socket.Receive(buffer, heard);
                if (length < 0 || _stopping)
                {
                    // THREATS 7: errors of packets that we sent mean nothing for the others.
                    continue;
                }

                _metrics.Received(SipTransport.Udp);
                _handler(buffer.AsSpan(0, length), new Flow(SipTransport.Udp, remotes.Get(heard), _index, 0));
            }
            catch (SocketException e) when (!_stopping)
            {
                NetLog.ReceiveFailed(_logger, Local, e);
                Thread.Sleep(10);
            }
            catch (Exception e) when (!_stopping)
            {
                _metrics.Fault();
                NetLog.ReceiveFailed(_logger, Local, e);
            }
            catch
            {
                return;
            }
        }
    }

    /// <summary>A packet to ourselves ends the wait of the receiving thread; closing alone does not on every system.</summary>
    private void Wake()
    {
        try
        {
            using var waker = new Socket(Local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            waker.SendTo([0], Local);
        }
        catch (SocketException)
        {
        }
    }
}
