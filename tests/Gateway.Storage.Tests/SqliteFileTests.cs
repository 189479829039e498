using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Tests;

/// <summary>What only a file can do: its rights, its folder, a schema that was edited.</summary>
public sealed class SqliteFileTests
{
    [Fact]
    public async Task Only_the_gateways_user_may_read_the_file()
    {
        await using var test = new TestDatabase();
        await using var database = await test.OpenAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(test.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(test.Path + "-wal"));
    }

    [Fact]
    public async Task An_edited_migration_stops_the_start_with_words()
    {
        await using var test = new TestDatabase();
        await (await test.OpenAsync()).DisposeAsync();
        Execute(test.Path, "update migrations set checksum = 'edited'");

        var stopped = await Assert.ThrowsAsync<StorageException>(() => test.OpenAsync());

        Assert.Contains("0001_initial.sql", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_stops_the_start()
    {
        await using var test = new TestDatabase();
        await (await test.OpenAsync()).DisposeAsync();
        Execute(test.Path, "insert into migrations values ('9999_later.sql', 'x', 0)");

        var stopped = await Assert.ThrowsAsync<StorageException>(() => test.OpenAsync());

        Assert.Contains("newer version", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        await using var test = new TestDatabase();
        await File.WriteAllTextAsync(Path.Combine(test.Folder, "file"), "");

        var stopped = await Assert.ThrowsAsync<StorageException>(() => test.OpenAsync(Path.Combine(test.Folder, "file", "gateway.db")));

        Assert.Contains("Gateway:Storage:Path", stopped.Message, StringComparison.Ordinal);
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Execute(sql);
    }
}
