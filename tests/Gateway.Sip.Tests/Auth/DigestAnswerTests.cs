using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Auth;

/// <summary>Our answers to a trunk's challenge: the examples of the RFCs the other way round, and what is never answered.</summary>
public sealed class DigestAnswerTests
{
    private const string Challenge7616 =
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=ALGORITHM, " +
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";

    private static readonly DigestLogin s_mufasa = new("Mufasa", "Circle of Life", "http-auth@example.org");

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData("MD5", "8ca523f5e9506fed4657c9700eebdbec")]
    [InlineData("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")]
    [Rfc(7616, "3.9.1"), Rfc(8760, "2.4")]
    public void The_examples_are_answered_as_printed(string algorithm, string response)
    {
        var challenge = Bytes(Challenge7616.Replace("ALGORITHM", algorithm, StringComparison.Ordinal));
        Assert.True(DigestAnswer.TryAnswer(challenge, s_mufasa, "GET"u8, "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", 1, out var value));

        Assert.Equal(
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", " +
            $"uri=\"/dir/index.html\", response=\"{response}\", algorithm={algorithm}, qop=auth, nc=00000001, " +
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
            value);
    }

    [Theory]
    [InlineData("Digest realm=\"a \\\"b\\\" c\", nonce=\"n\", algorithm=MD5, qop=\"auth\"", "a \"b\" c", DigestAlgorithm.Md5, true)]
    [InlineData("Digest realm=\"r\", nonce=\"n\"", "r", DigestAlgorithm.Md5, false)]
    [InlineData("digest nonce=\"n\",realm=\"r\",algorithm=SHA-256,qop=\"auth\",stale=TRUE", "r", DigestAlgorithm.Sha256, true)]
    [Rfc(7616, "3.4"), Row(24)]
    public void Our_own_answer_verifies_on_the_other_side(string challenge, string realm, DigestAlgorithm algorithm, bool qop)
    {
        using var random = new SeededRandom(1);
        var login = new DigestLogin("ali\"ce", "secret");
        Assert.True(DigestAnswer.TryAnswer(Bytes(challenge), login, "REGISTER"u8, "sip:trunk.example.com", random, 0x1f, out var value));
        Assert.True(DigestCredentials.TryParse(Bytes(value), out var credentials));

        Assert.Equal(qop, credentials.HasQop);
        Assert.Equal(qop ? 0x1fu : 0u, credentials.NonceCount);
        Assert.True(credentials.Verify(Digest.Ha1(algorithm, "ali\"ce", realm, "secret"), "REGISTER"u8));
    }

    [Theory]
    [InlineData("Digest realm=\"evil.example.com\", nonce=\"n\", qop=\"auth\"")]
    [InlineData("Digest realm=\"http-auth@example.org\", nonce=\"n\", qop=\"auth-int\"")]
    [InlineData("Digest realm=\"http-auth@example.org\", nonce=\"n\", algorithm=SHA-512-256")]
    [InlineData("Digest realm=\"http-auth@example.org\"")]
    [InlineData("Digest nonce=\"n\"")]
    [InlineData("Basic realm=\"http-auth@example.org\"")]
    [InlineData("Digest realm=\"http-auth@example.org, nonce=\"n\"")]
    [Threat(23)]
    public void A_challenge_that_is_not_ours_or_not_understood_is_not_answered(string challenge)
    {
        using var random = new SeededRandom(1);
        Assert.False(DigestAnswer.TryAnswer(Bytes(challenge), s_mufasa, "INVITE"u8, "sip:x", random, 1, out var value));
        Assert.Equal("", value);
    }

    [Fact]
    [Threat(22)]
    public void A_URI_that_would_break_out_of_its_quotes_is_not_answered()
    {
        using var random = new SeededRandom(1);
        Assert.False(DigestAnswer.TryAnswer("Digest realm=\"r\", nonce=\"n\""u8, new DigestLogin("a", "b"), "INVITE"u8, "sip:x\", response=\"", random, 1, out _));
    }

    [Fact]
    [Rfc(8760, "2.4")]
    public void Of_several_challenges_the_topmost_that_we_understand_is_answered()
    {
        using var random = new SeededRandom(1);
        var response = Sip.Response("""
            SIP/2.0 407 Proxy Authentication Required
            Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnashds8
            To: <sip:bob@biloxi.example.com>;tag=1
            From: <sip:alice@atlanta.example.com>;tag=2
            Call-ID: a
            CSeq: 1 INVITE
            Proxy-Authenticate: Digest realm="r", nonce="first", algorithm=SHA-512-256, qop="auth"
            Proxy-Authenticate: Digest realm="r", nonce="second", algorithm=SHA-256, qop="auth"
            Proxy-Authenticate: Digest realm="r", nonce="third", algorithm=MD5, qop="auth"
            Content-Length: 0


            """);

        Assert.True(DigestAnswer.TryAnswer(response, new DigestLogin("a", "b", "r"), "INVITE"u8, "sip:x", random, out var header, out var value));
        Assert.Equal(HeaderId.ProxyAuthorization, header);
        Assert.Contains("nonce=\"second\"", value, StringComparison.Ordinal);
        Assert.False(DigestAnswer.TryAnswer(response, new DigestLogin("a", "b", "other"), "INVITE"u8, "sip:x", random, out _, out _));
    }

    [Fact]
    [Threat(39)]
    public void A_login_shows_no_password_when_it_is_printed()
    {
        Assert.DoesNotContain("Circle", s_mufasa.ToString(), StringComparison.Ordinal);
    }
}
