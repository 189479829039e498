using System.Net;
using System.Text;
using Gateway.Sip;

namespace Gateway.Net.Tracing;

/// <summary>
/// A part of the trace with slabs of its own, written round and round: the oldest slab is given to what comes. Thread-safe.
/// </summary>
internal sealed class TraceShard(int slabs, int slabSize, int callLimit)
{
    private const int OffsetBits = 24;
    private const int LongestKey = 256;

    /// <summary>A Call-ID for so many bytes: what is known of one costs memory too.</summary>
    private const int CallShare = 1024;
    private const int SpareTraces = 256;

    private readonly Lock _gate = new();
    private readonly byte[]?[] _slabs = new byte[]?[slabs];
    private readonly Dictionary<string, CallTrace> _calls = new(StringComparer.Ordinal);
    private readonly Stack<CallTrace> _spare = new(SpareTraces);
    private readonly int _mostCalls = slabs * slabSize / CallShare;
    private CallTrace? _oldest;
    private CallTrace? _newest;
    private long _slab;
    private int _offset;

    private long OldestPosition => Math.Max(0, _slab - slabs + 1) << OffsetBits;

    public void Add(ReadOnlySpan<byte> callId, long order, long utcTicks, bool isSent, in Flow flow, IPEndPoint? local, ReadOnlySpan<byte> message, int kept, bool keepDigits)
    {
        Span<char> key = stackalloc char[Math.Min(callId.Length, LongestKey)];
        Encoding.Latin1.GetChars(callId[..key.Length], key);
        var size = TraceHeader.Size + kept;
        lock (_gate)
        {
            var slab = Room(size);
            var into = slab.AsSpan(_offset, size);
            TraceHeader.Write(into, order, utcTicks, isSent, flow, local, message.Length, kept);
            message[..kept].CopyTo(into[TraceHeader.Size..]);
            TraceMask.Apply(into[TraceHeader.Size..], keepDigits);
            var trace = TraceOf(key);
            trace.Add(new CallTrace.Mark((_slab << OffsetBits) | (long)_offset, size), OldestPosition, callLimit);
            Append(trace);
            _offset += size;
        }
    }

    public void Read(string callId, List<TracedMessage> into)
    {
        var key = callId.Length > LongestKey ? callId[..LongestKey] : callId;
        lock (_gate)
        {
            if (!_calls.TryGetValue(key, out var trace)) return;
            foreach (var mark in trace.Marks)
            {
                if (mark.Position < OldestPosition) continue;
                var slab = _slabs[(mark.Position >> OffsetBits) % slabs]!;
                into.Add(TraceHeader.Read(slab.AsSpan((int)(mark.Position & ((1 << OffsetBits) - 1)), mark.Length), callId));
            }
        }
    }

    /// <summary>The slab that takes the next message, a new one when this one is full.</summary>
    private byte[] Room(int size)
    {
        if (_offset + size > slabSize)
        {
            _slab++;
            _offset = 0;
            Forget();
        }
        return _slabs[_slab % slabs] ??= GC.AllocateUninitializedArray<byte>(slabSize);
    }

    /// <summary>Drops the calls of which nothing is left.</summary>
    private void Forget()
    {
        while (_oldest is { } trace && trace.Last < OldestPosition) Drop(trace);
    }

    private void Drop(CallTrace trace)
    {
        _calls.Remove(trace.Key);
        Unlink(trace);
        trace.Clear();
        if (_spare.Count < SpareTraces) _spare.Push(trace);
    }

    private CallTrace TraceOf(ReadOnlySpan<char> key)
    {
        var lookup = _calls.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(key, out var trace))
        {
            Unlink(trace);
            return trace;
        }
        if (_calls.Count >= _mostCalls) Drop(_oldest!);
        trace = _spare.TryPop(out var used) ? used : new CallTrace();
        trace.Key = key.ToString();
        _calls.Add(trace.Key, trace);
        return trace;
    }

    private void Append(CallTrace trace)
    {
        trace.Older = _newest;
        if (_newest is null) _oldest = trace;
        else _newest.Newer = trace;
        _newest = trace;
    }

    private void Unlink(CallTrace trace)
    {
        if (trace.Older is null) _oldest = trace.Newer;
        else trace.Older.Newer = trace.Newer;
        if (trace.Newer is null) _newest = trace.Older;
        else trace.Newer.Older = trace.Older;
        trace.Older = trace.Newer = null;
    }
}
