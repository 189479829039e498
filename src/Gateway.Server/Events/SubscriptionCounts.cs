using System.Collections.Concurrent;

namespace Gateway.Server.Events;

/// <summary>How many subscriptions there are on this node, in all and of each account or trunk. Thread-safe, one for all loops.</summary>
public sealed class SubscriptionCounts
{
    private readonly ConcurrentDictionary<Guid, int> _byWatcher = new();
    private int _all;

    public int All => Volatile.Read(ref _all);

    public int Of(Guid watcher) => _byWatcher.GetValueOrDefault(watcher);

    /// <summary>Counts one more, unless that is too many.</summary>
    public bool TryAdd(Guid watcher, int most, int mostOfOne)
    {
        if (Interlocked.Increment(ref _all) > most)
        {
            Interlocked.Decrement(ref _all);
            return false;
        }

        if (_byWatcher.AddOrUpdate(watcher, 1, static (_, count) => count + 1) <= mostOfOne)
        {
            return true;
        }

        Remove(watcher);
        return false;
    }

    public void Remove(Guid watcher)
    {
        Interlocked.Decrement(ref _all);
        if (_byWatcher.AddOrUpdate(watcher, 0, static (_, count) => count - 1) <= 0)
        {
            // Taken out only if nobody counted meanwhile.
            _byWatcher.TryRemove(KeyValuePair.Create(watcher, 0));
        }
    }
}
