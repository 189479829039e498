using System.Numerics;

namespace Gateway.Sip;

/// <summary>
/// Message objects with their buffers, kept for reuse. Leases are taken on receive threads and returned on loop threads,
/// so this is two bounded multi-producer multi-consumer rings: no locks, and when one is empty or full, the heap.
/// </summary>
internal sealed class LeasePool
{
    /// <summary>Buffers that grew beyond this are not kept: a burst of large messages must not stay in memory.</summary>
    private const int KeptBuffer = 8 * 1024;

    private readonly Ring<SipRequest> _requests;
    private readonly Ring<SipResponse> _responses;

    public LeasePool(int capacity)
    {
        _requests = new Ring<SipRequest>(capacity);
        _responses = new Ring<SipResponse>(capacity);
    }

    public SipRequest TakeRequest()
    {
        var message = _requests.TryTake(out var kept) ? kept : new SipRequest();
        message.Lease(this);
        return message;
    }

    public SipResponse TakeResponse()
    {
        var message = _responses.TryTake(out var kept) ? kept : new SipResponse();
        message.Lease(this);
        return message;
    }

    public void Return(SipMessage message)
    {
        message.Index = default;
        if (message.Buffer.Length > KeptBuffer)
        {
            return;
        }
        if (message is SipRequest request)
        {
            _requests.TryAdd(request);
        }
        else
        {
            _responses.TryAdd((SipResponse)message);
        }
    }

    /// <summary>
    /// A bounded ring where each cell carries the turn at which it may next be filled or emptied, so that a thread which
    /// was suspended half-way never sees a cell of another round.
    /// </summary>
    private sealed class Ring<T>
        where T : class
    {
        private readonly Cell[] _cells;
        private readonly int _mask;
        private int _head;
        private int _tail;

        public Ring(int capacity)
        {
            _cells = new Cell[BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity))];
            _mask = _cells.Length - 1;
            for (var i = 0; i < _cells.Length; i++)
            {
                _cells[i].Turn = i;
            }
        }

        public bool TryAdd(T item)
        {
            while (true)
            {
                var tail = Volatile.Read(ref _tail);
                ref var cell = ref _cells[tail & _mask];
                var lag = Volatile.Read(ref cell.Turn) - tail;
                if (lag < 0)
                {
                    return false;
                }
                if (lag == 0 && Interlocked.CompareExchange(ref _tail, tail + 1, tail) == tail)
                {
                    cell.Item = item;
                    Volatile.Write(ref cell.Turn, tail + 1);
                    return true;
                }
            }
        }

        public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? item)
        {
            while (true)
            {
                var head = Volatile.Read(ref _head);
                ref var cell = ref _cells[head & _mask];
                var lag = Volatile.Read(ref cell.Turn) - (head + 1);
                if (lag < 0)
                {
                    item = null;
                    return false;
                }
                if (lag == 0 && Interlocked.CompareExchange(ref _head, head + 1, head) == head)
                {
                    item = cell.Item!;
                    cell.Item = null;
                    Volatile.Write(ref cell.Turn, head + _cells.Length);
                    return true;
                }
            }
        }

        private struct Cell
        {
            public int Turn;
            public T? Item;
        }
    }
}
