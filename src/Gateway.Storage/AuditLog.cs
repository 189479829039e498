using Dapper;
using Gateway.Server.Ports;
using Gateway.Storage.Writing;

namespace Gateway.Storage;

/// <summary>The audit log: one row a change, appended and read, never updated.</summary>
internal sealed class AuditLog(SqlEngine engine, SqlWriter writer) : IAuditLog
{
    private const int MostRows = 1000;

    private sealed class Row
    {
        public string Id { get; set; } = "";
        public string DomainId { get; set; } = "";
        public long At { get; set; }
        public string Actor { get; set; } = "";
        public string Remote { get; set; } = "";
        public string Action { get; set; } = "";
        public string Kind { get; set; } = "";
        public string ObjectId { get; set; } = "";
        public string Summary { get; set; } = "";
    }

    public Task AppendAsync(AuditEntry entry, CancellationToken cancel)
    {
        var row = new Row
        {
            Id = Columns.Id(entry.Id),
            DomainId = Columns.Id(entry.DomainId),
            At = Columns.Time(entry.At),
            Actor = entry.Actor,
            Remote = entry.Remote,
            Action = entry.Action,
            Kind = entry.Kind,
            ObjectId = entry.ObjectId,
            Summary = entry.Summary,
        };
        return writer.RunAsync((connection, transaction) => connection.Execute("""
            insert into audit (id, domain_id, at, actor, remote, action, kind, object_id, summary)
            values (@Id, @DomainId, @At, @Actor, @Remote, @Action, @Kind, @ObjectId, @Summary)
            """, row, transaction), cancel);
    }

    public Task<IReadOnlyList<AuditEntry>> ListAsync(AuditQuery query, CancellationToken cancel) => Task.Run<IReadOnlyList<AuditEntry>>(() =>
    {
        using var connection = engine.OpenReader();
        return connection.Query<Row>("""
            select id as Id, domain_id as DomainId, at as At, actor as Actor, remote as Remote, action as Action, kind as Kind,
                object_id as ObjectId, summary as Summary
            from audit
            where (@before is null or id < @before) and (@actor is null or actor = @actor)
                and (@kind is null or kind = @kind) and (@objectId is null or object_id = @objectId)
            order by id desc
            limit @limit
            """, new
        {
            before = Columns.Id(query.Before),
            actor = query.Actor,
            kind = query.Kind,
            objectId = query.ObjectId,
            limit = Math.Clamp(query.Limit, 1, MostRows),
        }).Select(row => new AuditEntry(
            Columns.Id(row.Id), Columns.Id(row.DomainId), Columns.Time(row.At), row.Actor, row.Remote, row.Action, row.Kind, row.ObjectId, row.Summary)).ToList();
    }, cancel);
}
