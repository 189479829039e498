namespace Gateway.Storage;

/// <summary>Where the gateway keeps what outlives it, and how hard it tries (section "Gateway:Storage").</summary>
public sealed record StorageOptions
{
    /// <summary>Path of the SQLite file; its folder is made when missing. Readable by the gateway's user only.</summary>
    public string Path { get; init; } = "data/gateway.db";

    /// <summary>How long writes that nobody waits for (refreshes, signs of life) may gather before a commit.</summary>
    public TimeSpan BehindDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long to wait for a lock that another process holds on the file before a write fails.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How soon kept writes are tried again after the disk refused them.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Writes in memory at most; more are refused at once (an answer becomes 503) or dropped and counted.</summary>
    public int QueueLimit { get; init; } = 50_000;

    /// <summary>Writes per transaction at most.</summary>
    public int BatchLimit { get; init; } = 500;
}
