namespace Gateway.Server.Ports;

/// <summary>One event on its way to one webhook, as the store keeps it until (and for some days after) the receiver took it.</summary>
/// <param name="Id">UUIDv7: the order of a webhook's events.</param>
/// <param name="EventId">The same for all webhooks and all tries: receivers know by it what they had already.</param>
/// <param name="Body">What is sent, byte for byte the same in every try.</param>
public sealed record WebhookDelivery(Guid Id, Guid Hook, string EventId, string EventType, string Body, DateTimeOffset CreatedAt)
{
    public int Attempts { get; init; }

    /// <summary>It is still to be delivered.</summary>
    public bool IsPending { get; init; } = true;

    /// <summary>When the receiver took it.</summary>
    public DateTimeOffset? DoneAt { get; init; }

    /// <summary>HTTP status of the last try; 0 when there was no answer.</summary>
    public int Status { get; init; }

    /// <summary>What went wrong in the last try; empty when nothing did.</summary>
    public string Error { get; init; } = "";
}

/// <summary>The events that webhooks must still get: stored before they are sent, so that a crash loses none.</summary>
public interface IWebhookOutbox
{
    /// <summary>Adds events; one that the webhook has already (by event id) is left as it is.</summary>
    Task AddAsync(IReadOnlyList<WebhookDelivery> deliveries, CancellationToken cancel);

    /// <summary>Webhooks that something waits for.</summary>
    Task<IReadOnlyList<Guid>> PendingHooksAsync(CancellationToken cancel);

    /// <summary>The oldest that waits for a webhook; null when none does.</summary>
    Task<WebhookDelivery?> NextAsync(Guid hook, CancellationToken cancel);

    /// <summary>Notes what became of a try.</summary>
    Task UpdateAsync(WebhookDelivery delivery, CancellationToken cancel);

    /// <summary>Newest first.</summary>
    /// <param name="before">Only those that sort before this id: the next page.</param>
    Task<IReadOnlyList<WebhookDelivery>> ListAsync(Guid hook, Guid? before, int limit, CancellationToken cancel);

    /// <summary>Removes what is done and older than a moment, and everything of webhooks that are gone.</summary>
    Task PurgeAsync(DateTimeOffset before, IReadOnlyCollection<Guid> hooks, CancellationToken cancel);
}
