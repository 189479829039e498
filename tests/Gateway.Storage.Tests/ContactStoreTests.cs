using Gateway.Server.Accounts;

namespace Gateway.Storage.Tests;

/// <summary>Address books, on each engine.</summary>
public sealed class ContactStoreOnSqlite() : ContactStoreTests(StorageEngine.Sqlite);

public sealed class ContactStoreOnPostgres() : ContactStoreTests(StorageEngine.Postgres);

public abstract class ContactStoreTests(StorageEngine engine)
{
    [Fact]
    public async Task Contacts_belong_to_their_account_and_come_favourites_first()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var mine = Guid.CreateVersion7();
        foreach (var (name, favourite) in ((string, bool)[])[("carol", false), ("Bob", false), ("Zoë", true)])
        {
            Assert.True(await database.Contacts.SaveAsync(Contact(mine, name) with { IsFavourite = favourite }, default));
        }

        Assert.True(await database.Contacts.SaveAsync(Contact(Guid.CreateVersion7(), "stranger"), default));

        Assert.Equal(["Zoë", "Bob", "carol"], (await database.Contacts.ListAsync(mine, default)).Select(contact => contact.Name));
    }

    [Fact]
    public async Task A_contact_is_changed_and_deleted_by_its_owner_only()
    {
        await using var test = new TestDatabase(engine);
        await using var database = await test.OpenAsync();
        var contact = Contact(Guid.CreateVersion7(), "Bob");
        await database.Contacts.SaveAsync(contact, default);
        await database.Contacts.SaveAsync(contact with { Name = "Robert", Numbers = ["1002", "+49 30 1"] }, default);

        Assert.False(await database.Contacts.DeleteAsync(Guid.CreateVersion7(), contact.Id, default));
        var kept = Assert.Single(await database.Contacts.ListAsync(contact.Account, default));
        Assert.Equal("Robert", kept.Name);
        Assert.Equal(["1002", "+49 30 1"], kept.Numbers);
        Assert.True(await database.Contacts.DeleteAsync(contact.Account, contact.Id, default));
        Assert.Empty(await database.Contacts.ListAsync(contact.Account, default));
    }

    [Theory]
    [InlineData("", "1", false)]
    [InlineData("Bob", "", false)]
    [InlineData("Bob\n", "1", false)]
    [InlineData("Bob", "1\r\n", false)]
    [InlineData("Bob", "1", true)]
    public void What_cannot_be_kept_is_said(string name, string number, bool good) =>
        Assert.Equal(good, (Contact(Guid.Empty, name) with { Numbers = [number] }).Complaint is null);

    private static PhoneContact Contact(Guid account, string name) => new() { Id = Guid.CreateVersion7(), Account = account, Name = name, Numbers = ["1"] };
}
