using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Server.Routing;

namespace Gateway.Server.Calls;

/// <summary>The calls that an earlier process left behind.</summary>
public sealed partial class CallManager
{
    /// <summary>Goes on with the answered ones, and closes the records of those that cannot go on.</summary>
    /// <returns>How many go on.</returns>
    public int Restore(IEnumerable<(StoredCall Stored, CallCheckpoint Checkpoint)> calls, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(calls);
        var (restored, lost) = (0, 0);
        foreach (var (stored, checkpoint) in calls)
        {
            if (TryRestore(stored, checkpoint, now)) restored++;
            else
            {
                lost++;
                Close(stored, checkpoint);
            }
        }
        if (restored + lost > 0) ServerLog.CallsRestored(Services.Logger, restored, lost);
        return restored;
    }

    private bool TryRestore(StoredCall stored, CallCheckpoint checkpoint, TimeSpan now)
    {
        if (!checkpoint.IsAnswered) return false;
        // While nobody ran, only the wall clock did: one that was set back stood still.
        var away = Services.UtcNow() - stored.Utc;
        var age = stored.At - checkpoint.Record.StartedAt + (away > TimeSpan.Zero ? away : TimeSpan.Zero);
        try
        {
            if (Call.Restore(this, checkpoint, now - age, now) is not { } call) return false;
            _calls.Add(call.Id, call);
            if (CheckpointParties.Resolve(checkpoint.By, Services) is Caller.FromWidget visitor && checkpoint.Caller is { } leg && CallLeg.TryFlow(leg, out var flow))
            {
                _visits.Add(call.Id, visitor.Session);
                Services.Visits.Restore(visitor.Session, flow);
            }
            Run(call, call, now, static (call, now) => call.Reconcile(now));
            return true;
        }
        catch (Exception error)
        {
            // An error of ours costs this call, and not the start (rule 4).
            Faulted?.Invoke(error);
            return false;
        }
    }

    /// <summary>Nobody saw its end: it is taken for the last moment that is known.</summary>
    private void Close(StoredCall stored, CallCheckpoint checkpoint)
    {
        var record = checkpoint.Record;
        Services.CallLog.End(record with
        {
            EndedAt = stored.At > record.StartedAt ? stored.At : record.StartedAt,
            EndIsEstimated = true,
            EndReason = EndReason.Restart,
            EndedBy = "gateway",
            Status = checkpoint.IsAnswered ? 200 : 500,
            TalkSeconds = checkpoint.IsAnswered && record.AnsweredAt is { } answered && stored.At > answered ? Math.Round((stored.At - answered).TotalSeconds, 3) : null,
        });
        Services.RunningCalls.Remove(stored.Id);
    }
}
