using System.Net;
using System.Text;
using Gateway.Sip;

namespace Gateway.Net.Tracing;

/// <summary>
/// The last SIP messages that came and went, found by Call-ID: the signalling ladder of a call. Bounded in all and for each
/// Call-ID, masked before it is kept, and cheap enough to be always on. Thread-safe.
/// </summary>
public sealed class SignallingTrace
{
    /// <summary>Bytes that one Call-ID keeps.</summary>
    public const int CallLimit = 64 * 1024;

    /// <summary>Bytes of one message that are kept.</summary>
    public const int MessageLimit = 16 * 1024;

    private const int ShardCount = 4;
    private const int SmallestSlab = 64 * 1024;
    private const int LargestSlab = 256 * 1024;

    private readonly TraceShard[] _shards;
    private readonly TimeProvider _time;
    private readonly bool _keepDigits;
    private long _order;

    /// <param name="megabytes">Memory for all messages, used as it is needed; 0 keeps nothing.</param>
    /// <param name="keepDigits">Leave the digits of INFO bodies readable.</param>
    public SignallingTrace(int megabytes, TimeProvider time, bool keepDigits = false)
    {
        _time = time;
        _keepDigits = keepDigits;
        // A quarter of it is for the names and places of the messages.
        var share = (int)Math.Min(megabytes * 1024L * 1024 * 3 / 4 / ShardCount, int.MaxValue / 2);
        var slab = Math.Clamp(share / 16, SmallestSlab, LargestSlab);
        _shards = megabytes <= 0 ? [] : [.. Enumerable.Range(0, ShardCount).Select(_ => new TraceShard(Math.Max(2, share / slab), slab, CallLimit))];
    }

    public bool IsOn => _shards.Length > 0;

    /// <summary>Keeps a message that came; its Call-ID is known, as it was parsed.</summary>
    public void Received(in Flow flow, IPEndPoint? local, ReadOnlySpan<byte> callId, ReadOnlySpan<byte> message) => Keep(false, flow, local, callId, message);

    /// <summary>Keeps a message that left.</summary>
    public void Sent(in Flow flow, IPEndPoint? local, ReadOnlySpan<byte> message) => Keep(true, flow, local, CallIdOf(message), message);

    /// <summary>All messages that are left of these Call-IDs (the legs of a call), in the order in which they passed.</summary>
    public IReadOnlyList<TracedMessage> LadderOf(IEnumerable<string> callIds)
    {
        ArgumentNullException.ThrowIfNull(callIds);
        var found = new List<TracedMessage>();
        if (!IsOn) return found;
        foreach (var callId in callIds.Where(id => id.Length > 0).Distinct(StringComparer.Ordinal)) ShardOf(Encoding.Latin1.GetBytes(callId)).Read(callId, found);
        found.Sort(static (a, b) => a.Order.CompareTo(b.Order));
        return found;
    }

    /// <summary>Ours is always written in full, so the first search finds it.</summary>
    internal static ReadOnlySpan<byte> CallIdOf(ReadOnlySpan<byte> message)
    {
        var at = message.IndexOf("\r\nCall-ID: "u8);
        if (at < 0) return [];
        var value = message[(at + 11)..];
        var end = value.IndexOf((byte)'\r');
        return end < 0 ? [] : value[..end];
    }

    private void Keep(bool isSent, in Flow flow, IPEndPoint? local, ReadOnlySpan<byte> callId, ReadOnlySpan<byte> message)
    {
        if (!IsOn || callId.IsEmpty) return;
        var kept = Math.Min(message.Length, MessageLimit);
        ShardOf(callId).Add(callId, Interlocked.Increment(ref _order), _time.GetUtcNow().UtcTicks, isSent, flow, local, message, kept, _keepDigits);
    }

    private TraceShard ShardOf(ReadOnlySpan<byte> callId)
    {
        var hash = 2166136261u;
        foreach (var octet in callId) hash = (hash ^ octet) * 16777619u;
        return _shards[hash % (uint)_shards.Length];
    }
}
