using System.Data.Common;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace Gateway.Storage.Migrations;

/// <summary>
/// Brings a database to the newest schema: numbered .sql files, each in a transaction of its own, with a checksum that
/// is compared at every start. An edited or unknown migration stops the start with words about what to do.
/// </summary>
internal static class Migrator
{
    /// <summary>Of the embedded resources. All engines run the same files: they are written in the SQL that the engines share.</summary>
    private const string Folder = "Sql/";

    private sealed record Applied(string Name, string Checksum);

    /// <returns>The names of the migrations that ran now.</returns>
    public static IReadOnlyList<string> Run(SqlEngine engine, DbConnection connection, DateTimeOffset utcNow)
    {
        engine.LockMigrations(connection);
        try
        {
            return RunLocked(connection, utcNow);
        }
        finally
        {
            engine.UnlockMigrations(connection);
        }
    }

    private static List<string> RunLocked(DbConnection connection, DateTimeOffset utcNow)
    {
        connection.Execute("create table if not exists migrations (name text not null primary key, checksum text not null, applied_at bigint not null)");
        var applied = connection.Query<Applied>("select name, checksum from migrations order by name").AsList();
        var known = Load();

        foreach (var one in applied)
        {
            if (!known.TryGetValue(one.Name, out var sql))
            {
                throw new StorageException($"The database has the migration '{one.Name}', which this version does not know: start the newer version that made it.");
            }

            if (Checksum(sql) != one.Checksum)
            {
                throw new StorageException($"The migration '{one.Name}' was changed after it ran: restore its file and put the change into a new migration.");
            }
        }

        var ran = new List<string>();
        foreach (var (name, sql) in known.Skip(applied.Count))
        {
            using var transaction = connection.BeginTransaction();
            connection.Execute(sql, transaction: transaction);
            connection.Execute("insert into migrations (name, checksum, applied_at) values (@name, @checksum, @at)",
                new { name, checksum = Checksum(sql), at = utcNow.ToUnixTimeMilliseconds() }, transaction);
            transaction.Commit();
            ran.Add(name);
        }

        return ran;
    }

    internal static SortedDictionary<string, string> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            found.Add(resource[Folder.Length..], reader.ReadToEnd());
        }

        return found;
    }

    /// <summary>Line ends do not count: a checkout may change them.</summary>
    private static string Checksum(string sql) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql.Replace("\r\n", "\n", StringComparison.Ordinal)))).ToString(CultureInfo.InvariantCulture);
}
