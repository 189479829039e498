using System.Text;
using Dapper;
using Gateway.Server.Ports;
using Gateway.Server.Calls;
using Gateway.Storage.Writing;

namespace Gateway.Storage;

/// <summary>One row a running call, replaced when it changes and gone when it ends.</summary>
internal sealed class CallStore(SqlEngine engine, SqlWriter writer) : ICallStore
{
    private sealed class Row
    {
        public string Id { get; set; } = "";
        public string NodeId { get; set; } = "";
        public long At { get; set; }
        public long Utc { get; set; }
        public string Body { get; set; } = "";
    }

    public void Save(StoredCall call, ILoopScheduler loop, Action<bool> done)
    {
        var row = new Row { Id = Columns.Id(call.Id), NodeId = call.NodeId, At = Columns.Time(call.At), Utc = Columns.Time(call.Utc), Body = Encoding.UTF8.GetString(call.Body.Span) };
        writer.Post(new SqlWork((connection, transaction) => connection.Execute("""
            insert into call_checkpoints (id, node_id, at, utc, body) values (@Id, @NodeId, @At, @Utc, @Body)
            on conflict (id) do update set node_id = excluded.node_id, at = excluded.at, utc = excluded.utc, body = excluded.body
            """, row, transaction), ok => loop.Post(() => done(ok)), Awaited: false, OnRefusal.Report));
    }

    // Kept when the disk refuses: a call that is over must not come back with the next start.
    public void Remove(Guid id)
    {
        var row = Columns.Id(id);
        writer.Post(new SqlWork((connection, transaction) => connection.Execute("delete from call_checkpoints where id = @row", new { row }, transaction),
            Done: null, Awaited: false, OnRefusal.Keep));
    }

    public async Task<IReadOnlyList<StoredCall>> LoadAsync(string nodeId, CancellationToken cancel)
    {
        // The record was ended and the process with it.
        await writer.RunAsync((connection, transaction) => connection.Execute("""
            delete from call_checkpoints where node_id = @nodeId and id in (select id from calls where node_id = @nodeId and ended_at is not null)
            """, new { nodeId }, transaction), cancel).ConfigureAwait(false);
        return await Task.Run<IReadOnlyList<StoredCall>>(() =>
        {
            using var connection = engine.OpenReader();
            return connection.Query<Row>("select id as Id, node_id as NodeId, at as At, utc as Utc, body as Body from call_checkpoints where node_id = @nodeId order by id", new { nodeId })
                .Select(row => new StoredCall(Columns.Id(row.Id), row.NodeId, Columns.Time(row.At), Columns.Time(row.Utc), Encoding.UTF8.GetBytes(row.Body))).ToList();
        }, cancel).ConfigureAwait(false);
    }
}
