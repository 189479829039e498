using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>What a loop says that was asked for a call of its own.</summary>
/// <param name="Handed">The call goes on at the loop that asked.</param>
/// <param name="Ringing">It only rang and is ended: where it led, for the one who asked to call there itself.</param>
/// <param name="IsBusy">Not now: something is under way in it.</param>
internal readonly record struct HandOverAnswer(CallCheckpoint? Handed, RoutePlan? Ringing, bool IsBusy)
{
    public bool IsNothing => Handed is null && Ringing is null && !IsBusy;
}

/// <summary>
/// Calls that change their loop, so that one call's sides can be joined with another's (rule 3): the snapshot goes, with the
/// media as it is, and what still comes to the old loop is led after it.
/// </summary>
public sealed partial class CallManager
{
    /// <summary>Media events of handed over calls may still be on their way here; as many are remembered.</summary>
    private const int RememberedMedia = 256;

    private readonly Dictionary<LegId, int> _handedMedia = [];
    private readonly Queue<LegId> _handedOrder = new();

    /// <summary>The side of a dialog that Replaces names, with the tags in either order (BROWSER C7), when it is one of this user's or trunk's.</summary>
    internal CallLeg? FindReplaced(Replaces replaces, string aor, Guid? trunk)
    {
        return Match(replaces.ToTag, replaces.FromTag) ?? Match(replaces.FromTag, replaces.ToTag);

        CallLeg? Match(string ours, string theirs)
        {
            if (Index.Find(Encoding.Latin1.GetBytes(ours)) is not { IsGone: false, IsHungUp: false } found) return null;
            var isDialog = found.CallId == replaces.CallId && found.Dialog?.RemoteTag == theirs;
            var isOwn = found.Trunk == trunk && (trunk is not null || found.Aor.Equals(aor, StringComparison.OrdinalIgnoreCase));
            return isDialog && isOwn ? found : null;
        }
    }

    /// <summary>The other loops that the dialog may be at, by its tags.</summary>
    internal IReadOnlyList<int> LoopsOf(Replaces replaces) => Services.Neighbours is null ? [] :
    [
        .. new[] { replaces.ToTag, replaces.FromTag }
            .Select(tag => Services.Map.Moved.Find(tag) ?? TransactionLayer.LoopOf(Encoding.Latin1.GetBytes(tag)))
            .Where(loop => loop >= 0 && loop < Services.Map.Count && loop != Services.Loop).Distinct(),
    ];

    /// <summary>Asks other loops, one after another, for the call that has this dialog. The answer comes on this loop.</summary>
    internal void Fetch(IReadOnlyList<int> loops, Replaces replaces, string aor, Guid? trunk, Action<HandOverAnswer, TimeSpan> done)
    {
        var (neighbours, here) = (Services.Neighbours!, Services.Loop);
        var posted = neighbours.Post(loops[0], (theirs, then) =>
        {
            var answer = theirs.HandOver(replaces, aor, trunk, here, then, out var visit, out var startedAt, out var moved);
            neighbours.Post(here, (ours, now) =>
            {
                if (answer.Handed is { } handed) ours.Adopt(handed, visit, startedAt, now);
                if (answer.IsNothing && loops.Count > 1) ours.Fetch([.. loops.Skip(1)], replaces, aor, trunk, done);
                else done(answer, now);
            });
            // After the call itself is on its way: what is led after it arrives behind it.
            foreach (var tag in moved) theirs.Services.Map.Moved.Add(tag, here);
        });
        if (!posted) done(default, Services.Now());
    }

    /// <summary>Gives the call of a dialog to another loop, if nothing is under way in it.</summary>
    private HandOverAnswer HandOver(Replaces replaces, string aor, Guid? trunk, int to, TimeSpan now, out Widgets.WidgetSession? visit, out TimeSpan startedAt, out IReadOnlyList<string> moved)
    {
        (visit, startedAt, moved) = (null, default, []);
        if (FindReplaced(replaces, aor, trunk) is not { } leg) return default;
        var call = leg.Call;
        if (call.RingingPlan is { } plan && leg == call.Caller)
        {
            Run(call, call, now, static (call, now) => call.End(CallInput.Shutdown, new CallEnd(EndReason.Transfer, 487), now));
            return new HandOverAnswer(null, plan, false);
        }
        startedAt = call.StartedAt;
        if (call.Release(now) is not { } checkpoint) return new HandOverAnswer(null, null, true);
        moved = [.. new[] { checkpoint.Caller, checkpoint.Callee }.OfType<LegCheckpoint>().Select(side => side.Dialog.LocalTag)];
        foreach (var side in new[] { checkpoint.Caller, checkpoint.Callee })
        {
            if (side?.Media.Lives is { } media) RememberHanded(media, to);
        }
        _calls.Remove(call.Id);
        _visits.Remove(call.Id, out visit);
        return new HandOverAnswer(checkpoint, null, false);
    }

    private void Adopt(CallCheckpoint checkpoint, Widgets.WidgetSession? visit, TimeSpan startedAt, TimeSpan now)
    {
        try
        {
            if (Call.Restore(this, checkpoint, startedAt, now) is { } call)
            {
                _calls.Add(call.Id, call);
                if (visit is not null) _visits.Add(call.Id, visit);
                Run(call, call, now, static (call, now) => call.Reconcile(now));
                return;
            }
        }
        catch (Exception error)
        {
            Faulted?.Invoke(error);
        }
        // An error of ours: the call is lost, and its record says so (rule 4).
        Faults++;
        foreach (var side in new[] { checkpoint.Caller, checkpoint.Callee })
        {
            if (side?.Media.Lives is { } media) Services.Media.Close(media);
        }
        Services.CallLog.End(checkpoint.Record with { EndedAt = Services.UtcNow(), EndReason = EndReason.Error, EndedBy = "gateway" });
        Services.RunningCalls.Remove(checkpoint.Record.Id);
        if (visit is not null) Services.Visits.End(visit);
    }

    private void RememberHanded(LegId media, int loop)
    {
        if (_handedMedia.TryAdd(media, loop)) _handedOrder.Enqueue(media);
        else _handedMedia[media] = loop;
        if (_handedOrder.Count > RememberedMedia && _handedOrder.TryDequeue(out var oldest)) _handedMedia.Remove(oldest);
    }

    /// <summary>What the media plane told this loop before it knew of the new one.</summary>
    private void LeadAfter(MediaEvent happened)
    {
        if (_handedMedia.TryGetValue(happened.Leg, out var loop)) Services.Neighbours?.Post(loop, (calls, now) => calls.OnMedia(happened, now));
    }
}
