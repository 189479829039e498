using Dapper;
using Gateway.Server.Ports;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Tests;

/// <summary>The disk says no: owners hear false in time, nothing throws, and what must not be lost is written when it can be.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_full_disk_refuses_and_a_record_is_kept_until_there_is_room()
    {
        await using var test = new TestDatabase();
        await using var database = await test.OpenAsync();
        Assert.True(await test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(), loop, done)));
        // The pragma holds for the writer's connection; after the refusal a fresh one has room again.
        await database.Writer.RunAsync((connection, transaction) =>
            connection.Execute("pragma max_page_count = 1", transaction: transaction), default);
        var big = TestDatabase.Call() with { Callee = new string('x', 200_000) };
        var kept = big with { EndedAt = TestDatabase.Now, EndReason = "kept" };

        database.Calls.End(kept);
        Assert.False(await test.Done((loop, done) => database.Calls.Start(big with { Id = Guid.CreateVersion7() }, loop, done)));
        Assert.True(await test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(), loop, done)));

        var records = await database.Calls.ListAsync(new CallQuery(), default);
        Assert.Equal(3, records.Count);
        Assert.Single(records, record => record.Id == kept.Id && record.EndReason == "kept");
    }

    [Fact]
    public async Task A_locked_file_refuses_within_the_busy_time_and_recovers()
    {
        await using var test = new TestDatabase();
        await using var database = await test.OpenAsync();
        var kept = TestDatabase.Call() with { EndedAt = TestDatabase.Now };
        await using (var other = new SqliteConnection($"Data Source={test.Path};Pooling=false"))
        {
            other.Open();
            other.Execute("begin exclusive");
            database.Calls.End(kept);
            Assert.False(await test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(), loop, done)));
            other.Execute("rollback");
        }

        Assert.True(await test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(), loop, done)));
        Assert.Contains(await database.Calls.ListAsync(new CallQuery(), default), record => record.Id == kept.Id);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once()
    {
        await using var test = new TestDatabase { Options = new StorageOptions { QueueLimit = 0 } };
        var opened = await test.OpenAsync();
        await using (opened)
        {
            Assert.False(await test.Done((loop, done) => opened.Calls.Start(TestDatabase.Call(), loop, done)));
            opened.Calls.End(TestDatabase.Call());
        }
    }

    [Fact]
    public async Task Closing_commits_what_is_queued_and_later_writes_are_refused()
    {
        await using var test = new TestDatabase { Options = new StorageOptions { BehindDelay = TimeSpan.FromHours(1) } };
        var database = await test.OpenAsync();
        for (var i = 0; i < 1200; i++)
        {
            database.Calls.End(TestDatabase.Call());
        }

        await database.DisposeAsync();
        Assert.Equal(["gateway.db"], Directory.EnumerateFiles(test.Folder).Select(Path.GetFileName));
        Assert.False(await test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(), loop, done)));

        await using var again = await test.OpenAsync();
        Assert.Equal(1000, (await again.Calls.ListAsync(new CallQuery(Limit: 5000), default)).Count);
        Assert.Equal(1200, await again.Calls.CloseOrphansAsync("node-1", default));
    }
}
