using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Sip;

namespace Gateway.Net.Sip.Streams;

/// <summary>
/// One TCP or TLS connection (RFC 3261 §18): cuts what it reads into messages, writes what it is given, answers keep-alives,
/// and ends with a reason. How it comes to stand is its kind's; its deadlines are looked at from outside.
/// </summary>
internal abstract class StreamConnection : ISipConnection, IDisposable
{
    private const int NotStarted = 0;
    private const int Running = 1;
    private const int Over = 2;

    /// <summary>Two line ends that come so close to each other are a ping of the peer, not two pongs.</summary>
    private static readonly TimeSpan s_pair = TimeSpan.FromMilliseconds(200);

    private static readonly byte[] s_pong = "\r\n"u8.ToArray();
    private static readonly byte[] s_ping = "\r\n\r\n"u8.ToArray();

    private readonly StreamFramer _framer = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly WriteQueue _writes;
    private Stream? _stream;
    private ConnectionEnd? _end;
    private int _state;
    private volatile bool _discards;
    private volatile bool _standing;
    private volatile bool _proved;
    private volatile bool _pongs;
    private bool _pongedBefore;
    private TimeSpan _pongAt;
    private long _messageSince;
    private long _closingSince;
    private long _pingSince;
    private long _lastMessage;

    protected StreamConnection(IStreamOwner owner, SipTransport transport, IPEndPoint remote)
    {
        Owner = owner;
        Transport = transport;
        Remote = remote;
        Opened = owner.Now;
        _lastMessage = Opened.Ticks;
        _writes = new WriteQueue(() => owner.Now, Written);
    }

    public SipTransport Transport { get; }

    public IPEndPoint Remote { get; }

    /// <summary>Bytes that may wait to be written.</summary>
    protected int Room
    {
        init => _writes.Room = value;
    }

    /// <summary>Set by the owner before anything is started.</summary>
    public Flow Flow { get; set; }

    /// <summary>Our end of it; null before it is connected.</summary>
    public IPEndPoint? LocalEndPoint { get; protected set; }

    /// <summary>Our address on it.</summary>
    public abstract IPAddress? Local { get; }

    /// <summary>Null while it lives.</summary>
    public ConnectionEnd? End => Volatile.Read(ref _end);

    /// <summary>It is or was good for messages.</summary>
    public bool HasStood => _standing;

    /// <summary>The peer has sent something.</summary>
    public bool HasHeard { get; private set; }

    /// <summary>Something was answered here that only an authenticated peer gets.</summary>
    public bool IsProved => _proved;

    public TimeSpan Opened { get; }

    /// <summary>The name that our Via gives for it, once somebody asked.</summary>
    public string? SentBy { get; set; }

    /// <summary>When a SIP message last went either way.</summary>
    public TimeSpan LastMessage => TimeSpan.FromTicks(Interlocked.Read(ref _lastMessage));

    protected IStreamOwner Owner { get; }

    protected bool IsStarted => Volatile.Read(ref _state) != NotStarted;

    public virtual bool Send(ReadOnlySpan<byte> message)
    {
        if (!_writes.TryAdd(message))
        {
            // A reader too slow for its own messages has lost some already; nothing more is said to it.
            Cut(EndKind.SlowReader, "the peer does not read what it is sent");
            return false;
        }

        Interlocked.Exchange(ref _lastMessage, Owner.Now.Ticks);
        if (!_proved && ProofOfAuthentication.IsIn(message))
        {
            _proved = true;
            _writes.Room = StreamLimits.Queued;
        }

        return true;
    }

    /// <summary>Closes after what waits has been written.</summary>
    public void Close(int code, string reason) => Finish(EndKind.Stopping, reason);

    /// <summary>Begins to come about, once.</summary>
    public void Start()
    {
        if (Interlocked.CompareExchange(ref _state, Running, NotStarted) == NotStarted)
        {
            _ = Task.Run(RunAsync);
        }
    }

    /// <summary>Ends it now; what waits is lost. The first reason stays.</summary>
    public void Cut(EndKind kind, string words)
    {
        Interlocked.CompareExchange(ref _end, new ConnectionEnd(kind, words), null);
        if (Interlocked.CompareExchange(ref _state, Over, NotStarted) == NotStarted)
        {
            Settle();
            return;
        }

        try
        {
            _cut.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    public void Dispose() => Cut(EndKind.Stopping, "the gateway stops");

    /// <summary>Ends what has lasted too long (THREATS 15); called every second.</summary>
    public virtual void Check(TimeSpan now)
    {
        var options = Owner.Options;
        if (Passed(ref _closingSince, StreamLimits.Close, now) || _writes.WritingSince is { } since && now - since > StreamLimits.Write)
        {
            Cut(EndKind.SlowReader, "the peer does not read what it is sent");
        }
        else if (Passed(ref _messageSince, options.MessageTime, now))
        {
            Cut(EndKind.SlowMessage, $"a message did not end within {options.MessageTime.TotalSeconds:0} s of its first byte");
        }
        else if (Passed(ref _pingSince, options.PongTime, now))
        {
            Interlocked.Exchange(ref _pingSince, 0);
            if (_pongs)
            {
                Cut(EndKind.NoPong, $"no answer to a keep-alive for {options.PongTime.TotalSeconds:0} s");
            }
        }
    }

    /// <summary>Makes the connection. Its exceptions become the reason of the end.</summary>
    protected abstract Task<Stream> EstablishAsync(CancellationToken cancel);

    /// <summary>Closes the socket, however far it came.</summary>
    protected abstract void Release();

    /// <summary>What an exception of the network says, for people; null for the peer's orderly end.</summary>
    protected virtual ConnectionEnd Explain(Exception? error) => (error, error?.GetBaseException()) switch
    {
        (null, _) => new ConnectionEnd(EndKind.Peer, "the peer closed the connection"),
        (_, SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted }) =>
            new ConnectionEnd(EndKind.Reset, "the peer broke the connection off"),
        (_, SocketException { SocketErrorCode: SocketError.TimedOut }) => new ConnectionEnd(EndKind.Reset, "the peer answers no more"),
        (IOException or SocketException or ObjectDisposedException, { } cause) => new ConnectionEnd(EndKind.Reset, $"the connection broke: {cause.Message}"),
        _ => new ConnectionEnd(EndKind.Fault, $"an error of ours: {error.GetType().Name}"),
    };

    /// <summary>RFC 5626 §3.5.1: a double CRLF that the peer answers with one. A peer that never has is not judged by it.</summary>
    protected void Ping(TimeSpan now)
    {
        Interlocked.Exchange(ref _pingSince, Math.Max(1, now.Ticks));
        _writes.TryAdd(s_ping);
    }

    private static bool Passed(ref long since, TimeSpan limit, TimeSpan now) =>
        Interlocked.Read(ref since) is var ticks and not 0 && now.Ticks - ticks > limit.Ticks;

    private async Task RunAsync()
    {
        try
        {
            _stream = await EstablishAsync(_cut.Token).ConfigureAwait(false);
            _standing = true;
            _writes.Start(_stream);
            await ReadAsync(_stream).ConfigureAwait(false);
            Interlocked.CompareExchange(ref _end, Explain(null), null);
        }
        catch (Exception e)
        {
            var end = Explain(e);
            if (Interlocked.CompareExchange(ref _end, end, null) is null && end.Kind == EndKind.Fault)
            {
                Owner.Faulted(e);
            }
        }
        finally
        {
            Settle();
        }
    }

    private void Settle()
    {
        Volatile.Write(ref _state, Over);
        _writes.End();
        Release();
        _stream?.Dispose();
        _cut.Dispose();
        Owner.Ended(this);
    }

    private async Task ReadAsync(Stream stream)
    {
        while (true)
        {
            // Waits without a buffer: most connections of a gateway are idle at any time.
            await stream.ReadAsync(Memory<byte>.Empty, _cut.Token).ConfigureAwait(false);
            var buffer = ArrayPool<byte>.Shared.Rent(StreamLimits.Read);
            try
            {
                var count = await stream.ReadAsync(buffer, _cut.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                HasHeard = true;
                if (!_discards)
                {
                    Take(buffer.AsSpan(0, count));
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> input)
    {
        while (true)
        {
            switch (_framer.Next(ref input, out var frame, out var error))
            {
                case FrameKind.Message:
                    Interlocked.Exchange(ref _messageSince, 0);
                    Interlocked.Exchange(ref _lastMessage, Owner.Now.Ticks);
                    Owner.Received(Flow, frame);
                    break;
                case FrameKind.Ping or FrameKind.Pong when Interlocked.Exchange(ref _pingSince, 0) != 0:
                    (_pongedBefore, _pongs, _pongAt) = (_pongs, true, Owner.Now);
                    break;
                case FrameKind.Pong:
                    break;
                case FrameKind.Ping:
                    // What was taken for a pong was the first half of this.
                    _pongs = _pongs && (_pongedBefore || Owner.Now - _pongAt > s_pair);
                    _writes.TryAdd(s_pong);
                    break;
                case FrameKind.Failed:
                    // THREATS 14: what follows cannot be trusted to begin anywhere.
                    Owner.Unframed(Flow, frame, error);
                    Finish(EndKind.Framing, $"no SIP stream: {error.Reason}");
                    return;
                default:
                    if (!_framer.IsMidMessage)
                    {
                        Interlocked.Exchange(ref _messageSince, 0);
                    }
                    else
                    {
                        Interlocked.CompareExchange(ref _messageSince, Math.Max(1, Owner.Now.Ticks), 0);
                    }

                    return;
            }
        }
    }

    /// <summary>Reads nothing more, writes what waits, and says the end.</summary>
    private void Finish(EndKind kind, string words)
    {
        Interlocked.CompareExchange(ref _end, new ConnectionEnd(kind, words), null);
        _discards = true;
        Interlocked.CompareExchange(ref _closingSince, Math.Max(1, Owner.Now.Ticks), 0);
        Interlocked.Exchange(ref _messageSince, 0);
        if (!_standing)
        {
            Cut(kind, words);
            return;
        }

        _writes.Close();
    }

    /// <summary>All is written, or a write failed.</summary>
    private void Written(Exception? fault)
    {
        if (fault is not null)
        {
            var end = Explain(fault);
            Cut(end.Kind, end.Words);
            return;
        }

        _ = ShutDownAsync();
    }

    /// <summary>Half a close: the peer's answer to it, or two seconds, ends the reading.</summary>
    private async Task ShutDownAsync()
    {
        try
        {
            if (_stream is SslStream tls)
            {
                await tls.ShutdownAsync().ConfigureAwait(false);
            }

            HalfClose();
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Cut(EndKind.Reset, "the peer broke the connection off");
        }
    }

    protected abstract void HalfClose();
}
