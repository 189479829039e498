using Gateway.Server.Accounts;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Accounts;

/// <summary>Who is asked to prove what, and what a wrong answer costs.</summary>
public sealed class GuardTests
{
    private const string Register = "sip:gw.example";

    private readonly CoreHarness _core = new();

    private TestPhone Phone(string user = "ada", Flow? flow = null, string password = "secret") => new(_core, user, flow ?? CoreHarness.Udp(), password);

    private SentMessage Challenge(TestPhone phone, string method = "REGISTER", string uri = Register)
    {
        _core.Receive(phone.Request(method, uri), phone.Flow);
        var answer = _core.TakeOnly();
        Assert.Equal(401, answer.Status);
        return answer;
    }

    [Theory, Rfc(8760, "2.3"), BrowserRule("A1"), Threat(24)]
    [InlineData(DigestPolicy.Md5, new[] { "MD5" })]
    [InlineData(DigestPolicy.Sha256, new[] { "SHA-256" })]
    [InlineData(DigestPolicy.Both, new[] { "SHA-256", "MD5" })]
    public void The_account_decides_the_algorithms_and_md5_comes_last(DigestPolicy policy, string[] algorithms)
    {
        _core.AddAccount("ada", digest: policy);

        var challenges = Challenge(Phone()).Fields(HeaderId.WwwAuthenticate);

        Assert.Equal(algorithms.Length, challenges.Count);
        Assert.All(challenges.Zip(algorithms), pair => Assert.Contains($"algorithm={pair.Second},", pair.First, StringComparison.Ordinal));
        Assert.All(challenges, challenge => Assert.Contains("qop=\"auth\"", challenge, StringComparison.Ordinal));
        Assert.Equal(200, Phone().Send("REGISTER", Register).Status);
    }

    [Fact, Threat(25)]
    public void An_unknown_user_sees_what_a_known_one_sees()
    {
        _core.AddAccount("ada");
        var known = Phone("ada", password: "wrong");
        var unknown = Phone("eve", CoreHarness.Udp("198.51.100.8:5062"), "wrong");
        var pairs = new[] { known, unknown }.Select(phone =>
        {
            var first = Challenge(phone);
            _core.Receive(phone.Request("REGISTER", Register, phone.Authorization(first, "REGISTER", Register)), phone.Flow);
            return (First: Shape(first), Second: Shape(_core.TakeOnly()));
        }).ToList();

        Assert.Equal(pairs[0].First, pairs[1].First);
        Assert.Equal(pairs[0].Second, pairs[1].Second);
        Assert.StartsWith("401", pairs[0].Second, StringComparison.Ordinal);

        static string Shape(SentMessage message) =>
            $"{message.Status} {message.Fields(HeaderId.WwwAuthenticate)[0].Length} {message.Fields(HeaderId.WwwAuthenticate)[0][..40]} {message.Text.Count(c => c == '\n')}";
    }

    [Fact, Rfc(7616, "3.3"), Row(24)]
    public void An_old_nonce_is_stale_and_a_new_one_comes_with_it()
    {
        _core.AddAccount("ada");
        var phone = Phone();
        var challenge = Challenge(phone);
        _core.Advance(TimeSpan.FromMinutes(6));
        _core.Receive(phone.Request("REGISTER", Register, phone.Authorization(challenge, "REGISTER", Register)), phone.Flow);

        var stale = _core.TakeOnly();

        Assert.Equal(401, stale.Status);
        Assert.Contains("stale=true", stale.Header(HeaderId.WwwAuthenticate), StringComparison.Ordinal);
        _core.Receive(phone.Request("REGISTER", Register, phone.Authorization(stale, "REGISTER", Register)), phone.Flow);
        Assert.Equal(200, _core.TakeOnly().Status);
    }

    [Fact, Threat(24), Row(56)]
    public void A_replayed_answer_is_refused()
    {
        _core.AddAccount("ada");
        var phone = Phone();
        var authorization = phone.Authorization(Challenge(phone), "REGISTER", Register);
        _core.Receive(phone.Request("REGISTER", Register, authorization), phone.Flow);
        Assert.Equal(200, _core.TakeOnly().Status);

        var thief = Phone(flow: CoreHarness.Udp("203.0.113.66:5060"));
        thief.CallId = "thief";
        _core.Receive(thief.Request("REGISTER", Register, $"{authorization}\nContact: <sip:thief@203.0.113.66>"), thief.Flow);

        Assert.Equal(401, _core.TakeOnly().Status);
        Assert.Empty(_core.Core.Bindings.All);
    }

    [Fact, Threat(24)]
    public void A_nonce_made_up_or_of_an_earlier_run_only_costs_another_round()
    {
        _core.AddAccount("ada");
        var phone = Phone();
        var challenge = Challenge(phone);
        var forged = new SentMessage(phone.Flow, System.Text.Encoding.UTF8.GetBytes(challenge.Text.Replace("nonce=\"", "nonce=\"x", StringComparison.Ordinal)));
        _core.Receive(phone.Request("REGISTER", Register, phone.Authorization(forged, "REGISTER", Register)), phone.Flow);

        var answer = _core.TakeOnly();

        Assert.Equal(401, answer.Status);
        Assert.Contains("stale=true", answer.Header(HeaderId.WwwAuthenticate), StringComparison.Ordinal);
    }

    [Fact, Rfc(7616, "3.4.6")]
    public void A_digest_for_another_target_is_refused()
    {
        _core.AddAccount("ada");
        var phone = Phone();
        var challenge = Challenge(phone, "OPTIONS", "sip:bob@gw.example");
        _core.Receive(phone.Request("OPTIONS", "sip:carol@gw.example", phone.Authorization(challenge, "OPTIONS", "sip:bob@gw.example")), phone.Flow);

        Assert.Equal(400, _core.TakeOnly().Status);
    }

    [Theory, Rfc(7616, "3.4.6")]
    [InlineData("sip:192.0.2.1:5060", 200)]
    [InlineData("sip:bob@192.0.2.1", 200)]
    [InlineData("sip:bob@elsewhere.example", 400)]
    [InlineData("sip:carol@gw.example", 400)]
    public void A_digest_may_name_our_address_in_another_way(string signed, int status)
    {
        _core.AddAccount("ada");
        _core.AddAccount("bob");
        var phone = Phone();
        var challenge = Challenge(phone, "OPTIONS", "sip:bob@gw.example");
        _core.Receive(phone.Request("OPTIONS", "sip:bob@gw.example", phone.Authorization(challenge, "OPTIONS", signed)), phone.Flow);

        Assert.Equal(status, _core.TakeOnly().Status);
    }

    [Fact, Threat(24)]
    public void An_answer_used_on_one_loop_is_no_good_on_another()
    {
        var other = new CoreHarness(loop: 1, accounts: _core.Accounts);
        _core.AddAccount("ada");
        _core.AddAccount("bob");
        var phone = Phone();
        var authorization = phone.Authorization(Challenge(phone, "OPTIONS", "sip:bob@gw.example"), "OPTIONS", "sip:192.0.2.1");
        _core.Receive(phone.Request("OPTIONS", "sip:bob@gw.example", authorization), phone.Flow);
        Assert.Equal(200, _core.TakeOnly().Status);

        other.Receive(phone.Request("OPTIONS", "sip:ada@gw.example", authorization), phone.Flow);

        Assert.Equal(401, other.TakeOnly().Status);
    }

    [Fact, Threat(25)]
    public void Guessing_gets_slower_and_slower_for_known_and_unknown_users()
    {
        _core.AddAccount("ada");
        foreach (var (user, address) in new[] { ("ada", "203.0.113.1:5060"), ("eve", "203.0.113.2:5060") })
        {
            var heard = 0;
            for (var i = 0; i < 1000; i++)
            {
                var guess = Phone(user, CoreHarness.Udp(address), $"guess{i}");
                guess.CallId = $"{user}{i}";
                var answer = guess.Send("REGISTER", Register);
                heard += answer.Status == 401 ? 1 : 0;
                if (answer.Status != 401)
                {
                    Assert.Equal(403, answer.Status);
                    Assert.InRange(int.Parse(answer.Header(HeaderId.RetryAfter)!, System.Globalization.CultureInfo.InvariantCulture), 1, 300);
                }

                _core.Advance(TimeSpan.FromMilliseconds(100));
            }

            Assert.InRange(heard, 5, 12);
        }
    }

    [Fact, Threat(25)]
    public void A_guesser_does_not_lock_the_owner_out()
    {
        _core.AddAccount("ada");
        var owner = Phone(flow: CoreHarness.Udp("198.51.100.7:5062"));
        Assert.Equal(200, owner.Register().Status);
        for (var i = 0; i < 100; i++)
        {
            var guess = Phone(flow: CoreHarness.Udp($"203.0.113.{i}:5060"), password: "wrong");
            guess.CallId = $"guess{i}";
            guess.Send("REGISTER", Register);
        }

        Assert.Equal(200, owner.Register().Status);
        var stranger = Phone(flow: CoreHarness.Udp("192.0.2.99:5060"));
        stranger.CallId = "stranger";
        Assert.Equal(403, stranger.Register().Status);
        _core.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(200, stranger.Register().Status);
    }

    [Fact, Threat(25)]
    public void Many_users_from_one_source_are_a_guesser_too()
    {
        var statuses = Enumerable.Range(0, 40).Select(i => Phone($"user{i}", CoreHarness.Udp("203.0.113.5:5060"), "wrong").Send("REGISTER", Register).Status).ToList();

        Assert.Equal(20, statuses.Count(status => status == 401));
        Assert.Equal(20, statuses.Count(status => status == 403));
    }

    [Fact]
    public void What_is_remembered_of_failures_is_bounded()
    {
        var ledger = new FailureLedger(TimeSpan.FromSeconds(2), capacity: 100);
        for (var i = 0; i < 10_000; i++)
        {
            ledger.Failed(new System.Net.IPAddress(i + 0x01000000L), $"user{i}", TimeSpan.FromSeconds(i));
        }

        Assert.InRange(ledger.Count, 1, 102);
    }

    [Theory, Threat(27)]
    [InlineData("<sip:bob@gw.example>", "")]
    [InlineData("<sip:ada@elsewhere.example>", "")]
    [InlineData("<sip:ada@gw.example>", "P-Asserted-Identity: <sip:bob@gw.example>")]
    [InlineData("<sip:ada@gw.example>", "P-Preferred-Identity: <tel:+1900555>")]
    [InlineData("<tel:+1900555>", "")]
    public void Who_claims_to_be_someone_else_is_refused(string from, string extra)
    {
        _core.AddAccount("ada");
        _core.AddAccount("bob");

        Assert.Equal(403, Phone().Send("OPTIONS", "sip:bob@gw.example", extra, from).Status);
    }

    [Theory, Rfc(3323, "4.1")]
    [InlineData("\"Ada\" <sip:ADA@gw.example>")]
    [InlineData("sip:100@192.0.2.1")]
    [InlineData("<tel:100>")]
    [InlineData("\"Anonymous\" <sip:anonymous@anonymous.invalid>")]
    public void An_alias_another_host_of_ours_and_nobody_are_fine(string from)
    {
        _core.AddAccount("ada", aliases: ["100"]);

        Assert.Equal(200, Phone().Send("OPTIONS", "sip:ada@gw.example", from: from).Status);
    }

    [Fact, Threat(27)]
    public void Registering_for_someone_else_is_refused()
    {
        _core.AddAccount("ada");
        _core.AddAccount("bob");

        Assert.Equal(403, Phone().Send("REGISTER", Register, "Contact: <sip:x@198.51.100.7>", to: "<sip:bob@gw.example>").Status);
        Assert.Empty(_core.Core.Bindings.All);
    }

    [Fact]
    public void A_connection_is_asked_once_for_its_own_account()
    {
        _core.AddAccount("ada");
        _core.AddAccount("bob");
        var browser = Phone(flow: CoreHarness.Wss());
        browser.Register();

        _core.Receive(browser.Request("OPTIONS", "sip:bob@gw.example"), browser.Flow);
        Assert.Equal(200, _core.TakeOnly().Status);
        _core.Receive(browser.Request("REGISTER", Register), browser.Flow);
        Assert.Equal(200, _core.TakeOnly().Status);

        var other = Phone("bob", CoreHarness.Wss());
        _core.Receive(other.Request("OPTIONS", "sip:bob@gw.example"), other.Flow);
        Assert.Equal(401, _core.TakeOnly().Status);

        _core.CloseFlow(browser.Flow);
        Assert.Equal(0, _core.Services.Flows.Count);
    }

    [Fact]
    public void A_udp_source_is_trusted_exactly_as_long_as_its_binding_lives()
    {
        _core.AddAccount("ada");
        var phone = Phone();
        phone.Register(expires: 100);
        Assert.Equal(200, Ask(phone.Flow));
        Assert.Equal(401, Ask(CoreHarness.Udp("198.51.100.7:5063")));
        Assert.Equal(401, Ask(phone.Flow with { Listener = 1 }));

        _core.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(401, Ask(phone.Flow));
        Assert.Equal(0, _core.Services.Flows.Count);

        int Ask(Flow flow)
        {
            _core.Receive(phone.Request("OPTIONS", "sip:ada@gw.example"), flow);
            return _core.TakeOnly().Status;
        }
    }

    [Fact, Threat(30)]
    public void A_register_over_udp_always_proves_itself()
    {
        _core.AddAccount("ada");
        var phone = Phone();
        phone.Register();

        _core.Receive(phone.Request("REGISTER", Register, "Contact: <sip:thief@203.0.113.66>"), phone.Flow);

        Assert.Equal(401, _core.TakeOnly().Status);
    }

    [Fact]
    public void Unregistering_and_a_new_password_end_the_trust()
    {
        var account = _core.AddAccount("ada");
        var phone = Phone();
        phone.Register();
        phone.Register(expires: 0);
        Challenge(phone, "OPTIONS", "sip:ada@gw.example");

        phone.Register();
        _core.Accounts.Set(account with { Ha1Md5 = Digest.Ha1(DigestAlgorithm.Md5, "ada", CoreHarness.Realm, "changed") });
        Challenge(phone, "OPTIONS", "sip:ada@gw.example");

        _core.Accounts.Set(account with { IsEnabled = false });
        Challenge(phone, "OPTIONS", "sip:ada@gw.example");
        Assert.Equal(401, phone.Register().Status);
    }

    [Fact, BrowserRule("A4")]
    public void A_token_opens_a_connection_and_an_old_or_foreign_one_does_not()
    {
        _core.AddAccount("ada");
        _core.AddAccount("bob");
        var browser = Phone(flow: CoreHarness.Wss());
        var token = _core.Tokens.Mint("ada", TimeSpan.FromMinutes(1), _core.UtcNow);
        Assert.Equal(401, Ask("Bearer " + token[..^1] + (token[^1] == 'A' ? 'B' : 'A')));
        Assert.Equal(403, Ask("Bearer " + _core.Tokens.Mint("bob", TimeSpan.FromMinutes(1), _core.UtcNow)));
        Assert.Equal(200, Ask("Bearer " + token));

        _core.Advance(TimeSpan.FromMinutes(2));
        browser.Flow = CoreHarness.Wss(2);
        Assert.Equal(401, Ask("Bearer " + token));

        int Ask(string authorization)
        {
            _core.Receive(browser.Request("REGISTER", Register, $"Authorization: {authorization}"), browser.Flow);
            return _core.TakeOnly().Status;
        }
    }

    [Fact]
    public void Credentials_for_another_realm_are_no_credentials()
    {
        _core.AddAccount("ada");
        var phone = Phone();
        var challenge = Challenge(phone);
        var elsewhere = phone.Authorization(challenge, "REGISTER", Register).Replace("realm=\"gw.example\"", "realm=\"else.example\"", StringComparison.Ordinal);
        var ours = phone.Authorization(challenge, "REGISTER", Register);
        _core.Receive(phone.Request("REGISTER", Register, $"{elsewhere}\n{ours}"), phone.Flow);

        Assert.Equal(200, _core.TakeOnly().Status);
    }
}
