using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>A phone on a TCP or TLS connection of loopback, or the far end of one that the gateway opened.</summary>
internal sealed class StreamPhone : IDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly StreamFramer _framer = new();
    private readonly byte[] _buffer = new byte[65536];
    private int _from;
    private int _to;
    private uint _cseq;

    public StreamPhone(string user, Socket socket, Stream stream)
    {
        User = user;
        _socket = socket;
        _stream = stream;
    }

    public string User { get; }

    public Stream Stream => _stream;

    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    public IPEndPoint Remote => (IPEndPoint)_socket.RemoteEndPoint!;

    private string Transport => _stream is SslStream ? "TLS" : "TCP";

    public static async Task<StreamPhone> ConnectAsync(string user, IPEndPoint gateway, SslClientAuthenticationOptions? tls = null)
    {
        var socket = new Socket(gateway.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(gateway);
        Stream stream = new NetworkStream(socket);
        if (tls is not null)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsClientAsync(tls);
            stream = secure;
        }

        return new StreamPhone(user, socket, stream);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(CoreHarness.Wire(text)));

    public async Task SendAsync(byte[] bytes)
    {
        await _stream.WriteAsync(bytes);
        await _stream.FlushAsync();
    }

    public async Task<SentMessage> ReceiveAsync() => await TryReceiveAsync() ?? throw new InvalidOperationException("the gateway closed the connection");

    /// <summary>The next message; null when the connection has ended.</summary>
    public async Task<SentMessage?> TryReceiveAsync()
    {
        while (true)
        {
            if (Cut() is { } message)
            {
                return message;
            }

            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    /// <summary>The next bytes as they come; empty when the connection has ended.</summary>
    public async Task<byte[]> ReceiveBytesAsync()
    {
        if (_from == _to && !await FillAsync())
        {
            return [];
        }

        var bytes = _buffer[_from.._to];
        _from = _to;
        return bytes;
    }

    public string Request(string method, string uri, string extra = "", string length = "Content-Length: 0")
    {
        _cseq++;
        return $"""
            {method} {uri} SIP/2.0
            Via: SIP/2.0/{Transport} {Local};branch=z9hG4bK{User}{_cseq}{Local.Port}
            Max-Forwards: 70
            From: <sip:{User}@{HostRig.Realm}>;tag={User}
            To: <sip:{User}@{HostRig.Realm}>
            Call-ID: {User}-{Local.Port}
            CSeq: {_cseq} {method}
            {length}
            {extra}
            """.TrimEnd();
    }

    public string Contact => $"<sip:{User}@{Local};transport={Transport.ToLowerInvariant()}>";

    public async Task<SentMessage> RegisterAsync(int expires = 600, string? contact = null)
    {
        const string Uri = "sip:" + HostRig.Realm;
        contact = $"Contact: {contact ?? Contact};expires={expires}";
        await SendAsync(Request("REGISTER", Uri, contact));
        var challenge = await ReceiveAsync();
        Assert.Equal(401, challenge.Status);
        Assert.True(DigestAnswer.TryAnswer(challenge.Response, new DigestLogin(User, "secret"), "REGISTER"u8, Uri, new SeededRandom(1), out _, out var authorization));
        await SendAsync(Request("REGISTER", Uri, $"{contact}\nAuthorization: {authorization}"));
        return await ReceiveAsync();
    }

    /// <summary>An answer to what came.</summary>
    public string Answer(SentMessage request, string status, string extra = "") => $"""
        SIP/2.0 {status}
        Via: {string.Join(", ", request.Headers(HeaderId.Via))}
        From: {request.Header(HeaderId.From)}
        To: {request.Header(HeaderId.To)}{(request.ToTag.Length == 0 ? $";tag=tag{User}" : "")}
        Call-ID: {request.Header(HeaderId.CallId)}
        CSeq: {request.Header(HeaderId.CSeq)}
        Contact: {Contact}
        Content-Length: 0
        {extra}
        """.TrimEnd();

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private SentMessage? Cut()
    {
        while (_from < _to)
        {
            ReadOnlySpan<byte> input = _buffer.AsSpan(_from, _to - _from);
            var kind = _framer.Next(ref input, out var frame, out var error);
            _from = _to - input.Length;
            Assert.NotEqual(FrameKind.Failed, kind);
            if (kind == FrameKind.Message)
            {
                return new SentMessage(default, frame);
            }
        }

        return null;
    }

    private async Task<bool> FillAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        try
        {
            _from = 0;
            _to = await _stream.ReadAsync(_buffer, limit.Token);
            return _to > 0;
        }
        catch (IOException)
        {
            _to = 0;
            return false;
        }
    }
}

/// <summary>Takes connections as a PBX would.</summary>
internal sealed class StreamServer : IDisposable
{
    private readonly Socket _listener;
    private readonly SslServerAuthenticationOptions? _tls;

    public StreamServer(SslServerAuthenticationOptions? tls = null, int port = 0)
    {
        _tls = tls;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen();
    }

    public IPEndPoint Local => (IPEndPoint)_listener.LocalEndPoint!;

    public async Task<StreamPhone> AcceptAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var socket = await _listener.AcceptAsync(limit.Token);
        Stream stream = new NetworkStream(socket);
        if (_tls is not null)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(_tls, limit.Token);
            stream = secure;
        }

        return new StreamPhone("pbx", socket, stream);
    }

    public void Dispose() => _listener.Dispose();
}
