using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Net.Media;

namespace Gateway.Net.Sip;

/// <summary>Takes the news that a datagram of ours could not be delivered: where it went, how it began, and why.</summary>
/// <param name="mtu">What the path takes when it was too large (<see cref="SocketError.MessageSize"/>); else 0.</param>
internal delegate void UndeliveredHandler(IPEndPoint remote, ReadOnlySpan<byte> quoted, SocketError why, int mtu);

/// <summary>
/// The UDP socket of a listener. On Linux it asks for the ICMP errors of what it sent (IP_RECVERR) and reads and writes
/// without exceptions, so that a storm of them costs little; elsewhere it is the framework's socket, and errors stay unknown.
/// </summary>
internal sealed unsafe class UdpSocket : IDisposable
{
    private const int SocketBuffer = 4 << 20;
    private const int SocketLevel = 1;

    private readonly Socket _socket;
    private readonly int _handle;
    private readonly UdpErrorQueue? _errors;

    /// <exception cref="SocketException">The address or port cannot be had.</exception>
    public UdpSocket(IPEndPoint local, UndeliveredHandler undelivered)
    {
        _socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                _socket.DualMode = false;
            }

            _socket.ReceiveBufferSize = SocketBuffer;
            _socket.SendBufferSize = SocketBuffer;
            ForceBuffers();
            _socket.Bind(local);
            _handle = (int)_socket.Handle;
            if (OperatingSystem.IsLinux())
            {
                _errors = new UdpErrorQueue(_socket, undelivered);
            }
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        Local = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public IPEndPoint Local { get; }

    public int ReceiveBuffer => _socket.ReceiveBufferSize;

    /// <summary>Datagrams that the kernel had no room for (sock_diag(7), SK_MEMINFO_DROPS); 0 where it does not say.</summary>
    public uint Dropped
    {
        get
        {
            const int MemoryInformation = 55, Drops = 8;
            if (!OperatingSystem.IsLinux())
            {
                return 0;
            }

            Span<uint> information = stackalloc uint[Drops + 1];
            try
            {
                return _socket.GetRawSocketOption(SocketLevel, MemoryInformation, MemoryMarshal.AsBytes(information)) == information.Length * sizeof(uint) ? information[Drops] : 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return 0;
            }
        }
    }

    /// <summary>Who may administer the network may go beyond net.core.rmem_max; for others that is the most.</summary>
    private void ForceBuffers()
    {
        const int SendForced = 32, ReceiveForced = 33;
        if (OperatingSystem.IsLinux() && _socket.ReceiveBufferSize < SocketBuffer)
        {
            try
            {
                _socket.SetRawSocketOption(SocketLevel, ReceiveForced, BitConverter.GetBytes(SocketBuffer));
                _socket.SetRawSocketOption(SocketLevel, SendForced, BitConverter.GetBytes(SocketBuffer));
            }
            catch (SocketException)
            {
                // What was granted has to do; drops are counted.
            }
        }
    }

    /// <summary>Waits for a datagram. Less than zero when none came: an error of another packet, or the end.</summary>
    /// <exception cref="SocketException">The socket itself is at fault.</exception>
    public int Receive(byte[] buffer, SocketAddress from)
    {
        if (_errors is null)
        {
            return ReceivePortably(buffer, from);
        }

        nint length;
        int error;
        var size = (uint)from.Buffer.Length;
        var held = Hold();
        try
        {
            fixed (byte* bytes = buffer, address = from.Buffer.Span)
            {
                length = Libc.recvfrom(_handle, bytes, buffer.Length, 0, address, &size);
            }

            error = Marshal.GetLastPInvokeError();
        }
        finally
        {
            held.DangerousRelease();
        }

        if (length >= 0)
        {
            from.Size = (int)size;
            return (int)length;
        }

        if (error != Libc.ErrorInterrupted && error != Libc.ErrorAgain && !_errors.Drain() && !UdpErrorQueue.IsOfPacket(error))
        {
            throw new SocketException(error);
        }

        return -1;
    }

    /// <summary>False when the packet cannot leave at all.</summary>
    public bool Send(IPEndPoint remote, ReadOnlySpan<byte> message)
    {
        var to = RemoteEndPoint.FormOf(remote);
        if (_errors is null)
        {
            return SendPortably(to, message);
        }

        try
        {
            var held = Hold();
            try
            {
                return SendOnLinux(_errors, to, message);
            }
            finally
            {
                held.DangerousRelease();
            }
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    public void Dispose() => _socket.Dispose();

    private bool SendOnLinux(UdpErrorQueue errors, SocketAddress to, ReadOnlySpan<byte> message)
    {
        // An error of an earlier packet is told to whoever calls next: it is not this one's, which is tried again.
        const int MostTries = 4;
        for (var tries = 1; ; tries++)
        {
            nint sent;
            fixed (byte* bytes = message, address = to.Buffer.Span)
            {
                sent = Libc.sendto(_handle, bytes, message.Length, 0, address, (uint)to.Size);
            }

            if (sent >= 0)
            {
                return true;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Libc.ErrorInterrupted && !errors.Drain() && !UdpErrorQueue.IsOfPacket(error))
            {
                return false;
            }

            if (tries == MostTries)
            {
                // In a storm of refusals it is as good as lost on its way: retransmission is for that. What stays is our own
                // error, such as no route.
                return error is Libc.ErrorInterrupted or UdpErrorQueue.Refused;
            }
        }
    }

    /// <summary>The number of a socket means another one once it is closed: it stays open while a call uses it.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    private SafeSocketHandle Hold()
    {
        var held = false;
        var handle = _socket.SafeHandle;
        handle.DangerousAddRef(ref held);
        return handle;
    }

    private int ReceivePortably(byte[] buffer, SocketAddress from)
    {
        try
        {
            return _socket.ReceiveFrom(buffer, SocketFlags.None, from);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
        {
            return -1;
        }
    }

    private bool SendPortably(SocketAddress to, ReadOnlySpan<byte> message)
    {
        try
        {
            _socket.SendTo(message, SocketFlags.None, to);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionRefused)
        {
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or ArgumentException)
        {
            return false;
        }
    }
}
