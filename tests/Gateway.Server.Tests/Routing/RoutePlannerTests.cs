using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Routing;

public sealed class RoutePlannerTests
{
    private readonly CoreHarness _core = new(new ServerOptions { Aliases = ["2001:db8::1", "phones.example"] });
    private readonly Caller _caller;

    public RoutePlannerTests()
    {
        var ada = _core.AddAccount("ada");
        _core.AddAccount("bob", aliases: ["100", "+49301234"]);
        _caller = new Caller.FromAccount(ada, "ada@gw.example", "Ada");
    }

    private RoutePlan Plan(string uri) =>
        SipUriView.TryParse(Encoding.ASCII.GetBytes(uri), out var view)
            ? new RoutePlanner(_core.Services).Plan(_caller, view, _core.Now)
            : throw new ArgumentException($"{uri} is no URI");

    [Theory]
    [InlineData("sip:echo@gw.example", MediaService.Echo)]
    [InlineData("sip:*43@gw.example", MediaService.Echo)]
    [InlineData("sip:%2A43@gw.example", MediaService.Echo)]
    [InlineData("sip:Tone@192.0.2.1", MediaService.Tone)]
    [InlineData("tel:*44;phone-context=gw.example", MediaService.Tone)]
    [InlineData("sip:*44@gw.example;user=phone", MediaService.Tone)]
    public void Services_are_dialled_by_name_and_by_star(string uri, MediaService service) =>
        Assert.Equal(service, Assert.IsType<RoutePlan.ToService>(Plan(uri)).Service);

    [Theory, Row(61), Rfc(3966, "5.1.1")]
    [InlineData("sip:bob@gw.example")]
    [InlineData("sip:BOB@GW.EXAMPLE:5060;transport=udp")]
    [InlineData("sip:bob@192.0.2.1")]
    [InlineData("sip:bob@[2001:DB8:0::1]:5060")]
    [InlineData("sip:bob@phones.example")]
    [InlineData("sip:bob@localhost")]
    [InlineData("sip:100@gw.example")]
    [InlineData("sip:b%6Fb@gw.example")]
    [InlineData("tel:+49-30-1234")]
    [InlineData("sip:+49(30)1234@gw.example;user=phone")]
    [InlineData("sip:+49301234;isub=1@gw.example;user=phone")]
    public void An_account_is_found_by_all_its_names(string uri)
    {
        var plan = Assert.IsType<RoutePlan.ToAccount>(Plan(uri));

        Assert.Equal("bob@gw.example", plan.Aor);
        Assert.Empty(plan.Bindings);
    }

    [Theory]
    [InlineData("sip:bob@elsewhere.example", 403)]
    [InlineData("sip:bob@192.0.2.2", 403)]
    [InlineData("sip:nobody@gw.example", 404)]
    [InlineData("sip:gw.example", 404)]
    [InlineData("tel:+1900", 404)]
    [InlineData("sips:bob@gw.example", 416)]
    public void What_leads_nowhere_says_why(string uri, int status) =>
        Assert.Equal(status, Assert.IsType<RoutePlan.Reject>(Plan(uri)).Status);

    [Fact]
    public void A_disabled_account_is_not_there()
    {
        Assert.True(_core.Accounts.TryGet("bob", out var bob));
        _core.Accounts.Set(bob with { IsEnabled = false });

        Assert.Equal(404, Assert.IsType<RoutePlan.Reject>(Plan("sip:bob@gw.example")).Status);
    }

    [Fact]
    public void All_the_contacts_of_an_account_ring()
    {
        new TestPhone(_core, "bob", CoreHarness.Udp()).Register();
        new TestPhone(_core, "bob", CoreHarness.Wss()).Register();

        Assert.Equal(2, Assert.IsType<RoutePlan.ToAccount>(Plan("sip:100@gw.example")).Bindings.Count);
    }
}
