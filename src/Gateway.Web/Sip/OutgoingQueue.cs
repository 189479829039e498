using System.Buffers;
using System.Net.WebSockets;
using System.Text.Unicode;

namespace Gateway.Web.Sip;

/// <summary>
/// What waits to be written to one socket, bounded in messages and bytes. A writer runs only while there is something to
/// write, so an idle socket costs no task and no buffer.
/// </summary>
internal sealed class OutgoingQueue(WebSocket socket, Action abort) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<(byte[] Buffer, int Length)> _queue = [];
    private int _bytes;
    private bool _writing;
    private bool _ended;
    private (int Code, string Reason)? _close;

    /// <summary>Copies and queues one message; false when there is no room or the queue has ended.</summary>
    public bool TryAdd(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_ended || _close is not null || _queue.Count >= SocketLimits.QueuedMessages || _bytes + message.Length > SocketLimits.QueuedBytes)
            {
                return false;
            }

            var buffer = ArrayPool<byte>.Shared.Rent(message.Length);
            message.CopyTo(buffer);
            _queue.Enqueue((buffer, message.Length));
            _bytes += message.Length;
            Start();
        }

        return true;
    }

    /// <summary>Closes after what is queued has been written.</summary>
    public void Close(int code, string reason)
    {
        lock (_gate)
        {
            if (_ended || _close is not null)
            {
                return;
            }

            _close = (code, reason);
            Start();
        }
    }

    /// <summary>Drops what is queued and takes nothing more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            if (!_writing)
            {
                Clear();
            }
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = WriteAsync();

    private void Start()
    {
        if (!_writing)
        {
            _writing = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task WriteAsync()
    {
        using var limit = new CancellationTokenSource();
        try
        {
            while (Take() is { } next)
            {
                limit.CancelAfter(SocketLimits.Write);
                try
                {
                    // Browsers close on a text frame that is not UTF-8 (RFC 6455 §8.1), and JsSIP knows keep-alives as text only.
                    var message = next.Buffer.AsMemory(0, next.Length);
                    var type = Utf8.IsValid(message.Span) ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
                    await socket.SendAsync(message, type, endOfMessage: true, limit.Token).ConfigureAwait(false);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(next.Buffer);
                }
            }

            if (TakeClose() is { } close)
            {
                limit.CancelAfter(SocketLimits.Close);
                await socket.CloseOutputAsync((WebSocketCloseStatus)close.Code, close.Reason, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            _writing = false;
            End();
            abort();
        }
    }

    private (int Code, string Reason)? TakeClose()
    {
        lock (_gate)
        {
            if (_close is null || _ended || _writing)
            {
                return null;
            }

            _ended = true;
            return _close;
        }
    }

    private (byte[] Buffer, int Length)? Take()
    {
        lock (_gate)
        {
            if (_ended)
            {
                Clear();
                return null;
            }

            if (!_queue.TryDequeue(out var next))
            {
                // Told under the same lock as adding: a message is either seen here or starts a new writer.
                _writing = false;
                return null;
            }

            _bytes -= next.Length;
            return next;
        }
    }

    private void Clear()
    {
        while (_queue.TryDequeue(out var left))
        {
            ArrayPool<byte>.Shared.Return(left.Buffer);
        }

        _bytes = 0;
    }
}
