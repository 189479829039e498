using Dapper;
using Gateway.Storage.Writing;

namespace Gateway.Storage;

/// <summary>Removes what is older than it may be kept.</summary>
internal static class Retention
{
    private const int Batch = 2000;

    // A call that is still on has no end and stays; calls_by_start and audit_by_time make each batch cheap.
    private static readonly string[] s_statements =
    [
        "delete from calls where id in (select id from calls where started_at < @before and ended_at is not null limit @batch)",
        "delete from audit where id in (select id from audit where at < @before limit @batch)",
    ];

    public static async Task<int> PurgeAsync(SqlWriter writer, DateTimeOffset before, CancellationToken cancel)
    {
        var removed = 0;
        foreach (var statement in s_statements)
        {
            int count;
            do
            {
                count = await writer.RunAsync((connection, transaction) =>
                    connection.Execute(statement, new { before = Columns.Time(before), batch = Batch }, transaction), cancel).ConfigureAwait(false);
                removed += count;
            }
            while (count == Batch);
        }

        return removed;
    }
}
