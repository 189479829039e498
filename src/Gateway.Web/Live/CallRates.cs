using Gateway.Server.Calls;

namespace Gateway.Web.Live;

/// <summary>Calls of one minute.</summary>
/// <param name="Answered">Of those that began in it.</param>
public readonly record struct CallMinute(DateTimeOffset At, int Begun, int Answered)
{
    /// <summary>Null when none began.</summary>
    public double? AnswerRatio => Begun == 0 ? null : (double)Answered / Begun;
}

/// <summary>Calls and answers of each of the last sixty minutes, for the plots of the console. Thread-safe.</summary>
internal sealed class CallRates(TimeProvider time)
{
    public const int Minutes = 60;

    private readonly Lock _gate = new();
    private readonly (long Minute, int Begun, int Answered)[] _ring = new (long, int, int)[Minutes];

    /// <summary>Told once for the begin of each call, and once for its answer.</summary>
    public void Count(CallSnapshot call, bool isNew, bool isAnswered)
    {
        var minute = call.StartedAt.ToUnixTimeSeconds() / 60;
        lock (_gate)
        {
            ref var slot = ref _ring[(int)(minute % Minutes)];
            if (slot.Minute > minute)
            {
                // A call that was on for more than an hour.
                return;
            }

            if (slot.Minute < minute)
            {
                slot = (minute, 0, 0);
            }

            slot.Begun += isNew ? 1 : 0;
            slot.Answered += isAnswered ? 1 : 0;
        }
    }

    /// <summary>Oldest first; the last one is the minute that runs.</summary>
    public IReadOnlyList<CallMinute> Last()
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        var minutes = new CallMinute[Minutes];
        lock (_gate)
        {
            for (var i = 0; i < Minutes; i++)
            {
                var minute = now - Minutes + 1 + i;
                var slot = _ring[(int)(minute % Minutes)];
                var at = DateTimeOffset.FromUnixTimeSeconds(minute * 60);
                minutes[i] = slot.Minute == minute ? new CallMinute(at, slot.Begun, slot.Answered) : new CallMinute(at, 0, 0);
            }
        }

        return minutes;
    }
}
