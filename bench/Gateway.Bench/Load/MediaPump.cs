using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Media;
using Gateway.Net.Dtls;
using Gateway.Net.Media;

namespace Gateway.Bench.Load;

/// <summary>Both ends of one call.</summary>
internal sealed record MediaPair(int Call, BrowserEnd Browser, PhoneEnd Phone)
{
    /// <summary>Both know where to send.</summary>
    public bool IsUp { get; set; }
}

/// <summary>
/// The thread that plays the media of all calls: 50 packets a second each way, spread evenly over the 20 ms, and everything
/// that comes back. It spins unless told otherwise, so that the server does not pay for waking it up.
/// </summary>
internal sealed class MediaPump : IPacketHandler, IDisposable
{
    private const double PacketsPerSecond = 50;
    private static readonly TimeSpan TimeStep = TimeSpan.FromMilliseconds(5);

    private readonly EpollIo _io = new();
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly Dictionary<int, MediaPair> _byPort = [];
    private readonly List<MediaPair> _pairs = [];
    private readonly List<MediaPair> _sending = [];
    private readonly DtlsIdentity _identity;
    private readonly bool _sleeps;
    private readonly Thread _thread;
    private readonly long _origin = Stopwatch.GetTimestamp();
    private TimeSpan _now;
    private TimeSpan _nextStep;
    private TimeSpan _sendingSince;
    private long _sendTurns;
    private volatile bool _stopping;
    private volatile bool _measures;

    public MediaPump(DtlsIdentity identity, bool sleeps)
    {
        _identity = identity;
        _sleeps = sleeps;
        _thread = new Thread(Run) { IsBackground = true, Name = "media pump" };
        _thread.Start();
    }

    public MediaTotals Totals { get; } = new();

    /// <summary>Longest time that a packet left late in the window: when it nears 20 ms, the generator is too slow for the load.</summary>
    public TimeSpan WorstLate { get; private set; }

    /// <summary>True while packets count.</summary>
    public bool Measures
    {
        get => _measures;
        set => _measures = value;
    }

    public Task<MediaPair> OpenAsync(int call) => DoAsync(() =>
    {
        var pair = new MediaPair(call, new BrowserEnd(_io, _identity, Bind(), call), new PhoneEnd(_io, Bind()));
        _io.Add(pair.Browser.Port);
        _io.Add(pair.Phone.Port);
        _byPort[pair.Browser.Port.Local.Port] = pair;
        _byPort[pair.Phone.Port.Local.Port] = pair;
        _pairs.Add(pair);
        return pair;
    });

    public Task DoAsync(Action<TimeSpan> work) => DoAsync(() =>
    {
        work(_now);
        return true;
    });

    public Task CloseAsync(MediaPair pair) => DoAsync(() =>
    {
        foreach (var port in (UdpPort[])[pair.Browser.Port, pair.Phone.Port])
        {
            _io.Remove(port);
            _byPort.Remove(port.Local.Port);
            port.Dispose();
        }

        pair.Browser.Dispose();
        return _pairs.Remove(pair);
    });

    /// <summary>From now on all calls that are up send.</summary>
    public Task StartSendingAsync() => DoAsync(() =>
    {
        _sending.AddRange(_pairs.Where(pair => pair.IsUp));
        _sendingSince = _now;
        _sendTurns = 0;
        return true;
    });

    public Task StopSendingAsync() => DoAsync(() =>
    {
        _sending.Clear();
        return true;
    });

    public void OnWake()
    {
    }

    public void OnDatagram(UdpPort port, Span<byte> datagram, in MediaAddress from)
    {
        var at = Stopwatch.GetTimestamp();
        if (datagram.Length == 0 || !_byPort.TryGetValue(port.Local.Port, out var pair))
        {
            return;
        }

        var isBrowser = port == pair.Browser.Port;
        var packet = isBrowser ? pair.Browser.Receive(datagram, from, _now, _measures ? Totals : null) : PhoneEnd.Receive(datagram);
        if (packet.IsEmpty)
        {
            return;
        }

        if (!TimedPayload.TryRead(packet[RtpFields.Length..], out var call, out var measured, out var sentAt) || call != pair.Call)
        {
            Totals.Bad += _measures ? 1 : 0;
        }
        else if (measured)
        {
            Totals.Take(sentAt, at);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _io.Wake();
        _thread.Join();
        foreach (var pair in _pairs)
        {
            pair.Browser.Dispose();
            pair.Browser.Port.Dispose();
            pair.Phone.Port.Dispose();
        }

        _io.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            _now = Stopwatch.GetElapsedTime(_origin);
            while (_commands.TryDequeue(out var command))
            {
                command();
            }

            var wait = SendDue();
            if (_now >= _nextStep)
            {
                _nextStep = _now + TimeStep;
                foreach (var pair in _pairs)
                {
                    pair.Browser.OnTime(_now);
                }
            }

            _io.Flush();
            // Between phases there is nothing to be late for, and the server may have the machine.
            _io.Receive(_sending.Count == 0 ? TimeSpan.FromMilliseconds(1) : _sleeps ? wait : TimeSpan.Zero, this);
        }
    }

    private TimeSpan SendDue()
    {
        if (_sending.Count == 0)
        {
            return TimeStep;
        }

        var step = TimeSpan.FromSeconds(1 / PacketsPerSecond / (2 * _sending.Count));
        var due = (_now - _sendingSince).Ticks / step.Ticks;
        if (_measures && (due - _sendTurns) * step is var late && late > WorstLate)
        {
            WorstLate = late;
        }

        for (; _sendTurns < due; _sendTurns++)
        {
            var turn = (int)(_sendTurns % (2 * _sending.Count));
            var pair = _sending[turn / 2];
            var measured = _measures;
            if (turn % 2 == 0)
            {
                pair.Browser.SendRtp(pair.Call, measured);
            }
            else
            {
                pair.Phone.SendRtp(pair.Call, measured);
            }

            Totals.Sent += measured ? 1 : 0;
        }

        return step;
    }

    private Task<T> DoAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands.Enqueue(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        _io.Wake();
        return done.Task;
    }

    private static UdpPort Bind() => UdpPort.TryBind(IPAddress.Loopback, 0, shared: false) ?? throw new SocketException();
}
