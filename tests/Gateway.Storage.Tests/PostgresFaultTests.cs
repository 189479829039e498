using Gateway.Server.Ports;

namespace Gateway.Storage.Tests;

/// <summary>What only a server can do: go away, come back, and be opened by several nodes at once.</summary>
public sealed class PostgresFaultTests
{
    [Fact]
    public async Task A_server_that_goes_away_loses_no_record_and_recovers_alone()
    {
        using var server = new PostgresServer();
        await using var test = new TestDatabase(StorageEngine.Postgres, server);
        await using var database = await test.OpenAsync();
        Assert.True(await test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(), loop, done)));

        server.Stop();
        var kept = TestDatabase.Call() with { EndedAt = TestDatabase.Now, EndReason = "kept" };
        database.Calls.End(kept);
        Assert.False(await test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(), loop, done)));

        server.StartAgain();
        Assert.True(await Eventually(() => test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(), loop, done))));
        Assert.True(await Eventually(async () => (await database.Calls.ListAsync(new CallQuery(), default)).Any(record => record.Id == kept.Id)));
        Assert.Equal(3, (await database.Calls.ListAsync(new CallQuery(), default)).Count);
    }

    [Fact]
    public async Task Nodes_that_start_together_make_one_schema()
    {
        await using var test = new TestDatabase(StorageEngine.Postgres);

        var nodes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => test.OpenAsync()));

        var ids = await Task.WhenAll(nodes.Select(node => node.Accounts.GetOrCreateDomainAsync("gw.example", default)));
        Assert.Single(ids.Distinct());
        foreach (var node in nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_with_what_to_do()
    {
        var options = new StorageOptions { Engine = StorageEngine.Postgres, ConnectionString = "Host=127.0.0.1;Port=1;Database=gateway;Username=gateway;Password=secret-word" };

        var stopped = await Assert.ThrowsAsync<StorageException>(() =>
            GatewayDatabase.OpenAsync(options, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, TimeProvider.System, default));

        Assert.Contains("Gateway:Storage:ConnectionString", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:1", stopped.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", stopped.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A server needs a moment to be there again; the first answers may still be refusals.</summary>
    private static async Task<bool> Eventually(Func<Task<bool>> condition)
    {
        for (var left = 100; left > 0; left--)
        {
            try
            {
                if (await condition()) return true;
            }
            catch (Npgsql.NpgsqlException)
            {
                // A pooled connection of the time before.
            }

            await Task.Delay(100);
        }

        return false;
    }
}
