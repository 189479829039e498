using System.Net;
using System.Net.Sockets;

namespace Gateway.Net.Sip.Streams;

/// <summary>What every TCP socket of ours is set to.</summary>
internal static class StreamSockets
{
    private const int TcpUserTimeout = 18;

    public static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, StreamLimits.KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, StreamLimits.KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, StreamLimits.KeepAliveRetries);
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes(StreamLimits.UserTimeoutMilliseconds));
        }
    }

    /// <summary>The address that packets to a remote leave from; null when there is no way to it. Sends nothing.</summary>
    public static IPAddress? LocalToward(IPAddress remote)
    {
        const int AnyPort = 9;
        try
        {
            using var probe = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(new IPEndPoint(remote, AnyPort));
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
