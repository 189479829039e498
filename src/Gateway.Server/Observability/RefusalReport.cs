using System.Globalization;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Observability;

/// <summary>
/// One line a minute about what was refused and how often, instead of one line each: a flood must not fill the disk.
/// Loop-only; the timer runs only while there is something to say.
/// </summary>
internal sealed class RefusalReport(TimerWheel timers, ILogger logger) : ITimerTarget
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <param name="label">From a closed set of ours.</param>
    public void Add(string label, TimeSpan now)
    {
        if (_counts.Count == 0)
        {
            timers.Schedule(now + s_every, this, 0);
        }

        _counts[label] = _counts.GetValueOrDefault(label) + 1;
    }

    public void OnTimer(int kind, TimeSpan now)
    {
        if (logger.IsEnabled(LogLevel.Warning))
        {
            ServerLog.Refusals(logger, string.Join(", ", _counts.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value}"))));
        }

        _counts.Clear();
    }
}
