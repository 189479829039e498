using Gateway.Server.Calls;
using Gateway.Server.Ports;

namespace Gateway.Storage.Tests;

/// <summary>The audit log and the last uses of API keys, on each engine.</summary>
public sealed class AuditLogOnSqlite() : AuditLogTests(StorageEngine.Sqlite);

public sealed class AuditLogOnPostgres() : AuditLogTests(StorageEngine.Postgres);

public abstract class AuditLogTests(StorageEngine engine)
{
    [Fact]
    public async Task Entries_come_back_newest_first_by_filter_and_page()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        List<AuditEntry> entries = [];
        for (var i = 0; i < 5; i++)
        {
            entries.Add(new AuditEntry(
                Guid.CreateVersion7(TestDatabase.Now.AddSeconds(i)), Guid.CreateVersion7(), TestDatabase.Now.AddSeconds(i), i == 3 ? "bob" : "alice '; --", "::1", "update",
                i < 2 ? "trunks" : "routes", "x" + i, "port: 0 → 5060 \"Ω\""));
            await database.Audit.AppendAsync(entries[i], default);
        }

        Assert.Equal(Enumerable.Reverse(entries), await database.Audit.ListAsync(new AuditQuery(), default));
        Assert.Equal([entries[2], entries[1]], await database.Audit.ListAsync(new AuditQuery(entries[3].Id, Limit: 2), default));
        Assert.Equal([entries[1], entries[0]], await database.Audit.ListAsync(new AuditQuery(Kind: "trunks"), default));
        Assert.Equal([entries[3]], await database.Audit.ListAsync(new AuditQuery(Actor: "bob"), default));
        Assert.Equal([entries[4]], await database.Audit.ListAsync(new AuditQuery(ObjectId: "x4"), default));
    }

    [Fact]
    public async Task The_last_use_of_a_key_is_kept()
    {
        await using var test = new TestDatabase(engine);
        var key = Guid.CreateVersion7();
        await using (var database = await test.OpenAsync())
        {
            database.KeyUses.Note(new KeyUse(key, TestDatabase.Now, "192.0.2.1"));
            database.KeyUses.Note(new KeyUse(key, TestDatabase.Now.AddMinutes(1), "2001:db8::1"));
        }

        await using var again = await test.OpenAsync();

        Assert.Equal(new KeyUse(key, TestDatabase.Now.AddMinutes(1), "2001:db8::1"), Assert.Single(await again.KeyUses.LoadAsync(default)));
    }

    [Fact]
    public async Task Call_records_are_found_by_every_filter()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var (trunk, widget) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var plain = TestDatabase.Call() with { EndReason = "caller", AnsweredAt = TestDatabase.Now.AddSeconds(1) };
        var odd = TestDatabase.Call() with { Caller = "50%_Off!@x", Trunk = trunk, Widget = widget, EndReason = "busy" };
        var later = TestDatabase.Call(TestDatabase.Now.AddMinutes(1)) with { EndReason = "busy" };
        foreach (var record in new[] { plain, odd })
        {
            database.Calls.End(record);
        }

        var written = new TaskCompletionSource();
        database.Calls.End(later, written.SetResult);
        await written.Task.WaitAsync(TimeSpan.FromSeconds(20));

        await IsAsync(new CallQuery { Id = odd.Id }, odd);
        await IsAsync(new CallQuery { Trunk = trunk }, odd);
        await IsAsync(new CallQuery { Widget = widget }, odd);
        await IsAsync(new CallQuery { Reason = "busy" }, later, odd);
        await IsAsync(new CallQuery { Answered = true }, plain);
        await IsAsync(new CallQuery { Answered = false }, later, odd);
        await IsAsync(new CallQuery { Text = "50%_off!" }, odd);
        await IsAsync(new CallQuery { Text = "50x" });
        await IsAsync(new CallQuery { From = TestDatabase.Now.AddSeconds(1) }, later);
        // Ids of the same millisecond have no order of their own.
        CallRecord[] pair = plain.Id.CompareTo(odd.Id) > 0 ? [plain, odd] : [odd, plain];
        await IsAsync(new CallQuery(Before: TestDatabase.Now) { BeforeId = pair[0].Id }, pair[1]);
        await IsAsync(new CallQuery(Before: TestDatabase.Now));

        async Task IsAsync(CallQuery query, params CallRecord[] wanted) =>
            Assert.Equal(wanted.Select(record => record.Id), (await database.Calls.ListAsync(query, default)).Select(record => record.Id));
    }
}
