using System.Collections.Concurrent;
using System.Collections.Immutable;
using Gateway.Media;
using Gateway.Media.Ice;
using Gateway.Media.Rtp;
using Gateway.Media.Sessions;
using Gateway.Media.Stun;
using Gateway.Server.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Media;

/// <summary>
/// One thread that owns its legs and their sockets: it receives batches of datagrams, gives each to its leg, runs what is
/// due and sends once per wake. No lock is taken on the packet path; commands come by a queue.
/// </summary>
internal sealed class MediaLoop : IPacketHandler, IDisposable
{
    private const int RefusalBurst = 50;
    private const int RefusalsPerSecond = 20;
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

    public void Start() => _thread.Start();

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

    public void Add(LegSlot slot)
    {
        _legs.Add(slot);
        foreach (var port in slot.Ports)
        {
            Io.Add(port);
        }

        Schedule(slot);
    }

    /// <summary>Lets checks for a ufrag of ours find the leg.</summary>
    public void AddUfrag(LegSlot slot, ulong ufrag)
    {
        slot.Ufrags.Add(ufrag);
        _byUfrag[ufrag] = slot;
    }

    /// <summary>Runs a command of the owner on the leg; a fault in it ends this leg alone.</summary>
    public void Guard(LegSlot slot, Action<LegSlot, MediaLeg, TimeSpan> command)
    {
        if (slot.IsClosed || slot.Leg is not { } leg)
        {
            return;
        }

        try
        {
            command(slot, leg, _now);
            Schedule(slot);
        }
        catch (Exception e)
        {
            Fault(slot, e);
        }
    }

    /// <summary>Ends a leg: its last packets leave, its paths and sockets are forgotten, its report goes to the owner.</summary>
    public void Close(LegSlot slot)
    {
        if (slot.IsClosed)
        {
            return;
        }

        Part(slot);
        var statistics = new LegStatistics();
        try
        {
            slot.Leg!.Close(_now);
            statistics = Mapping.ToStatistics(slot.Leg.Report(_now));
        }
        catch (Exception e)
        {
            LegFaulted(slot, e);
        }

        slot.IsClosed = true;
        Forget(slot);
        _metrics.LegClosed(statistics);
        Tell(slot.Owner, new MediaEvent.Closed(slot.Id, statistics));
    }

    /// <summary>Takes the leg out of its bridge or service.</summary>
    public static void Part(LegSlot slot)
    {
        if (slot.Leg?.Sink is RemoteSink remote)
        {
            slot.Loop._remotes.Remove(remote.Twin!);
            remote.To.Loop.Post(far =>
            {
                far._remotes.Remove(remote);
                if (remote.To.Leg is { } other && other.Sink == remote.Twin)
                {
                    other.Detach();
                }
            });
        }

        slot.Leg?.Detach();

        if (slot.Peer is { } peer)
        {
            peer.Peer = null;
            slot.Peer = null;
            peer.Leg?.Detach();
        }
    }

    /// <summary>Joins a leg of this loop with one of another, whose half is <paramref name="incoming"/>.</summary>
    public void JoinRemote(LegSlot slot, RemoteSink outgoing, RemoteSink incoming)
    {
        Part(slot);
        slot.Leg!.Attach(outgoing);
        _remotes.Add(incoming);
    }

    public void OnWake()
    {
        Volatile.Write(ref _sleeping, 0);
        _now = _time.GetElapsedTime(_origin);
    }

    public void OnDatagram(UdpPort port, Span<byte> datagram, in MediaAddress from)
    {
        var slot = port.Leg;
        if (slot is { IsClosed: true })
        {
            return; // closed by an earlier datagram of this batch
        }

        try
        {
            if (slot is not null)
            {
                slot.Leg!.Receive(datagram, port.Index, from, _now);
                Schedule(slot);
            }
            else
            {
                OnShared(datagram, new IcePath(from, port.Index), ref slot);
            }
        }
        catch (Exception e)
        {
            if (slot is null)
            {
                LoopFaulted(e);
            }
            else
            {
                Fault(slot, e);
            }
        }
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
        if (deadline < slot.ScheduledAt && !slot.IsClosed)
        {
            slot.ScheduledAt = deadline;
            _due.Enqueue(slot, deadline);
        }
    }

    private void OnShared(Span<byte> datagram, in IcePath path, ref LegSlot? slot)
    {
        switch (PacketDemux.Classify(datagram))
        {
            case PacketKind.Stun:
                OnCheck(datagram, path, ref slot);
                return;
            case PacketKind.Unknown:
                _metrics.Dropped(DropReason.Unknown);
                return;
        }

        // Nothing but a check is heard from an address that has not passed one (threats 1, 2, 13).
        slot = _paths.Find(path);
        if (slot is null)
        {
            _metrics.Dropped(DropReason.UnvalidatedSource);
            return;
        }

        slot.Leg!.Receive(datagram, path.Local, path.Remote, _now);
        Schedule(slot);
    }

    private void OnCheck(Span<byte> datagram, in IcePath path, ref LegSlot? slot)
    {
        if (StunMessage.TryParse(datagram, out var message) != StunError.None)
        {
            _metrics.Dropped(DropReason.MalformedCheck);
            return;
        }

        // RFC 8445 §7.2.2: USERNAME is "ours:theirs"; the part before the colon finds the leg.
        var username = message.Username;
        var colon = username.IndexOf((byte)':');
        if (colon <= 0 || !IceCredentials.TryGetKey(username[..colon], out var ufrag) || !_byUfrag.TryGetValue(ufrag, out slot))
        {
            _metrics.Dropped(DropReason.UnknownUfrag); // nobody here: no answer either
            return;
        }

        // Whoever cannot prove itself may ask why only so often; a right check is never held up by a stranger's wrong ones.
        var mayAnswerRefusal = _limiter.Allows(path.Remote, _now);
        var outcome = ((WebRtcLeg)slot.Leg!).ReceiveCheck(message, path, mayAnswerRefusal, _now);
        if ((outcome.Events & IceEvents.Checked) == 0)
        {
            _limiter.Charge(path.Remote, _now);
            _metrics.Dropped(mayAnswerRefusal ? DropReason.RefusedCheck : DropReason.CheckLimit);
        }
        else if (_paths.Find(path) != slot)
        {
            _paths.Set(path, slot);
            slot.Paths.Add(path);
        }

        if (!outcome.Forgotten.IsNone)
        {
            _paths.Remove(outcome.Forgotten, slot);
            slot.Paths.Remove(outcome.Forgotten);
        }

        Schedule(slot);
    }

    private void LegFaulted(LegSlot slot, Exception e)
    {
        _metrics.LegFaulted(e);
        MediaLog.LegFault(Log, slot.Id.Value, e);
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

    private void Fault(LegSlot slot, Exception e)
    {
        LegFaulted(slot, e);
        Tell(slot.Owner, new MediaEvent.Failed(slot.Id, MediaFailure.Internal));
        Close(slot);
    }

    private void Forget(LegSlot slot)
    {
        foreach (var path in slot.Paths)
        {
            _paths.Remove(path, slot);
        }

        foreach (var ufrag in slot.Ufrags)
        {
            if (_byUfrag.TryGetValue(ufrag, out var holder) && holder == slot)
            {
                _byUfrag.Remove(ufrag);
            }
        }

        foreach (var port in slot.Ports)
        {
            Io.Remove(port);
            port.Dispose();
        }

        _legs.Remove(slot);
        slot.Leg?.Dispose();
        slot.Released?.Invoke(slot);
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
