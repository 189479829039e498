using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.Web.Tests.Hubs;

/// <summary>The little of SignalR's JSON protocol that a client of the monitor needs, over a bare WebSocket.</summary>
internal sealed class HubConnection : IAsyncDisposable
{
    private const char End = '\x1e';

    private readonly ClientWebSocket _socket;
    private readonly Queue<JsonObject> _read = new();
    private string _rest = "";

    private HubConnection(ClientWebSocket socket) => _socket = socket;

    public static async Task<HubConnection> OpenAsync(WebHost host, string? key = null, CookieContainer? cookies = null, string? origin = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.Cookies = cookies;
        if (key is not null)
        {
            socket.Options.SetRequestHeader("Authorization", "Bearer " + key);
        }

        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        socket.Options.CollectHttpResponseDetails = true;
        var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        try
        {
            await socket.ConnectAsync(new UriBuilder(host.Url) { Scheme = "wss", Path = "/hubs/monitor" }.Uri, new HttpMessageInvoker(handler), WebHost.Limit());
        }
        catch (WebSocketException e)
        {
            throw new HttpRequestException(e.Message, e, socket.HttpStatusCode);
        }

        var hub = new HubConnection(socket);
        await hub.SendAsync("""{"protocol":"json","version":1}""");
        Assert.Empty(await hub.NextAsync());
        return hub;
    }

    public Task SubscribeAsync(long? since) => SendAsync($$"""{"type":4,"invocationId":"s","target":"Subscribe","arguments":[{{since?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}}]}""");

    public async Task<JsonObject> SnapshotAsync()
    {
        await SendAsync("""{"type":1,"invocationId":"q","target":"Snapshot","arguments":[]}""");
        while (true)
        {
            var message = await NextAsync();
            if ((string?)message["invocationId"] == "q")
            {
                return message["result"]!.AsObject();
            }
        }
    }

    /// <summary>The next event of the subscription; figures of the moment are left out.</summary>
    public async Task<JsonObject> EventAsync()
    {
        while (true)
        {
            var message = await NextAsync();
            if ((int?)message["type"] == 2 && (string?)message["item"]!["type"] != "stats")
            {
                return message["item"]!.AsObject();
            }

            Assert.False((int?)message["type"] is 3 or 7, message.ToJsonString());
        }
    }

    public async Task<JsonObject> NextAsync()
    {
        while (_read.Count == 0)
        {
            var buffer = new byte[65536];
            var result = await _socket.ReceiveAsync(buffer, WebHost.Limit(20));
            if (result.MessageType == WebSocketMessageType.Close)
            {
                throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
            }

            _rest += Encoding.UTF8.GetString(buffer, 0, result.Count);
            var parts = _rest.Split(End);
            _rest = parts[^1];
            foreach (var part in parts[..^1])
            {
                _read.Enqueue(JsonNode.Parse(part)!.AsObject());
            }
        }

        return _read.Dequeue();
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(string json) => await _socket.SendAsync(Encoding.UTF8.GetBytes(json + End), WebSocketMessageType.Text, true, WebHost.Limit());
}
