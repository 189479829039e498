using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;

namespace Gateway.Testing.Server;

/// <summary>A binding store that commits at once, or when the test says so.</summary>
public sealed class FakeBindingStore : IBindingStore
{
    private readonly List<(IReadOnlyList<BindingChange> Changes, ILoopScheduler Loop, Action<bool> Done)> _pending = [];

    public List<BindingChange> Appended { get; } = [];

    public List<BindingChange> Behind { get; } = [];

    /// <summary>False: commits wait for <see cref="Commit"/>.</summary>
    public bool AutoCommit { get; set; } = true;

    public int Pending => _pending.Count;

    public Task<IReadOnlyList<Binding>> LoadAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<Binding>>([]);

    public void Append(IReadOnlyList<BindingChange> changes, ILoopScheduler loop, Action<bool> done)
    {
        Appended.AddRange(changes);
        if (AutoCommit)
        {
            loop.Post(() => done(true));
        }
        else
        {
            _pending.Add((changes, loop, done));
        }
    }

    public void AppendBehind(BindingChange change) => Behind.Add(change);

    /// <summary>Ends the oldest commit that waits.</summary>
    public void Commit(bool ok = true)
    {
        var (_, loop, done) = _pending[0];
        _pending.RemoveAt(0);
        loop.Post(() => done(ok));
    }
}

/// <summary>A call log in memory; starts are committed at once, or when the test says so.</summary>
public sealed class FakeCallLog : ICallLog
{
    private readonly List<(ILoopScheduler Loop, Action<bool> Done)> _pending = [];

    public List<CallRecord> Started { get; } = [];

    public List<CallRecord> Ended { get; } = [];

    public List<(Guid Call, DateTimeOffset At)> Touched { get; } = [];

    public bool AutoCommit { get; set; } = true;

    public void Start(CallRecord record, ILoopScheduler loop, Action<bool> done)
    {
        Started.Add(record);
        if (AutoCommit)
        {
            loop.Post(() => done(true));
        }
        else
        {
            _pending.Add((loop, done));
        }
    }

    public void Commit(bool ok = true)
    {
        var (loop, done) = _pending[0];
        _pending.RemoveAt(0);
        loop.Post(() => done(ok));
    }

    public void Touch(Guid callId, DateTimeOffset at) => Touched.Add((callId, at));

    public void End(CallRecord record, Action? written = null)
    {
        Ended.Add(record);
        written?.Invoke();
    }

    public Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<CallRecord>>([.. Ended.AsEnumerable().Reverse()]);

    public Task<int> CloseOrphansAsync(string nodeId, CancellationToken cancel) => Task.FromResult(0);
}
