using System.Net;
using Gateway.Server.Registrar;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Registrar;

/// <summary>How many contacts, for how long, and which make room; secure contacts (RFC 5630 §5.2).</summary>
public sealed class RegisterLimitTests
{
    private static CoreHarness Core(ServerOptions? options = null)
    {
        var core = new CoreHarness(options ?? new ServerOptions { ExpirySpread = 0 });
        core.AddAccount("ada");
        return core;
    }

    private static IEnumerable<string> Hosts(CoreHarness core) => core.Core.Bindings.Get("ada@gw.example").Select(binding => binding.Contact.Host).Order();

    [Fact, Rfc(3261, "10.3"), Threat(30)]
    public void With_too_many_contacts_the_one_refreshed_longest_ago_makes_room()
    {
        var core = Core(new ServerOptions { ExpirySpread = 0, MaxBindings = 3 });
        var phone = new TestPhone(core, "ada", CoreHarness.Udp());
        foreach (var host in (int[])[1, 2, 3, 1, 4])
        {
            phone.ContactUri = $"sip:ada@198.51.100.{host}";
            Assert.Equal(200, phone.Register().Status);
        }

        Assert.Equal(["198.51.100.1", "198.51.100.3", "198.51.100.4"], Hosts(core));
    }

    [Fact, Threat(30)]
    public void A_browser_that_is_opened_again_and_again_does_not_push_the_desk_phone_out()
    {
        var core = Core(new ServerOptions { ExpirySpread = 0, MaxBindings = 3 });
        new TestPhone(core, "ada", CoreHarness.Udp()).Register();
        for (var i = 1; i < 6; i++)
        {
            Assert.Equal(200, new TestPhone(core, "ada", CoreHarness.Wss(i)).Register().Status);
        }

        Assert.Equal(["198.51.100.7", "abc4.invalid", "abc5.invalid"], Hosts(core));
    }

    [Fact, Threat(30)]
    public void Or_the_new_one_is_refused_when_the_operator_wants_it_so()
    {
        var core = Core(new ServerOptions { ExpirySpread = 0, MaxBindings = 2, TooManyContacts = TooManyContacts.Refuse });
        var phone = new TestPhone(core, "ada", CoreHarness.Udp());
        foreach (var (host, status) in new[] { (1, 200), (2, 200), (3, 403), (1, 200) })
        {
            phone.ContactUri = $"sip:ada@198.51.100.{host}";
            Assert.Equal(status, phone.Register().Status);
        }

        Assert.Equal(["198.51.100.1", "198.51.100.2"], Hosts(core));
    }

    [Theory, Rfc(3261, "10.3"), Row(55)]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void A_device_that_names_itself_and_restarts_takes_its_own_place(bool replaces, int left)
    {
        var core = Core(new ServerOptions { ExpirySpread = 0, ReplaceInstances = replaces });
        var phone = new TestPhone(core, "ada", CoreHarness.Udp());
        phone.Register(parameters: ";+sip.instance=\"<urn:uuid:aaaa>\"");
        phone.CallId = "after the restart".Replace(' ', '-');
        phone.ContactUri = "sip:ada@198.51.100.7:40000";
        var answer = phone.Register(parameters: ";+sip.instance=\"<urn:uuid:AAAA>\"");

        Assert.Equal(left, core.Core.Bindings.Count);
        Assert.Equal(left, answer.Headers(HeaderId.Contact).Count);
    }

    [Fact, Rfc(3261, "10.3")]
    public void Several_contacts_of_one_boot_stay_side_by_side()
    {
        var core = Core();
        var answer = new TestPhone(core, "ada", CoreHarness.Udp()).Send("REGISTER", "sip:gw.example",
            "Contact: <sip:ada@198.51.100.1>;+sip.instance=\"<urn:uuid:a>\", <sip:ada@198.51.100.2>;+sip.instance=\"<urn:uuid:a>\"");

        Assert.Equal(2, answer.Headers(HeaderId.Contact).Count);
    }

    [Fact, Rfc(3261, "10.3")]
    public void What_is_granted_is_spread_below_what_was_asked_and_never_below_the_least()
    {
        var core = Core(new ServerOptions { ExpirySpread = 20 });
        var phone = new TestPhone(core, "ada", CoreHarness.Udp());
        var granted = Enumerable.Range(0, 40).Select(_ => Granted(phone.Register(expires: 1000))).ToList();

        Assert.All(granted, seconds => Assert.InRange(seconds, 800, 1000));
        Assert.True(granted.Distinct().Count() > 10, string.Join(" ", granted));
        Assert.Equal(60, Granted(phone.Register(expires: 60)));
        Assert.All(Enumerable.Range(0, 20), _ => Assert.InRange(Granted(phone.Register(expires: 70)), 60, 70));

        static int Granted(SentMessage answer) => int.Parse(answer.Headers(HeaderId.Contact)[0].Split("expires=")[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory, Rfc(3261, "10.3")]
    [InlineData(SipTransport.Udp, 120)]
    [InlineData(SipTransport.Tcp, 3600)]
    [InlineData(SipTransport.Wss, 300)]
    public void Each_kind_of_connection_has_its_longest_time(SipTransport transport, int granted)
    {
        var core = Core(new ServerOptions { ExpirySpread = 0, MaxExpiresUdp = TimeSpan.FromSeconds(120), MaxExpiresWebSocket = TimeSpan.FromSeconds(300) });
        var flow = new Flow(transport, IPEndPoint.Parse("198.51.100.7:5062"), 0, transport == SipTransport.Udp ? 0 : 7);

        Assert.EndsWith($";expires={granted}", new TestPhone(core, "ada", flow).Register(expires: 7200).Headers(HeaderId.Contact)[0], StringComparison.Ordinal);
    }

    [Fact, Rfc(3261, "10.3")]
    public void What_lasts_an_hour_is_never_too_brief()
    {
        var core = Core(new ServerOptions { ExpirySpread = 0, MinExpires = TimeSpan.FromHours(2), DefaultExpires = TimeSpan.FromHours(2), MaxExpires = TimeSpan.FromHours(4) });
        var phone = new TestPhone(core, "ada", CoreHarness.Udp());

        Assert.Equal(200, phone.Register(expires: 3600).Status);
        var brief = phone.Register(expires: 3599);
        Assert.Equal((423, "3600"), (brief.Status, brief.Header(HeaderId.MinExpires)));
    }

    [Theory, Rfc(5630, "5.2"), Row(61)]
    [InlineData(SipTransport.Tls, "sips:gw.example", "", 200)]
    [InlineData(SipTransport.Tls, "sips:gw.example", "Supported: path\nPath: <sips:edge.example;lr>", 200)]
    [InlineData(SipTransport.Tls, "sips:gw.example", "Supported: path\nPath: <sip:edge.example;lr>", 400)]
    [InlineData(SipTransport.Tls, "sip:gw.example", "", 400)]
    [InlineData(SipTransport.Tcp, "sips:gw.example", "", 400)]
    [InlineData(SipTransport.Udp, "sip:gw.example", "", 400)]
    public void A_secure_contact_comes_by_a_secure_way_or_not_at_all(SipTransport transport, string uri, string extra, int status)
    {
        var flow = new Flow(transport, IPEndPoint.Parse("198.51.100.7:5062"), 0, transport == SipTransport.Udp ? 0 : 7);
        var answer = new TestPhone(Core(), "ada", flow).Send("REGISTER", uri, $"Contact: <sips:ada@198.51.100.7>\n{extra}".Trim());

        Assert.Equal(status, answer.Status);
    }

    [Theory, Rfc(5630, "5.3"), Row(61)]
    [InlineData("sip:a@h.example;x=1", false, "sip:a@h.example;x=1")]
    [InlineData("sips:a@h.example;x=1", false, "sip:a@h.example;x=1")]
    [InlineData("sips:a@h.example", true, "sips:a@h.example")]
    [InlineData("sip:a@h.example", true, null)]
    public void Nothing_secure_is_asked_less_securely(string contact, bool isSips, string? target)
    {
        var core = Core();
        new TestPhone(core, "ada", CoreHarness.Udp()).Register();
        var binding = core.Core.Bindings.Get("ada@gw.example")[0] with { Contact = SipUri.Parse(contact) };

        Assert.Equal(target, binding.TargetOf(isSips)?.ToString());
    }
}
