using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

namespace Gateway.Bench.Load;

/// <summary>A browser's signalling without a browser: SIP over a real secure WebSocket, REGISTER with digest, one call at a time.</summary>
internal sealed class BrowserLine : IAsyncDisposable
{
    private const string Domain = "gateway";
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket _socket = new();
    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly RandomNumberGenerator _random;
    private readonly string _host = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)) + ".invalid"; // RFC 7118 §5: a browser has no name
    private readonly string _tag = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5));
    private Task _reading = Task.CompletedTask;
    private int _branches;
    private string _callId = "";
    private string _target = "";
    private string _to = "";

    public BrowserLine(string user, RandomNumberGenerator random, Version? http = null)
    {
        User = user;
        _socket.Options.HttpVersion = http ?? HttpVersion.Version11;
        _socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        _random = random;
        _socket.Options.AddSubProtocol("sip");
    }

    public string User { get; }

    /// <summary>The gateway has not closed it.</summary>
    public bool IsOpen => _socket.State == WebSocketState.Open && !_reading.IsCompleted;

    public async Task RegisterAsync(Uri url)
    {
        using var way = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true } });
        await OpenAsync(url, way);
        await RegisterAsync();
    }

    /// <param name="way">Lives as long as the socket, when it speaks HTTP/2.</param>
    public async Task OpenAsync(Uri url, HttpMessageInvoker way)
    {
        await _socket.ConnectAsync(url, way, default);
        _reading = Task.Run(ReadAsync);
    }

    public async Task RegisterAsync()
    {
        var callId = "reg-" + _host;
        string Request(int sequence, string authorization) =>
            $"REGISTER sip:{Domain} SIP/2.0\r\n{Via()}{Common(callId, sequence, "REGISTER", $"<sip:{User}@{Domain}>")}{Contact(";expires=3600")}{authorization}Content-Length: 0\r\n\r\n";
        await SendAsync(Request(1, ""));
        var answer = await FinalAsync("REGISTER");
        if (SipText.Status(answer) == 401)
        {
            await SendAsync(Request(2, SipText.Authorization(answer, User, "REGISTER", "sip:" + Domain, _random)));
            answer = await FinalAsync("REGISTER");
        }

        Expect(answer);
    }

    /// <summary>Calls; gives the description of the 200, which has been acknowledged.</summary>
    public async Task<string> CallAsync(string callee, string offer)
    {
        _callId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
        await SendAsync($"INVITE sip:{callee}@{Domain} SIP/2.0\r\n{Via()}{Common(_callId, 1, "INVITE", $"<sip:{callee}@{Domain}>")}{Contact("")}"
            + $"Supported: outbound\r\nContent-Type: application/sdp\r\nContent-Length: {offer.Length}\r\n\r\n{offer}");
        var answer = await FinalAsync("INVITE");
        Expect(answer);
        _target = SipText.Uri(SipText.Header(answer, "Contact"));
        _to = SipText.Header(answer, "To");
        await SendAsync($"ACK {_target} SIP/2.0\r\n{Via()}{Common(_callId, 1, "ACK", _to)}Content-Length: 0\r\n\r\n");
        return SipText.Body(answer);
    }

    public async Task HangUpAsync()
    {
        await SendAsync($"BYE {_target} SIP/2.0\r\n{Via()}{Common(_callId, 2, "BYE", _to)}Content-Length: 0\r\n\r\n");
        Expect(await FinalAsync("BYE"));
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }

    private string Via() => string.Create(
        CultureInfo.InvariantCulture, $"Via: SIP/2.0/WSS {_host};branch=z9hG4bK{_tag}{Interlocked.Increment(ref _branches)}\r\nMax-Forwards: 70\r\n");

    private string Common(string callId, int sequence, string method, string to) =>
        $"From: <sip:{User}@{Domain}>;tag={_tag}\r\nTo: {to}\r\nCall-ID: {callId}\r\nCSeq: {sequence.ToString(CultureInfo.InvariantCulture)} {method}\r\n";

    private string Contact(string parameters) => $"Contact: <sip:{User}@{_host};transport=ws>{parameters}\r\n";

    private static void Expect(string answer)
    {
        if (SipText.Status(answer) != 200)
        {
            throw new InvalidOperationException("Expected 200, got:\n" + answer);
        }
    }

    private async Task<string> FinalAsync(string method)
    {
        using var limit = new CancellationTokenSource(AnswerLimit);
        while (true)
        {
            var message = await _answers.Reader.ReadAsync(limit.Token);
            if (SipText.Status(message) >= 200 && SipText.Header(message, "CSeq").EndsWith(" " + method, StringComparison.Ordinal))
            {
                return message;
            }
        }
    }

    private Task SendAsync(string message) => _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, default);

    private async Task ReadAsync()
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        try
        {
            while (true)
            {
                var piece = await _socket.ReceiveAsync(buffer.AsMemory(length), default);
                if (piece.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                length += piece.Count;
                if (piece.EndOfMessage)
                {
                    await TakeAsync(Encoding.UTF8.GetString(buffer, 0, length));
                    length = 0;
                }
            }

            _answers.Writer.TryComplete(new InvalidOperationException($"The gateway closed the socket of {User}: {_socket.CloseStatusDescription}"));
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            _answers.Writer.TryComplete(e);
        }
    }

    private async Task TakeAsync(string message)
    {
        if (message.StartsWith("SIP/2.0", StringComparison.Ordinal))
        {
            _answers.Writer.TryWrite(message);
        }
        else if (!message.StartsWith("ACK ", StringComparison.Ordinal) && message.Length > 4)
        {
            await SendAsync(SipText.Answer(message, "200 OK", _tag));
        }
    }
}
