using System.Text;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Registrar;

/// <summary>URIs of single devices (RFC 5627): who gets them, what they mean, and when they end.</summary>
[Row(59)]
public sealed class GruuTests
{
    private const string Asks = "Supported: gruu";
    private const string Desk = "+sip.instance=\"<urn:uuid:Desk-1>\"";

    private readonly CoreHarness _core = new(new ServerOptions { ExpirySpread = 0, Gruu = GruuOffer.Everybody });

    public GruuTests()
    {
        _core.AddAccount("ada");
        _core.AddAccount("bob");
    }

    private TestPhone Phone(Flow? flow = null) => new(_core, "ada", flow ?? CoreHarness.Udp());

    private static string? Parameter(SentMessage answer, string name)
    {
        Assert.True(NameAddressView.TryParse(Encoding.UTF8.GetBytes(answer.Headers(HeaderId.Contact)[0]), out var address));
        return address.TryGetParameter(Encoding.ASCII.GetBytes(name), out var value) ? Encoding.UTF8.GetString(value).Trim('"') : null;
    }

    private RoutePlan Plan(string uri)
    {
        Assert.True(SipUriView.TryParse(Encoding.UTF8.GetBytes(uri), out var target));
        Assert.True(_core.Accounts.TryGet("bob", out var bob));
        return _core.Core.Calls.Routes.Plan(new Caller.FromAccount(bob, "bob@gw.example", ""), target, _core.Now);
    }

    private IReadOnlyList<Binding> Meant(string uri) => Assert.IsType<RoutePlan.ToAccount>(Plan(uri)).Bindings;

    private int Refusal(string uri) => Assert.IsType<RoutePlan.Reject>(Plan(uri)).Status;

    [Fact, Rfc(5627, "5.2")]
    public void A_device_that_asks_gets_both_and_one_that_does_not_gets_none()
    {
        var phone = Phone();
        var asked = phone.Register(parameters: $";{Desk};pub-gruu=\"sip:mine@evil.example;gr=1\";temp-gruu=\"x\"", extra: Asks);

        Assert.Equal("sip:ada@gw.example;gr=urn:uuid:Desk-1", Parameter(asked, "pub-gruu"));
        Assert.Matches("^sip:tgruu\\.[A-Za-z0-9_-]{56}@gw\\.example;gr$", Parameter(asked, "temp-gruu"));
        Assert.DoesNotContain("evil", asked.Text, StringComparison.Ordinal);
        // §5.2: the tag is no business of the answer.
        Assert.DoesNotContain("gruu", asked.Header(HeaderId.Supported), StringComparison.Ordinal);

        Assert.Null(Parameter(phone.Register(parameters: $";{Desk}"), "pub-gruu"));
        Assert.Null(Parameter(phone.Register(extra: Asks), "pub-gruu"));
    }

    [Theory]
    [InlineData(GruuOffer.Everybody, true, true)]
    [InlineData(GruuOffer.Phones, true, false)]
    [InlineData(GruuOffer.Nobody, false, false)]
    public void The_operator_says_who_gets_them(GruuOffer offer, bool phone, bool browser)
    {
        var core = new CoreHarness(new ServerOptions { Gruu = offer });
        core.AddAccount("ada");

        Assert.Equal(phone, Parameter(new TestPhone(core, "ada", CoreHarness.Udp()).Register(parameters: $";{Desk}", extra: Asks), "pub-gruu") is not null);
        core.Core.RemoveBindings("ada@gw.example");
        Assert.Equal(browser, Parameter(new TestPhone(core, "ada", CoreHarness.Wss()).Register(parameters: $";{Desk}", extra: Asks), "pub-gruu") is not null);
    }

    [Fact, Rfc(5627, "6.1")]
    public void A_gruu_rings_its_device_and_no_other()
    {
        var desk = Phone().Register(parameters: $";{Desk}", extra: Asks);
        Phone(CoreHarness.Wss()).Register(parameters: ";+sip.instance=\"<urn:uuid:web>\"");
        Assert.Equal(2, Meant("sip:ada@gw.example").Count);

        Assert.Equal(SipTransport.Udp, Assert.Single(Meant(Parameter(desk, "pub-gruu")!)).Flow.Transport);
        Assert.Equal(SipTransport.Udp, Assert.Single(Meant(Parameter(desk, "temp-gruu")!)).Flow.Transport);
        Assert.Equal(SipTransport.Wss, Assert.Single(Meant("sip:ada@gw.example;gr=urn:uuid:WEB")).Flow.Transport);
    }

    [Fact, Rfc(5627, "6.1")]
    public void A_call_to_a_gruu_goes_to_the_contact_of_the_device()
    {
        var desk = Phone().Register(parameters: $";{Desk}", extra: Asks);
        Phone(CoreHarness.Wss()).Register(parameters: ";+sip.instance=\"<urn:uuid:web>\"");
        var bob = new TestPhone(_core, "bob", CoreHarness.Wss(5));
        bob.Register();
        _core.Receive(bob.Request("INVITE", Parameter(desk, "temp-gruu")!, "Contact: <sip:bob@b.invalid;transport=ws>"), bob.Flow);

        var invite = Assert.Single(_core.TakeAll(), message => message.Message is SipRequest);
        Assert.Equal("sip:ada@198.51.100.7:5062", Encoding.UTF8.GetString(invite.Request.UriBytes));
    }

    [Fact, Rfc(5627, "5.3"), Rfc(5627, "6.1")]
    public void The_public_one_outlives_its_contacts_and_the_temporary_one_does_not()
    {
        var phone = Phone();
        var desk = phone.Register(parameters: $";{Desk}", extra: Asks);
        var temporary = Parameter(desk, "temp-gruu")!;
        _core.Core.RemoveBindings("ada@gw.example");

        Assert.Empty(Meant(Parameter(desk, "pub-gruu")!));
        Assert.Equal(404, Refusal(temporary));

        _core.Advance(TimeSpan.FromSeconds(2));
        phone.Register(parameters: $";{Desk}", extra: Asks);
        Assert.Single(Meant(Parameter(desk, "pub-gruu")!));
        Assert.Equal(404, Refusal(temporary));
    }

    [Fact, Rfc(5627, "5.1")]
    public void A_new_call_id_ends_all_temporary_ones_and_a_refresh_none()
    {
        var phone = Phone();
        var first = Parameter(phone.Register(parameters: $";{Desk}", extra: Asks), "temp-gruu")!;
        var second = Parameter(phone.Register(parameters: $";{Desk}", extra: Asks), "temp-gruu")!;
        Assert.NotEqual(first, second);
        Assert.Single(Meant(first));
        Assert.Single(Meant(second));

        phone.CallId = "rebooted";
        var third = Parameter(phone.Register(parameters: $";{Desk}", extra: Asks), "temp-gruu")!;

        Assert.Equal(404, Refusal(first));
        Assert.Equal(404, Refusal(second));
        Assert.Single(Meant(third));
    }

    [Theory, Rfc(5627, "5.1"), Threat(30)]
    [InlineData("sip:tgruu.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@gw.example;gr")]
    [InlineData("sip:tgruu.@gw.example;gr")]
    [InlineData("sip:tgruu.!!!!@gw.example;gr=urn:uuid:Desk-1")]
    [InlineData("sip:nobody@gw.example;gr=urn:uuid:Desk-1")]
    [InlineData("sip:ada@gw.example;gr")]
    public void What_we_did_not_give_is_404(string uri)
    {
        Phone().Register(parameters: $";{Desk}", extra: Asks);
        Assert.Equal(404, Refusal(uri));
    }

    [Fact, Rfc(5627, "5.1")]
    public void No_part_of_a_temporary_one_is_like_that_of_another()
    {
        var phone = Phone();
        var users = Enumerable.Range(0, 16).Select(_ => Parameter(phone.Register(parameters: $";{Desk}", extra: Asks), "temp-gruu")![10..66]).ToList();

        for (var at = 0; at + 20 <= 56; at += 4)
        {
            Assert.Equal(16, users.Select(user => user.Substring(at, 20)).Distinct().Count());
        }
    }

    [Fact, Rfc(5630, "5.2.1")]
    public void A_secure_contact_gets_secure_ones()
    {
        var flow = new Flow(SipTransport.Tls, System.Net.IPEndPoint.Parse("198.51.100.7:5061"), 0, 4);
        var answer = new TestPhone(_core, "ada", flow).Send("REGISTER", "sips:gw.example", $"Contact: <sips:ada@198.51.100.7>;{Desk}\n{Asks}");

        Assert.Equal("sips:ada@gw.example;gr=urn:uuid:Desk-1", Parameter(answer, "pub-gruu"));
    }
}
