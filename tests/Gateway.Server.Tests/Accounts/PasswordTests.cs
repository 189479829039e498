using Gateway.Server.Accounts;
using Gateway.Testing;

namespace Gateway.Server.Tests.Accounts;

public sealed class PasswordTests
{
    [Fact]
    public void A_hash_verifies_its_password_and_no_other()
    {
        var hash = PasswordHash.Create("correct horse", new SeededRandom(1), iterations: 1000);

        Assert.True(PasswordHash.Verify(hash, "correct horse"));
        Assert.False(PasswordHash.Verify(hash, "correct horsf"));
        Assert.False(PasswordHash.Verify(hash, ""));
    }

    [Fact]
    public void A_hash_made_by_the_frameworks_own_hasher_verifies()
    {
        // Written by PasswordHasher<T> of ASP.NET Core (version 3, HMAC-SHA-512) for "correct horse".
        var theirs = new Microsoft.AspNetCore.Identity.PasswordHasher<object>().HashPassword(new object(), "correct horse");

        Assert.True(PasswordHash.Verify(theirs, "correct horse"));
        Assert.False(PasswordHash.Verify(theirs, "wrong"));
    }

    [Fact]
    public void The_frameworks_own_hasher_verifies_ours()
    {
        var ours = PasswordHash.Create("correct horse", new SeededRandom(1), iterations: 200_000);

        Assert.Equal(Microsoft.AspNetCore.Identity.PasswordVerificationResult.Success,
            new Microsoft.AspNetCore.Identity.PasswordHasher<object>().VerifyHashedPassword(new object(), ours, "correct horse"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AQ==")]
    [InlineData("AQAAAAIAAAPoAAAAEA==")]
    [InlineData("AQAAAAL/////AAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    public void What_is_no_hash_verifies_nothing(string hash) => Assert.False(PasswordHash.Verify(hash, ""));

    [Fact]
    public void Generated_passwords_hold_eighty_bits_and_differ()
    {
        var random = new SeededRandom(7);
        var made = Enumerable.Range(0, 200).Select(_ => PasswordGenerator.Create(random)).ToHashSet();

        Assert.Equal(200, made.Count);
        Assert.All(made, password => Assert.Matches("^([2-9a-kmnp-z]{4}-){3}[2-9a-kmnp-z]{4}$", password));
        Assert.Equal(32, made.SelectMany(password => password).Where(c => c != '-').Distinct().Count());
    }

    [Theory]
    [InlineData(" Ada.Lovelace ", "ada.lovelace")]
    [InlineData("+4930123", "+4930123")]
    [InlineData("100", "100")]
    public void Good_user_names_are_taken(string input, string expected)
    {
        Assert.True(UserName.TryNormalise(input, out var user, out var error), error);
        Assert.Equal(expected, user);
    }

    [Theory]
    [InlineData("", "needed")]
    [InlineData("a b", "' ' cannot")]
    [InlineData("ada@home", "'@' cannot")]
    [InlineData("..", "begins with")]
    [InlineData("+", "begins with")]
    [InlineData("echo", "gateway's own")]
    [InlineData("ädä", "'ä' cannot")]
    public void Bad_user_names_are_refused_in_words(string input, string part)
    {
        Assert.False(UserName.TryNormalise(input, out _, out var error));
        Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.False(UserName.TryNormalise(new string('a', 65), out _, out _));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("with\nnewline")]
    [InlineData(null)]
    public void Bad_passwords_are_refused_in_words(string? password) => Assert.NotNull(AccountFactory.Complaint(password));
}
