namespace Gateway.Server.Widgets;

/// <summary>Remembers used one-use ids until they would have expired anyway. Thread-safe and bounded: when it is full, nothing more is admitted.</summary>
public sealed class SpentTickets(int most = 100_000)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Guid> _spent = [];
    private readonly PriorityQueue<Guid, long> _byExpiry = new();

    /// <summary>When remembering began: whether an older ticket was used, nobody knows.</summary>
    public DateTimeOffset Since { get; init; }

    public int Count
    {
        get
        {
            lock (_gate) return _spent.Count;
        }
    }

    /// <summary>True the first time; false when it was used, or when there is no room to remember it.</summary>
    /// <param name="expires">Unix seconds.</param>
    public bool TrySpend(Guid id, long expires, DateTimeOffset utcNow)
    {
        lock (_gate)
        {
            while (_byExpiry.TryPeek(out var old, out var end) && end <= utcNow.ToUnixTimeSeconds())
            {
                _byExpiry.Dequeue();
                _spent.Remove(old);
            }

            if (_spent.Count >= most || !_spent.Add(id)) return false;
            _byExpiry.Enqueue(id, expires);
            return true;
        }
    }
}
