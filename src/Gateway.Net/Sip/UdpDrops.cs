using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip;

/// <summary>
/// Counts the datagrams that the kernel dropped because a listener's buffer was full: nobody else would know of them. Looked at
/// every ten seconds; one line a minute says that there were any.
/// </summary>
internal sealed class UdpDrops(NetMetrics metrics, ILogger logger)
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_report = TimeSpan.FromMinutes(1);

    private IReadOnlyList<UdpListener> _listeners = [];
    private uint[] _seen = [];
    private TimeSpan _next;
    private TimeSpan _reported;
    private long _unreported;

    public void Use(IReadOnlyList<UdpListener> listeners)
    {
        _listeners = listeners;
        _seen = new uint[listeners.Count];
    }

    /// <summary>On the one timer of the host.</summary>
    public void Look(TimeSpan now)
    {
        if (now < _next)
        {
            return;
        }

        _next = now + s_every;
        for (var i = 0; i < _listeners.Count; i++)
        {
            var dropped = _listeners[i].Dropped;
            // The kernel counts in 32 bits and begins again.
            var more = unchecked(dropped - _seen[i]);
            _seen[i] = dropped;
            if (more > 0)
            {
                metrics.Dropped(more);
                _unreported += more;
            }
        }

        if (_unreported > 0 && (_reported == default || now - _reported >= s_report))
        {
            NetLog.DatagramsDropped(logger, _unreported, _listeners.Max(static listener => listener.ReceiveBuffer) / 1024);
            (_reported, _unreported) = (now, 0);
        }
    }
}
