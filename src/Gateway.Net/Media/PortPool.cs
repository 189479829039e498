using System.Security.Cryptography;

namespace Gateway.Net.Media;

/// <summary>
/// The pairs of UDP ports for plain RTP legs: RTP on the even number, RTCP on the next (RFC 3550 §11). A returned pair
/// rests before it is used again, so late packets of an ended call never fall into a new one. Callable from any thread.
/// </summary>
internal sealed class PortPool
{
    private readonly Lock _gate = new();
    private Queue<int> _free;
    private readonly Queue<(int Port, TimeSpan Until)> _resting = new();
    private readonly TimeSpan _rest;

    /// <param name="first">First port; the next even number when it is odd.</param>
    /// <param name="last">Last port that may be used, RTCP included.</param>
    /// <param name="rest">How long a returned pair waits.</param>
    public PortPool(int first, int last, TimeSpan rest, RandomNumberGenerator random)
    {
        _rest = rest;
        var start = first + (first & 1);
        var pairs = new List<int>();
        for (var port = start; port + 1 <= last; port += 2)
        {
            pairs.Add(port);
        }

        // In random order: a guesser should not know the next call's port (RFC 6056 §1).
        Span<byte> bytes = stackalloc byte[4];
        for (var i = pairs.Count - 1; i > 0; i--)
        {
            random.GetBytes(bytes);
            var other = (int)(BitConverter.ToUInt32(bytes) % (uint)(i + 1));
            (pairs[i], pairs[other]) = (pairs[other], pairs[i]);
        }

        _free = new Queue<int>(pairs);
        Capacity = pairs.Count;
    }

    /// <summary>Pairs in the range.</summary>
    public int Capacity { get; }

    /// <summary>Pairs lent out now.</summary>
    public int InUse { get; private set; }

    /// <summary>The RTP port of a free pair; null when all are lent or rest.</summary>
    public int? TryTake(TimeSpan now)
    {
        lock (_gate)
        {
            while (_resting.TryPeek(out var rested) && rested.Until <= now)
            {
                _free.Enqueue(_resting.Dequeue().Port);
            }

            if (!_free.TryDequeue(out var port))
            {
                return null;
            }

            InUse++;
            return port;
        }
    }

    /// <summary>Takes one pair out of the free ones, for a leg that had it before a restart; false when it is none of them.</summary>
    public bool TryTake(int port)
    {
        lock (_gate)
        {
            if (!_free.Contains(port))
            {
                return false;
            }

            _free = new Queue<int>(_free.Where(other => other != port));
            InUse++;
            return true;
        }
    }

    /// <summary>Takes a pair back, once per <see cref="TryTake(TimeSpan)"/>.</summary>
    public void Return(int port, TimeSpan now)
    {
        lock (_gate)
        {
            InUse--;
            _resting.Enqueue((port, now + _rest));
        }
    }
}
