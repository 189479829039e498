namespace Gateway.Net.Sip;

/// <summary>Whether the process holds more memory than it should, looked at once a second. One per loop.</summary>
/// <param name="megabytes">The limit in MiB; 0 for 90 % of what the system or the container has.</param>
internal sealed class MemoryWatch(int megabytes)
{
    private const double Share = 0.9;

    /// <summary>Work is taken again when so much of the limit is free.</summary>
    private const double Relief = 0.95;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly long _limit = megabytes > 0 ? megabytes * 1024L * 1024 : (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * Share);
    private TimeSpan _next;
    private bool _isShort;

    public bool IsShort(TimeSpan now)
    {
        if (now >= _next)
        {
            _next = now + s_interval;
            _isShort = Environment.WorkingSet > (_isShort ? _limit * Relief : _limit);
        }

        return _isShort;
    }
}
