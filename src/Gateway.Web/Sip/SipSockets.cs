using System.Collections.Concurrent;
using System.Net;
using Gateway.Net.Sip;

namespace Gateway.Web.Sip;

/// <summary>The endpoint <c>/ws</c>: admits sockets, keeps them while they live, and closes them with a word when the gateway stops.</summary>
internal sealed class SipSockets(WebOptions options, OriginPolicy origins, SocketAdmission admission, ISipConnectionHost host, TimeProvider time, ILogger<SipSockets> logger) : IDisposable
{
    private readonly ConcurrentDictionary<WebSocketConnection, byte> _open = new();
    private readonly StrangerEviction _eviction = new(time);
    private ITimer? _sweep;
    private long _saidTooMany;
    private volatile bool _stopping;

    public int Open => admission.Open;

    public async Task AcceptAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await RefuseAsync(context, "This address speaks SIP over WebSocket (RFC 7118): open it with wss:// and the subprotocol sip.").ConfigureAwait(false);
            return;
        }

        if (!context.WebSockets.WebSocketRequestedProtocols.Contains("sip"))
        {
            await RefuseAsync(context, "The subprotocol must be sip (RFC 7118 §4.1).").ConfigureAwait(false);
            return;
        }

        var remote = new IPEndPoint(context.Connection.RemoteIpAddress ?? IPAddress.None, context.Connection.RemotePort);
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = "sip",
            KeepAliveInterval = options.PingInterval,
            KeepAliveTimeout = options.PingTimeout,
        }).ConfigureAwait(false);

        // A page cannot see the status of a refused upgrade, only close codes: so refusals come after accepting.
        var origin = context.Request.Headers.Origin.ToString();
        if (!origins.Admits(origin, context.Request.Host.Value ?? ""))
        {
            SocketLog.OriginRefused(logger, origin.Length > 200 ? origin[..200] : origin);
            await CloseAsync(socket, SocketLimits.CloseOrigin, "origin not allowed").ConfigureAwait(false);
        }
        else if (_stopping)
        {
            await CloseAsync(socket, SocketLimits.CloseRestart, "stopping").ConfigureAwait(false);
        }
        else if (admission.Enter(remote.Address) is var answer && answer != Admission.Granted)
        {
            SayTooMany();
            if (answer == Admission.Full)
            {
                MakeRoom();
            }

            await CloseAsync(socket, SocketLimits.CloseRate, "too many connections").ConfigureAwait(false);
        }
        else
        {
            await RunAsync(new WebSocketConnection(socket, remote, context.Request.IsHttps, host, context.RequestAborted) { LocalEndPoint = LocalOf(context), Opened = time.GetTimestamp() }, remote.Address).ConfigureAwait(false);
        }
    }

    /// <summary>From here on strangers are looked at once a second: they get time to authenticate, not a place to stay.</summary>
    public void Start() => _sweep ??= time.CreateTimer(_ => Sweep(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    public void Dispose() => _sweep?.Dispose();

    /// <summary>There is no room: who has been here longest without signing in goes.</summary>
    public void MakeRoom() => _eviction.MakeRoom(
        () => _open.Keys.Where(static connection => !connection.IsAuthenticated),
        connection => time.GetElapsedTime(connection.Opened),
        static connection => connection.Close(SocketLimits.CloseRate, "no room for strangers"));

    /// <summary>Tells every client to come back later (RFC 6455: 1012, service restart) and takes no more.</summary>
    public void Stop()
    {
        _stopping = true;
        foreach (var connection in _open.Keys)
        {
            connection.Close(SocketLimits.CloseRestart, "restart");
        }
    }

    private static IPEndPoint? LocalOf(HttpContext context) =>
        context.Connection.LocalIpAddress is { } address ? new IPEndPoint(address, context.Connection.LocalPort) : null;

    private async Task RunAsync(WebSocketConnection connection, IPAddress address)
    {
        _open.TryAdd(connection, 0);
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _open.TryRemove(connection, out byte _);
            admission.Leave(address);
        }
    }

    private void Sweep()
    {
        foreach (var connection in _open.Keys)
        {
            if (!connection.IsAuthenticated && time.GetElapsedTime(connection.Opened) > options.UnauthenticatedLifetime)
            {
                connection.Close(SocketLimits.CloseUnauthenticated, "not authenticated in time");
            }
        }
    }

    /// <summary>Once a minute: a flood must not fill the disk.</summary>
    private void SayTooMany()
    {
        var (now, last) = (time.GetTimestamp(), Interlocked.Read(ref _saidTooMany));
        if ((last == 0 || time.GetElapsedTime(last, now) > TimeSpan.FromMinutes(1)) && Interlocked.CompareExchange(ref _saidTooMany, now, last) == last)
        {
            SocketLog.TooMany(logger, admission.Open);
        }
    }

    internal static async Task CloseAsync(System.Net.WebSockets.WebSocket socket, int code, string reason)
    {
        using var limit = new CancellationTokenSource(SocketLimits.Close);
        try
        {
            await socket.CloseAsync((System.Net.WebSockets.WebSocketCloseStatus)code, reason, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or OperationCanceledException or IOException)
        {
            socket.Abort();
        }
    }

    internal static Task RefuseAsync(HttpContext context, string words)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(words + "\n");
    }
}
