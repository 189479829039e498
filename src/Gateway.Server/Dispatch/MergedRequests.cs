using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Dispatch;

/// <summary>
/// Remembers requests outside dialogs by From tag, Call-ID and CSeq for as long as their transactions live: the same request
/// by another path (another branch) is a merged one and gets 482 (RFC 3261 §8.2.2.2). What has ended over a connection is
/// over: asked again, it is a new request. Loop-only, bounded.
/// </summary>
internal sealed class MergedRequests(TimeSpan lifetime, int capacity = 100_000)
{
    private readonly Dictionary<string, ServerTransaction?> _known = new(StringComparer.Ordinal);
    private readonly Queue<(string Key, TimeSpan At)> _order = new();

    public int Count => _known.Count;

    /// <summary>True when the request is new; false when another transaction has it already.</summary>
    public bool TryAdd(SipRequest request, TimeSpan now, ServerTransaction? transaction = null)
    {
        while (_order.TryPeek(out var oldest) && (now - oldest.At >= lifetime || _order.Count >= capacity))
        {
            _known.Remove(oldest.Key);
            _order.Dequeue();
        }

        var key = Key(request);
        if (_known.TryGetValue(key, out var first))
        {
            if (first is not { IsTerminated: true })
            {
                return false;
            }

            _known[key] = transaction;
            return true;
        }

        _known[key] = transaction;
        _order.Enqueue((key, now));
        return true;
    }

    private static string Key(SipRequest request)
    {
        Span<byte> bytes = stackalloc byte[(2 * SipLimits.Identifier) + 64];
        var at = 0;
        Add(request.CallId, bytes, ref at);
        Add(request.FromTag, bytes, ref at);
        Add(request.MethodToken, bytes, ref at);
        return $"{Encoding.Latin1.GetString(bytes[..at])}{request.CSeq}";

        static void Add(ReadOnlySpan<byte> part, Span<byte> bytes, ref int at)
        {
            var length = Math.Min(part.Length, bytes.Length - at - 1);
            part[..length].CopyTo(bytes[at..]);
            at += length;
            bytes[at++] = (byte)' ';
        }
    }
}
