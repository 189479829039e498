namespace Gateway.Server.Ports;

/// <summary>One change that someone made: who, from where, what. Never holds a secret.</summary>
/// <param name="Id">UUIDv7: the order of the log.</param>
/// <param name="Actor">The account's user, or <c>key:</c> and the name of an API key.</param>
/// <param name="Remote">Address it came from; empty for the gateway itself.</param>
/// <param name="Action">create, update, delete, or a verb of its own such as hangup.</param>
/// <param name="Kind">Kind of the object, as in the API's paths.</param>
/// <param name="Summary">What changed, in words.</param>
public sealed record AuditEntry(Guid Id, Guid DomainId, DateTimeOffset At, string Actor, string Remote, string Action, string Kind, string ObjectId, string Summary);

/// <param name="Before">Only entries older than this one (by id): the next page.</param>
/// <param name="Actor">Exact; null for all.</param>
/// <param name="Kind">Exact; null for all.</param>
public sealed record AuditQuery(Guid? Before = null, string? Actor = null, string? Kind = null, string? ObjectId = null, int Limit = 50);

/// <summary>Who changed what. Entries are only ever added.</summary>
public interface IAuditLog
{
    Task AppendAsync(AuditEntry entry, CancellationToken cancel);

    /// <summary>Newest first.</summary>
    Task<IReadOnlyList<AuditEntry>> ListAsync(AuditQuery query, CancellationToken cancel);
}
