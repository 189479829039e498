using Gateway.Server.Calls;
using Gateway.Server.Ports;

namespace Gateway.Net.Sip;

/// <summary>The calls that an earlier process was killed with: each goes on, on the loop that its tags name.</summary>
public sealed partial class GatewayHost
{
    /// <summary>What can be read of them; the rest is forgotten, so that its records are closed.</summary>
    private async Task<IReadOnlyList<(StoredCall Stored, CallCheckpoint Checkpoint)>> LoadCallsAsync(CancellationToken cancel)
    {
        var calls = new List<(StoredCall, CallCheckpoint)>();
        foreach (var stored in await _services.RunningCalls.LoadAsync(_server.NodeId, cancel).ConfigureAwait(false))
        {
            if (CallCheckpoint.TryRead(stored.Body.Span, out var checkpoint))
            {
                calls.Add((stored, checkpoint!));
            }
            else
            {
                NetLog.CheckpointUnreadable(_logger, stored.Id);
                _services.RunningCalls.Remove(stored.Id);
            }
        }

        return calls;
    }

    /// <summary>Before anything is listened to: the first request that comes must find its dialog.</summary>
    private async Task RestoreAsync(IReadOnlyList<(StoredCall Stored, CallCheckpoint Checkpoint)> calls)
    {
        foreach (var group in calls.GroupBy(call => LoopOf(call.Checkpoint)))
        {
            var mine = group.ToList();
            var loop = _loops[group.Key];
            await loop.InvokeAsync(core => core.Calls.Restore(mine, _clock.Now)).ConfigureAwait(false);
        }
    }

    /// <summary>A call lives on one loop; what its other side's tag says differently is led there.</summary>
    private int LoopOf(CallCheckpoint checkpoint)
    {
        string[] tags = [.. new[] { checkpoint.Caller, checkpoint.Callee }.OfType<LegCheckpoint>().Select(leg => leg.Dialog.LocalTag)];
        if (tags.Length == 0)
        {
            return 0;
        }

        var loop = _map.LoopOfTag(tags[0]);
        foreach (var tag in tags)
        {
            if (!_map.IsMintedBy(tag, loop))
            {
                _map.Moved.Add(tag, loop);
            }
        }

        return loop;
    }
}
