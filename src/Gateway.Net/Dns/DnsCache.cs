using Gateway.Sip;

namespace Gateway.Net.Dns;

/// <summary>
/// Answers by question, as long as they hold and for a while longer in case no server answers then (RFC 8767). Bounded: the
/// one used longest ago gives way. Not thread-safe.
/// </summary>
internal sealed class DnsCache(int capacity)
{
    private readonly Dictionary<DnsQuestion, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _used = new();

    public int Count => _entries.Count;

    /// <summary>The answer that holds at <paramref name="now"/>; else the one that held until lately, marked; else null.</summary>
    public DnsAnswer? Get(in DnsQuestion question, TimeSpan now)
    {
        if (!_entries.TryGetValue(question, out var node))
        {
            return null;
        }

        if (now < node.Value.Expires)
        {
            _used.Remove(node);
            _used.AddFirst(node);
            return node.Value.Answer;
        }

        if (node.Value.Answer.Outcome == DnsOutcome.Found && now < node.Value.Expires + DnsLimits.StaleLifetime)
        {
            return node.Value.Answer with { IsStale = true };
        }

        Remove(node);
        return null;
    }

    /// <summary>
    /// The servers could not say. An expired answer stays, and is given without asking for a while; without one the failure
    /// itself is kept for a moment.
    /// </summary>
    public void SetFailed(in DnsQuestion question, DnsAnswer failure, TimeSpan now)
    {
        if (Get(question, now) is { IsStale: true })
        {
            _entries[question].Value.AskAgain = now + DnsLimits.StaleRecheck;
        }
        else
        {
            Set(question, failure, now);
        }
    }

    /// <summary>Whether the servers should be asked although an expired answer is there (RFC 8767 §5).</summary>
    public bool IsDue(in DnsQuestion question, TimeSpan now) => !_entries.TryGetValue(question, out var node) || now >= node.Value.AskAgain;

    public void Set(in DnsQuestion question, DnsAnswer answer, TimeSpan now)
    {
        if (_entries.TryGetValue(question, out var earlier))
        {
            Remove(earlier);
        }
        else if (_entries.Count >= capacity)
        {
            Remove(_used.Last!);
        }

        _entries[question] = _used.AddFirst(new Entry(question, answer, now + LifetimeOf(answer)));
    }

    /// <summary>How long an answer is kept: its TTL within our bounds (<see cref="DnsLimits"/>).</summary>
    private static TimeSpan LifetimeOf(DnsAnswer answer) => answer.Outcome switch
    {
        DnsOutcome.Failed => DnsLimits.FailureLifetime,
        DnsOutcome.Found => Clamp(answer.Lifetime, DnsLimits.MaxLifetime),
        _ => Clamp(answer.Lifetime, DnsLimits.MaxNegativeLifetime),
    };

    private static TimeSpan Clamp(TimeSpan lifetime, TimeSpan longest) =>
        lifetime < DnsLimits.MinLifetime ? DnsLimits.MinLifetime : lifetime > longest ? longest : lifetime;

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Question);
        _used.Remove(node);
    }

    private sealed record Entry(DnsQuestion Question, DnsAnswer Answer, TimeSpan Expires)
    {
        public TimeSpan AskAgain { get; set; } = Expires;
    }
}
