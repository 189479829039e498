using System.Collections.Concurrent;
using System.Collections.Immutable;
using Gateway.Server.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Media;

/// <summary>
/// One thread that owns its legs and their sockets: it receives batches of datagrams, gives each to its leg, runs what is
/// due and sends once per wake. No lock is taken on the packet path; commands come by a queue.
/// </summary>
internal sealed partial class MediaLoop : IPacketHandler, IDisposable
{
    private const int RefusalBurst = 50;
    private const int RefusalsPerSecond = 20;
    private static readonly TimeSpan SmallestStep = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentQueue<Action<MediaLoop>> _commands = new();
    private readonly PriorityQueue<LegSlot, TimeSpan> _due = new();
    private readonly Dictionary<ulong, LegSlot> _byUfrag = [];
    private readonly HashSet<LegSlot> _legs = [];
    private readonly List<RemoteSink> _remotes = [];
    private readonly PathTable _paths = new();
    private readonly SourceLimiter _limiter = new(RefusalBurst, RefusalsPerSecond);
    private readonly int _index;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly Action<int, MediaEvent> _tell;
    private readonly MediaMetrics _metrics;
    private readonly Thread _thread;
    private TimeSpan _now;
    private TimeSpan _nextFaultLog;
    private volatile bool _stopping;
    private int _sleeping;
    private long _turnedAt;

    public MediaLoop(
        int index, IPacketIo io, ImmutableArray<UdpPort> shared, TimeProvider time, long origin, Action<int, MediaEvent> tell, MediaMetrics metrics, ILogger log)
    {
        Io = io;
        Log = log;
        _index = index;
        SharedPorts = shared;
        _time = time;
        _origin = origin;
        _tell = tell;
        _metrics = metrics;
        for (var i = 0; i < shared.Length; i++)
        {
            shared[i].Index = i;
            io.Add(shared[i]);
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "media " + index };
    }

    public IPacketIo Io { get; }

    public ILogger Log { get; }

    /// <summary>The ports that serve every browser, one per local address.</summary>
    public ImmutableArray<UdpPort> SharedPorts { get; }

    /// <summary>Time of this turn; the loop's thread only.</summary>
    public TimeSpan Now => _now;

    /// <summary>False when the loop's thread has ended or has not come round for seconds; from any thread.</summary>
    public bool IsAlive => _thread.IsAlive && _time.GetElapsedTime(_origin) - TimeSpan.FromTicks(Volatile.Read(ref _turnedAt)) < Stall;

    public void Start()
    {
        _turnedAt = _time.GetElapsedTime(_origin).Ticks;
        _thread.Start();
    }

    /// <summary>Runs the command on the loop's thread, in the order of the posts of one caller.</summary>
    public void Post(Action<MediaLoop> command)
    {
        _commands.Enqueue(command);
        Nudge();
    }

    /// <summary>Something waits for the loop; from any thread.</summary>
    public void Nudge()
    {
        if (Interlocked.Exchange(ref _sleeping, 0) == 1)
        {
            Io.Wake();
        }
    }

    public void Tell(int owner, MediaEvent happened) => _tell(owner, happened);

    public void OnWake()
    {
        Volatile.Write(ref _sleeping, 0);
        _now = _time.GetElapsedTime(_origin);
        Volatile.Write(ref _turnedAt, _now.Ticks);
    }

    public void Dispose()
    {
        _stopping = true;
        Io.Wake();
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            Release();
        }
        else if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private void Run()
    {
        while (!_stopping)
        {
            try
            {
                Turn();
            }
            catch (Exception e)
            {
                // Ours to mend, but the other calls of this loop go on.
                LoopFaulted(e);
            }
        }

        Release();
    }

    private void Turn()
    {
        Io.Receive(WaitTime(), this);
        while (_commands.TryDequeue(out var command))
        {
            command(this);
        }

        DrainRemotes();
        RunDue();
        Io.Flush();
    }

    private TimeSpan WaitTime()
    {
        var wait = LongestWait;
        if (_due.TryPeek(out _, out var due))
        {
            var now = _time.GetElapsedTime(_origin);
            wait = due <= now ? TimeSpan.Zero : due - now < wait ? due - now : wait;
        }

        // Say "asleep" before looking at the queue: whoever enqueues after the look sees it and wakes us.
        Interlocked.Exchange(ref _sleeping, 1);
        return IsIdle() ? wait : TimeSpan.Zero;
    }

    private void DrainRemotes()
    {
        for (var i = _remotes.Count - 1; i >= 0; i--)
        {
            var remote = _remotes[i];
            if (!remote.HasPackets)
            {
                continue;
            }

            try
            {
                remote.Drain(remote.To.Leg!, _now);
            }
            catch (Exception e)
            {
                Fault(remote.To, e);
            }
        }
    }

    private bool IsIdle()
    {
        foreach (var remote in _remotes)
        {
            if (remote.HasPackets)
            {
                return false;
            }
        }

        return _commands.IsEmpty;
    }

    private void RunDue()
    {
        while (_due.TryPeek(out var slot, out var at) && at <= _now)
        {
            _due.Dequeue();
            if (slot.IsClosed || at > slot.ScheduledAt)
            {
                continue; // closed, or an earlier entry has replaced this one
            }

            slot.ScheduledAt = TimeSpan.MaxValue;
            try
            {
                if (slot.Leg!.Deadline <= _now)
                {
                    slot.Leg.OnDeadline(_now);
                }

                Schedule(slot);
            }
            catch (Exception e)
            {
                Fault(slot, e);
            }
        }
    }

    private void Schedule(LegSlot slot)
    {
        var deadline = slot.Leg!.Deadline;
        if (deadline <= _now)
        {
            deadline = _now + SmallestStep; // a leg that is due again at once has its next turn, not this one
        }

        if (deadline < slot.ScheduledAt && !slot.IsClosed)
        {
            slot.ScheduledAt = deadline;
            _due.Enqueue(slot, deadline);
        }
    }

    private void LoopFaulted(Exception e)
    {
        _metrics.LoopFaulted(e);
        if (_now >= _nextFaultLog) // a fault on every packet must not fill the disk
        {
            _nextFaultLog = _now + TimeSpan.FromSeconds(1);
            MediaLog.LoopFault(Log, _index, e);
        }
    }

    private void Release()
    {
        foreach (var slot in _legs.ToArray())
        {
            Close(slot);
        }

        Io.Flush();
        foreach (var port in SharedPorts)
        {
            Io.Remove(port);
            port.Dispose();
        }

        Io.Dispose();
    }
}
