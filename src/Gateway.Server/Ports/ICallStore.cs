using Gateway.Server.Calls;

namespace Gateway.Server.Ports;

/// <summary>
/// Where the running calls stand, so that a process that was killed can be followed by one that goes on with them. Written
/// behind: what happened in the last fraction of a second before a crash is lost.
/// </summary>
public interface ICallStore
{
    /// <summary>Replaces what is known of the call.</summary>
    /// <param name="done">Runs on <paramref name="loop"/>; with false when the store refused, and the call should be saved again.</param>
    void Save(StoredCall call, ILoopScheduler loop, Action<bool> done);

    /// <summary>The call is over.</summary>
    void Remove(Guid id);

    /// <summary>At start: the calls of this node whose records have no end.</summary>
    Task<IReadOnlyList<StoredCall>> LoadAsync(string nodeId, CancellationToken cancel);
}

/// <summary>Keeps nothing: calls end with the process.</summary>
public sealed class NoCallStore : ICallStore
{
    public static NoCallStore Instance { get; } = new();

    public void Save(StoredCall call, ILoopScheduler loop, Action<bool> done)
    {
        ArgumentNullException.ThrowIfNull(loop);
        loop.Post(() => done(true));
    }

    public void Remove(Guid id)
    {
    }

    public Task<IReadOnlyList<StoredCall>> LoadAsync(string nodeId, CancellationToken cancel) => Task.FromResult<IReadOnlyList<StoredCall>>([]);
}
