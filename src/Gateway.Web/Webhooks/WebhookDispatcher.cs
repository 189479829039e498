using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Web.Api;
using Gateway.Web.Hubs;

namespace Gateway.Web.Webhooks;

/// <summary>
/// Notes call events for the webhooks that want them, and delivers them one after another per webhook until the receiver has
/// taken them. What is tried without success for a day is given up, and its webhook switched off with the reason.
/// </summary>
internal sealed class WebhookDispatcher(
    WebhookAdministration hooks, IWebhookOutbox outbox, WebhookSender sender, WebhookHealth health, WebhookMetrics metrics, MonitorFeed feed, ICallLog records, TimeProvider time, ILogger<WebhookDispatcher> logger) : BackgroundService
{
    /// <summary>How long an event is tried.</summary>
    private static readonly TimeSpan s_giveUp = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_keep = TimeSpan.FromDays(7);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_purgeEvery = TimeSpan.FromHours(1);

    /// <summary>Waits after the first, second… failure in a row of a webhook.</summary>
    private static readonly TimeSpan[] s_backOff =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1)];

    private const int MostWaiting = 16_384;
    private const int RecordsAtOnce = 500;

    private readonly Channel<MonitorEvent> _events = Channel.CreateBounded<MonitorEvent>(new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
    private readonly ConcurrentDictionary<Guid, Lane> _lanes = new();

    /// <summary>One webhook's deliveries: one at a time, waiting after failures.</summary>
    private sealed class Lane
    {
        public int Failures { get; set; }

        public DateTimeOffset NotBefore { get; set; }

        public Task Work { get; set; } = Task.CompletedTask;
    }

    /// <summary>Sends an event that nothing happened for, at once and once.</summary>
    public async Task<WebhookResult> TestAsync(Webhook hook, CancellationToken cancel)
    {
        var id = $"{Guid.CreateVersion7(time.GetUtcNow()):N}-test";
        var result = await sender.SendAsync(hook, id, "test", BodyOf(id, "test", time.GetUtcNow(), new { message = "This is a test." }), cancel).ConfigureAwait(false);
        health.Note(hook.Id, result, time.GetUtcNow());
        return result;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        feed.Published += OnPublished;
        try
        {
            await CatchUpAsync(stoppingToken).ConfigureAwait(false);
            await Task.WhenAll(NoteAsync(stoppingToken), DeliverAsync(stoppingToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The gateway stops; what waits stays in the store.
        }
        finally
        {
            feed.Published -= OnPublished;
            await Task.WhenAll(_lanes.Values.Select(lane => lane.Work)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void OnPublished(MonitorEvent happened)
    {
        if (happened.Type.StartsWith("call.", StringComparison.Ordinal))
        {
            _events.Writer.TryWrite(happened);
        }
    }

    private async Task NoteAsync(CancellationToken cancel)
    {
        await foreach (var happened in _events.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
        {
            await TryAsync(() => AddAsync(hooks.All, happened.Type, happened.At, EventId(happened), happened.Data, cancel)).ConfigureAwait(false);
        }
    }

    /// <summary>The end of a call has one event whoever notes it, the others one each time.</summary>
    private static string EventId(MonitorEvent happened) => happened.Data switch
    {
        CallRecord record => EndedId(record),
        CallSnapshot call when happened.Type != MonitorEvents.CallChanged => $"{call.Id:N}-{happened.Type["call.".Length..]}",
        CallSnapshot call => $"{call.Id:N}-{happened.Sequence}",
        _ => $"{happened.Sequence}",
    };

    private static string EndedId(CallRecord record) => $"{record.Id:N}-ended";

    private static string BodyOf(string id, string type, DateTimeOffset at, object data) => JsonSerializer.Serialize(new { id, type, at, data }, ApiJson.Strict);

    private async Task AddAsync(IEnumerable<Webhook> all, string type, DateTimeOffset at, string id, object data, CancellationToken cancel)
    {
        var wanting = all.Where(hook => hook.Wants(type)).ToList();
        if (wanting.Count > 0)
        {
            var (body, now) = (BodyOf(id, type, at, data), time.GetUtcNow());
            await outbox.AddAsync([.. wanting.Select(hook => new WebhookDelivery(Guid.CreateVersion7(now), hook.Id, id, type, body, now))], cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Ends of calls that the last run wrote into the record but not into the outbox, or that it did not live to see.</summary>
    private Task CatchUpAsync(CancellationToken cancel) => TryAsync(async () =>
    {
        var wanting = hooks.All.Where(hook => hook.Wants(MonitorEvents.CallEnded)).ToList();
        if (wanting.Count == 0)
        {
            return;
        }

        var query = new CallQuery(Limit: RecordsAtOnce) { From = time.GetUtcNow() - s_giveUp };
        IReadOnlyList<CallRecord> page;
        do
        {
            page = await records.ListAsync(query, cancel).ConfigureAwait(false);
            foreach (var record in page)
            {
                if (record.EndedAt is { } ended)
                {
                    await AddAsync(wanting.Where(hook => MadeAt(hook.Id) < ended), MonitorEvents.CallEnded, ended, EndedId(record), record, cancel).ConfigureAwait(false);
                }
            }

            if (page.Count > 0)
            {
                query = query with { Before = page[^1].StartedAt, BeforeId = page[^1].Id };
            }
        }
        while (page.Count == RecordsAtOnce);
    });

    /// <summary>UUIDv7 begins with the milliseconds of its making (RFC 9562 §5.7).</summary>
    private static DateTimeOffset MadeAt(Guid id) => DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(id.ToString("N")[..12], 16));

    private async Task DeliverAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(s_look, time);
        var purge = time.GetUtcNow();
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            await TryAsync(async () =>
            {
                var now = time.GetUtcNow();
                if (now >= purge)
                {
                    purge = now + s_purgeEvery;
                    await outbox.PurgeAsync(now - s_keep, [.. hooks.All.Select(hook => hook.Id)], cancel).ConfigureAwait(false);
                }

                if (!hooks.All.Any(hook => hook.IsEnabled))
                {
                    return;
                }

                foreach (var id in await outbox.PendingHooksAsync(cancel).ConfigureAwait(false))
                {
                    var lane = _lanes.GetOrAdd(id, _ => new Lane());
                    if (lane.Work.IsCompleted && lane.NotBefore <= now)
                    {
                        lane.Work = TryAsync(() => RunAsync(id, lane, cancel));
                    }
                }
            }).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(Guid id, Lane lane, CancellationToken cancel)
    {
        while (hooks.Find(id) is { IsEnabled: true } hook && await outbox.NextAsync(id, cancel).ConfigureAwait(false) is { } next)
        {
            var result = await sender.SendAsync(hook, next.EventId, next.EventType, next.Body, cancel).ConfigureAwait(false);
            var now = time.GetUtcNow();
            health.Note(id, result, now);
            metrics.Tried(result);
            var isGivenUp = !result.Delivered && now - next.CreatedAt >= s_giveUp;
            await outbox.UpdateAsync(next with
            {
                Attempts = next.Attempts + 1,
                IsPending = !result.Delivered && !isGivenUp,
                DoneAt = result.Delivered ? now : null,
                Status = result.Status,
                Error = result.Error,
            }, cancel).ConfigureAwait(false);
            if (result.Delivered)
            {
                lane.Failures = 0;
                continue;
            }

            lane.NotBefore = now + s_backOff[Math.Min(lane.Failures++, s_backOff.Length - 1)];
            // 410 Gone is the receiver's word that it wants no more (RFC 9110 §15.5.11).
            if (isGivenUp || result.Status == StatusCodes.Status410Gone)
            {
                var reason = isGivenUp ? $"No event was taken for {s_giveUp.TotalHours} hours. The last try: {result.Error}" : "The receiver answered 410: it wants no more.";
                await hooks.DisableAsync(id, reason, cancel).ConfigureAwait(false);
                WebhookLog.Disabled(logger, id, reason);
            }

            return;
        }
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            WebhookLog.Failed(logger, e);
        }
    }
}

internal static partial class WebhookLog
{
    [LoggerMessage(4050, LogLevel.Warning, "The webhook {id} was switched off: {reason}")]
    public static partial void Disabled(ILogger logger, Guid id, string reason);

    [LoggerMessage(4051, LogLevel.Error, "Webhooks: a step failed and is tried again")]
    public static partial void Failed(ILogger logger, Exception reason);
}

/// <summary>The services of this folder.</summary>
internal static class WebhookServices
{
    public static void AddWebhooks(this IServiceCollection services)
    {
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookMetrics>();
        services.AddSingleton<WebhookDispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookDispatcher>());
    }
}
