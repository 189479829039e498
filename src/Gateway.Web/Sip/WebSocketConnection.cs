using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using Gateway.Net.Sip;
using Gateway.Sip;

namespace Gateway.Web.Sip;

/// <summary>
/// One accepted SIP WebSocket (RFC 7118): reads whole messages and hands them to the host, writes what the host sends. One SIP
/// message is one WebSocket message, in either direction.
/// </summary>
internal sealed class WebSocketConnection : ISipConnection
{
    private readonly WebSocket _socket;
    private readonly ISipConnectionHost _host;
    private readonly CancellationTokenSource _aborted;
    private readonly OutgoingQueue _outgoing;
    private volatile bool _authenticated;
    private int _closing;

    public WebSocketConnection(WebSocket socket, IPEndPoint remote, bool secure, ISipConnectionHost host, CancellationToken aborted)
    {
        _socket = socket;
        _host = host;
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _outgoing = new OutgoingQueue(socket, Abort);
        Remote = remote;
        Transport = secure ? SipTransport.Wss : SipTransport.Ws;
    }

    public SipTransport Transport { get; }

    public IPEndPoint Remote { get; }

    public IPEndPoint? LocalEndPoint { get; init; }

    /// <summary>When it was opened, by the clock's timestamp.</summary>
    public long Opened { get; init; }

    /// <summary>Something was answered here that only an authenticated peer gets.</summary>
    public bool IsAuthenticated => _authenticated;

    public bool Send(ReadOnlySpan<byte> message)
    {
        _authenticated = _authenticated || ProofOfAuthentication.IsIn(message);
        if (_outgoing.TryAdd(message))
        {
            return true;
        }

        // A reader too slow for its own messages has lost some already: it must come back and register anew.
        Abort();
        return false;
    }

    public void Close(int code, string reason)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
        {
            // Its time runs: it must not begin anew.
            return;
        }

        _outgoing.Close(code, reason);
        try
        {
            _aborted.CancelAfter(SocketLimits.Close);
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>Reads until the socket ends, however it ends.</summary>
    public async Task RunAsync()
    {
        var flow = _host.Opened(this);
        try
        {
            while (await ReadMessageAsync(flow).ConfigureAwait(false))
            {
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The ways a connection ends that nobody closed.
        }
        finally
        {
            _outgoing.End();
            _host.Closed(flow);
            _socket.Abort();
            _aborted.Dispose();
        }
    }

    /// <summary>False when the socket is closed.</summary>
    private async ValueTask<bool> ReadMessageAsync(Flow flow)
    {
        // Waits without a buffer: most sockets of a gateway are idle at any time.
        var first = await _socket.ReceiveAsync(Memory<byte>.Empty, _aborted.Token).ConfigureAwait(false);
        if (first.MessageType == WebSocketMessageType.Close)
        {
            return await EndAsync().ConfigureAwait(false);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            var length = 0;
            for (var pieces = 0; ; pieces++)
            {
                if (length == SocketLimits.Message || pieces == SocketLimits.Pieces)
                {
                    return await RefuseAsync(buffer).ConfigureAwait(false);
                }

                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length);
                }

                var room = Math.Min(buffer.Length, SocketLimits.Message) - length;
                var result = await _socket.ReceiveAsync(buffer.AsMemory(length, room), _aborted.Token).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return await EndAsync().ConfigureAwait(false);
                }

                length += result.Count;
                if (result.EndOfMessage)
                {
                    break;
                }
            }

            if (length > 0 && Volatile.Read(ref _closing) == 0)
            {
                _host.Received(flow, buffer.AsSpan(0, length));
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 4, SocketLimits.Message));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    /// <summary>Says why, then reads on for a moment, so that the answer is not lost in a reset.</summary>
    private async ValueTask<bool> RefuseAsync(byte[] buffer)
    {
        Close(SocketLimits.CloseTooBig, "message too big");
        const int MostDiscarded = 1 << 20;
        for (var discarded = 0; discarded < MostDiscarded;)
        {
            var result = await _socket.ReceiveAsync(buffer.AsMemory(), _aborted.Token).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }

            discarded += Math.Max(1, result.Count);
        }

        return false;
    }

    /// <summary>Answers the peer's closing handshake (RFC 6455 §5.5.1).</summary>
    private async ValueTask<bool> EndAsync()
    {
        if (_socket.State == WebSocketState.CloseReceived)
        {
            _aborted.CancelAfter(SocketLimits.Close);
            var code = _socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure;
            await _socket.CloseOutputAsync(code == WebSocketCloseStatus.Empty ? WebSocketCloseStatus.NormalClosure : code, null, _aborted.Token).ConfigureAwait(false);
        }

        return false;
    }

    private void Abort()
    {
        try
        {
            _aborted.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }
}
