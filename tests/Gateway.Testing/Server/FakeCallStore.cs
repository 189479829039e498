using Gateway.Server.Calls;
using Gateway.Server.Ports;

namespace Gateway.Testing.Server;

/// <summary>Checkpoints of running calls in memory, as bytes.</summary>
public sealed class FakeCallStore : ICallStore
{
    public Dictionary<Guid, StoredCall> Kept { get; } = [];

    public int Saves { get; private set; }

    /// <summary>True: nothing is taken.</summary>
    public bool Refuses { get; set; }

    /// <summary>What can be read of what is kept.</summary>
    public IReadOnlyList<(StoredCall Stored, CallCheckpoint Checkpoint)> Read() =>
        [.. Kept.Values.Select(stored => (stored, CallCheckpoint.TryRead(stored.Body.Span, out var checkpoint) ? checkpoint! : throw new InvalidOperationException("unreadable")))];

    public void Save(StoredCall call, ILoopScheduler loop, Action<bool> done)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(loop);
        Saves++;
        if (!Refuses)
        {
            Kept[call.Id] = call;
        }

        loop.Post(() => done(!Refuses));
    }

    public void Remove(Guid id) => Kept.Remove(id);

    public Task<IReadOnlyList<StoredCall>> LoadAsync(string nodeId, CancellationToken cancel) => Task.FromResult<IReadOnlyList<StoredCall>>([.. Kept.Values]);
}
