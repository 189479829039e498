using Gateway.Server.Accounts;

namespace Gateway.Server.Tests.Accounts;

public sealed class AccountDirectoryTests
{
    [Theory]
    [InlineData("ada")]
    [InlineData("ADA")]
    [InlineData("100")]
    [InlineData("a%64a")]
    public void An_account_is_found_by_name_and_alias_in_any_case(string user)
    {
        var directory = new AccountDirectory();
        var ada = Account("ada", "100");
        directory.Replace([ada, Account("bob")]);

        Assert.True(directory.TryGet(System.Text.Encoding.UTF8.GetBytes(user), out var found));
        Assert.Same(ada, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("eve")]
    [InlineData("ad")]
    [InlineData("%")]
    [InlineData("%ff%fe")]
    public void Who_is_not_there_is_not_found(string user)
    {
        var directory = new AccountDirectory();
        directory.Replace([Account("ada", "100")]);

        Assert.False(directory.TryGet(System.Text.Encoding.UTF8.GetBytes(user), out _));
        Assert.False(directory.TryGet(new byte[100_000], out _));
    }

    [Fact]
    public void A_name_wins_over_an_alias_and_the_older_alias_over_the_newer()
    {
        var directory = new AccountDirectory();
        var bob = Account("bob");
        var older = Account("ada", "bob", "200");
        var newer = Account("carol", "200");
        directory.Replace([newer, older, bob]);

        Assert.True(directory.TryGet("bob", out var named));
        Assert.True(directory.TryGet("200", out var aliased));
        Assert.Same(bob, named);
        Assert.Same(older, aliased);
    }

    [Fact]
    public void A_change_takes_the_place_of_what_was()
    {
        var directory = new AccountDirectory();
        var ada = Account("ada", "100");
        directory.Set(ada);
        directory.Set(ada with { Aliases = ["101"] });

        Assert.False(directory.TryGet("100", out _));
        Assert.True(directory.TryGet("101", out _));
        Assert.Single(directory.All);
        directory.Remove(ada.Id);
        Assert.False(directory.TryGet("ada", out _));
    }

    private static int s_made;

    private static Account Account(string user, params string[] aliases) => new()
    {
        Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddDays(Interlocked.Increment(ref s_made))),
        DomainId = Guid.Empty,
        User = user,
        Ha1Md5 = "",
        Ha1Sha256 = "",
        PasswordHash = "",
        Aliases = [.. aliases],
    };
}
