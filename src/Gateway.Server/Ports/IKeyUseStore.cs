namespace Gateway.Server.Ports;

/// <summary>The last use of an API key.</summary>
public sealed record KeyUse(Guid Key, DateTimeOffset At, string Remote);

/// <summary>Remembers over restarts when API keys were last used.</summary>
public interface IKeyUseStore
{
    Task<IReadOnlyList<KeyUse>> LoadAsync(CancellationToken cancel);

    /// <summary>Written behind; one that the store refuses is lost.</summary>
    void Note(KeyUse use);
}
