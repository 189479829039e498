using Gateway.Server.Ports;

namespace Gateway.Storage.Tests;

/// <summary>Events on their way to webhooks, on each engine.</summary>
public sealed class WebhookOutboxOnSqlite() : WebhookOutboxTests(StorageEngine.Sqlite);

public sealed class WebhookOutboxOnPostgres() : WebhookOutboxTests(StorageEngine.Postgres);

public abstract class WebhookOutboxTests(StorageEngine engine)
{
    private static readonly Guid s_hook = Guid.CreateVersion7();

    [Fact]
    public async Task An_event_is_noted_once_and_waits_over_a_crash_until_it_is_taken()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var (first, second) = (Delivery(s_hook, "a", 1), Delivery(s_hook, "b", 2));
        await database.Webhooks.AddAsync([first, second], default);
        await database.Webhooks.AddAsync([Delivery(s_hook, "a", 3) with { Body = "another" }], default);

        await using var restarted = await test.OpenAfterKillAsync();
        Assert.Equal([s_hook], await restarted.Webhooks.PendingHooksAsync(default));
        Assert.Equal(first, await restarted.Webhooks.NextAsync(s_hook, default));

        var failed = first with { Attempts = 1, Status = 503, Error = "The receiver answered 503." };
        await restarted.Webhooks.UpdateAsync(failed, default);
        Assert.Equal(failed, await restarted.Webhooks.NextAsync(s_hook, default));

        await restarted.Webhooks.UpdateAsync(failed with { Attempts = 2, Status = 200, Error = "", IsPending = false, DoneAt = TestDatabase.Now }, default);
        Assert.Equal(second, await restarted.Webhooks.NextAsync(s_hook, default));
        Assert.Equal(["b", "a"], (await restarted.Webhooks.ListAsync(s_hook, null, 10, default)).Select(one => one.EventId));
        Assert.Equal(["a"], (await restarted.Webhooks.ListAsync(s_hook, second.Id, 10, default)).Select(one => one.EventId));
    }

    [Fact]
    public async Task What_is_done_and_old_goes_and_so_does_what_nobody_waits_for()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var gone = Guid.CreateVersion7();
        await database.Webhooks.AddAsync(
        [
            Delivery(s_hook, "old", 1) with { IsPending = false }, Delivery(s_hook, "waits", 2), Delivery(s_hook, "new", 100) with { IsPending = false }, Delivery(gone, "x", 100),
        ], default);

        await database.Webhooks.PurgeAsync(TestDatabase.Now.AddSeconds(50), [s_hook], default);

        Assert.Equal(["new", "waits"], (await database.Webhooks.ListAsync(s_hook, null, 10, default)).Select(one => one.EventId));
        Assert.Empty(await database.Webhooks.ListAsync(gone, null, 10, default));
    }

    private static WebhookDelivery Delivery(Guid hook, string id, int second)
    {
        var at = TestDatabase.Now.AddSeconds(second);
        return new WebhookDelivery(Guid.CreateVersion7(at), hook, id, "call.ended", "{\"Ω\":\"'\"}", at);
    }
}
