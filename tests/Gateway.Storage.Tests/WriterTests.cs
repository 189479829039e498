using Gateway.Server.Ports;

namespace Gateway.Storage.Tests;

/// <summary>The one writer, on each engine.</summary>
public sealed class WriterOnSqlite() : WriterTests(StorageEngine.Sqlite);

public sealed class WriterOnPostgres() : WriterTests(StorageEngine.Postgres);

public abstract class WriterTests(StorageEngine engine)
{
    [Fact]
    public async Task A_bad_write_does_not_harm_its_neighbours_in_the_group()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var good = Enumerable.Range(0, 20).Select(_ => TestDatabase.Call() with { EndedAt = TestDatabase.Now }).ToList();

        good.Take(10).ToList().ForEach(call => database.Calls.End(call));
        var bad = TestDatabase.Account(Guid.CreateVersion7(), "nobody");
        var refused = Assert.ThrowsAsync<StorageException>(() => database.Accounts.SaveAsync(bad, default));
        good.Skip(10).ToList().ForEach(call => database.Calls.End(call));

        Assert.Contains("foreign key", (await refused).Message, StringComparison.OrdinalIgnoreCase);
        await database.Accounts.GetOrCreateSettingAsync("settled", () => "", default);
        Assert.Equal(20, (await database.Calls.ListAsync(new CallQuery(), default)).Count);
    }

    [Fact]
    public async Task A_group_of_waiting_writes_shares_commits()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var answers = 0;
        var all = new TaskCompletionSource();
        var loop = new Inline();

        for (var i = 0; i < 2000; i++)
        {
            database.Calls.Start(TestDatabase.Call(), loop, ok =>
            {
                Assert.True(ok);
                if (Interlocked.Increment(ref answers) == 2000)
                {
                    all.SetResult();
                }
            });
        }

        await all.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(2000, await database.Calls.CloseOrphansAsync("node-1", default));
    }

    private sealed class Inline : ILoopScheduler
    {
        public bool Post(Action work)
        {
            work();
            return true;
        }
    }
}
