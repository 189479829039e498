using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// SQLite in one file: write-ahead log, one writer. A commit that an answer waits for uses synchronous=FULL, so a 200 holds
/// even when the power fails; the rest uses NORMAL, which a SIGKILL cannot hurt because the log is in the kernel's cache.
/// </summary>
internal sealed class SqliteEngine : SqlEngine
{
    private readonly string _writer;
    private readonly string _reader;

    public SqliteEngine(StorageOptions options)
    {
        SqliteLibrary.Load();
        Prepare(options.Path);
        Name = options.Path;
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = options.Path,
            ForeignKeys = true,
            DefaultTimeout = Math.Max(1, (int)options.BusyTimeout.TotalSeconds),
            Pooling = false,
        };
        _writer = text.ToString();
        text.Pooling = true;
        _reader = text.ToString();
    }

    public override string Name { get; }

    public override string Version => "SQLite " + SqliteLibrary.Version;

    public override DbConnection OpenWriter()
    {
        var connection = Open(_writer);
        connection.Execute("pragma journal_mode = wal; pragma synchronous = normal;");
        return connection;
    }

    public override DbConnection OpenReader() => Open(_reader);

    public override void SetDurable(DbConnection connection, bool durable) =>
        connection.Execute(durable ? "pragma synchronous = full" : "pragma synchronous = normal");

    // https://www.sqlite.org/rescode.html: 5 busy, 6 locked, 7 no memory, 8 read-only, 10 I/O, 13 full, 14 cannot open.
    public override SqlRefusal Classify(DbException exception) =>
        exception is SqliteException { SqliteErrorCode: 5 or 6 or 7 or 8 or 10 or 13 or 14 } ? SqlRefusal.Resource : SqlRefusal.Statement;

    public override void Close()
    {
        using var pooled = new SqliteConnection(_reader);
        SqliteConnection.ClearPool(pooled);
    }

    private static SqliteConnection Open(string text)
    {
        var connection = new SqliteConnection(text);
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

    /// <summary>The file holds digest hashes: only our user may read it. The log beside it takes over the file's mode.</summary>
    private static void Prepare(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        if (File.Exists(path))
        {
            return;
        }

        var create = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, create);
    }
}
