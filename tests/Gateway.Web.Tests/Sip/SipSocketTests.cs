using System.Net;
using System.Net.WebSockets;
using System.Text;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Web.Tests.Sip;

/// <summary>SIP over WebSocket on real Kestrel, by HTTP/1.1 upgrade and by HTTP/2 extended CONNECT.</summary>
public sealed class SipSocketTests : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host;

    public SipSocketTests(WebHostFixture fixture)
    {
        _host = fixture.Host;
        _host.Loops.Forget();
    }

    public static TheoryData<string> Versions => ["1.1", "2.0"];

    [Theory, MemberData(nameof(Versions)), Rfc(7118, "4.1"), Rfc(8441, "5"), BrowserRule("W1")]
    public async Task Messages_pass_both_ways_one_per_frame(string version)
    {
        using var socket = await _host.ConnectAsync(Version.Parse(version));
        Assert.Equal("sip", socket.SubProtocol);
        var connection = await _host.Loops.ConnectionAsync();
        Assert.Equal(SipTransport.Wss, connection.Transport);

        await socket.SendAsync("first"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());
        await socket.SendAsync("second"u8.ToArray(), WebSocketMessageType.Binary, true, WebHost.Limit());
        Assert.Equal("first", await _host.Loops.MessageAsync());
        Assert.Equal("second", await _host.Loops.MessageAsync());

        Assert.True(connection.Send("answer 1"u8));
        Assert.True(connection.Send("answer 2"u8));
        Assert.Equal((WebSocketMessageType.Text, "answer 1"), await ReadAsync(socket));
        Assert.Equal((WebSocketMessageType.Text, "answer 2"), await ReadAsync(socket));

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, WebHost.Limit());
        await _host.Loops.ClosedAsync(connection);
        Assert.False(connection.Send("too late"u8));
    }

    [Fact, BrowserRule("W3"), Rfc(7118, "6")]
    public async Task A_keep_alive_is_answered_in_a_text_frame()
    {
        using var socket = await _host.ConnectAsync();

        await socket.SendAsync("\r\n\r\n"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());

        Assert.Equal((WebSocketMessageType.Text, "\r\n"), await ReadAsync(socket));
    }

    [Fact, Rfc(6455, "8.1")]
    public async Task What_is_not_utf8_goes_out_as_binary()
    {
        using var socket = await _host.ConnectAsync();
        var connection = await _host.Loops.ConnectionAsync();

        connection.Send([0x53, 0xff, 0xfe]);

        Assert.Equal((WebSocketMessageType.Binary, "Sÿþ"), await ReadAsync(socket));
    }

    [Theory, InlineData(null), InlineData("chat"), Rfc(7118, "4.1")]
    public async Task Without_the_subprotocol_sip_there_is_no_socket(string? subprotocol)
    {
        await Assert.ThrowsAsync<WebSocketException>(() => _host.ConnectAsync(subprotocol: subprotocol));
    }

    [Fact, Row(69), Rfc(7118, "9"), Rfc(6455, "10")]
    public async Task A_socket_is_as_safe_as_https_subprotocol_sip_Origin_and_TLS()
    {
        // Subprotocol and Origin; what is then said on it has to be proved as on any transport, by token or digest.
        using (var socket = await _host.ConnectAsync(origin: $"https://{_host.Url.Authority}"))
        {
            Assert.Equal("sip", socket.SubProtocol);
        }

        using (var foreign = await _host.ConnectAsync(origin: $"http://{_host.Url.Authority}"))
        {
            Assert.Equal(4403, await WebHost.CloseCodeAsync(foreign));
        }

        await Assert.ThrowsAsync<WebSocketException>(() => _host.ConnectAsync(subprotocol: "xmpp"));

        // RFC 9325 §3.1.1: no TLS before 1.2. A hello of TLS 1.1, written by hand as the framework would not send it.
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(_host.Url.Host, _host.Url.Port);
        byte[] body = [3, 2, .. new byte[32], 0, 0, 4, 0xC0, 0x14, 0x00, 0x35, 1, 0];
        byte[] hello = [0x16, 3, 1, 0, (byte)(body.Length + 4), 1, 0, 0, (byte)body.Length, .. body];
        await client.GetStream().WriteAsync(hello);
        var answer = new byte[7];
        var count = 0;
        try
        {
            for (int read; count < answer.Length && (read = await client.GetStream().ReadAsync(answer.AsMemory(count), WebHost.Limit())) > 0; count += read)
            {
            }
        }
        catch (IOException)
        {
            // Broken off: no word is a refusal as well.
        }

        // An alert, if anything: never a ServerHello (handshake, 22).
        Assert.True(count == 0 || answer[0] == 21);
        // And no SIP over a socket without TLS: there is no such port.
        using var plain = new ClientWebSocket();
        plain.Options.AddSubProtocol("sip");
        await Assert.ThrowsAsync<WebSocketException>(() => plain.ConnectAsync(new UriBuilder(_host.Url) { Scheme = "ws", Path = "/ws" }.Uri, WebHost.Limit()));
    }

    [Fact]
    public async Task A_plain_request_is_told_what_this_address_is()
    {
        using var client = _host.Client();

        var response = await client.GetAsync("/ws");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("subprotocol sip", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact, Threat(33), BrowserRule("W4")]
    public async Task A_foreign_origin_is_closed_with_4403_and_the_loops_never_see_it()
    {
        using var socket = await _host.ConnectAsync(origin: "https://evil.example");

        Assert.Equal(4403, await WebHost.CloseCodeAsync(socket));
        using var good = await _host.ConnectAsync(origin: $"https://{_host.Url.Authority}");
        await good.SendAsync("mine"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());
        Assert.Equal("mine", await _host.Loops.MessageAsync());
    }

    [Fact, Threat(33)]
    public async Task An_origin_of_the_configuration_is_admitted()
    {
        await using var host = await WebHost.StartAsync("Web:AllowedOrigins=https://partner.example");
        using var socket = await host.ConnectAsync(origin: "https://partner.example");

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());

        Assert.Equal("hello", await host.Loops.MessageAsync());
    }

    [Theory, MemberData(nameof(Versions)), Threat(33)]
    public async Task A_message_of_64_KiB_passes_and_one_byte_more_closes_with_1009(string version)
    {
        using var socket = await _host.ConnectAsync(Version.Parse(version));
        var connection = await _host.Loops.ConnectionAsync();

        await socket.SendAsync(new byte[65536], WebSocketMessageType.Binary, true, WebHost.Limit());
        Assert.Equal(65536, (await _host.Loops.MessageAsync()).Length);

        await socket.SendAsync(new byte[65537], WebSocketMessageType.Binary, true, WebHost.Limit());
        Assert.Equal(1009, await WebHost.CloseCodeAsync(socket));
        await _host.Loops.ClosedAsync(connection);
    }

    [Fact, Threat(33)]
    public async Task A_message_in_endless_fragments_is_cut_off()
    {
        using var socket = await _host.ConnectAsync();
        var connection = await _host.Loops.ConnectionAsync();

        var closed = WebHost.CloseCodeAsync(socket);
        for (var i = 0; i < 100_000 && socket.State == WebSocketState.Open; i++)
        {
            try
            {
                await socket.SendAsync("a"u8.ToArray(), WebSocketMessageType.Text, false, WebHost.Limit());
            }
            catch (WebSocketException)
            {
                break;
            }
        }

        Assert.Contains(await closed, new[] { 1009, 1006 });
        await _host.Loops.ClosedAsync(connection);
    }

    [Fact, Threat(15)]
    public async Task A_stranger_may_not_stay()
    {
        await using var host = await WebHost.StartAsync("Web:UnauthenticatedLifetime=00:00:03");
        using var stranger = await host.ConnectAsync();
        await host.Loops.ConnectionAsync();
        using var friend = await host.ConnectAsync();
        var connection = await host.Loops.ConnectionAsync();
        connection.Send("SIP/2.0 200 OK\r\nCSeq: 2 REGISTER\r\n\r\n"u8);

        Assert.Equal(4401, await WebHost.CloseCodeAsync(stranger));
        Assert.True(connection.Send("still here"u8));
        await ReadAsync(friend);
        Assert.Equal((WebSocketMessageType.Text, "still here"), await ReadAsync(friend));
    }

    [Fact, Threat(15)]
    public async Task More_sockets_than_allowed_are_closed_with_4429()
    {
        await using var host = await WebHost.StartAsync("Web:MaxSocketsPerAddress=2");
        using var first = await host.ConnectAsync();
        var connection = await host.Loops.ConnectionAsync();
        using var second = await host.ConnectAsync();
        await host.Loops.ConnectionAsync();

        using var third = await host.ConnectAsync();
        Assert.Equal(4429, await WebHost.CloseCodeAsync(third));

        await first.CloseAsync(WebSocketCloseStatus.NormalClosure, null, WebHost.Limit());
        await host.Loops.ClosedAsync(connection);
        using var fourth = await host.ConnectAsync();
        await fourth.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());
        Assert.Equal("hello", await host.Loops.MessageAsync());
    }

    [Fact, Threat(15)]
    public async Task When_all_places_are_taken_by_strangers_a_phone_gets_one_all_the_same()
    {
        await using var host = await WebHost.StartAsync("Web:MaxSockets=3");
        using var friend = await host.ConnectAsync();
        var connection = await host.Loops.ConnectionAsync();
        connection.Send("SIP/2.0 200 OK\r\nCSeq: 2 REGISTER\r\n\r\n"u8);
        await ReadAsync(friend);
        using var first = await host.ConnectAsync();
        using var second = await host.ConnectAsync();
        await host.Loops.ConnectionAsync();
        await host.Loops.ConnectionAsync();

        var heard = host.Loops.MessageAsync();
        while (!heard.IsCompleted)
        {
            using var late = await host.ConnectAsync();
            await late.SendAsync("let in"u8.ToArray(), WebSocketMessageType.Text, true, WebHost.Limit());
            await Task.WhenAny(heard, Task.Delay(500));
        }

        Assert.Equal("let in", await heard);

        // Who has signed in keeps its place.
        connection.Send("still here"u8);
        Assert.Equal((WebSocketMessageType.Text, "still here"), await ReadAsync(friend));
    }

    [Fact, Threat(15)]
    public async Task One_address_has_so_many_connections_before_the_handshake_and_no_more()
    {
        await using var host = await WebHost.StartAsync("Web:MaxSocketsPerAddress=1");
        var sockets = new List<System.Net.Sockets.TcpClient>();
        for (var i = 0; i < 101; i++)
        {
            var client = new System.Net.Sockets.TcpClient();
            await client.ConnectAsync(host.Url.Host, host.Url.Port);
            sockets.Add(client);
        }

        using var more = new System.Net.Sockets.TcpClient();
        await more.ConnectAsync(host.Url.Host, host.Url.Port);
        // Closed or reset without a word.
        try
        {
            Assert.Equal(0, await more.GetStream().ReadAsync(new byte[1], WebHost.Limit()));
        }
        catch (IOException)
        {
        }

        sockets.ForEach(socket => socket.Dispose());
        // They are counted out a moment after they have gone.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using var socket = await host.ConnectAsync();
                break;
            }
            catch (WebSocketException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(50);
            }
        }
    }

    [Fact, Threat(33), Rfc(6455, "5.5.2")]
    public async Task A_half_open_socket_is_found_by_ping_and_nothing_is_sent_into_it()
    {
        await using var host = await WebHost.StartAsync("Web:PingInterval=00:00:01", "Web:PingTimeout=00:00:01");
        // Who does not read does not answer a ping either: as a phone whose network has gone.
        using var first = await host.ConnectAsync(HttpVersion.Version11);
        var silent = await host.Loops.ConnectionAsync();
        using var second = await host.ConnectAsync(HttpVersion.Version20);
        var alsoSilent = await host.Loops.ConnectionAsync();
        using var reader = await host.ConnectAsync();
        var alive = await host.Loops.ConnectionAsync();
        var reading = ReadAsync(reader);

        await host.Loops.ClosedAsync(silent);
        await host.Loops.ClosedAsync(alsoSilent);

        Assert.False(silent.Send("INVITE sip:ada@gw.example SIP/2.0\r\n\r\n"u8));
        Assert.False(alsoSilent.Send("INVITE sip:ada@gw.example SIP/2.0\r\n\r\n"u8));
        Assert.True(alive.Send("still here"u8));
        Assert.Equal((WebSocketMessageType.Text, "still here"), await reading);
    }

    [Fact, Row(69), Rfc(8441, "5")]
    public async Task A_crowd_of_idle_phones_on_both_versions_of_HTTP_is_served_and_leaves_nothing_behind()
    {
        const int Phones = 200;
        var sockets = new ClientWebSocket[Phones];
        await Parallel.ForAsync(0, Phones, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            sockets[i] = await _host.ConnectAsync(i % 2 == 0 ? HttpVersion.Version11 : HttpVersion.Version20);
            await sockets[i].SendAsync(Encoding.ASCII.GetBytes($"phone {i}"), WebSocketMessageType.Text, true, WebHost.Limit(30));
        });
        var heard = new HashSet<string>();
        var connections = new List<Gateway.Net.Sip.ISipConnection>();
        for (var i = 0; i < Phones; i++)
        {
            heard.Add(await _host.Loops.MessageAsync());
            connections.Add(await _host.Loops.ConnectionAsync());
        }

        Assert.Equal(Phones, heard.Count);
        Assert.All(connections, connection => Assert.True(connection.Send("hello"u8)));
        foreach (var socket in sockets)
        {
            Assert.Equal((WebSocketMessageType.Text, "hello"), await ReadAsync(socket));
            socket.Dispose();
        }

        foreach (var connection in connections)
        {
            await _host.Loops.ClosedAsync(connection);
        }
    }

    [Fact, BrowserRule("W4")]
    public async Task A_close_from_the_loops_comes_after_what_was_sent_before()
    {
        using var socket = await _host.ConnectAsync();
        var connection = await _host.Loops.ConnectionAsync();

        connection.Send("last words"u8);
        connection.Close(4409, "superseded");

        Assert.Equal((WebSocketMessageType.Text, "last words"), await ReadAsync(socket));
        Assert.Equal(4409, await WebHost.CloseCodeAsync(socket));
        await _host.Loops.ClosedAsync(connection);
        Assert.False(connection.Send("more"u8));
        connection.Close(1012, "a second close, after the end, is nothing");
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_cut_off_and_costs_a_bounded_queue()
    {
        using var socket = await _host.ConnectAsync();
        var connection = await _host.Loops.ConnectionAsync();

        var taken = 0;
        while (connection.Send(new byte[8192]))
        {
            Assert.True(++taken < 100_000, "a socket that nobody reads took all that was sent");
        }

        await _host.Loops.ClosedAsync(connection);
    }

    [Fact]
    public async Task A_stop_closes_sockets_with_1012_and_does_not_wait_for_them()
    {
        var host = await WebHost.StartAsync();
        using var socket = await host.ConnectAsync();
        await host.Loops.ConnectionAsync();

        var code = WebHost.CloseCodeAsync(socket);
        var stopped = host.DisposeAsync().AsTask();

        Assert.Equal(1012, await code);
        await stopped.WaitAsync(TimeSpan.FromSeconds(8));
    }

    private static async Task<(WebSocketMessageType Type, string Text)> ReadAsync(ClientWebSocket socket)
    {
        var buffer = new byte[65536];
        var result = await socket.ReceiveAsync(buffer, WebHost.Limit());
        Assert.True(result.EndOfMessage);
        return (result.MessageType, Encoding.Latin1.GetString(buffer, 0, result.Count));
    }
}
