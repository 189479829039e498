using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Interop.Tests.Rig;

/// <summary>A UDP socket that says exactly what a test writes, well formed or not.</summary>
internal sealed class RawSip : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly IPEndPoint _gateway;

    public RawSip(int gatewayPort, string local = "127.0.0.1")
    {
        _gateway = new IPEndPoint(IPAddress.Loopback, gatewayPort);
        _socket.Bind(new IPEndPoint(IPAddress.Parse(local), 0));
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>Sends text, its line ends made CRLF and {port} replaced by ours.</summary>
    public void Send(string text) =>
        Send(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n").Replace("{port}", Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)));

    public void Send(ReadOnlySpan<byte> bytes) => _socket.SendTo(bytes, SocketFlags.None, _gateway);

    /// <summary>The next datagram as text; null when none comes in time.</summary>
    public async Task<string?> ReceiveAsync(TimeSpan? limit = null)
    {
        var buffer = new byte[65536];
        try
        {
            var result = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, _gateway, new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(3)).Token);
            return Encoding.UTF8.GetString(buffer, 0, result.ReceivedBytes);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The next final answer; skips 1xx.</summary>
    public async Task<string> FinalAsync(TimeSpan? limit = null)
    {
        while (true)
        {
            var answer = await ReceiveAsync(limit);
            Assert.NotNull(answer);
            if (!answer.StartsWith("SIP/2.0 1", StringComparison.Ordinal))
            {
                return answer;
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
