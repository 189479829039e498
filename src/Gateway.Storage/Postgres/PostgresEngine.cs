using System.Data.Common;
using Dapper;
using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>
/// PostgreSQL, the engine that several nodes share. One connection writes, a pool reads; a commit that an answer waits for is
/// synchronous, the rest follows within the server's flush delay and survives the death of this process.
/// </summary>
internal sealed class PostgresEngine : SqlEngine, IDisposable
{
    /// <summary>Any number will do as long as it stays: nodes that start together run the migrations one after another.</summary>
    private const long MigrationLock = 0x67_61_74_65_77_61_79;

    private readonly string _writer;
    private readonly NpgsqlDataSource _readers;
    private (DbConnection? Connection, bool IsDurable) _durability;

    public PostgresEngine(StorageOptions options)
    {
        var text = new NpgsqlConnectionStringBuilder(options.ConnectionString) { ApplicationName = "gateway", KeepAlive = 30 };
        if (!text.ContainsKey("Timeout"))
        {
            text.Timeout = Math.Max(1, (int)Math.Ceiling(options.BusyTimeout.TotalSeconds));
        }

        if (!text.ContainsKey("Command Timeout"))
        {
            text.CommandTimeout = 10;
        }

        if (options.PasswordFile.Length > 0)
        {
            text.Password = File.ReadAllText(options.PasswordFile).TrimEnd('\r', '\n');
        }

        text.MaxAutoPrepare = 50;
        Name = $"{text.Host}:{text.Port}/{text.Database}";
        _readers = NpgsqlDataSource.Create(text);
        text.Pooling = false;
        _writer = text.ToString();
    }

    public override string Name { get; }

    public override string Version
    {
        get
        {
            using var connection = OpenReader();
            return "PostgreSQL " + connection.ServerVersion;
        }
    }

    public override DbConnection OpenWriter()
    {
        var connection = new NpgsqlConnection(_writer);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override DbConnection OpenReader() => _readers.OpenConnection();

    public override void SetDurable(DbConnection connection, bool durable)
    {
        if (_durability == (connection, durable))
        {
            return;
        }

        connection.Execute(durable ? "set synchronous_commit = on" : "set synchronous_commit = off");
        _durability = (connection, durable);
    }

    /// <summary>What the server says of a statement is final, unless it speaks of itself: connection (08), transaction
    /// conflicts (40), resources (53), its administrator (57), the system (58), a standby that may not write (25006).</summary>
    public override SqlRefusal Classify(DbException exception) =>
        exception is PostgresException { SqlState: var state }
            && !(state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("40", StringComparison.Ordinal)
                || state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("57", StringComparison.Ordinal)
                || state.StartsWith("58", StringComparison.Ordinal) || state == "25006")
            ? SqlRefusal.Statement
            : SqlRefusal.Resource;

    public override void LockMigrations(DbConnection connection) => connection.Execute("select pg_advisory_lock(@key)", new { key = MigrationLock });

    public override void UnlockMigrations(DbConnection connection) => connection.Execute("select pg_advisory_unlock(@key)", new { key = MigrationLock });

    public override void Close() => Dispose();

    public void Dispose() => _readers.Dispose();
}
