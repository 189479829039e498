namespace Gateway.Storage;

public enum StorageEngine : byte
{
    Sqlite,
    Postgres,
}

/// <summary>Where the gateway keeps what outlives it, and how hard it tries (section "Gateway:Storage").</summary>
public sealed record StorageOptions
{
    /// <summary>sqlite: one node, one file. postgres: an engine that several nodes can share.</summary>
    public StorageEngine Engine { get; init; } = StorageEngine.Sqlite;

    /// <summary>For postgres, e.g. Host=db;Database=gateway;Username=gateway;SSL Mode=VerifyFull. Keep the password in <see cref="PasswordFile"/>.</summary>
    public string ConnectionString { get; init; } = "";

    /// <summary>A file whose content is the password for postgres; empty: as the connection string says.</summary>
    public string PasswordFile { get; init; } = "";

    /// <summary>Path of the SQLite file; its folder is made when missing. Readable by the gateway's user only.</summary>
    public string Path { get; init; } = "data/gateway.db";

    /// <summary>How long writes that nobody waits for (refreshes, signs of life) may gather before a commit.</summary>
    public TimeSpan BehindDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long to wait for a lock that another process holds on the file before a write fails.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How soon kept writes are tried again after the disk refused them.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Call records and audit entries that are older are removed; zero keeps them for ever.</summary>
    public TimeSpan KeepRecords { get; init; } = TimeSpan.FromDays(400);

    /// <summary>Writes in memory at most; more are refused at once (an answer becomes 503) or dropped and counted.</summary>
    public int QueueLimit { get; init; } = 50_000;

    /// <summary>Writes per transaction at most.</summary>
    public int BatchLimit { get; init; } = 500;
}
