using Dapper;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;

namespace Gateway.Storage.Tests;

/// <summary>What operators configure, on each engine.</summary>
public sealed class ConfigurationStoreOnSqlite() : ConfigurationStoreTests(StorageEngine.Sqlite);

public sealed class ConfigurationStoreOnPostgres() : ConfigurationStoreTests(StorageEngine.Postgres);

public abstract class ConfigurationStoreTests(StorageEngine engine)
{
    private static readonly Guid s_domain = Guid.CreateVersion7();

    [Fact]
    public async Task An_object_comes_back_as_it_was_saved()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await OpenAsync(test);
        var trunk = Trunk("Carrier \"Ω\"") with
        {
            Password = new SecretText("correct horse"),
            Dids = [new DidEntry("+493012345*", new Destination.ToAccount(s_domain)), new DidEntry("+49301", new Destination.Refusal(603, "No"))],
            AllowedSources = ["192.0.2.0/24", "2001:db8::/32"],
            Extensions = [new TrunkExtension { Account = s_domain, User = "301", Password = new SecretText("staple") }],
        };

        var saved = await database.Configuration.SaveAsync(trunk, 0, default);
        var loaded = Assert.Single(await database.Configuration.LoadAsync<Trunk>(default));

        Assert.Equal((1, TestDatabase.Now), (saved.Version, saved.UpdatedAt));
        Assert.Equal((1, TestDatabase.Now), (loaded.Version, loaded.UpdatedAt));
        Assert.Equal(trunk.Dids, loaded.Value.Dids);
        Assert.Equal(trunk.AllowedSources, loaded.Value.AllowedSources);
        Assert.Equal(("correct horse", "staple"), (loaded.Value.Password.Reveal(), loaded.Value.Extensions[0].Password.Reveal()));
        Assert.Equal(trunk with { Dids = default, AllowedSources = default, Extensions = default, Codecs = default },
            loaded.Value with { Dids = default, AllowedSources = default, Extensions = default, Codecs = default, Rights = trunk.Rights });
        Assert.Empty(await database.Configuration.LoadAsync<RingGroup>(default));
    }

    [Fact]
    public async Task Secrets_are_not_readable_in_the_database()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await OpenAsync(test);
        await database.Configuration.SaveAsync(Trunk("a") with { Password = new SecretText("correct horse") }, null, default);

        using var connection = database.Engine.OpenReader();
        var document = connection.QuerySingle<string>("select document from objects");

        Assert.DoesNotContain("correct horse", document, StringComparison.Ordinal);
        Assert.Contains("\"password\":\"", document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_of_lost_keys_reads_as_none()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await OpenAsync(test);
        await database.Configuration.SaveAsync(Trunk("a") with { Password = new SecretText("correct horse") }, null, default);
        database.UseSecrets(new Xor(77));

        Assert.True(Assert.Single(await database.Configuration.LoadAsync<Trunk>(default)).Value.Password.IsEmpty);
    }

    [Fact]
    public async Task A_change_of_an_older_version_is_refused()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await OpenAsync(test);
        var trunk = Trunk("a");
        await database.Configuration.SaveAsync(trunk, 0, default);
        await database.Configuration.SaveAsync(trunk with { Host = "b.example" }, 1, default);

        var late = await Assert.ThrowsAsync<ConfigurationConflictException>(() => database.Configuration.SaveAsync(trunk with { Host = "c.example" }, 1, default));
        await Assert.ThrowsAsync<ConfigurationConflictException>(() => database.Configuration.SaveAsync(trunk, 0, default));
        await Assert.ThrowsAsync<ConfigurationConflictException>(() => database.Configuration.DeleteAsync<Trunk>(trunk.Id, 1, default));

        Assert.False(late.IsNameTaken);
        Assert.Equal("b.example", Assert.Single(await database.Configuration.LoadAsync<Trunk>(default)).Value.Host);
        Assert.True(await database.Configuration.DeleteAsync<Trunk>(trunk.Id, 2, default));
        Assert.False(await database.Configuration.DeleteAsync<Trunk>(trunk.Id, null, default));
    }

    [Fact]
    public async Task A_name_belongs_to_one_object_of_its_kind()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await OpenAsync(test);
        await database.Configuration.SaveAsync(Trunk("Berlin"), 0, default);
        await database.Configuration.SaveAsync(new RingGroup { Id = Guid.CreateVersion7(), DomainId = s_domain, Name = "Berlin" }, 0, default);

        var taken = await Assert.ThrowsAsync<ConfigurationConflictException>(() => database.Configuration.SaveAsync(Trunk("BERLIN"), 0, default));

        Assert.True(taken.IsNameTaken);
    }

    [Fact]
    public async Task Of_two_nodes_that_change_one_version_one_wins()
    {
        await using var test = new TestDatabase(engine);
        await using var first = await OpenAsync(test);
        await using var second = await OpenAsync(test);
        var trunk = Trunk("a");
        await first.Configuration.SaveAsync(trunk, 0, default);

        for (var version = 1; version < 20; version++)
        {
            var expected = version;
            var outcomes = await Task.WhenAll(new[] { first, second }.Select(async database =>
            {
                try
                {
                    await database.Configuration.SaveAsync(trunk, expected, default);
                    return true;
                }
                catch (ConfigurationConflictException)
                {
                    return false;
                }
            }));
            Assert.Single(outcomes, won => won);
        }
    }

    private static Trunk Trunk(string name) => new() { Id = Guid.CreateVersion7(), DomainId = s_domain, Name = name, Host = "pbx.example" };

    private static async Task<GatewayDatabase> OpenAsync(TestDatabase test)
    {
        var database = await test.OpenAsync();
        database.UseSecrets(new Xor(42));
        return database;
    }

    /// <summary>Enough of a cipher to see that one is used, and whose keys.</summary>
    private sealed class Xor(byte key) : ISecretProtector
    {
        public string Protect(string clear) => $"{key}:" + Convert.ToBase64String([.. System.Text.Encoding.UTF8.GetBytes(clear).Select(one => (byte)(one ^ key))]);

        public string? Unprotect(string protectedText) => !protectedText.StartsWith($"{key}:", StringComparison.Ordinal)
            ? null
            : System.Text.Encoding.UTF8.GetString([.. Convert.FromBase64String(protectedText.Split(':')[1]).Select(one => (byte)(one ^ key))]);
    }
}
