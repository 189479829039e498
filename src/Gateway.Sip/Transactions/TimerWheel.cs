using System.Numerics;

namespace Gateway.Sip;

/// <summary>What a timer wakes.</summary>
public interface ITimerTarget
{
    /// <param name="kind">The number given when the timer was armed; it tells the target's timers apart.</param>
    void OnTimer(int kind, TimeSpan now);
}

/// <summary>
/// All the deadlines of one loop on a hashed, hierarchical wheel: arming and cancelling are O(1) and allocate nothing in
/// steady state. Time is the loop's monotonic clock, in ticks of one millisecond; a deadline between two ticks waits for
/// the later one, and deadlines of one tick fire in the order in which they were armed.
/// </summary>
/// <remarks>
/// Seven levels of 64 slots. A timer stands on the level of the highest bits in which its tick differs from the wheel's,
/// so level 0 holds the current block of 64 ticks exactly, and a slot of a higher level is dealt out to the levels below
/// when the wheel reaches its start. That keeps the order of arming without a sort.
/// </remarks>
public sealed class TimerWheel
{
    private const int SlotBits = 6;
    private const int Slots = 1 << SlotBits;
    private const int Levels = 7;
    private const int OverdueList = Levels * Slots;
    private const int NoList = -1;
    private const int Nil = -1;

    /// <summary>The last tick that the levels can tell apart: 139 years.</summary>
    private const long LastTick = (1L << (SlotBits * Levels)) - 1;

    private readonly ulong[] _occupied = new ulong[Levels];
    // One list per slot, then two for timers that were already due when armed: one collects while the other fires.
    private readonly int[] _heads = new int[OverdueList + 2];
    private readonly int[] _tails = new int[OverdueList + 2];
    private Node[] _nodes = [];
    private int _free = Nil;
    private int _overdue = OverdueList;
    private long _tick;
    private bool _advancing;

    public TimerWheel(TimeSpan now)
    {
        _tick = Floor(now);
        Array.Fill(_heads, Nil);
        Array.Fill(_tails, Nil);
    }

    /// <summary>How many timers are armed.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// When <see cref="Advance"/> has next to be called; null when no timer is armed. It may be earlier than the first
    /// deadline (the wheel then only turns), never later.
    /// </summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            if (Count == 0)
            {
                return null;
            }

            var next = HasOverdue || !TryFindNext(out _, out var tick) ? _tick : tick;
            return TimeSpan.FromTicks(next * TimeSpan.TicksPerMillisecond);
        }
    }

    private bool HasOverdue => _heads[OverdueList] != Nil || _heads[OverdueList + 1] != Nil;

    /// <summary>
    /// Arms a timer. One that is due already, seen from the last <see cref="Advance"/>, fires in the next one: a timer
    /// armed inside <see cref="ITimerTarget.OnTimer"/> never fires in the same tick.
    /// </summary>
    public TimerHandle Schedule(TimeSpan due, ITimerTarget target, int kind)
    {
        ArgumentNullException.ThrowIfNull(target);
        var index = Take();
        ref var node = ref _nodes[index];
        node.Target = target;
        node.Kind = kind;
        node.Tick = Math.Clamp(Ceiling(due), _tick, LastTick);
        Count++;
        Place(index);
        return new TimerHandle(index, node.Generation);
    }

    /// <summary>Disarms; harmless when it has fired or was cancelled.</summary>
    public void Cancel(TimerHandle handle)
    {
        if (IsArmed(handle))
        {
            Unlink(handle.Index);
            Release(handle.Index);
        }
    }

    /// <summary>True until the timer fires or is cancelled.</summary>
    public bool IsArmed(TimerHandle handle) =>
        (uint)handle.Index < (uint)_nodes.Length
        && _nodes[handle.Index].List != NoList
        && _nodes[handle.Index].Generation == handle.Generation;

    /// <summary>
    /// Fires all that is due, in order of their deadlines. A target may arm and cancel timers, its own too. When a target
    /// throws, the timers behind it fire in the next call.
    /// </summary>
    public void Advance(TimeSpan now)
    {
        if (_advancing)
        {
            throw new InvalidOperationException("Advance was called from inside OnTimer.");
        }

        _advancing = true;
        try
        {
            var last = Math.Max(Floor(now), _tick);
            FireOverdue(now);
            while (TryFindNext(out var level, out var tick) && tick <= last)
            {
                _tick = tick;
                var list = (level * Slots) + SlotOf(tick, level);
                if (level == 0)
                {
                    Fire(list, now);
                }
                else
                {
                    Deal(list);
                }
            }

            _tick = last;
        }
        finally
        {
            _advancing = false;
        }
    }

    private void FireOverdue(TimeSpan now)
    {
        // Left over from a call in which a target threw: they come first.
        var leftOver = _overdue == OverdueList ? OverdueList + 1 : OverdueList;
        if (_heads[leftOver] == Nil)
        {
            leftOver = _overdue;
            _overdue = leftOver == OverdueList ? OverdueList + 1 : OverdueList;
        }

        Fire(leftOver, now);
    }

    private void Fire(int list, TimeSpan now)
    {
        // Nothing is added to this list meanwhile: what is due now goes to the collecting overdue list.
        while (_heads[list] is var index && index != Nil)
        {
            var target = _nodes[index].Target!;
            var kind = _nodes[index].Kind;
            Unlink(index);
            Release(index);
            target.OnTimer(kind, now);
        }
    }

    /// <summary>Moves a slot's timers to the levels below; those due at this very tick land in its level 0 slot.</summary>
    private void Deal(int list)
    {
        while (_heads[list] is var index && index != Nil)
        {
            Unlink(index);
            Append(index, ListOf(_nodes[index].Tick));
        }
    }

    private void Place(int index)
    {
        var tick = _nodes[index].Tick;
        Append(index, tick <= _tick ? _overdue : ListOf(tick));
    }

    private int ListOf(long tick)
    {
        var level = (63 - BitOperations.LeadingZeroCount((ulong)(tick ^ _tick) | 1)) / SlotBits;
        return (level * Slots) + SlotOf(tick, level);
    }

    /// <summary>The next slot in time that holds anything, and the tick at which it begins.</summary>
    private bool TryFindNext(out int level, out long tick)
    {
        for (level = 0; level < Levels; level++)
        {
            // Slots behind the wheel's own position are empty on every level: time passed them and emptied them.
            var ahead = _occupied[level] >> SlotOf(_tick, level);
            if (ahead != 0)
            {
                var slot = SlotOf(_tick, level) + BitOperations.TrailingZeroCount(ahead);
                var shift = level * SlotBits;
                tick = (_tick >> (shift + SlotBits) << (shift + SlotBits)) | ((long)slot << shift);
                tick = Math.Max(tick, _tick);
                return true;
            }
        }

        tick = 0;
        return false;
    }

    private static int SlotOf(long tick, int level) => (int)(tick >> (level * SlotBits)) & (Slots - 1);

    private void Append(int index, int list)
    {
        ref var node = ref _nodes[index];
        node.List = list;
        node.Next = Nil;
        node.Previous = _tails[list];
        if (node.Previous == Nil)
        {
            _heads[list] = index;
            if (list < OverdueList)
            {
                _occupied[list / Slots] |= 1UL << (list % Slots);
            }
        }
        else
        {
            _nodes[node.Previous].Next = index;
        }

        _tails[list] = index;
    }

    private void Unlink(int index)
    {
        ref var node = ref _nodes[index];
        var list = node.List;
        if (node.Previous == Nil)
        {
            _heads[list] = node.Next;
        }
        else
        {
            _nodes[node.Previous].Next = node.Next;
        }

        if (node.Next == Nil)
        {
            _tails[list] = node.Previous;
        }
        else
        {
            _nodes[node.Next].Previous = node.Previous;
        }

        node.List = NoList;
        if (_heads[list] == Nil && list < OverdueList)
        {
            _occupied[list / Slots] &= ~(1UL << (list % Slots));
        }
    }

    private int Take()
    {
        if (_free == Nil)
        {
            Grow();
        }

        var index = _free;
        _free = _nodes[index].Next;
        // Generations begin at 1, so that the default handle names no timer.
        if (++_nodes[index].Generation == 0)
        {
            _nodes[index].Generation = 1;
        }

        return index;
    }

    private void Release(int index)
    {
        ref var node = ref _nodes[index];
        node.Target = null;
        node.Next = _free;
        _free = index;
        Count--;
    }

    private void Grow()
    {
        var old = _nodes.Length;
        Array.Resize(ref _nodes, Math.Max(64, old * 2));
        for (var index = _nodes.Length - 1; index >= old; index--)
        {
            _nodes[index].List = NoList;
            _nodes[index].Next = _free;
            _free = index;
        }
    }

    private static long Floor(TimeSpan time) => Math.Clamp(time.Ticks / TimeSpan.TicksPerMillisecond, 0, LastTick);

    private static long Ceiling(TimeSpan time) =>
        time <= TimeSpan.Zero ? 0 : ((time.Ticks - 1) / TimeSpan.TicksPerMillisecond) + 1;

    private struct Node
    {
        public ITimerTarget? Target;
        public long Tick;
        public int Kind;
        public int List;
        public int Next;
        public int Previous;
        public uint Generation;
    }
}

/// <summary>Names one armed timer; default names none.</summary>
public readonly record struct TimerHandle(int Index, uint Generation);
