using Gateway.Server.Registrar;
using Gateway.Testing;

namespace Gateway.Storage.Tests;

/// <summary>The journal of bindings, on each engine.</summary>
public sealed class BindingStoreOnSqlite() : BindingStoreTests(StorageEngine.Sqlite);

public sealed class BindingStoreOnPostgres() : BindingStoreTests(StorageEngine.Postgres);

public abstract class BindingStoreTests(StorageEngine engine)
{
    [Fact]
    public async Task A_binding_comes_back_exactly()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var binding = TestDatabase.Binding();
        Assert.True(await test.Done((loop, done) => database.Bindings.Append([new(BindingChangeKind.Upsert, binding)], loop, done)));

        var loaded = Assert.Single(await database.Bindings.LoadAsync(default));

        Assert.Equal(binding.Contact.ToString(), loaded.Contact.ToString());
        Assert.Equal(binding.Path, loaded.Path);
        Assert.Equal(binding, loaded with { Path = binding.Path });
    }

    [Fact, Row(55)]
    public async Task What_was_confirmed_is_there_after_a_kill()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var stays = TestDatabase.Binding();
        var goes = TestDatabase.Binding("bob@gw.example");
        Assert.True(await test.Done((loop, done) =>
            database.Bindings.Append([new(BindingChangeKind.Upsert, stays), new(BindingChangeKind.Upsert, goes)], loop, done)));
        Assert.True(await test.Done((loop, done) => database.Bindings.Append([new(BindingChangeKind.Remove, goes)], loop, done)));

        await using var restarted = await test.OpenAfterKillAsync();

        Assert.Equal(stays.Id, Assert.Single(await restarted.Bindings.LoadAsync(default)).Id);
    }

    [Fact]
    public async Task Expired_bindings_are_dropped_at_the_start()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var early = TestDatabase.Binding(expires: TimeSpan.FromSeconds(60));
        var late = TestDatabase.Binding(expires: TimeSpan.FromSeconds(61));
        Assert.True(await test.Done((loop, done) =>
            database.Bindings.Append([new(BindingChangeKind.Upsert, early), new(BindingChangeKind.Upsert, late)], loop, done)));

        test.Time.UtcNow += TimeSpan.FromSeconds(60);

        Assert.Equal(late.Id, Assert.Single(await database.Bindings.LoadAsync(default)).Id);
    }

    [Fact]
    public async Task A_refresh_written_behind_arrives_and_keeps_its_place()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var first = TestDatabase.Binding();
        var refreshed = first with { CSeq = 9, ExpiresAt = first.ExpiresAt.AddMinutes(5) };
        var removed = TestDatabase.Binding();
        database.Bindings.AppendBehind(new(BindingChangeKind.Upsert, first));
        database.Bindings.AppendBehind(new(BindingChangeKind.Upsert, removed));
        database.Bindings.AppendBehind(new(BindingChangeKind.Upsert, refreshed));
        Assert.True(await test.Done((loop, done) => database.Bindings.Append([new(BindingChangeKind.Remove, removed)], loop, done)));

        Assert.Equal(refreshed.ExpiresAt, Assert.Single(await database.Bindings.LoadAsync(default)).ExpiresAt);
    }
}
