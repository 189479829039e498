using Dapper;
using Gateway.Server.Accounts;
using Microsoft.Data.Sqlite;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Gateway.Storage.Tests;

/// <summary>Accounts, domains and settings, on each engine.</summary>
public sealed class AccountStoreOnSqlite() : AccountStoreTests(StorageEngine.Sqlite);

public sealed class AccountStoreOnPostgres() : AccountStoreTests(StorageEngine.Postgres);

public abstract class AccountStoreTests(StorageEngine engine)
{
    [Fact]
    public async Task An_account_comes_back_as_it_was_saved()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var domain = await database.Accounts.GetOrCreateDomainAsync("gw.example", default);
        var account = TestDatabase.Account(domain, "ada");
        await database.Accounts.SaveAsync(account, default);

        var loaded = Assert.Single(await database.Accounts.LoadAsync(default));

        Assert.Equal(account.Aliases, loaded.Aliases);
        Assert.Equal(account, loaded with { Aliases = account.Aliases });
    }

    [Fact]
    public async Task An_account_of_another_domain_than_the_realms_knows_its_domain()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        await database.Accounts.GetOrCreateSettingAsync("realm", () => "gw.example", default);
        var first = await database.Accounts.GetOrCreateDomainAsync("gw.example", default);
        var branch = await database.Accounts.GetOrCreateDomainAsync("branch.example", default);
        await database.Accounts.SaveAsync(TestDatabase.Account(first, "ada"), default);
        await database.Accounts.SaveAsync(TestDatabase.Account(branch, "ada"), default);

        var loaded = await database.Accounts.LoadAsync(default);

        Assert.Equal(["ada", "ada@branch.example"], loaded.Select(account => account.Name).Order());
    }

    [Fact]
    public async Task Saving_again_changes_and_deleting_removes()
    {
        await using var test = new TestDatabase(engine);
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
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var domain = await database.Accounts.GetOrCreateDomainAsync("gw.example", default);
        await database.Accounts.SaveAsync(TestDatabase.Account(domain, "ada"), default);

        var refused = await Assert.ThrowsAsync<StorageException>(() => database.Accounts.SaveAsync(TestDatabase.Account(domain, "ada"), default));

        Assert.Contains("unique", refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Single(await database.Accounts.LoadAsync(default));
    }

    [Fact]
    public async Task A_setting_is_fixed_at_first_run()
    {
        await using var test = new TestDatabase(engine);
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
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var first = await database.Accounts.GetOrCreateDomainAsync("gw.example", default);

        Assert.Equal(first, await database.Accounts.GetOrCreateDomainAsync("gw.example", default));
        Assert.NotEqual(first, await database.Accounts.GetOrCreateDomainAsync("else.example", default));
        Assert.Equal(7, first.Version);
    }
}
