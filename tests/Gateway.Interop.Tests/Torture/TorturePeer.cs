using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests.Torture;

/// <summary>
/// A way to the gateway over which a test says any bytes: what comes back is cut into messages, and the end of the
/// connection is told. Over UDP it listens where the Via says (RFC 3261 §18.2.2).
/// </summary>
internal abstract class TorturePeer : IAsyncDisposable
{
    public abstract Task SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>The next message; null when nothing comes in time, an empty one when the connection has ended.</summary>
    public abstract Task<string?> ReceiveAsync(TimeSpan limit);

    public abstract ValueTask DisposeAsync();

    /// <param name="transport">UDP, TCP, TLS or WSS.</param>
    /// <param name="local">The address that the gateway sees.</param>
    /// <param name="port">Over UDP, where answers are to come.</param>
    public static async Task<TorturePeer> OpenAsync(GatewayProcess gateway, string transport, IPAddress local, int port)
    {
        switch (transport)
        {
            case "UDP":
                return new Datagrams(gateway.SipPort, local, port);
            case "WSS":
                return await Frames.ConnectAsync(gateway.HttpsPort, local);
            default:
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(local, 0));
                await socket.ConnectAsync(IPAddress.Loopback, transport == "TLS" ? gateway.SipsPort : gateway.SipPort);
                Stream stream = new NetworkStream(socket, ownsSocket: true);
                if (transport == "TLS")
                {
                    var tls = new SslStream(stream, leaveInnerStreamOpen: false, static (_, _, _, _) => true);
                    await tls.AuthenticateAsClientAsync("localhost");
                    stream = tls;
                }

                return new Streamed(stream);
        }
    }

    private sealed class Datagrams : TorturePeer
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly IPEndPoint _gateway;

        public Datagrams(int gatewayPort, IPAddress local, int port)
        {
            _gateway = new IPEndPoint(IPAddress.Loopback, gatewayPort);
            _socket.Bind(new IPEndPoint(local, port));
        }

        public override async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _socket.SendToAsync(bytes, SocketFlags.None, _gateway);

        public override async Task<string?> ReceiveAsync(TimeSpan limit)
        {
            var buffer = new byte[65536];
            using var cancel = new CancellationTokenSource(limit);
            try
            {
                var result = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, _gateway, cancel.Token);
                return Encoding.UTF8.GetString(buffer, 0, result.ReceivedBytes);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }

        public override ValueTask DisposeAsync()
        {
            _socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Streamed(Stream stream) : TorturePeer
    {
        private readonly byte[] _buffer = new byte[65536];
        private Task<int>? _reading;
        private string _text = "";

        public override async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            try
            {
                await stream.WriteAsync(bytes);
            }
            catch (IOException)
            {
                // It was closed: the next read says so.
            }
        }

        public override async Task<string?> ReceiveAsync(TimeSpan limit)
        {
            while (true)
            {
                var end = _text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (end >= 0)
                {
                    // What is read here are answers without bodies.
                    var message = _text[..(end + 4)];
                    _text = _text[(end + 4)..];
                    return message;
                }

                // A read is kept when its time is over: to cancel one would break TLS.
                _reading ??= stream.ReadAsync(_buffer).AsTask();
                if (await Task.WhenAny(_reading, Task.Delay(limit)) != _reading)
                {
                    return null;
                }

                try
                {
                    var length = await _reading;
                    _reading = null;
                    if (length == 0)
                    {
                        return "";
                    }

                    _text += Encoding.UTF8.GetString(_buffer, 0, length);
                }
                catch (IOException)
                {
                    return "";
                }
            }
        }

        public override async ValueTask DisposeAsync() => await stream.DisposeAsync();
    }

    private sealed class Frames(ClientWebSocket socket, HttpMessageInvoker invoker) : TorturePeer
    {
        private readonly byte[] _buffer = new byte[65536];
        private Task<WebSocketReceiveResult>? _reading;

        public static async Task<TorturePeer> ConnectAsync(int httpsPort, IPAddress local)
        {
            var handler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancel) =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    socket.Bind(new IPEndPoint(local, 0));
                    await socket.ConnectAsync(IPAddress.Loopback, httpsPort, cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            };
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
            var invoker = new HttpMessageInvoker(handler);
            var socket = new ClientWebSocket();
            socket.Options.AddSubProtocol("sip");
            await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{httpsPort}/ws"), invoker, CancellationToken.None);
            return new Frames(socket, invoker);
        }

        public override async Task SendAsync(ReadOnlyMemory<byte> bytes) =>
            await socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

        public override async Task<string?> ReceiveAsync(TimeSpan limit)
        {
            _reading ??= socket.ReceiveAsync(_buffer, CancellationToken.None);
            if (await Task.WhenAny(_reading, Task.Delay(limit)) != _reading)
            {
                return null;
            }

            try
            {
                var result = await _reading;
                _reading = null;
                return result.MessageType == WebSocketMessageType.Close ? "" : Encoding.UTF8.GetString(_buffer, 0, result.Count);
            }
            catch (WebSocketException)
            {
                return "";
            }
        }

        public override ValueTask DisposeAsync()
        {
            socket.Dispose();
            invoker.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
