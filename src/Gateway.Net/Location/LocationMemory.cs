using Gateway.Server.Ports;

namespace Gateway.Net.Location;

/// <summary>
/// Answers of one source by question, as long as they hold and, those that found something, for a while longer in case the
/// source dies then. Bounded: the one used longest ago gives way. Not thread-safe.
/// </summary>
internal sealed class LocationMemory(LocationOptions options, int capacity)
{
    private readonly Dictionary<(string User, string? E164, string Domain), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _used = new();

    public int Count => _entries.Count;

    /// <summary>The answer that holds; null when there is none.</summary>
    public LocationAnswer? Get(LocationQuestion question, TimeSpan now)
    {
        if (Find(question, now) is not { } node || now >= node.Value.Expires)
        {
            return null;
        }

        _used.Remove(node);
        _used.AddFirst(node);
        return node.Value.Answer with { IsRemembered = true, Took = TimeSpan.Zero };
    }

    /// <summary>One that has expired, marked: better than none when the source does not answer.</summary>
    public LocationAnswer? GetStale(LocationQuestion question, TimeSpan now) =>
        Find(question, now) is { Value.Answer.Outcome: LocationOutcome.Found } node ? node.Value.Answer with { IsRemembered = true, IsStale = true, Took = TimeSpan.Zero } : null;

    /// <summary>A failure is not remembered: the circuit breaker is for that.</summary>
    public void Set(LocationQuestion question, LocationAnswer answer, TimeSpan now)
    {
        var lifetime = answer.Outcome switch
        {
            LocationOutcome.Found => answer.Lifetime is { } own && own < options.CacheTime ? own : options.CacheTime,
            LocationOutcome.NotFound => options.NegativeCacheTime,
            _ => TimeSpan.Zero,
        };
        if (answer.Outcome == LocationOutcome.Failed)
        {
            return;
        }

        var key = KeyOf(question);
        if (_entries.TryGetValue(key, out var earlier))
        {
            Remove(earlier);
        }
        else if (_entries.Count >= capacity)
        {
            Remove(_used.Last!);
        }

        _entries[key] = _used.AddFirst(new Entry(key, answer, now + lifetime));
    }

    private LinkedListNode<Entry>? Find(LocationQuestion question, TimeSpan now)
    {
        if (!_entries.TryGetValue(KeyOf(question), out var node))
        {
            return null;
        }

        if (now < node.Value.Expires + (node.Value.Answer.Outcome == LocationOutcome.Found ? options.StaleTime : TimeSpan.Zero))
        {
            return node;
        }

        Remove(node);
        return null;
    }

    /// <summary>Who asks does not matter; names are compared without case, as accounts are.</summary>
    private static (string User, string? E164, string Domain) KeyOf(LocationQuestion question) =>
        (question.User.ToLowerInvariant(), question.E164, question.Domain.ToLowerInvariant());

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Key);
        _used.Remove(node);
    }

    private sealed record Entry((string User, string? E164, string Domain) Key, LocationAnswer Answer, TimeSpan Expires);
}
