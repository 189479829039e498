using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Gateway.Server.Configuration;
using Gateway.Web.Administration;
using Gateway.Web.Hubs;

namespace Gateway.Web.Webhooks;

/// <summary>An address of somebody's that is told of call events.</summary>
internal sealed record Webhook : IConfigured
{
    public static string Kind => "webhooks";

    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    public required string Name { get; init; }

    public required string Url { get; init; }

    /// <summary>Types that it is told of; empty for all.</summary>
    public ImmutableArray<string> Events { get; init; } = [];

    public SecretText Secret { get; init; }

    public bool IsEnabled { get; init; } = true;

    /// <summary>Why the gateway itself switched it off; empty when it did not.</summary>
    public string DisabledReason { get; init; } = "";

    public bool Wants(string type) => IsEnabled && (Events.IsEmpty || Events.Contains(type));
}

/// <summary>A webhook as the API shows it.</summary>
public sealed record WebhookResource : IResource
{
    public Guid Id { get; init; }

    public long Version { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string Name { get; init; } = "";

    /// <summary>https (or http) address that gets a POST with each event.</summary>
    public string Url { get; init; } = "";

    /// <summary>call.started, call.ringing, call.answered, call.changed, call.ended; empty for all.</summary>
    public ImmutableArray<string> Events { get; init; } = [];

    public bool Enabled { get; init; } = true;

    /// <summary>Signs the events. Left out: a new webhook gets one, shown in this answer only; an old one keeps its own.</summary>
    public string? Secret { get; init; }

    /// <summary>Only read: why the gateway switched it off.</summary>
    public string DisabledReason { get; init; } = "";

    /// <summary>Only read: when the receiver last took an event, since the gateway started.</summary>
    public DateTimeOffset? LastSuccessAt { get; init; }

    /// <summary>Only read: what went wrong in the last try; left out when nothing did.</summary>
    public string? LastError { get; init; }
}

/// <summary>The webhooks that operators keep.</summary>
internal sealed class WebhookAdministration(AdministrationCore core, WebOptions options, WebhookHealth health) : ConfiguredObjects<WebhookResource, Webhook>(core)
{
    public const string SecretPrefix = "whsec_";

    private const int SecretBytes = 32;
    private const int LongestUrl = 2048;

    private static readonly string[] s_types = [MonitorEvents.CallStarted, MonitorEvents.CallRinging, MonitorEvents.CallAnswered, MonitorEvents.CallChanged, MonitorEvents.CallEnded];
    private static readonly Actor s_gateway = new("gateway", "");

    public IEnumerable<Webhook> All => Values;

    public Webhook? Find(Guid id) => Values.FirstOrDefault(hook => hook.Id == id);

    /// <summary>The gateway gives up on it, with a reason for people.</summary>
    public Task DisableAsync(Guid id, string reason, CancellationToken cancel) =>
        ReplaceAsync(id, hook => hook with { IsEnabled = false, DisabledReason = reason }, s_gateway, cancel);

    protected override WebhookResource Show(Stored<Webhook> stored)
    {
        var hook = stored.Value;
        var (success, error) = health.Of(hook.Id);
        return new WebhookResource
        {
            Id = hook.Id, Version = stored.Version, UpdatedAt = stored.UpdatedAt, Name = hook.Name, Url = hook.Url, Events = hook.Events, Enabled = hook.IsEnabled,
            DisabledReason = hook.DisabledReason, LastSuccessAt = success, LastError = error,
        };
    }

    protected override Webhook Build(Guid id, WebhookResource wanted, Webhook? old) => new()
    {
        Id = id,
        DomainId = Core.DomainId,
        Name = wanted.Name.Trim(),
        Url = wanted.Url.Trim(),
        Events = [.. wanted.Events.Distinct(StringComparer.Ordinal)],
        Secret = TrunkResource.Keep(wanted.Secret, old?.Secret ?? new SecretText(SecretPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)))),
        IsEnabled = wanted.Enabled,
        DisabledReason = wanted.Enabled ? "" : old?.DisabledReason ?? "",
    };

    protected override WebhookResource ShowOnce(WebhookResource shown, WebhookResource wanted, Webhook value, Webhook? old) =>
        old is null && string.IsNullOrEmpty(wanted.Secret) ? shown with { Secret = value.Secret.Reveal() } : shown;

    protected override IEnumerable<string> SecretsIn(WebhookResource wanted) => string.IsNullOrEmpty(wanted.Secret) ? [] : ["secret"];

    protected override Task ChangedAsync(Webhook? old, Webhook? now)
    {
        if (old is not null)
        {
            health.Forget(old.Id);
        }

        return Task.CompletedTask;
    }

    protected override void Check(WebhookResource wanted, Webhook? old, FieldErrors errors)
    {
        errors.Name("name", wanted.Name);
        errors.Secret("secret", wanted.Secret);
        if (wanted.Secret is { Length: > 0 and < 16 })
        {
            errors.Add("secret", "At least 16 random characters; leave it out and the gateway makes one.");
        }

        for (var i = 0; i < wanted.Events.Length; i++)
        {
            if (!s_types.Contains(wanted.Events[i]))
            {
                errors.Add($"events[{i}]", $"One of {string.Join(", ", s_types)}.");
            }
        }

        if (wanted.Url.Length > LongestUrl || !Uri.TryCreate(wanted.Url.Trim(), UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || url.UserInfo.Length > 0 || url.Host.Length == 0)
        {
            errors.Add("url", "An address such as https://crm.example/hooks/calls, without user and password.");
        }
        else if (!options.WebhookPrivateAddresses && (url.IsLoopback || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && !WebhookAddresses.IsPublic(address))))
        {
            errors.Add("url", "A public address: this one is inside (Gateway:Web:WebhookPrivateAddresses allows that).");
        }
    }
}

/// <summary>How the last tries of each webhook went.</summary>
internal sealed class WebhookHealth
{
    private readonly ConcurrentDictionary<Guid, (DateTimeOffset? Success, string? Error)> _all = new();

    public (DateTimeOffset? Success, string? Error) Of(Guid hook) => _all.GetValueOrDefault(hook);

    public void Note(Guid hook, WebhookResult result, DateTimeOffset now) => _all.AddOrUpdate(
        hook,
        _ => (result.Delivered ? now : null, result.Delivered ? null : result.Error),
        (_, old) => (result.Delivered ? now : old.Success, result.Delivered ? null : result.Error));

    public void Forget(Guid hook) => _all.TryRemove(hook, out _);
}
