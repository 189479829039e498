namespace Gateway.Web.Hubs;

/// <summary>What happened in one minute.</summary>
/// <param name="At">Its beginning.</param>
internal sealed record Minute(DateTimeOffset At, int Started, int Ended, int Answered);

/// <summary>Counts calls minute by minute over the last hours, for plots. Thread-safe.</summary>
internal sealed class MinuteFigures(TimeProvider time)
{
    private const int Kept = 180;

    private readonly Lock _gate = new();
    private readonly Queue<Minute> _past = new();
    private Minute _current = new(default, 0, 0, 0);

    public void Started() => Count(minute => minute with { Started = minute.Started + 1 });

    public void Ended(bool answered) => Count(minute => minute with { Ended = minute.Ended + 1, Answered = minute.Answered + (answered ? 1 : 0) });

    /// <summary>The last minutes, the oldest first, each there once, the running one last.</summary>
    public IReadOnlyList<Minute> Last(int count)
    {
        lock (_gate)
        {
            Turn();
            return [.. _past.Append(_current).TakeLast(count)];
        }
    }

    /// <summary>Calls that began in the last sixty seconds: the running minute, and of the one before the part that still counts.</summary>
    public int StartedInLast60()
    {
        var minutes = Last(2);
        var passed = (time.GetUtcNow() - minutes[^1].At).TotalMinutes;
        return minutes[^1].Started + (minutes.Count > 1 ? (int)Math.Round(minutes[0].Started * (1 - Math.Clamp(passed, 0, 1))) : 0);
    }

    private void Count(Func<Minute, Minute> add)
    {
        lock (_gate)
        {
            Turn();
            _current = add(_current);
        }
    }

    private void Turn()
    {
        var now = time.GetUtcNow();
        var minute = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        if (_current.At == default || minute < _current.At || minute - _current.At > TimeSpan.FromMinutes(Kept))
        {
            // The beginning, or a clock that was set.
            _past.Clear();
            _current = new Minute(minute, 0, 0, 0);
        }

        while (_current.At < minute)
        {
            _past.Enqueue(_current);
            if (_past.Count > Kept)
            {
                _past.Dequeue();
            }

            _current = new Minute(_current.At.AddMinutes(1), 0, 0, 0);
        }
    }
}
