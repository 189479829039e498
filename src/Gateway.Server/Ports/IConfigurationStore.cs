using Gateway.Server.Configuration;

namespace Gateway.Server.Ports;

/// <summary>Keeps what operators configure: one versioned document an object. Secrets inside are encrypted at rest.</summary>
public interface IConfigurationStore
{
    Task<IReadOnlyList<Stored<T>>> LoadAsync<T>(CancellationToken cancel) where T : class, IConfigured;

    /// <param name="expected">The version the caller has seen (If-Match); null for whatever stands there; 0 when it must be new.</param>
    /// <exception cref="ConfigurationConflictException">Another version stands there, or the name is taken.</exception>
    Task<Stored<T>> SaveAsync<T>(T value, long? expected, CancellationToken cancel) where T : class, IConfigured;

    /// <returns>False when there is no such object.</returns>
    /// <exception cref="ConfigurationConflictException">Another version stands there.</exception>
    Task<bool> DeleteAsync<T>(Guid id, long? expected, CancellationToken cancel) where T : class, IConfigured;
}

/// <summary>Encrypts what must be readable later; the key stays in the data folder.</summary>
public interface ISecretProtector
{
    string Protect(string clear);

    /// <summary>Null when the text was not made with our keys (the key folder was lost): the secret must be entered again.</summary>
    string? Unprotect(string protectedText);
}

/// <summary>The object was changed by someone else meanwhile, or its name is taken.</summary>
public sealed class ConfigurationConflictException : Exception
{
    public ConfigurationConflictException()
    {
    }

    public ConfigurationConflictException(string message) : base(message)
    {
    }

    public ConfigurationConflictException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>True: the name belongs to another object. False: the version is not the expected one.</summary>
    public bool IsNameTaken { get; init; }
}
