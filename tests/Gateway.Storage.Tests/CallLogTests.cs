using Gateway.Server.Calls;
using Gateway.Server.Ports;

namespace Gateway.Storage.Tests;

/// <summary>Call records, on each engine.</summary>
public sealed class CallLogOnSqlite() : CallLogTests(StorageEngine.Sqlite);

public sealed class CallLogOnPostgres() : CallLogTests(StorageEngine.Postgres);

public abstract class CallLogTests(StorageEngine engine)
{
    [Fact]
    public async Task A_record_comes_back_with_its_media()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var call = TestDatabase.Call() with
        {
            AnsweredBy = "bob@gw.example",
            AnsweredAt = TestDatabase.Now.AddSeconds(5),
            EndedAt = TestDatabase.Now.AddSeconds(65),
            Status = 200,
            EndReason = "caller",
            Codec = "opus",
            CallerMedia = new LegStatistics { PacketsReceived = 3000, Jitter = TimeSpan.FromMilliseconds(3.5), RoundTrip = TimeSpan.FromMilliseconds(40) },
            CalleeMedia = new LegStatistics { PacketsLost = 2 },
        };

        Assert.True(await test.Done((loop, done) => database.Calls.Start(call with { EndedAt = null, CallerMedia = null, CalleeMedia = null }, loop, done)));
        database.Calls.End(call);
        await Settled(database);

        Assert.Equal(call, Assert.Single(await database.Calls.ListAsync(new CallQuery(), default)));
    }

    [Fact]
    public async Task A_started_call_outlives_a_kill_and_ends_at_its_last_sign_of_life()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var touched = TestDatabase.Call() with { AnsweredAt = TestDatabase.Now };
        var untouched = TestDatabase.Call(TestDatabase.Now.AddSeconds(-30));
        var ended = TestDatabase.Call(TestDatabase.Now.AddSeconds(-60));
        Assert.True(await test.Done((loop, done) => database.Calls.Start(touched, loop, done)));
        Assert.True(await test.Done((loop, done) => database.Calls.Start(untouched, loop, done)));
        database.Calls.End(ended with { EndedAt = TestDatabase.Now.AddSeconds(-50), EndReason = "busy", Status = 486 });
        database.Calls.Touch(touched.Id, TestDatabase.Now.AddSeconds(42));
        database.Calls.Touch(ended.Id, TestDatabase.Now.AddSeconds(99));
        await Settled(database);

        await using var restarted = await test.OpenAfterKillAsync();
        Assert.Equal(0, await restarted.Calls.CloseOrphansAsync("node-2", default));
        Assert.Equal(2, await restarted.Calls.CloseOrphansAsync("node-1", default));
        Assert.Equal(0, await restarted.Calls.CloseOrphansAsync("node-1", default));

        var records = await restarted.Calls.ListAsync(new CallQuery(), default);
        Assert.Equal([touched.Id, untouched.Id, ended.Id], records.Select(record => record.Id));
        Assert.Equal(
            [(TestDatabase.Now.AddSeconds(42), true, "restart"), (TestDatabase.Now.AddSeconds(-30), true, "restart"), (TestDatabase.Now.AddSeconds(-50), false, "busy")],
            records.Select(record => (record.EndedAt!.Value, record.EndIsEstimated, record.EndReason)));
    }

    [Theory]
    [InlineData("ada", 2)]
    [InlineData("ada@gw.example", 2)]
    [InlineData("bob", 2)]
    [InlineData("carol", 1)]
    [InlineData("a_a", 0)]
    [InlineData("car", 0)]
    public async Task Calls_are_listed_by_whoever_took_part(string account, int count)
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        database.Calls.End(TestDatabase.Call());
        database.Calls.End(TestDatabase.Call() with { Callee = "bob@gw.example", AnsweredBy = "carol@gw.example" });
        await Settled(database);

        Assert.Equal(count, (await database.Calls.ListAsync(new CallQuery(account), default)).Count);
    }

    [Fact]
    public async Task A_page_continues_before_the_last_one()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        for (var i = 0; i < 5; i++)
        {
            database.Calls.End(TestDatabase.Call(TestDatabase.Now.AddMinutes(i)));
        }

        await Settled(database);
        var first = await database.Calls.ListAsync(new CallQuery(Limit: 2), default);
        var second = await database.Calls.ListAsync(new CallQuery(Before: first[^1].StartedAt, Limit: 2), default);

        Assert.Equal([4, 3], first.Select(Minute));
        Assert.Equal([2, 1], second.Select(Minute));

        static int Minute(CallRecord record) => (int)(record.StartedAt - TestDatabase.Now).TotalMinutes;
    }

    /// <summary>A write that is waited for ends after all that were queued before it.</summary>
    private static Task<string> Settled(GatewayDatabase database) => database.Accounts.GetOrCreateSettingAsync("settled", () => "", default);

    [Fact]
    public async Task The_end_of_a_record_is_told_when_it_can_be_read()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var call = TestDatabase.Call() with { EndedAt = TestDatabase.Now, EndReason = "caller" };
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        database.Calls.End(call, written.SetResult);

        await written.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("caller", Assert.Single(await database.Calls.ListAsync(new CallQuery(), default)).EndReason);
    }

    [Fact]
    public async Task Old_records_are_removed_and_calls_that_are_on_stay()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        for (var i = 0; i < 4500; i++)
        {
            database.Calls.End(TestDatabase.Call(TestDatabase.Now.AddDays(-500)) with { EndedAt = TestDatabase.Now.AddDays(-500) });
        }

        var young = TestDatabase.Call(TestDatabase.Now.AddDays(-399)) with { EndedAt = TestDatabase.Now };
        var open = TestDatabase.Call(TestDatabase.Now.AddDays(-500));
        database.Calls.End(young);
        Assert.True(await test.Done((loop, done) => database.Calls.Start(open, loop, done)));

        Assert.Equal(4500, await database.PurgeAsync(TestDatabase.Now.AddDays(-400), default));

        Assert.Equal([young.Id, open.Id], (await database.Calls.ListAsync(new CallQuery(), default)).Select(record => record.Id));
    }
}
