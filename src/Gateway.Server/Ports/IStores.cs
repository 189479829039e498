using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Registrar;

namespace Gateway.Server.Ports;

/// <summary>Runs work on a loop. Stores answer through it, so that calls never see another thread.</summary>
public interface ILoopScheduler
{
    /// <summary>Queues work for this loop; false when the loop has ended.</summary>
    bool Post(Action work);
}

/// <summary>The journal and the restore of the binding table (the table in memory is the authority).</summary>
public interface IBindingStore
{
    Task<IReadOnlyList<Binding>> LoadAsync(CancellationToken cancel);

    /// <summary>
    /// Appends the changes of one REGISTER, all or none (RFC 3261 §10.3 step 7); <paramref name="done"/> runs on
    /// <paramref name="loop"/> after the group commit (20 ms at most), or with false when the store refused.
    /// </summary>
    void Append(IReadOnlyList<BindingChange> changes, ILoopScheduler loop, Action<bool> done);

    /// <summary>Appends without waiting: unchanged refreshes are written behind.</summary>
    void AppendBehind(BindingChange change);
}

public interface IAccountStore
{
    /// <summary>The id of the domain with this name, made at first use. Accounts refer to it.</summary>
    Task<Guid> GetOrCreateDomainAsync(string name, CancellationToken cancel);

    Task<IReadOnlyList<Account>> LoadAsync(CancellationToken cancel);

    Task SaveAsync(Account account, CancellationToken cancel);

    Task<bool> DeleteAsync(Guid id, CancellationToken cancel);

    /// <summary>A setting that is fixed at first run (realm, keys): returns what is stored, storing <paramref name="initial"/> first when nothing is.</summary>
    Task<string> GetOrCreateSettingAsync(string key, Func<string> initial, CancellationToken cancel);
}

/// <summary>Call records. The start is committed before the 200 leaves; a crash leaves an end that is estimated.</summary>
public interface ICallLog
{
    void Start(CallRecord record, ILoopScheduler loop, Action<bool> done);

    /// <summary>Notes that the call is alive, for the estimated end after a crash. Written behind.</summary>
    void Touch(Guid callId, DateTimeOffset at);

    /// <param name="written">Runs when the record can be read back, on a thread of the store: it must only hand on.</param>
    void End(CallRecord record, Action? written = null);

    /// <summary>Newest first.</summary>
    Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancel);

    /// <summary>At start: calls that a crash left open, and of which no checkpoint is left, get their last activity as an estimated end.</summary>
    Task<int> CloseOrphansAsync(string nodeId, CancellationToken cancel);
}

/// <param name="Account">Only calls of this account, as caller or callee; null for all.</param>
/// <param name="Before">Only calls that started before this moment; with <see cref="BeforeId"/> also those of the same moment that sort after it.</param>
public sealed record CallQuery(string? Account = null, DateTimeOffset? Before = null, int Limit = 50)
{
    /// <summary>The one call with this id.</summary>
    public Guid? Id { get; init; }

    /// <summary>The last call of the page before: calls of the same millisecond are then neither skipped nor repeated.</summary>
    public Guid? BeforeId { get; init; }

    /// <summary>Only calls that started at this moment or later.</summary>
    public DateTimeOffset? From { get; init; }

    public Guid? Trunk { get; init; }

    public Guid? Widget { get; init; }

    /// <summary>Exact end reason.</summary>
    public string? Reason { get; init; }

    /// <summary>True: only answered ones; false: only those that nobody answered.</summary>
    public bool? Answered { get; init; }

    /// <summary>Part of a party's name or number, upper and lower case alike.</summary>
    public string? Text { get; init; }
}

/// <summary>Tells the browser pages what happens (SignalR behind it). Never blocks.</summary>
public interface IGatewayEvents
{
    void RegistrationChanged(string aor);

    void CallChanged(CallSnapshot call);
}
