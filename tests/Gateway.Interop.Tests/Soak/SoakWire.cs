using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Interop.Tests.Soak;

/// <summary>A phone's way to the gateway over UDP, TCP or WSS: whole messages in and out, for as long as the connection lives.</summary>
internal abstract partial class SoakWire : IAsyncDisposable
{
    private readonly SemaphoreSlim _sending = new(1);

    /// <summary>UDP, TCP or WSS, as a Via says it.</summary>
    public required string Transport { get; init; }

    /// <summary>host:port, or the made-up name of a browser.</summary>
    public required string Host { get; init; }

    public static async Task<SoakWire> OpenAsync(string transport, int sipPort, int httpsPort)
    {
        if (transport == "UDP")
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return new Datagrams(socket, new IPEndPoint(IPAddress.Loopback, sipPort)) { Transport = transport, Host = socket.LocalEndPoint!.ToString()! };
        }

        if (transport == "TCP")
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, sipPort);
            return new Streamed(new NetworkStream(socket, ownsSocket: true)) { Transport = transport, Host = socket.LocalEndPoint!.ToString()! };
        }

        var browser = new ClientWebSocket();
        browser.Options.AddSubProtocol("sip");
        browser.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        await browser.ConnectAsync(new Uri($"wss://127.0.0.1:{httpsPort}/ws"), CancellationToken.None);
        return new Frames(browser) { Transport = "WSS", Host = $"{Guid.NewGuid():N}.invalid" };
    }

    /// <param name="to">Over UDP another place than the gateway: a call whose path it has left.</param>
    public async Task SendAsync(string message, IPEndPoint? to = null) => await SendAsync(Encoding.UTF8.GetBytes(message), to);

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, IPEndPoint? to = null)
    {
        await _sending.WaitAsync();
        try
        {
            await WriteAsync(bytes, to);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next message; null when the connection has ended.</summary>
    public abstract Task<string?> ReceiveAsync(CancellationToken cancel);

    public virtual ValueTask DisposeAsync()
    {
        _sending.Dispose();
        return ValueTask.CompletedTask;
    }

    protected abstract Task WriteAsync(ReadOnlyMemory<byte> bytes, IPEndPoint? to);

    private sealed class Datagrams(Socket socket, IPEndPoint gateway) : SoakWire
    {
        private readonly byte[] _buffer = new byte[65536];

        public override async Task<string?> ReceiveAsync(CancellationToken cancel)
        {
            while (true)
            {
                try
                {
                    return Encoding.UTF8.GetString(_buffer, 0, (await socket.ReceiveFromAsync(_buffer, SocketFlags.None, gateway, cancel)).ReceivedBytes);
                }
                catch (SocketException)
                {
                    // An ICMP error for something that we sent: the next datagram may come.
                }
            }
        }

        public override ValueTask DisposeAsync()
        {
            socket.Dispose();
            return base.DisposeAsync();
        }

        protected override async Task WriteAsync(ReadOnlyMemory<byte> bytes, IPEndPoint? to) => await socket.SendToAsync(bytes, SocketFlags.None, to ?? gateway);
    }

    private sealed partial class Streamed(NetworkStream stream) : SoakWire
    {
        private readonly byte[] _buffer = new byte[65536];
        private int _filled;

        public override async Task<string?> ReceiveAsync(CancellationToken cancel)
        {
            while (true)
            {
                var head = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
                if (head == 0)
                {
                    // A keep-alive, not a message.
                    Take(4);
                    continue;
                }

                if (head > 0)
                {
                    var text = Encoding.UTF8.GetString(_buffer, 0, head + 4);
                    var end = head + 4 + int.Parse(Length().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
                    if (_filled >= end)
                    {
                        return Take(end);
                    }
                }

                var read = await stream.ReadAsync(_buffer.AsMemory(_filled), cancel);
                if (read == 0)
                {
                    return null;
                }

                _filled += read;
                if (_filled == 2 && _buffer.AsSpan(0, 2).SequenceEqual("\r\n"u8))
                {
                    Take(2);
                }
            }
        }

        public override async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            await base.DisposeAsync();
        }

        protected override async Task WriteAsync(ReadOnlyMemory<byte> bytes, IPEndPoint? to) => await stream.WriteAsync(bytes);

        private string Take(int length)
        {
            var text = Encoding.UTF8.GetString(_buffer, 0, length);
            _buffer.AsSpan(length, _filled - length).CopyTo(_buffer);
            _filled -= length;
            return text;
        }

        [GeneratedRegex(@"^(?:Content-Length|l)\s*:\s*(\d+)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
        private static partial Regex Length();
    }

    private sealed class Frames(ClientWebSocket socket) : SoakWire
    {
        private readonly byte[] _buffer = new byte[65536];

        public override async Task<string?> ReceiveAsync(CancellationToken cancel)
        {
            var filled = 0;
            while (true)
            {
                var part = await socket.ReceiveAsync(_buffer.AsMemory(filled), cancel);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                filled += part.Count;
                if (part.EndOfMessage)
                {
                    return Encoding.UTF8.GetString(_buffer, 0, filled);
                }
            }
        }

        public override ValueTask DisposeAsync()
        {
            socket.Dispose();
            return base.DisposeAsync();
        }

        protected override async Task WriteAsync(ReadOnlyMemory<byte> bytes, IPEndPoint? to) => await socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
    }
}
