using System.Buffers.Text;
using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Auth;

/// <summary>The browser client's short-lived token: good for its account, purpose and time, and for nothing else.</summary>
[Rfc(8898, "2"), Threat(28), BrowserRule("A4")]
public sealed class BearerTokenTests
{
    private static readonly byte[] s_key = Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef");
    private static readonly DateTimeOffset s_noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static BearerToken Tokens(string purpose = "sip", byte[]? key = null) => new(key ?? s_key, purpose, new SeededRandom(1));

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    [Theory]
    [InlineData("alice")]
    [InlineData("alice@gateway.example.com")]
    [InlineData("zoë\n\"<")]
    public void It_names_its_account_until_it_runs_out(string account)
    {
        var tokens = Tokens();
        var token = Bytes(tokens.Mint(account, TimeSpan.FromSeconds(60), s_noon));

        Assert.True(tokens.TryVerify(token, s_noon, out var read));
        Assert.Equal(account, read);
        Assert.True(tokens.TryVerify(token, s_noon.AddSeconds(59), out _));
        Assert.False(tokens.TryVerify(token, s_noon.AddSeconds(60), out read));
        Assert.Equal("", read);
    }

    [Fact]
    public void Clocks_of_two_nodes_may_differ_by_a_minute()
    {
        var token = Bytes(Tokens().Mint("alice", TimeSpan.FromHours(1), s_noon));

        Assert.True(Tokens().TryVerify(token, s_noon.AddSeconds(-60), out _));
        Assert.False(Tokens().TryVerify(token, s_noon.AddSeconds(-61), out _));
    }

    [Fact]
    public void Another_key_or_purpose_or_any_changed_letter_is_refused()
    {
        var tokens = Tokens();
        var token = Bytes(tokens.Mint("alice", TimeSpan.FromMinutes(5), s_noon));

        Assert.False(Tokens("widget").TryVerify(token, s_noon, out _));
        Assert.False(Tokens(key: new byte[32]).TryVerify(token, s_noon, out _));
        for (var at = 0; at < token.Length; at++)
        {
            var changed = token.ToArray();
            changed[at] = changed[at] == (byte)'A' ? (byte)'Q' : (byte)'A';
            Assert.False(tokens.TryVerify(changed, s_noon, out _));
        }

        for (var length = 0; length < token.Length; length++)
        {
            Assert.False(tokens.TryVerify(token.AsSpan(0, length), s_noon, out _));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.b")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.")]
    [InlineData("AQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_token_is_refused(string text)
    {
        Assert.False(Tokens().TryVerify(Bytes(text), s_noon, out _));
        Assert.False(Tokens().TryVerify(Bytes(text.PadRight(600, 'A')), s_noon, out _));
    }

    [Fact]
    public void A_signed_text_that_holds_too_little_is_refused()
    {
        // Signed with our key, as if it had been made for something else.
        byte[] claims = [1, 2, 3];
        var mac = System.Security.Cryptography.HMACSHA256.HashData(s_key, claims);
        Assert.False(Tokens().TryVerify(Bytes($"{Base64Url.EncodeToString(claims)}.{Base64Url.EncodeToString(mac)}"), s_noon, out _));
    }

    [Fact]
    public void Two_tokens_of_one_second_differ()
    {
        var tokens = Tokens();
        Assert.NotEqual(tokens.Mint("alice", TimeSpan.FromMinutes(1), s_noon), tokens.Mint("alice", TimeSpan.FromMinutes(1), s_noon));
    }

    [Theory]
    [InlineData("Bearer abc.def", "abc.def")]
    [InlineData("bearer   abc.def ", "abc.def")]
    [InlineData("Bearer ", null)]
    [InlineData("Bearer", null)]
    [InlineData("Digest username=\"a\"", null)]
    [InlineData("", null)]
    public void The_token_is_found_behind_its_scheme(string value, string? token)
    {
        Assert.Equal(token is not null, BearerToken.TryGetToken(Bytes(value), out var found));
        Assert.Equal(token ?? "", Encoding.ASCII.GetString(found));
    }

    [Fact]
    public void Lifetimes_and_names_have_limits()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokens().Mint("alice", TimeSpan.Zero, s_noon));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokens().Mint("alice", TimeSpan.FromDays(2), s_noon));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokens().Mint(new string('a', 129), TimeSpan.FromMinutes(1), s_noon));
        Assert.Throws<ArgumentException>(() => Tokens().Mint("", TimeSpan.FromMinutes(1), s_noon));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokens(key: new byte[31]));
        var longest = Tokens(new string('p', 32)).Mint(new string('a', 128), TimeSpan.FromDays(1), s_noon);
        Assert.InRange(longest.Length, 1, BearerToken.MaxLength);
        Assert.True(Tokens(new string('p', 32)).TryVerify(Bytes(longest), s_noon, out _));
    }
}
