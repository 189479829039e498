using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Auth;

/// <summary>Digest against the examples printed in the RFCs, and against everything that is not a digest.</summary>
public sealed class DigestTests
{
    /// <summary>RFC 7616 §3.9.1, MD5: user Mufasa, password "Circle of Life".</summary>
    private const string Rfc7616Md5 =
        "Digest username=\"Mufasa\",\r\n realm=\"http-auth@example.org\",\r\n uri=\"/dir/index.html\",\r\n algorithm=MD5,\r\n " +
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\",\r\n nc=00000001,\r\n " +
        "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\",\r\n qop=auth,\r\n " +
        "response=\"8ca523f5e9506fed4657c9700eebdbec\",\r\n opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";

    /// <summary>The same with SHA-256.</summary>
    private const string Rfc7616Sha256 =
        "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", algorithm=SHA-256, " +
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, " +
        "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, " +
        "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";

    /// <summary>RFC 2617 §3.5: password "Circle Of Life".</summary>
    private const string Rfc2617 =
        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", " +
        "qop=auth, nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";

    /// <summary>
    /// Without qop, as phones of RFC 2069 answer. Computed with md5sum from its formula:
    /// MD5(MD5(Mufasa:testrealm@host.com:Circle Of Life):nonce:MD5(GET:/dir/index.html)).
    /// </summary>
    private const string Rfc2069 =
        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", " +
        "response=\"670fd8c2df070c60b045671b8b24ff02\"";

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static bool Verify(string value, string ha1, string method = "GET") =>
        DigestCredentials.TryParse(Bytes(value), out var credentials) && credentials.Verify(ha1, Bytes(method));

    public static TheoryData<string, DigestAlgorithm, string, string> Vectors => new()
    {
        { Rfc7616Md5, DigestAlgorithm.Md5, "http-auth@example.org", "Circle of Life" },
        { Rfc7616Sha256, DigestAlgorithm.Sha256, "http-auth@example.org", "Circle of Life" },
        { Rfc2617, DigestAlgorithm.Md5, "testrealm@host.com", "Circle Of Life" },
        { Rfc2069, DigestAlgorithm.Md5, "testrealm@host.com", "Circle Of Life" },
    };

    [Theory, MemberData(nameof(Vectors))]
    [Rfc(7616, "3.9.1"), Rfc(2617, "3.5"), Rfc(8760, "2.2"), Row(56)]
    public void The_examples_of_the_RFCs_verify_and_only_they(string value, DigestAlgorithm algorithm, string realm, string password)
    {
        var ha1 = Digest.Ha1(algorithm, "Mufasa", realm, password);

        Assert.True(Verify(value, ha1));
        Assert.True(Verify(value.Replace("Digest", "DIGEST", StringComparison.Ordinal), ha1));
        Assert.False(Verify(value, ha1, "POST"));
        Assert.False(Verify(value, Digest.Ha1(algorithm, "Mufasa", realm, password + "!")));
        Assert.False(Verify(value, Digest.Ha1(algorithm == DigestAlgorithm.Md5 ? DigestAlgorithm.Sha256 : DigestAlgorithm.Md5, "Mufasa", realm, password)));
        Assert.False(Verify(value.Replace("/dir/index", "/dir/indey", StringComparison.Ordinal), ha1));
        Assert.False(Verify(value, ""));
    }

    [Fact]
    [Rfc(7616, "3.4.2")]
    public void HA1_is_the_hash_of_user_realm_and_password_in_lower_case_hex()
    {
        Assert.Equal("939e7578ed9e3c518a452acee763bce9", Digest.Ha1(DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "Circle Of Life"));
        Assert.Equal(64, Digest.Ha1(DigestAlgorithm.Sha256, "Mufasa", "testrealm@host.com", "Circle Of Life").Length);
    }

    [Fact]
    [Rfc(7616, "3.4")]
    public void All_parts_are_read_in_place()
    {
        Assert.True(DigestCredentials.TryParse(Bytes(Rfc7616Sha256), out var credentials));

        Assert.Equal("Mufasa", Sip.Text(credentials.Username));
        Assert.Equal("http-auth@example.org", Sip.Text(credentials.Realm));
        Assert.Equal("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", Sip.Text(credentials.Nonce));
        Assert.Equal("/dir/index.html", Sip.Text(credentials.Uri));
        Assert.Equal(64, credentials.Response.Length);
        Assert.Equal(DigestAlgorithm.Sha256, credentials.Algorithm);
        Assert.True(credentials.HasQop);
        Assert.Equal(1u, credentials.NonceCount);
    }

    [Fact]
    [Rfc(2617, "3.2.2.1")]
    public void An_answer_without_qop_says_so()
    {
        Assert.True(DigestCredentials.TryParse(Bytes(Rfc2069), out var credentials));
        Assert.False(credentials.HasQop);
        Assert.Equal(0u, credentials.NonceCount);
    }

    [Fact]
    [Rfc(7616, "3.4")]
    public void A_hex_answer_in_capitals_is_the_same_answer()
    {
        var ha1 = Digest.Ha1(DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
        Assert.True(Verify(Rfc2617.Replace("6629fae49393a05397450978507c4ef1", "6629FAE49393A05397450978507C4EF1", StringComparison.Ordinal), ha1));
        Assert.False(Verify(Rfc2617.Replace("6629fae49393a05397450978507c4ef1", "6629fae49393a05397450978507c4ef2", StringComparison.Ordinal), ha1));
        Assert.False(Verify(Rfc2617.Replace("6629fae49393a05397450978507c4ef1", "6629fae49393a05397450978507c4ef", StringComparison.Ordinal), ha1));
        Assert.False(Verify(Rfc2617.Replace("6629fae49393a05397450978507c4ef1", "6629fae49393a05397450978507c4ezz", StringComparison.Ordinal), ha1));
    }

    [Fact]
    [Rfc(3261, "25.1")]
    public void A_user_name_with_escapes_is_read_as_the_account_knows_it()
    {
        var value = Rfc2617.Replace("\"Mufasa\"", "\"Mu\\\"fa\\\\sa, =é\"", StringComparison.Ordinal);
        Assert.True(DigestCredentials.TryParse(Bytes(value), out var credentials));
        Span<char> name = stackalloc char[64];

        Assert.True(credentials.TryGetUsername(name, out var length));
        Assert.Equal("Mu\"fa\\sa, =é", name[..length].ToString());
        Assert.False(credentials.TryGetUsername(name[..3], out _));
    }

    public static TheoryData<string, DigestParseError> Wrong => new()
    {
        { "", DigestParseError.Scheme },
        { "Digest", DigestParseError.Scheme },
        { "Basic dXNlcjpwYXNz", DigestParseError.Scheme },
        { "Bearer abc.def", DigestParseError.Scheme },
        { "Digest username=\"a\"", DigestParseError.Missing },
        { Rfc2617 + ", username=\"Scar\"", DigestParseError.Syntax },
        { Rfc2617 + ", USERNAME=\"Scar\"", DigestParseError.Syntax },
        { Rfc2617 + ", nonce=\"x\"", DigestParseError.Syntax },
        { Rfc2617 + ", opaque=\"x\"", DigestParseError.Syntax },
        { Rfc2617 + ", x", DigestParseError.Syntax },
        { Rfc2617 + ", x=", DigestParseError.Syntax },
        { Rfc2617 + ", =y", DigestParseError.Syntax },
        { Rfc2617 + ", x=\"open", DigestParseError.Syntax },
        { Rfc2617 + ", x=\"open\\", DigestParseError.Syntax },
        { Rfc2617 + ", x=\"a\"b", DigestParseError.Syntax },
        { Rfc2617 + ", x=\"a\0\"", DigestParseError.Syntax },
        { Rfc2617.Replace("nc=00000001", "nc=1", StringComparison.Ordinal), DigestParseError.Syntax },
        { Rfc2617.Replace("nc=00000001", "nc=0000000g", StringComparison.Ordinal), DigestParseError.Syntax },
        { Rfc2617.Replace("nc=00000001", "nc=00000000", StringComparison.Ordinal), DigestParseError.Syntax },
        { Rfc2617.Replace("nc=00000001, ", "", StringComparison.Ordinal), DigestParseError.Missing },
        { Rfc2617.Replace("cnonce=\"0a4f113b\", ", "", StringComparison.Ordinal), DigestParseError.Missing },
        { Rfc2617.Replace("qop=auth", "qop=auth-int", StringComparison.Ordinal), DigestParseError.Qop },
        { Rfc2617 + ", algorithm=MD5-sess", DigestParseError.Algorithm },
        { Rfc2617 + ", algorithm=SHA-512-256", DigestParseError.Algorithm },
        { Rfc2617.Replace("Mufasa", new string('a', 257), StringComparison.Ordinal), DigestParseError.Syntax },
        { Rfc2617.Replace("0a4f113b", new string('a', 257), StringComparison.Ordinal), DigestParseError.Syntax },
        { Rfc2617.Replace("/dir/index.html", new string('a', 1_025), StringComparison.Ordinal), DigestParseError.Syntax },
        { Rfc2617 + string.Concat(Enumerable.Range(0, 30).Select(n => $", x{n}=1")), DigestParseError.Syntax },
        { Rfc2617 + ", x=\"" + new string('a', 4_096) + "\"", DigestParseError.Scheme },
    };

    [Theory, MemberData(nameof(Wrong))]
    [Rfc(7616, "3.4"), Threat(20), Threat(24)]
    public void What_is_not_one_clean_digest_is_refused_with_its_reason(string value, DigestParseError reason)
    {
        Assert.False(DigestCredentials.TryParse(Bytes(value), out _, out var error));
        Assert.Equal(reason, error);
    }

    [Theory]
    [InlineData(", unknown=token, another=\"quoted, with comma\"")]
    [InlineData(" ,, ")]
    [InlineData(" , algorithm=md5")]
    [InlineData(", algorithm=\"MD5\"")]
    [Rfc(7616, "3.4")]
    public void Parameters_that_nobody_knows_and_loose_commas_do_no_harm(string tail)
    {
        var ha1 = Digest.Ha1(DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
        Assert.True(Verify(Rfc2617 + tail, ha1));
        Assert.True(Verify(Rfc2617.Replace("qop=auth", "qop=\"auth\"", StringComparison.Ordinal), ha1));
        Assert.True(Verify(Rfc2617.Replace(", ", "\t,\t", StringComparison.Ordinal).Replace("=", " = ", StringComparison.Ordinal), ha1));
    }

    [Fact]
    public void The_longest_parts_that_are_read_fit_the_hash_on_the_stack()
    {
        string Full(char letter, int length) => new(letter, length);
        var value = $"Digest username=\"{Full('u', 256)}\", realm=\"{Full('r', 256)}\", nonce=\"{Full('n', 256)}\", uri=\"{Full('i', 1_024)}\", " +
            $"qop=auth, nc=ffffffff, cnonce=\"{Full('c', 256)}\", algorithm=SHA-256, response=\"{Full('0', 64)}\"";
        Assert.True(DigestCredentials.TryParse(Bytes(value), out var credentials));

        Assert.False(credentials.Verify(Full('a', 64), Bytes(Full('M', 64))));
        Assert.False(credentials.Verify(Full('a', 64), Bytes(Full('M', 65))));
        Assert.Equal(uint.MaxValue, credentials.NonceCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rfc(7616, "3.3"), Rfc(8760, "2.6"), Row(56), BrowserRule("A1"), BrowserRule("A2")]
    public void A_challenge_offers_auth_alone_and_can_be_read_back(bool stale)
    {
        var text = DigestChallenge.Write("gate\"way", "abc", DigestAlgorithm.Md5, stale);
        Assert.Equal($"Digest realm=\"gate\\\"way\", nonce=\"abc\", algorithm=MD5, qop=\"auth\"{(stale ? ", stale=true" : "")}", text);

        Assert.True(DigestChallenge.TryParse(Bytes(text), out var challenge));
        Assert.Equal("abc", Sip.Text(challenge.Nonce));
        Assert.Equal(stale, challenge.IsStale);
        Assert.True(challenge.HasQop);
        Assert.Contains("algorithm=SHA-256,", DigestChallenge.Write("r", "n", DigestAlgorithm.Sha256), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => DigestChallenge.Write("a\r\nb", "n", DigestAlgorithm.Md5));
    }

    [Fact]
    public void Checking_an_answer_allocates_nothing()
    {
        var value = Bytes(Rfc7616Sha256);
        var ha1 = Digest.Ha1(DigestAlgorithm.Sha256, "Mufasa", "http-auth@example.org", "Circle of Life");
        Check();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var count = 0; count < 100; count++)
        {
            Check();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Check()
        {
            if (!DigestCredentials.TryParse(value, out var credentials) || !credentials.Verify(ha1, "GET"u8))
            {
                throw new InvalidOperationException("the example does not verify");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Threat(20)]
    public void Values_broken_at_random_never_throw(int seed)
    {
        using var random = new SeededRandom(seed);
        var noise = new byte[4];
        var ha1 = Digest.Ha1(DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
        var verified = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var value = Bytes(Rfc2617);
            random.GetBytes(noise);
            value[((noise[0] << 8) | noise[1]) % value.Length] = noise[2];
            value = value[..(noise[3] < 64 ? noise[3] % value.Length : value.Length)];
            verified += DigestCredentials.TryParse(value, out var credentials) && credentials.Verify(ha1, "GET"u8) ? 1 : 0;
            verified += DigestChallenge.TryParse(value, out var challenge) && challenge.Nonce.IsEmpty ? 20_000 : 0;
        }

        // Only changes outside what is hashed (opaque, white space, user name) leave it right.
        Assert.InRange(verified, 1, 19_999);
    }
}
