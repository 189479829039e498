using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip.Streams;

/// <summary>
/// All TCP and TLS connections: admits those that peers open, looks at every deadline once a second, and hands on what they
/// read and that they ended. Thread-safe; no thread of its own.
/// </summary>
internal sealed class StreamHost(
    NetOptions options, ConnectionTable table, SipReceiver receiver, OpenFileBudget files, LoopClock clock, TimeProvider time, NetMetrics metrics, ILogger logger)
    : IStreamOwner, IDisposable
{
    private const int SweepsPerReport = 60;

    private readonly SocketAdmission _admission = new(options.MaxConnections, options.MaxConnectionsPerAddress, files);
    private readonly StrangerEviction _eviction = new(time);
    private readonly ConcurrentDictionary<StreamConnection, byte> _open = new();
    private readonly int[] _ends = new int[Enum.GetValues<EndKind>().Length];
    private int _refused;
    private int _failedAccepts;
    private int _sweeps;
    private ITimer? _timer;
    private volatile bool _stopping;

    public TimeSpan Now => clock.Now;

    public NetOptions Options => options;

    /// <summary>Which certificate a client is shown; null without TLS.</summary>
    public ServerCertificate? Certificate { get; init; }

    /// <summary>Looks at the certificates of clients.</summary>
    public required PeerCertificates Peers { get; init; }

    /// <summary>Hears which trunks the certificate of a connection proves.</summary>
    public Action<Flow, ImmutableArray<Guid>> TrunksProved { get; set; } = static (_, _) => { };

    /// <summary>Hears of every end, before the loops do.</summary>
    public Action<StreamConnection> HasEnded { get; set; } = static _ => { };

    /// <summary>Tells the loops that a flow is gone.</summary>
    public required Action<Flow> Closed { get; init; }

    /// <summary>Once a second, after the deadlines.</summary>
    public Action<TimeSpan> Swept { get; set; } = static _ => { };

    /// <summary>Tells the connections of trunks from those of strangers.</summary>
    public Func<Flow, bool> KnowsPeer { get; set; } = static _ => false;

    public IEnumerable<StreamConnection> Open => _open.Keys;

    public void Start() => _timer = time.CreateTimer(_ => Sweep(), null, StreamLimits.Sweep, StreamLimits.Sweep);

    public void Accepted(StreamListener listener, Socket socket)
    {
        var remote = socket.RemoteEndPoint as IPEndPoint;
        var admission = remote is null || _stopping ? Admission.AddressFull : _admission.Enter(remote.Address);
        if (admission == Admission.Full)
        {
            MakeRoom();
        }

        if (remote is null || admission != Admission.Granted)
        {
            metrics.ConnectionRefused(listener.Transport);
            Interlocked.Increment(ref _refused);
            // A reset, so that a flood leaves nothing behind here.
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
            return;
        }

        AcceptedConnection connection;
        try
        {
            connection = new AcceptedConnection(this, listener.Transport, socket, Certificate, Peers, listener.Certificates);
        }
        catch (SocketException)
        {
            // Gone again already.
            _admission.Leave(remote.Address);
            socket.Dispose();
            return;
        }

        Add(connection).Start();
    }

    /// <summary>Told once a minute at most: without files to open it fails ten times a second.</summary>
    public void AcceptFailed(StreamListener listener, Exception fault)
    {
        if (fault is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets })
        {
            MakeRoom();
        }

        if (Interlocked.Increment(ref _failedAccepts) == 1)
        {
            NetLog.AcceptFailed(logger, listener.Transport, listener.Local, fault.Message);
        }
    }

    /// <summary>Who has been here longest and has not signed in goes.</summary>
    private void MakeRoom()
    {
        var now = clock.Now;
        _eviction.MakeRoom(
            () => Open.OfType<AcceptedConnection>().Where(connection => !connection.IsProved && !IsKnown(connection.Flow)),
            connection => now - connection.Opened,
            static connection => connection.Cut(EndKind.Evicted, "there was no room for more, and nobody had signed in on it"));
    }

    /// <summary>Gives a connection its flow and watches over it.</summary>
    public T Add<T>(T connection) where T : StreamConnection
    {
        connection.Flow = table.Open(connection);
        _open.TryAdd(connection, 0);
        if (_stopping)
        {
            connection.Dispose();
        }

        return connection;
    }

    public void Received(in Flow flow, ReadOnlySpan<byte> message)
    {
        metrics.Received(flow.Transport);
        receiver.Receive(message, flow);
    }

    public void Unframed(in Flow flow, ReadOnlySpan<byte> headers, in SipParseError error) => receiver.Unframed(headers, error, flow);

    public bool IsKnown(in Flow flow) => KnowsPeer(flow);

    public void Proved(AcceptedConnection connection)
    {
        if (connection.Peer is { Trunks.IsEmpty: false } peer)
        {
            TrunksProved(connection.Flow, [.. peer.Trunks.Select(trunk => trunk.Id)]);
        }
    }

    public void Faulted(Exception fault)
    {
        metrics.Fault();
        NetLog.ConnectionFault(logger, fault);
    }

    public void Ended(StreamConnection connection)
    {
        _open.TryRemove(connection, out _);
        if (connection is AcceptedConnection)
        {
            _admission.Leave(connection.Remote.Address);
        }

        var kind = connection.End!.Kind;
        metrics.ConnectionEnded(connection.Transport, kind);
        Interlocked.Increment(ref _ends[(int)kind]);
        HasEnded(connection);
        Closed(connection.Flow);
    }

    /// <summary>What was said last may still be on its way; a peer that does not close is not waited for.</summary>
    public async Task DrainAsync()
    {
        _stopping = true;
        var started = clock.Now;
        while (!_open.IsEmpty && clock.Now - started < StreamLimits.Drain)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _timer?.Dispose();
        foreach (var connection in Open)
        {
            connection.Dispose();
        }
    }

    private void Sweep()
    {
        try
        {
            var now = clock.Now;
            foreach (var connection in Open)
            {
                connection.Check(now);
            }

            Swept(now);
            if (++_sweeps % SweepsPerReport == 0)
            {
                Report();
            }
        }
        catch (Exception e)
        {
            Faulted(e);
        }
    }

    /// <summary>One line a minute: a flood must not fill the disk.</summary>
    private void Report()
    {
        _failedAccepts = 0;
        List<string> counts = [];
        for (var kind = 0; kind < _ends.Length; kind++)
        {
            var count = Interlocked.Exchange(ref _ends[kind], 0);
            if (count > 0 && (EndKind)kind is not (EndKind.Peer or EndKind.Idle or EndKind.Stopping or EndKind.Replaced))
            {
                counts.Add($"{(EndKind)kind} {count}");
            }
        }

        if (Interlocked.Exchange(ref _refused, 0) is var refused and > 0)
        {
            counts.Add($"TooMany {refused}");
        }

        if (counts.Count > 0)
        {
            NetLog.ConnectionsEnded(logger, string.Join(", ", counts));
        }
    }
}
