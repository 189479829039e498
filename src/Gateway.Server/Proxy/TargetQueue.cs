namespace Gateway.Server.Proxy;

/// <summary>
/// The targets that a context has not asked yet, in groups that are asked one after another (RFC 3261 §16.5), never more at a
/// time than the request's Max-Breadth has room for (RFC 5393 §5.3.3).
/// </summary>
internal sealed class TargetQueue
{
    private readonly List<Queue<ProxyTarget>> _groups = [];

    public int Count => _groups.Sum(static group => group.Count);

    /// <summary>A group that is asked after all that are there.</summary>
    public void Add(IEnumerable<ProxyTarget> group)
    {
        var targets = new Queue<ProxyTarget>(group);
        if (targets.Count > 0)
        {
            _groups.Add(targets);
        }
    }

    /// <summary>Targets of the first group, as many as there is room for; its others follow before the next group.</summary>
    public IReadOnlyList<ProxyTarget> Next(int room)
    {
        var next = new List<ProxyTarget>();
        while (_groups.Count > 0 && next.Count < room && _groups[0].TryDequeue(out var target))
        {
            next.Add(target);
        }

        if (_groups.Count > 0 && _groups[0].Count == 0)
        {
            _groups.RemoveAt(0);
        }

        return next;
    }

    public void Clear() => _groups.Clear();
}
