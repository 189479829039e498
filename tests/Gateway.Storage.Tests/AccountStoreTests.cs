using Dapper;
using Gateway.Server.Accounts;
using Microsoft.Data.Sqlite;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Gateway.Storage.Tests;

public sealed class AccountStoreTests
{
    [Fact]
    public async Task An_account_comes_back_as_it_was_saved()
    {
        await using var test = new TestDatabase();
        await using var database = await test.OpenAsync();
        var domain = await database.Accounts.GetOrCreateDomainAsync("gw.example", default);
        var account = TestDatabase.Account(domain, "ada");
        await database.Accounts.SaveAsync(account, default);

        var loaded = Assert.Single(await database.Accounts.LoadAsync(default));

        Assert.Equal(account.Aliases, loaded.Aliases);
        Assert.Equal(account, loaded with { Aliases = account.Aliases });
    }

    [Fact]
    public async Task Saving_again_changes_and_deleting_removes()
    {
        await using var test = new TestDatabase();
        await using var database = await test.OpenAsync();
        var domain = await database.Accounts.GetOrCreateDomainAsync("gw.example", default);
        var account = TestDatabase.Account(domain, "ada");
        await database.Accounts.SaveAsync(account, default);
        await database.Accounts.SaveAsync(account with { Digest = DigestPolicy.Sha256, IsEnabled = true }, default);

        var loaded = Assert.Single(await database.Accounts.LoadAsync(default));
        Assert.Equal(DigestPolicy.Sha256, loaded.Digest);
        Assert.True(loaded.IsEnabled);
        Assert.True(await database.Accounts.DeleteAsync(account.Id, default));
        Assert.False(await database.Accounts.DeleteAsync(account.Id, default));
        Assert.Empty(await database.Accounts.LoadAsync(default));
    }

    [Fact]
    public async Task Two_accounts_cannot_have_one_user_name()
    {
        await using var test = new TestDatabase();
        await using var database = await test.OpenAsync();
        var domain = await database.Accounts.GetOrCreateDomainAsync("gw.example", default);
        await database.Accounts.SaveAsync(TestDatabase.Account(domain, "ada"), default);

        var refused = await Assert.ThrowsAsync<StorageException>(() => database.Accounts.SaveAsync(TestDatabase.Account(domain, "ada"), default));

        Assert.Contains("UNIQUE", refused.Message, StringComparison.Ordinal);
        Assert.Single(await database.Accounts.LoadAsync(default));
    }

    [Fact]
    public async Task A_setting_is_fixed_at_first_run()
    {
        await using var test = new TestDatabase();
        await using (var database = await test.OpenAsync())
        {
            Assert.Equal("gw.example", await database.Accounts.GetOrCreateSettingAsync("realm", () => "gw.example", default));
        }

        await using var again = await test.OpenAsync();
        Assert.Equal("gw.example", await again.Accounts.GetOrCreateSettingAsync("realm", () => "other.example", default));
    }

    [Fact]
    public async Task A_domain_keeps_its_id()
    {
        await using var test = new TestDatabase();
        await using var database = await test.OpenAsync();
        var first = await database.Accounts.GetOrCreateDomainAsync("gw.example", default);

        Assert.Equal(first, await database.Accounts.GetOrCreateDomainAsync("gw.example", default));
        Assert.NotEqual(first, await database.Accounts.GetOrCreateDomainAsync("else.example", default));
        Assert.Equal(7, first.Version);
    }

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
