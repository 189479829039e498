using Gateway.Server.Registrar;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Registrar;

/// <summary>Phones behind proxies: Path (RFC 3327), Service-Route (RFC 3608), and who is believed there (THREATS 30).</summary>
public sealed class PathTests
{
    private const string Proxied = "Via: SIP/2.0/UDP 198.51.100.99;branch=z9hG4bKx\nPath: <sip:edge.example;lr>";

    private static CoreHarness Core(ServerOptions? options = null)
    {
        var core = new CoreHarness((options ?? new ServerOptions()) with { ExpirySpread = 0 });
        core.AddAccount("ada");
        core.AddAccount("bob");
        return core;
    }

    [Fact, Rfc(3327, "5.3"), Row(59)]
    public void A_path_is_stored_in_its_order_and_echoed_to_who_knows_it()
    {
        var core = Core();
        var answer = new TestPhone(core, "ada", CoreHarness.Udp()).Register(extra: $"Supported: path\n{Proxied}, <sip:near.example;lr>");

        Assert.Equal(200, answer.Status);
        Assert.Equal(["<sip:edge.example;lr>", "<sip:near.example;lr>"], answer.Headers(HeaderId.Path));
        Assert.Equal(answer.Headers(HeaderId.Path), Assert.Single(core.Core.Bindings.Get("ada@gw.example")).Path);
    }

    [Theory, Rfc(3327, "5.3"), Row(59), Threat(30)]
    [InlineData("", 420)]
    [InlineData("198.51.100.0/24", 200)]
    [InlineData("203.0.113.7", 420)]
    public void Without_the_phones_consent_only_our_own_proxies_may_add_a_path(string edges, int status)
    {
        var core = Core(new ServerOptions { EdgeProxies = edges.Length == 0 ? [] : [edges] });
        var answer = new TestPhone(core, "ada", CoreHarness.Udp()).Register(extra: Proxied);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 420 ? "path" : null, answer.Header(HeaderId.Unsupported));
        Assert.Equal(status == 200 ? 1 : 0, core.Core.Bindings.Count);
        // RFC 3327 §5.3: who does not know the header does not get it.
        Assert.Null(answer.Header(HeaderId.Path));
    }

    [Theory, Rfc(3327, "4"), Threat(30)]
    [InlineData("<tel:+123>")]
    [InlineData("sip:x y")]
    [InlineData("<sip:1;lr>, <sip:2;lr>, <sip:3;lr>, <sip:4;lr>, <sip:5;lr>, <sip:6;lr>, <sip:7;lr>, <sip:8;lr>, <sip:9;lr>")]
    public void A_path_that_is_none_is_refused(string path)
    {
        var core = Core();
        Assert.Equal(400, new TestPhone(core, "ada", CoreHarness.Udp()).Register(extra: $"Supported: path\nPath: {path}").Status);
        Assert.Equal(0, core.Core.Bindings.Count);
    }

    [Theory, Threat(30), Row(56)]
    [InlineData(false)]
    [InlineData(true)]
    public void What_comes_through_a_proxy_proves_itself_each_time(bool isConnection)
    {
        var core = Core();
        var edge = isConnection ? new Flow(SipTransport.Tcp, System.Net.IPEndPoint.Parse("198.51.100.7:5060"), 0, 9) : CoreHarness.Udp();
        Assert.Equal(200, new TestPhone(core, "ada", edge).Register(extra: $"Supported: path\n{Proxied}").Status);

        // The same proxy, the same flow; anybody behind it may write that From.
        core.Receive(new TestPhone(core, "ada", edge).Request("INVITE", "sip:bob@gw.example", "Via: SIP/2.0/UDP 198.51.100.66;branch=z9hG4bKy\nContact: <sip:m@198.51.100.66>"), edge);

        Assert.Equal(401, core.Take().Status);
        Assert.Equal(0, core.Core.Calls.Count);
    }

    [Fact, Rfc(3608, "6.3"), Row(59)]
    public void The_service_route_is_told_with_every_answer_to_a_registration()
    {
        var core = Core(new ServerOptions { ServiceRoute = ["sip:p1.gw.example;lr", "sip:gw.example;lr"] });
        var phone = new TestPhone(core, "ada", CoreHarness.Udp());

        Assert.Equal(["<sip:p1.gw.example;lr>", "<sip:gw.example;lr>"], phone.Register().Headers(HeaderId.ServiceRoute));
        Assert.Equal(["<sip:p1.gw.example;lr>", "<sip:gw.example;lr>"], phone.Send("REGISTER", "sip:gw.example").Headers(HeaderId.ServiceRoute));
    }

    [Fact, Rfc(3608, "6.1"), Row(59)]
    public void A_request_that_comes_by_the_service_route_is_taken()
    {
        var core = Core(new ServerOptions { ServiceRoute = ["sip:gw.example;lr"] });
        new TestPhone(core, "bob", CoreHarness.Wss(2)).Register();
        var ada = new TestPhone(core, "ada", CoreHarness.Wss(1));
        ada.Register();

        core.Receive(ada.Request("INVITE", "sip:bob@gw.example", "Route: <sip:gw.example;lr>\nContact: <sip:ada@a.invalid;transport=ws>"), ada.Flow);

        Assert.Contains(core.TakeAll(), message => message.Message is SipRequest { Method: SipMethod.Invite } && message.Header(HeaderId.Route) is null);
    }

    [Theory, Rfc(5626, "6"), Row(60)]
    [InlineData(SipTransport.Tcp, "120")]
    [InlineData(SipTransport.Tls, "120")]
    [InlineData(SipTransport.Udp, null)]
    [InlineData(SipTransport.Wss, null)]
    public void A_phone_that_keeps_its_flow_is_told_how_often_it_must_show_itself(SipTransport transport, string? timer)
    {
        var flow = new Flow(transport, System.Net.IPEndPoint.Parse("198.51.100.7:5062"), 0, transport == SipTransport.Udp ? 0 : 3);
        const string Instance = ";reg-id=1;+sip.instance=\"<urn:uuid:aaaa>\"";
        var answer = new TestPhone(Core(), "ada", flow).Register(parameters: Instance, extra: "Supported: outbound");

        Assert.Equal("outbound", answer.Header(HeaderId.Require));
        Assert.Equal(timer, answer.Header(HeaderId.FlowTimer));
    }
}
