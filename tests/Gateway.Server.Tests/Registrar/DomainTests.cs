using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Registrar;

/// <summary>A second domain has users, numbers and bindings of its own; the digest realm is that of the first (RFC 3261 §10.3 steps 1 and 5).</summary>
public sealed class DomainTests
{
    private const string Branch = "branch.example";

    private readonly CoreHarness _core = new(new ServerOptions { Domains = [Branch] });

    public DomainTests()
    {
        Add("ada", "secret", "", "100");
        Add("ada", "other", Branch, "100");
        Add("bob", "secret", Branch, "200");
    }

    private void Add(string user, string password, string domain, string number) => _core.Accounts.Set(new Account
    {
        Id = Guid.CreateVersion7(),
        DomainId = Guid.AllBitsSet,
        User = user,
        Domain = domain,
        Ha1Md5 = Digest.Ha1(DigestAlgorithm.Md5, user, CoreHarness.Realm, password),
        Ha1Sha256 = Digest.Ha1(DigestAlgorithm.Sha256, user, CoreHarness.Realm, password),
        PasswordHash = "",
        Aliases = [number],
    });

    private SentMessage Register(string user, string password, string domain, string? uri = null, long connection = 1)
    {
        var phone = new TestPhone(_core, user, CoreHarness.Wss(connection), password) { CallId = Guid.NewGuid().ToString("N") };
        var aor = $"<sip:{user}@{domain}>";
        return phone.Send("REGISTER", uri ?? $"sip:{domain}", $"Contact: <{phone.ContactUri}>", from: aor, to: aor);
    }

    private RoutePlan Plan(string uri)
    {
        Assert.True(SipUriView.TryParse(Encoding.UTF8.GetBytes(uri), out var target));
        Assert.True(_core.Accounts.TryGet("bob", Branch, out var bob));
        return _core.Core.Calls.Routes.Plan(new Caller.FromAccount(bob, bob.AorIn(CoreHarness.Realm), ""), target, _core.Now);
    }

    [Fact, Rfc(3261, "10.3"), Row(55)]
    public void Two_users_of_one_name_register_side_by_side_each_with_his_password()
    {
        Assert.Equal(200, Register("ada", "secret", CoreHarness.Realm).Status);
        Assert.Equal(200, Register("ada", "other", Branch, connection: 2).Status);
        Assert.Equal(401, Register("ada", "secret", Branch, connection: 3).Status);

        Assert.Equal(1, Assert.Single(_core.Core.Bindings.Get("ada@gw.example")).Flow.Connection);
        Assert.Equal(2, Assert.Single(_core.Core.Bindings.Get("ada@branch.example")).Flow.Connection);
    }

    [Theory, Rfc(3261, "10.3"), Row(55)]
    [InlineData("sip:branch.example", 200)]
    [InlineData("sip:BRANCH.example.", 200)]
    [InlineData("sip:192.0.2.1", 200)]
    [InlineData("sip:gw.example", 404)]
    [InlineData("sip:elsewhere.example", 403)]
    public void A_user_registers_at_his_own_domain(string uri, int status) =>
        Assert.Equal(status, Register("bob", "secret", Branch, uri).Status);

    [Theory, Rfc(3261, "10.3")]
    [InlineData("sip:ada@branch.example", "ada@branch.example")]
    [InlineData("sip:100@branch.example", "ada@branch.example")]
    [InlineData("sip:ada@gw.example", "ada@gw.example")]
    [InlineData("sip:100@gw.example", "ada@gw.example")]
    [InlineData("tel:100;phone-context=gw.example", "ada@branch.example")]
    [InlineData("sip:200@gw.example", null)]
    public void A_name_means_who_has_it_in_the_domain_that_is_called(string uri, string? aor) =>
        Assert.Equal(aor, (Plan(uri) as RoutePlan.ToAccount)?.Aor);

    [Fact]
    public void A_call_of_the_second_domain_shows_its_name_and_comes_from_its_user()
    {
        Register("bob", "secret", Branch, connection: 2);
        var ada = new TestPhone(_core, "ada", CoreHarness.Wss(1), "other");
        Register("ada", "other", Branch);
        _core.Receive(ada.Request("INVITE", "sip:bob@branch.example", "Contact: <sip:ada@a.invalid;transport=ws>", from: "<sip:ada@branch.example>", to: "<sip:bob@branch.example>"), ada.Flow);

        var invite = Assert.Single(_core.TakeAll(), message => message.Message is SipRequest);
        Assert.Contains("sip:ada@branch.example", invite.Header(HeaderId.From), StringComparison.Ordinal);
        Assert.Equal(2, invite.Flow.Connection);
    }

    [Fact, Row(58)]
    public void Who_has_no_registration_calls_and_who_has_one_is_called_wherever_he_is()
    {
        Register("bob", "secret", Branch, connection: 2);
        // A phone at a fixed address that never registered: its INVITE proves itself.
        var fixedPhone = new TestPhone(_core, "ada", CoreHarness.Udp("198.51.100.50:5060"));
        var next = fixedPhone.Send("INVITE", "sip:bob@branch.example", "Contact: <sip:ada@198.51.100.50>", to: "<sip:bob@branch.example>");

        Assert.Equal((SipMethod.Invite, 2), (next.Request.Method, next.Flow.Connection));
    }
}
