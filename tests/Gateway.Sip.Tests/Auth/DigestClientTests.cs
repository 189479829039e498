using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Auth;

/// <summary>One login at one peer over many requests: what is brought along, what is tried again, and that every exchange ends.</summary>
public sealed class DigestClientTests
{
    private static readonly DigestLogin s_login = new("gw1", "secret");

    private readonly DigestClient _client = new(new SeededRandom(3), static realm => realm == "pbx");
    private readonly SipWriter _writer = new();

    private static SipResponse Response(params string[] headers)
    {
        var text = $"SIP/2.0 401 Unauthorized\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\nCall-ID: c\nCSeq: 1 REGISTER\n{string.Join('\n', headers)}\nContent-Length: 0\n\n";
        Assert.True(new SipParser().TryParse(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")), stream: false, out var message, out _));
        return (SipResponse)message!.Retain();
    }

    private static SipResponse Challenge(string nonce, string more = "", string realm = "pbx", bool proxy = false) =>
        Response($"{(proxy ? "Proxy" : "WWW")}-Authenticate: Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"{more}");

    /// <summary>The credentials that the attempt writes now: nonce and count of each header.</summary>
    private List<(HeaderId Header, string Nonce, uint Count)> Written(DigestAttempt attempt)
    {
        _writer.Request(SipMethod.Register, "sip:pbx");
        attempt.Write(_writer, s_login, "REGISTER"u8, "sip:pbx");
        _writer.Header(HeaderId.Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx");
        _writer.Header(HeaderId.From, "<sip:a@b>;tag=1");
        _writer.Header(HeaderId.To, "<sip:a@b>");
        _writer.Header(HeaderId.CallId, "c");
        _writer.CSeq(1, SipMethod.Register);
        _writer.NoBody();
        Assert.True(new SipParser().TryParse(_writer.Written, stream: false, out var message, out _));
        var found = new List<(HeaderId, string, uint)>();
        foreach (var field in message!.Fields)
        {
            if (field.Id is HeaderId.Authorization or HeaderId.ProxyAuthorization)
            {
                Assert.True(DigestCredentials.TryParse(field.Value, out var credentials));
                Assert.True(credentials.Verify(Digest.Ha1(credentials.Algorithm, "gw1", "pbx", "secret"), "REGISTER"u8));
                found.Add((field.Id, Encoding.UTF8.GetString(credentials.Nonce), credentials.NonceCount));
            }
        }

        message.Return();
        return found;
    }

    [Fact, Rfc(3261, "22.2"), Rfc(7616, "3.4")]
    public void Nothing_is_said_before_somebody_asks_and_then_the_nonce_is_counted_over_all_requests()
    {
        var first = _client.Begin();
        Assert.Empty(Written(first));
        Assert.Equal(DigestVerdict.Answer, first.Take(Challenge("n1")));
        Assert.Equal([(HeaderId.Authorization, "n1", 1u)], Written(first));

        Assert.Equal([(HeaderId.Authorization, "n1", 2u)], Written(_client.Begin()));
        Assert.Equal([(HeaderId.Authorization, "n1", 3u)], Written(_client.Begin()));
    }

    [Fact, Rfc(3261, "22.3")]
    public void Proxy_and_origin_are_answered_apart()
    {
        var attempt = _client.Begin();
        Written(attempt);
        Assert.Equal(DigestVerdict.Answer, attempt.Take(Challenge("p", proxy: true)));
        Written(attempt);
        Assert.Equal(DigestVerdict.Answer, attempt.Take(Challenge("o")));

        Assert.Equal([(HeaderId.Authorization, "o", 1u), (HeaderId.ProxyAuthorization, "p", 2u)], Written(attempt));
    }

    [Fact, Rfc(3261, "22.2"), Threat(25)]
    public void A_fresh_answer_that_is_refused_is_a_wrong_password()
    {
        var attempt = _client.Begin();
        Written(attempt);
        attempt.Take(Challenge("n1"));
        Written(attempt);

        Assert.Equal(DigestVerdict.WrongPassword, attempt.Take(Challenge("n2")));
    }

    [Fact, Rfc(7616, "3.3")]
    public void Stale_nonces_are_followed_but_not_for_ever()
    {
        var attempt = _client.Begin();
        Written(attempt);
        attempt.Take(Challenge("n0"));
        Written(attempt);
        Assert.Equal(DigestVerdict.Answer, attempt.Take(Challenge("n1", ", stale=true")));
        Written(attempt);
        Assert.Equal(DigestVerdict.Answer, attempt.Take(Challenge("n2", ", stale=true")));
        Written(attempt);

        Assert.Equal(DigestVerdict.WrongPassword, attempt.Take(Challenge("n3", ", stale=true")));
    }

    [Fact]
    public void A_peer_that_forgets_its_nonces_without_saying_stale_costs_one_more_try_and_is_remembered()
    {
        var first = _client.Begin();
        Written(first);
        first.Take(Challenge("n1"));
        Written(first);
        var second = _client.Begin();
        Assert.Single(Written(second));
        Assert.Equal(DigestVerdict.Answer, second.Take(Challenge("n2")));
        Assert.Equal([(HeaderId.Authorization, "n2", 1u)], Written(second));
        Assert.Equal(DigestVerdict.WrongPassword, second.Take(Challenge("n3")));

        Assert.Empty(Written(_client.Begin()));
    }

    [Fact]
    public void The_same_nonce_again_means_a_wrong_password()
    {
        var first = _client.Begin();
        Written(first);
        first.Take(Challenge("n1"));
        var second = _client.Begin();
        Written(second);

        Assert.Equal(DigestVerdict.WrongPassword, second.Take(Challenge("n1")));
    }

    [Fact, Threat(23)]
    public void Another_realm_is_never_answered()
    {
        var attempt = _client.Begin();
        Written(attempt);

        Assert.Equal(DigestVerdict.ForeignRealm, attempt.Take(Challenge("n", realm: "evil")));
        Assert.Equal("evil", attempt.Realm);
        Assert.Empty(Written(attempt));
    }

    [Fact, Rfc(8760, "2.4"), Threat(23)]
    public void Of_several_challenges_the_topmost_of_ours_that_we_speak_is_answered()
    {
        var attempt = _client.Begin();
        Written(attempt);
        var response = Response(
            "WWW-Authenticate: Digest realm=\"evil\", nonce=\"e\", qop=\"auth\"",
            "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"x\", algorithm=SHA-512-256, qop=\"auth\"",
            "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"s\", algorithm=SHA-256, qop=\"auth\"",
            "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"m\", algorithm=MD5, qop=\"auth\"");

        Assert.Equal(DigestVerdict.Answer, attempt.Take(response));
        Assert.Equal([(HeaderId.Authorization, "s", 1u)], Written(attempt));
    }

    [Theory]
    [InlineData("X-None: 1")]
    [InlineData("WWW-Authenticate: Basic realm=\"pbx\"")]
    [InlineData("WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n\", algorithm=AKAv1-MD5")]
    [InlineData("WWW-Authenticate: Digest realm=\"pbx")]
    public void What_cannot_be_answered_is_not(string header)
    {
        var attempt = _client.Begin();

        Assert.Equal(DigestVerdict.CannotAnswer, attempt.Take(Response(header)));
        Assert.Empty(Written(attempt));
    }

    [Fact]
    public void Whatever_a_peer_sends_an_exchange_ends()
    {
        var random = new Random(11);
        for (var round = 0; round < 500; round++)
        {
            var client = new DigestClient(new SeededRandom(round), static _ => true);
            for (var request = 0; request < 3; request++)
            {
                var attempt = client.Begin();
                var tries = 0;
                DigestVerdict verdict;
                do
                {
                    Written(attempt);
                    Assert.True(++tries < 12);
                    verdict = attempt.Take(Challenge($"n{random.Next(4)}", random.Next(2) == 0 ? ", stale=true" : "", proxy: random.Next(2) == 0));
                }
                while (verdict == DigestVerdict.Answer);
            }
        }
    }
}
