using System.Net;
using System.Net.Sockets;

namespace Gateway.Interop.Tests.Rig;

/// <summary>A wire that can be cut: stands between a browser and the gateway and drops its connections when told to.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly List<TcpClient> _clients = [];
    private readonly Task _accepting;
    private volatile bool _refusing;

    public TcpProxy(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Resets every connection and, while <paramref name="stayDown"/>, refuses new ones.</summary>
    public void Cut(bool stayDown = false)
    {
        _refusing = stayDown;
        lock (_clients)
        {
            foreach (var client in _clients)
            {
                // A pump may have disposed of it already.
                if (client.Client is { } socket)
                {
                    socket.LingerState = new LingerOption(true, 0);
                    client.Dispose();
                }
            }

            _clients.Clear();
        }
    }

    public void Mend() => _refusing = false;

    public async ValueTask DisposeAsync()
    {
        Cut(stayDown: true);
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                if (_refusing)
                {
                    client.Dispose();
                    continue;
                }

                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _target);
                lock (_clients)
                {
                    _clients.AddRange([client, server]);
                }

                _ = PumpAsync(client, server);
                _ = PumpAsync(server, client);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
        finally
        {
            to.Dispose();
        }
    }
}
