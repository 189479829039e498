using System.Net.WebSockets;
using System.Text;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Attacks;

/// <summary>What a hostile page or program does to the WebSocket endpoint.</summary>
[Collection(GatewayCollection.Name)]
public sealed class WebSocketAttackTests(GatewayFixture fixture)
{
    private static readonly CancellationToken s_limit = CancellationToken.None;

    private readonly GatewayProcess _gateway = fixture.Gateway;

    [Fact, Threat(33), BrowserRule("W4")]
    public async Task A_page_of_another_site_is_turned_away()
    {
        using var socket = await ConnectAsync(origin: "https://evil.example");

        var (status, _) = await ReadToCloseAsync(socket);
        Assert.Equal(4403, status);
    }

    [Fact, Threat(33), BrowserRule("W1")]
    public async Task Without_the_sip_subprotocol_there_is_no_socket()
    {
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(subprotocol: null));
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(subprotocol: "chat"));
    }

    [Fact, Threat(33)]
    public async Task A_frame_of_ten_megabytes_closes_the_socket_and_nothing_else()
    {
        using var good = await ConnectAsync();
        using var bad = await ConnectAsync();
        try
        {
            await bad.SendAsync(new byte[10 << 20], WebSocketMessageType.Text, true, s_limit);
        }
        catch (WebSocketException)
        {
        }

        var (status, _) = await ReadToCloseAsync(bad);
        Assert.Contains(status, new[] { 1009, 1006 });
        Assert.StartsWith("SIP/2.0 200", await AskAsync(good), StringComparison.Ordinal);
    }

    [Fact, Threat(33)]
    public async Task A_message_in_endless_fragments_is_cut_off()
    {
        using var bad = await ConnectAsync();
        var closing = ReadToCloseAsync(bad, TimeSpan.FromSeconds(30));
        try
        {
            for (var i = 0; i < 200_000 && !closing.IsCompleted; i++)
            {
                await bad.SendAsync("a"u8.ToArray(), WebSocketMessageType.Text, false, s_limit);
            }
        }
        catch (WebSocketException)
        {
        }

        var (status, _) = await closing;
        Assert.Contains(status, new[] { 1008, 1009, 1006 });
    }

    [Fact, BrowserRule("W2"), BrowserRule("W3")]
    public async Task Text_binary_and_keep_alive_frames_are_answered()
    {
        using var socket = await ConnectAsync();

        Assert.StartsWith("SIP/2.0 200", await AskAsync(socket), StringComparison.Ordinal);
        Assert.StartsWith("SIP/2.0 200", await AskAsync(socket, WebSocketMessageType.Binary), StringComparison.Ordinal);

        await socket.SendAsync("\r\n\r\n"u8.ToArray(), WebSocketMessageType.Text, true, s_limit);
        var buffer = new byte[100];
        var pong = await socket.ReceiveAsync(buffer, s_limit);
        Assert.Equal((WebSocketMessageType.Text, "\r\n"), (pong.MessageType, Encoding.ASCII.GetString(buffer, 0, pong.Count)));
    }

    [Fact, Threat(33)]
    public async Task Garbage_in_frames_is_survived()
    {
        var random = new Random(3);
        using var socket = await ConnectAsync();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var bytes = new byte[random.Next(1, 2000)];
                random.NextBytes(bytes);
                await socket.SendAsync(bytes, WebSocketMessageType.Binary, true, s_limit);
            }
        }
        catch (WebSocketException)
        {
            // To close the socket on it is a fair answer too.
        }

        using var good = await ConnectAsync();
        Assert.StartsWith("SIP/2.0 200", await AskAsync(good), StringComparison.Ordinal);
    }

    private async Task<ClientWebSocket> ConnectAsync(string? origin = null, string? subprotocol = "sip")
    {
        var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        socket.Options.SetRequestHeader("Origin", origin ?? _gateway.Url);
        if (subprotocol is not null)
        {
            socket.Options.AddSubProtocol(subprotocol);
        }

        await socket.ConnectAsync(new Uri($"wss://localhost:{_gateway.HttpsPort}/ws"), s_limit);
        return socket;
    }

    private static async Task<string> AskAsync(ClientWebSocket socket, WebSocketMessageType type = WebSocketMessageType.Text)
    {
        var request = $"OPTIONS sip:localhost SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK{Guid.NewGuid():N}\r\nMax-Forwards: 70\r\n"
            + $"From: <sip:x@x.invalid>;tag=1\r\nTo: <sip:localhost>\r\nCall-ID: {Guid.NewGuid():N}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), type, true, s_limit);
        var buffer = new byte[16384];
        var result = await socket.ReceiveAsync(buffer, new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token);
        return Encoding.UTF8.GetString(buffer, 0, result.Count);
    }

    /// <summary>The close status, 1006 when the connection just ends.</summary>
    private static async Task<(int Status, string? Reason)> ReadToCloseAsync(ClientWebSocket socket, TimeSpan? limit = null)
    {
        var buffer = new byte[16384];
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer, new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(5)).Token);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return ((int)result.CloseStatus!, result.CloseStatusDescription);
                }
            }
        }
        catch (WebSocketException)
        {
            return (1006, null);
        }
    }
}
