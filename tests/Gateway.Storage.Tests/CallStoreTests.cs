using System.Text;
using Gateway.Server.Calls;
using Gateway.Testing;

namespace Gateway.Storage.Tests;

/// <summary>Checkpoints of running calls, on each engine.</summary>
public sealed class CallStoreOnSqlite() : CallStoreTests(StorageEngine.Sqlite);

public sealed class CallStoreOnPostgres() : CallStoreTests(StorageEngine.Postgres);

public abstract class CallStoreTests(StorageEngine engine)
{
    private static StoredCall Stored(Guid id, string body, string node = "node-1") =>
        new(id, node, TestDatabase.Now, TestDatabase.Now.AddHours(2), Encoding.UTF8.GetBytes(body));

    [Fact, Row(38)]
    public async Task A_running_call_outlives_a_kill_as_it_was_last_saved()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var (runs, over, elsewhere) = (TestDatabase.Call(), TestDatabase.Call(), TestDatabase.Call());
        Assert.True(await test.Done((loop, done) => database.RunningCalls.Save(Stored(runs.Id, "first"), loop, done)));
        Assert.True(await test.Done((loop, done) => database.RunningCalls.Save(Stored(over.Id, "x"), loop, done)));
        Assert.True(await test.Done((loop, done) => database.RunningCalls.Save(Stored(elsewhere.Id, "x", "node-2"), loop, done)));
        database.RunningCalls.Remove(over.Id);
        Assert.True(await test.Done((loop, done) => database.RunningCalls.Save(Stored(runs.Id, "später"), loop, done)));

        await using var restarted = await test.OpenAfterKillAsync();
        var found = Assert.Single(await restarted.RunningCalls.LoadAsync("node-1", default));

        Assert.Equal((runs.Id, "node-1", TestDatabase.Now, TestDatabase.Now.AddHours(2), "später"), (found.Id, found.NodeId, found.At, found.Utc, Encoding.UTF8.GetString(found.Body.Span)));
        Assert.Equal(elsewhere.Id, Assert.Single(await restarted.RunningCalls.LoadAsync("node-2", default)).Id);
    }

    [Fact, Row(38)]
    public async Task A_record_stays_open_while_its_call_can_go_on_and_no_longer()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var goesOn = TestDatabase.Call() with { AnsweredAt = TestDatabase.Now };
        var lost = TestDatabase.Call(TestDatabase.Now.AddSeconds(-10)) with { AnsweredAt = TestDatabase.Now };
        var ended = TestDatabase.Call(TestDatabase.Now.AddSeconds(-20));
        foreach (var call in new[] { goesOn, lost })
        {
            Assert.True(await test.Done((loop, done) => database.Calls.Start(call, loop, done)));
        }

        Assert.True(await test.Done((loop, done) => database.RunningCalls.Save(Stored(goesOn.Id, "x"), loop, done)));
        Assert.True(await test.Done((loop, done) => database.RunningCalls.Save(Stored(ended.Id, "x"), loop, done)));
        // Killed between the end of the record and the end of the checkpoint.
        database.Calls.End(ended with { EndedAt = TestDatabase.Now, EndReason = "caller", Status = 200 });
        Assert.True(await test.Done((loop, done) => database.Calls.Start(TestDatabase.Call(TestDatabase.Now.AddSeconds(-90)) with { EndedAt = TestDatabase.Now }, loop, done)));

        await using var restarted = await test.OpenAfterKillAsync();
        Assert.Equal(goesOn.Id, Assert.Single(await restarted.RunningCalls.LoadAsync("node-1", default)).Id);
        Assert.Equal(1, await restarted.Calls.CloseOrphansAsync("node-1", default));
        restarted.RunningCalls.Remove(goesOn.Id);
        Assert.Equal(1, await restarted.Calls.CloseOrphansAsync("node-1", default));
    }
}
