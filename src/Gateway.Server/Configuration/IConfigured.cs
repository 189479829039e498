namespace Gateway.Server.Configuration;

/// <summary>
/// Something an operator changes while the gateway runs: it stands in the store as one versioned document and in memory in
/// the <see cref="ConfigurationDirectory"/>. Immutable; a change is a new record with the same id.
/// </summary>
public interface IConfigured
{
    /// <summary>The kind's name in the store and in the API's paths, e.g. <c>trunks</c>.</summary>
    static abstract string Kind { get; }

    /// <summary>UUIDv7.</summary>
    Guid Id { get; }

    Guid DomainId { get; }

    /// <summary>What people call it; unique in its kind and domain, case-insensitive.</summary>
    string Name { get; }
}

/// <param name="Version">Rises by one with every change; the API's ETag.</param>
public sealed record Stored<T>(T Value, long Version, DateTimeOffset UpdatedAt) where T : class, IConfigured;
