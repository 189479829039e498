namespace Gateway.Server.Proxy;

/// <summary>
/// The targets that a context has not asked yet (RFC 3261 §16.5, §16.6): those of the highest q at once, then the next ones,
/// never more at a time than the request's Max-Breadth has room for (RFC 5393 §5.3.3).
/// </summary>
internal sealed class TargetSet
{
    private List<ProxyTarget> _waiting;

    public TargetSet(IEnumerable<ProxyTarget> targets) =>
        _waiting = [.. targets.OrderByDescending(static target => target.Q)];

    public int Count => _waiting.Count;

    /// <summary>Targets of one q, as many as there is room for; the others of that q follow before any lower one.</summary>
    public IReadOnlyList<ProxyTarget> Next(int room)
    {
        var count = 0;
        while (count < _waiting.Count && count < room && _waiting[count].Q >= _waiting[0].Q)
        {
            count++;
        }

        var next = _waiting[..count];
        _waiting.RemoveRange(0, count);
        return next;
    }

    /// <summary>Further targets, such as those of a redirection; they are asked by their own q among the rest.</summary>
    public void Add(IEnumerable<ProxyTarget> targets)
    {
        // What came first among equals stays first.
        _waiting = [.. _waiting.Concat(targets).OrderByDescending(static target => target.Q)];
    }

    public void Clear() => _waiting.Clear();
}
