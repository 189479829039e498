using Dapper;
using Gateway.Server.Ports;
using Gateway.Storage.Writing;

namespace Gateway.Storage;

/// <summary>One row an API key: when it was last used, and from where.</summary>
internal sealed class KeyUseStore(SqlEngine engine, SqlWriter writer) : IKeyUseStore
{
    private sealed class Row
    {
        public string Id { get; set; } = "";
        public long UsedAt { get; set; }
        public string Remote { get; set; } = "";
    }

    public Task<IReadOnlyList<KeyUse>> LoadAsync(CancellationToken cancel) => Task.Run<IReadOnlyList<KeyUse>>(() =>
    {
        using var connection = engine.OpenReader();
        return connection.Query<Row>("select id as Id, used_at as UsedAt, remote as Remote from key_uses")
            .Select(row => new KeyUse(Columns.Id(row.Id), Columns.Time(row.UsedAt), row.Remote)).ToList();
    }, cancel);

    public void Note(KeyUse use)
    {
        var row = new Row { Id = Columns.Id(use.Key), UsedAt = Columns.Time(use.At), Remote = use.Remote };
        writer.Post(new SqlWork((connection, transaction) => connection.Execute("""
            insert into key_uses (id, used_at, remote) values (@Id, @UsedAt, @Remote)
            on conflict (id) do update set used_at = excluded.used_at, remote = excluded.remote
            """, row, transaction), Done: null, Awaited: false, OnRefusal.Report));
    }
}
