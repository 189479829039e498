using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Configuration;
using Gateway.Web.Security;

namespace Gateway.Web.Administration;

/// <summary>A key that a program comes with instead of a person. The store has its hash only.</summary>
internal sealed record ApiKey : IConfigured
{
    public static string Kind => "api-keys";

    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    public required string Name { get; init; }

    /// <summary>SHA-256 of the key, lower-case hex. The key has 240 random bits: a slow hash would add nothing.</summary>
    public required string Hash { get; init; }

    /// <summary>What may be shown to tell keys apart: gwk_ and the first characters.</summary>
    public required string Hint { get; init; }

    public ImmutableArray<string> Scopes { get; init; } = [];

    public DateTimeOffset? ExpiresAt { get; init; }

    public bool IsEnabled { get; init; } = true;
}

/// <summary>An API key as the API shows it.</summary>
public sealed record ApiKeyResource : IResource
{
    public Guid Id { get; init; }

    public long Version { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string Name { get; init; } = "";

    /// <summary>read (sees everything), calls (starts, moves and ends calls), admin (changes everything).</summary>
    public ImmutableArray<string> Scopes { get; init; } = [Access.Read];

    /// <summary>After this it opens nothing; left out: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>Only read: the first characters of the key.</summary>
    public string Hint { get; init; } = "";

    /// <summary>Only read: shown once, in the answer that made it.</summary>
    public string? Key { get; init; }

    /// <summary>Only read: when it was last used since the gateway started; left out when it was not.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Only read: the address it was last used from.</summary>
    public string? LastUsedFrom { get; init; }
}

/// <summary>The API keys, and the look-up of one that a request brings.</summary>
internal sealed class ApiKeyAdministration(AdministrationCore core, KeyUses uses) : ConfiguredObjects<ApiKeyResource, ApiKey>(core)
{
    public const string Prefix = "gwk_";

    private const int KeyBytes = 30;
    private const int HintLength = 8;

    private volatile FrozenDictionary<string, ApiKey> _byHash = FrozenDictionary<string, ApiKey>.Empty;

    /// <summary>After a change or removal of a key: what it opened is checked anew.</summary>
    public event Action<Guid>? Restricted;

    /// <summary>The keys made in changes under way: shown when the change is done, then forgotten.</summary>
    private string? _made;

    /// <summary>The key behind a text; null when there is none, or it is disabled or expired.</summary>
    public ApiKey? Find(string key) =>
        _byHash.TryGetValue(HashOf(key), out var found) && found.IsEnabled && (found.ExpiresAt is not { } until || until > Core.Time.GetUtcNow()) ? found : null;

    public void Used(ApiKey key, string remote) => uses.Note(key.Id, remote, Core.Time.GetUtcNow());

    protected override void Loaded() => _byHash = Values.ToFrozenDictionary(key => key.Hash, StringComparer.Ordinal);

    protected override Task ChangedAsync(ApiKey? old, ApiKey? now)
    {
        Loaded();
        if (old is not null)
        {
            Restricted?.Invoke(old.Id);
        }

        return Task.CompletedTask;
    }

    protected override ApiKeyResource Show(Stored<ApiKey> stored)
    {
        var key = stored.Value;
        var use = uses.Of(key.Id);
        return new ApiKeyResource
        {
            Id = key.Id, Version = stored.Version, UpdatedAt = stored.UpdatedAt, Name = key.Name, Scopes = key.Scopes, ExpiresAt = key.ExpiresAt,
            Enabled = key.IsEnabled, Hint = key.Hint, LastUsedAt = use?.At, LastUsedFrom = use?.Remote,
        };
    }

    protected override ApiKey Build(Guid id, ApiKeyResource wanted, ApiKey? old)
    {
        _made = old is null ? Prefix + System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes)) : null;
        return new ApiKey
        {
            Id = id,
            DomainId = Core.DomainId,
            Name = wanted.Name.Trim(),
            Hash = old?.Hash ?? HashOf(_made!),
            Hint = old?.Hint ?? _made![..HintLength],
            Scopes = [.. wanted.Scopes.Distinct(StringComparer.Ordinal)],
            ExpiresAt = wanted.ExpiresAt,
            IsEnabled = wanted.Enabled,
        };
    }

    protected override ApiKeyResource ShowOnce(ApiKeyResource shown, ApiKeyResource wanted, ApiKey value, ApiKey? old)
    {
        var made = _made;
        _made = null;
        return old is null ? shown with { Key = made } : shown;
    }

    protected override void Check(ApiKeyResource wanted, ApiKey? old, FieldErrors errors)
    {
        errors.Name("name", wanted.Name);
        if (wanted.Scopes.Length == 0)
        {
            errors.Add("scopes", $"At least one of {string.Join(", ", Access.All)}.");
        }

        for (var i = 0; i < wanted.Scopes.Length; i++)
        {
            if (!Access.All.Contains(wanted.Scopes[i]))
            {
                errors.Add($"scopes[{i}]", $"One of {string.Join(", ", Access.All)}.");
            }
        }

        if (wanted.ExpiresAt is { } until && until <= Core.Time.GetUtcNow() && until != old?.ExpiresAt)
        {
            errors.Add("expiresAt", "A time to come, such as 2027-01-31T00:00:00Z; leave it out for a key that does not expire.");
        }
    }

    private static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
