using System.Runtime.InteropServices;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// Chooses the native SQLite: the system's own libsqlite3, which the distribution keeps patched, else the name the
/// provider ships under. Runs once per process, because a second provider or resolver throws.
/// </summary>
internal static class SqliteLibrary
{
    static SqliteLibrary()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, static (name, _, _) =>
            name == "e_sqlite3" && NativeLibrary.TryLoad("libsqlite3.so.0", out var library) ? library : 0);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
    }

    public static string Version => raw.sqlite3_libversion().utf8_to_string();

    /// <summary>Runs the static constructor.</summary>
    public static void Load() => _ = Version;
}
