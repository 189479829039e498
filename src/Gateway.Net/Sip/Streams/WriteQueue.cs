using System.Buffers;

namespace Gateway.Net.Sip.Streams;

/// <summary>
/// What waits to be written to one connection, bounded in bytes. Messages that come while a write runs leave together in the
/// next one. A writer runs only while there is something to write, so an idle connection costs no task and no buffer.
/// </summary>
/// <param name="now">The monotonic clock.</param>
/// <param name="over">Hears once that a write failed (with its exception) or that all is written after <see cref="Close"/>.</param>
internal sealed class WriteQueue(Func<TimeSpan> now, Action<Exception?> over) : IThreadPoolWorkItem
{
    private const int SmallBuffer = 2048;

    private readonly Lock _gate = new();
    private Stream? _stream;
    private byte[] _pending = [];
    private int _length;
    private bool _writing;
    private bool _closing;
    private bool _ended;
    private long _since;

    /// <summary>Bytes that may wait.</summary>
    public int Room { get; set; } = StreamLimits.Queued;

    /// <summary>When the write under way began; null when none is.</summary>
    public TimeSpan? WritingSince => Interlocked.Read(ref _since) is var ticks and not 0 ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>Copies one message; false when there is no room or nothing is taken any more.</summary>
    public bool TryAdd(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_ended || _closing || message.Length > Room - _length)
            {
                return false;
            }

            Reserve(_length + message.Length);
            message.CopyTo(_pending.AsSpan(_length));
            _length += message.Length;
            Wake();
            return true;
        }
    }

    /// <summary>The connection stands: what waited leaves.</summary>
    public void Start(Stream stream)
    {
        lock (_gate)
        {
            _stream = stream;
            Wake();
        }
    }

    /// <summary>Takes nothing more; what is here is still written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (!_ended && !_closing)
            {
                _closing = true;
                Wake();
            }
        }
    }

    /// <summary>Drops what waits.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            Release();
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = WriteAsync();

    private void Wake()
    {
        if (!_writing && _stream is not null && (_length > 0 || _closing))
        {
            _writing = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (Take(out var buffer, out var length))
            {
                Interlocked.Exchange(ref _since, Math.Max(1, now().Ticks));
                try
                {
                    await _stream!.WriteAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
                }
                finally
                {
                    Interlocked.Exchange(ref _since, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }

            if (TakeClose())
            {
                over(null);
            }
        }
        catch (Exception e)
        {
            End();
            over(e);
        }
    }

    private bool Take(out byte[] buffer, out int length)
    {
        lock (_gate)
        {
            (buffer, length) = (_pending, _length);
            if (_ended || length == 0)
            {
                // Told under the same lock as adding: a message is either seen here or starts a new writer.
                _writing = false;
                return false;
            }

            (_pending, _length) = ([], 0);
            return true;
        }
    }

    private bool TakeClose()
    {
        lock (_gate)
        {
            if (!_closing || _ended || _writing)
            {
                return false;
            }

            _ended = true;
            return true;
        }
    }

    private void Reserve(int size)
    {
        if (_pending.Length >= size)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallBuffer, size));
        _pending.AsSpan(0, _length).CopyTo(larger);
        var length = _length;
        Release();
        (_pending, _length) = (larger, length);
    }

    private void Release()
    {
        if (_pending.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_pending);
        }

        (_pending, _length) = ([], 0);
    }
}
