using Gateway.Server.Registrar;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Registrar;

/// <summary>REGISTER as RFC 3261 §10.3 orders it: what the table holds and what the 200 says.</summary>
public sealed class RegisterTests
{
    private readonly CoreHarness _core = new();

    private TestPhone Phone(string user = "ada", Flow? flow = null)
    {
        if (!_core.Accounts.TryGet(user, out _))
        {
            _core.AddAccount(user);
        }

        return new TestPhone(_core, user, flow ?? CoreHarness.Udp());
    }

    private IReadOnlyList<Binding> Bindings(string user = "ada") => _core.Core.Bindings.Get($"{user}@{CoreHarness.Realm}");

    [Fact, Rfc(3261, "10.3"), Row(55), Row(56)]
    public void A_phone_registers_after_a_challenge()
    {
        var phone = Phone();

        var answer = phone.Register(expires: 300);

        Assert.Equal(200, answer.Status);
        Assert.Equal([$"<sip:ada@198.51.100.7:5062>;expires=300"], answer.Headers(HeaderId.Contact));
        Assert.Equal("Mon, 04 May 2026 12:00:00 GMT", answer.Header(HeaderId.Date));
        var binding = Assert.Single(Bindings());
        Assert.Equal(phone.Flow, binding.Flow);
        Assert.Equal(["ada@gw.example"], _core.RegistrationChanges);
    }

    [Fact, Rfc(3261, "10.3"), Row("55b"), BrowserRule("I2"), BrowserRule("I3")]
    public void The_contact_comes_back_with_all_its_parameters_as_they_were()
    {
        var phone = Phone(flow: CoreHarness.Wss());
        const string Parameters = ";+sip.ice;reg-id=1;+sip.instance=\"<urn:uuid:0E7C-a1;x>\"";

        var answer = phone.Register(parameters: Parameters, extra: "Supported: path,outbound");

        Assert.Equal([$"<{phone.ContactUri}>{Parameters};expires=600"], answer.Headers(HeaderId.Contact));
        Assert.Equal("outbound", answer.Header(HeaderId.Require));
        Assert.Equal("\"<urn:uuid:0E7C-a1;x>\"", Assert.Single(Bindings()).Instance);
    }

    [Fact, Rfc(3261, "10.2.3")]
    public void A_request_without_contact_only_asks()
    {
        var phone = Phone();
        phone.Register(expires: 300);
        _core.Advance(TimeSpan.FromSeconds(100));

        var answer = phone.Send("REGISTER", "sip:gw.example");

        Assert.Equal(200, answer.Status);
        Assert.Equal([$"<sip:ada@198.51.100.7:5062>;expires=200"], answer.Headers(HeaderId.Contact));
        Assert.Single(_core.BindingStore.Appended);
    }

    [Fact, Rfc(3261, "10.2.2")]
    public void A_star_removes_all()
    {
        var phone = Phone();
        phone.Register();
        phone.ContactUri = "sip:ada@198.51.100.8";
        phone.Register();
        Assert.Equal(2, Bindings().Count);

        var answer = phone.Send("REGISTER", "sip:gw.example", "Contact: *\nExpires: 0");

        Assert.Equal(200, answer.Status);
        Assert.Empty(answer.Headers(HeaderId.Contact));
        Assert.Empty(Bindings());
    }

    [Theory, Rfc(3261, "10.3")]
    [InlineData("Contact: *")]
    [InlineData("Contact: *\nExpires: 1")]
    [InlineData("Contact: *, <sip:ada@198.51.100.7>\nExpires: 0")]
    [InlineData("Contact: *\nContact: *\nExpires: 0")]
    [InlineData("Contact: <sip:ada@198.51.100.7>;q=1.1")]
    [InlineData("Contact: <sip:ada@198.51.100.7>;q=x")]
    [InlineData("Contact: <sip:>")]
    [InlineData("Contact: <sip:ada@198.51.100.7>;reg-id=1;+sip.instance=\"<urn:a>\", <sip:ada@198.51.100.8>;reg-id=2;+sip.instance=\"<urn:a>\"")]
    public void What_makes_no_sense_is_400_and_changes_nothing(string contact)
    {
        var phone = Phone();
        phone.Register();

        Assert.Equal(400, phone.Send("REGISTER", "sip:gw.example", contact).Status);
        Assert.Single(Bindings());
    }

    [Fact, Rfc(3261, "10.3"), BrowserRule("I4")]
    public void Too_short_a_time_is_423_with_the_least_one()
    {
        var answer = Phone().Register(expires: 59);

        Assert.Equal(423, answer.Status);
        Assert.Equal("60", answer.Header(HeaderId.MinExpires));
        Assert.Empty(Bindings());
    }

    [Theory, Rfc(3261, "10.2.1.1")]
    [InlineData("Contact: <sip:ada@198.51.100.7>", 600)]
    [InlineData("Contact: <sip:ada@198.51.100.7>\nExpires: 120", 120)]
    [InlineData("Contact: <sip:ada@198.51.100.7>;expires=90\nExpires: 120", 90)]
    [InlineData("Contact: <sip:ada@198.51.100.7>;expires=99999", 3600)]
    [InlineData("Contact: <sip:ada@198.51.100.7>;expires=soon", 3600)]
    [InlineData("Contact: sip:ada@198.51.100.7;expires=90", 90)]
    public void The_time_is_the_contacts_then_the_headers_then_ours(string contact, int seconds)
    {
        var answer = Phone().Send("REGISTER", "sip:gw.example", contact);

        Assert.EndsWith($";expires={seconds}", Assert.Single(answer.Headers(HeaderId.Contact)), StringComparison.Ordinal);
    }

    [Fact, Rfc(3261, "10.3")]
    public void Within_a_call_id_the_cseq_must_rise()
    {
        var phone = Phone();
        phone.Register();
        var stored = Bindings()[0];
        _core.Advance(TimeSpan.FromSeconds(60));
        phone.CSeq = 0;

        Assert.Equal(500, phone.Register().Status);
        Assert.Same(stored, Bindings()[0]);

        phone.CallId = "after-a-reboot";
        Assert.Equal(200, phone.Register().Status);
    }

    [Fact, Rfc(3261, "10.3")]
    public void One_late_contact_stops_all_of_the_request()
    {
        var phone = Phone();
        phone.Register();
        _core.Advance(TimeSpan.FromSeconds(60));
        phone.CSeq = 0;

        var answer = phone.Send("REGISTER", "sip:gw.example", "Contact: <sip:ada@198.51.100.9>, <sip:ada@198.51.100.7:5062>");

        Assert.Equal(500, answer.Status);
        Assert.Single(Bindings());
    }

    [Fact, Rfc(3261, "10.3")]
    public void Several_contacts_are_stored_as_one_change_and_sorted_by_q()
    {
        var answer = Phone().Send("REGISTER", "sip:gw.example", "Contact: <sip:a@198.51.100.1>;q=0.2, <sip:b@198.51.100.2>;q=0.9\nContact: <sip:c@198.51.100.3>");

        Assert.Equal(3, answer.Headers(HeaderId.Contact).Count);
        Assert.Equal(["c", "b", "a"], Bindings().Select(binding => binding.Contact.User));
        Assert.Equal([1, 0.9, 0.2], Bindings().Select(binding => binding.Q));
    }

    [Fact, Rfc(3261, "19.1.4")]
    public void The_same_contact_in_other_words_is_the_same_binding()
    {
        var phone = Phone();
        phone.Send("REGISTER", "sip:gw.example", "Contact: <sip:ada@PHONE.example:5060;transport=udp;line=7>");
        phone.Send("REGISTER", "sip:gw.example", "Contact: <sip:%61da@phone.example:5060;line=7;transport=UDP>");

        Assert.Single(Bindings());
        Assert.Equal(200, phone.Send("REGISTER", "sip:gw.example", "Contact: <sip:ada@phone.example:5060;line=8;transport=udp>").Status);
        Assert.Equal(2, Bindings().Count);
    }

    [Fact, Rfc(3261, "10.3")]
    public void A_binding_ends_with_its_time_even_when_the_wall_clock_jumps()
    {
        Phone().Register(expires: 300);
        _core.ClockStep = TimeSpan.FromHours(2);
        _core.Advance(TimeSpan.FromSeconds(299));
        Assert.Single(Bindings());

        _core.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(Bindings());
        Assert.Equal(BindingChangeKind.Remove, _core.BindingStore.Behind[^1].Kind);
        Assert.Equal(2, _core.RegistrationChanges.Count);
        Assert.Equal(0, _core.Core.Bindings.Count);
    }

    [Fact, Threat(30)]
    public void Too_many_contacts_in_one_request_are_refused()
    {
        var contacts = string.Join(", ", Enumerable.Range(1, 11).Select(i => $"<sip:ada@198.51.100.{i}>"));

        Assert.Equal(403, Phone().Send("REGISTER", "sip:gw.example", $"Contact: {contacts}").Status);
        Assert.Empty(Bindings());
    }

    [Theory, Threat(30), Threat(31), Threat(32), Rfc(5627, "5.1")]
    [InlineData("sip:ada@gw.example", 403)]
    [InlineData("sip:ada@GW.EXAMPLE.;gr=urn:uuid:aaaa", 403)]
    [InlineData("http://198.51.100.7", 403)]
    [InlineData("tel:+123", 403)]
    [InlineData("sip:bob@192.0.2.1:5060", 403)]
    [InlineData("sip:bob@localhost", 403)]
    [InlineData("sip:ada@239.1.1.1", 403)]
    [InlineData("sip:ada@255.255.255.255", 403)]
    [InlineData("sip:ada@[ff02::1]", 403)]
    [InlineData("sip:ada@192.0.2.1:5070", 200)]
    [InlineData("sip:ada@[2001:db8::7]:5060", 200)]
    public void A_contact_at_our_own_address_is_refused(string contact, int status)
    {
        var phone = Phone();
        phone.ContactUri = contact;

        Assert.Equal(status, phone.Register().Status);
    }

    [Theory, Threat(31)]
    [InlineData("sip:ada@127.0.0.1", 200)]
    [InlineData("sip:ada@127.0.0.1:5080", 403)]
    [InlineData("sip:ada@gw.example", 403)]
    public void A_phone_on_our_own_machine_may_have_the_port_that_we_have_not(string contact, int status)
    {
        var core = new CoreHarness(new ServerOptions { SipPorts = [5080] });
        core.AddAccount("ada");

        Assert.Equal(status, new TestPhone(core, "ada", CoreHarness.Udp()) { ContactUri = contact }.Register().Status);
    }

    [Theory, Rfc(3261, "10.3")]
    [InlineData("sip:elsewhere.example", 403)]
    [InlineData("tel:+4930123", 416)]
    [InlineData("sip:192.0.2.1", 200)]
    [InlineData("sip:GW.example.:5060", 200)]
    public void Only_our_domain_has_its_bindings_here(string requestUri, int status)
    {
        Assert.Equal(status, Phone().Send("REGISTER", requestUri, "Contact: <sip:ada@198.51.100.7>").Status);
    }
}
