using Dapper;
using Gateway.Server.Ports;
using Gateway.Storage.Writing;

namespace Gateway.Storage;

/// <summary>Events on their way to webhooks, one row an event and webhook. A row waits while it has a due time.</summary>
internal sealed class WebhookOutbox(SqlEngine engine, SqlWriter writer) : IWebhookOutbox
{
    private const int MostRows = 1000;
    private const string Select = """
        select id as Id, hook_id as HookId, event_id as EventId, event_type as EventType, body as Body, created_at as CreatedAt,
            attempts as Attempts, due_at as DueAt, done_at as DoneAt, status as Status, error as Error
        from webhook_deliveries
        """;

    private sealed class Row
    {
        public string Id { get; set; } = "";
        public string HookId { get; set; } = "";
        public string EventId { get; set; } = "";
        public string EventType { get; set; } = "";
        public string Body { get; set; } = "";
        public long CreatedAt { get; set; }
        public long Attempts { get; set; }
        public long? DueAt { get; set; }
        public long? DoneAt { get; set; }
        public long Status { get; set; }
        public string Error { get; set; } = "";
    }

    public Task AddAsync(IReadOnlyList<WebhookDelivery> deliveries, CancellationToken cancel)
    {
        var rows = deliveries.Select(ToRow).ToList();
        return writer.RunAsync((connection, transaction) => connection.Execute("""
            insert into webhook_deliveries (id, hook_id, event_id, event_type, body, created_at, attempts, due_at, done_at, status, error)
            values (@Id, @HookId, @EventId, @EventType, @Body, @CreatedAt, @Attempts, @DueAt, @DoneAt, @Status, @Error)
            on conflict (hook_id, event_id) do nothing
            """, rows, transaction), cancel);
    }

    public Task<IReadOnlyList<Guid>> PendingHooksAsync(CancellationToken cancel) => Task.Run<IReadOnlyList<Guid>>(() =>
    {
        using var connection = engine.OpenReader();
        return connection.Query<string>("select distinct hook_id from webhook_deliveries where due_at is not null").Select(Columns.Id).ToList();
    }, cancel);

    public Task<WebhookDelivery?> NextAsync(Guid hook, CancellationToken cancel) => Task.Run(() =>
    {
        using var connection = engine.OpenReader();
        return connection.QueryFirstOrDefault<Row>(Select + " where hook_id = @hook and due_at is not null order by id limit 1", new { hook = Columns.Id(hook) }) is { } row
            ? ToDelivery(row)
            : null;
    }, cancel);

    public Task UpdateAsync(WebhookDelivery delivery, CancellationToken cancel)
    {
        var row = ToRow(delivery);
        return writer.RunAsync((connection, transaction) => connection.Execute("""
            update webhook_deliveries set attempts = @Attempts, due_at = @DueAt, done_at = @DoneAt, status = @Status, error = @Error where id = @Id
            """, row, transaction), cancel);
    }

    public Task<IReadOnlyList<WebhookDelivery>> ListAsync(Guid hook, Guid? before, int limit, CancellationToken cancel) => Task.Run<IReadOnlyList<WebhookDelivery>>(() =>
    {
        using var connection = engine.OpenReader();
        return connection.Query<Row>(Select + " where hook_id = @hook and (@before is null or id < @before) order by id desc limit @limit",
            new { hook = Columns.Id(hook), before = Columns.Id(before), limit = Math.Clamp(limit, 1, MostRows) }).Select(ToDelivery).ToList();
    }, cancel);

    public Task PurgeAsync(DateTimeOffset before, IReadOnlyCollection<Guid> hooks, CancellationToken cancel)
    {
        var known = hooks.Select(Columns.Id).ToHashSet(StringComparer.Ordinal);
        return writer.RunAsync((connection, transaction) =>
        {
            var count = connection.Execute("delete from webhook_deliveries where due_at is null and created_at < @before", new { before = Columns.Time(before) }, transaction);
            foreach (var gone in connection.Query<string>("select distinct hook_id from webhook_deliveries", transaction: transaction).Where(hook => !known.Contains(hook)).ToList())
            {
                count += connection.Execute("delete from webhook_deliveries where hook_id = @gone", new { gone }, transaction);
            }

            return count;
        }, cancel);
    }

    private static Row ToRow(WebhookDelivery delivery) => new()
    {
        Id = Columns.Id(delivery.Id),
        HookId = Columns.Id(delivery.Hook),
        EventId = delivery.EventId,
        EventType = delivery.EventType,
        Body = delivery.Body,
        CreatedAt = Columns.Time(delivery.CreatedAt),
        Attempts = delivery.Attempts,
        DueAt = delivery.IsPending ? Columns.Time(delivery.CreatedAt) : null,
        DoneAt = Columns.Time(delivery.DoneAt),
        Status = delivery.Status,
        Error = delivery.Error,
    };

    private static WebhookDelivery ToDelivery(Row row) => new(
        Columns.Id(row.Id), Columns.Id(row.HookId), row.EventId, row.EventType, row.Body, Columns.Time(row.CreatedAt))
    {
        Attempts = (int)row.Attempts,
        IsPending = row.DueAt is not null,
        DoneAt = Columns.Time(row.DoneAt),
        Status = (int)row.Status,
        Error = row.Error,
    };
}
