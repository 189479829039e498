using System.Text;
using Gateway.Sip;

namespace Gateway.Fuzz.Targets;

/// <summary>Authorization and WWW-Authenticate: read or refused, and never a damaged response taken for a good one.</summary>
internal sealed class DigestTarget : IFuzzTarget
{
    private static readonly string s_ha1 = Digest.Ha1(DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");

    private static readonly byte[][] s_credentials =
    [
        .. new[]
        {
            "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
            "Digest username=\"a\\\"b\",realm=\"r\",nonce=\"n\",uri=\"sip:x\",response=\"00000000000000000000000000000000\",algorithm=SHA-256,qop=auth-int,nc=FFFFFFFF,cnonce=\"\"",
            "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "NoOneKnowsThisScheme opaque-data=here",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly byte[][] s_challenges =
    [
        .. new[]
        {
            "Digest realm=\"gateway\", nonce=\"abc\", qop=\"auth,auth-int\", algorithm=MD5, stale=true, opaque=\"o\", domain=\"sip:a sip:b\"",
            "Digest realm=\"x\",nonce=\"y\",algorithm=SHA-512-256",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public string Name => "digest";

    public IReadOnlyList<string> MustReach => ["read", "refused"];

    public string Run(Random random)
    {
        if (random.Next(3) == 0)
        {
            return DigestChallenge.TryParse(Mutator.Damage(random, random.Pick(s_challenges), s_challenges), out _) ? "read" : "refused";
        }

        var whole = random.Pick(s_credentials);
        var bytes = Mutator.Damage(random, whole, s_credentials);
        BearerToken.TryGetToken(bytes, out _);
        if (!DigestCredentials.TryParse(bytes, out var credentials))
        {
            return "refused";
        }

        if (credentials.Verify(s_ha1, "GET"u8))
        {
            // What the response is made of must have come through untouched.
            FuzzException.Unless(
                credentials.Nonce.SequenceEqual("dcd98b7102dd2f0e8b11d0f600bfb0c093"u8) && credentials.Uri.SequenceEqual("/dir/index.html"u8),
                $"a damaged response is not taken: {Encoding.Latin1.GetString(bytes)}");
            return "good";
        }

        return "read";
    }
}
