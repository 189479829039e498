using Gateway.Server.Registrar;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Registrar;

/// <summary>Bindings and the flows they stand on: RFC 5626, closed sockets, restarts, and what the store has to say.</summary>
public sealed class FlowTests
{
    private const string Instance = ";reg-id=1;+sip.instance=\"<urn:uuid:aaaa>\"";
    private const string Outbound = "Supported: path,gruu,outbound";

    private readonly List<(Flow Old, Flow Current)> _moved = [];
    private readonly CoreHarness _core;

    public FlowTests()
    {
        _core = new CoreHarness(flowMoved: (old, current) => _moved.Add((old, current)));
        _core.AddAccount("ada");
    }

    private TestPhone Browser(long connection = 1) => new(_core, "ada", CoreHarness.Wss(connection));

    private IReadOnlyList<Binding> Bindings => _core.Core.Bindings.Get("ada@gw.example");

    [Fact, Rfc(5626, "6"), BrowserRule("I2")]
    public void The_same_instance_on_a_new_connection_takes_the_binding_over()
    {
        var browser = Browser();
        browser.Register(parameters: Instance, extra: Outbound);
        var first = Bindings[0];

        browser.Flow = CoreHarness.Wss(2);
        browser.ContactUri = "sip:other@xyz.invalid;transport=ws";
        var answer = browser.Register(parameters: Instance, extra: Outbound);

        Assert.Single(answer.Headers(HeaderId.Contact));
        var moved = Assert.Single(Bindings);
        Assert.Equal(first.Id, moved.Id);
        Assert.Equal(2, moved.Flow.Connection);
        Assert.Equal([(CoreHarness.Wss(1), CoreHarness.Wss(2))], _moved);
    }

    [Fact, Rfc(5626, "4.2")]
    public void Another_reg_id_is_another_flow_of_the_same_device()
    {
        Browser(1).Register(parameters: Instance, extra: Outbound);
        var second = Browser(2);
        second.CallId = "second";
        second.Register(parameters: ";reg-id=2;+sip.instance=\"<urn:uuid:AAAA>\"", extra: Outbound);

        Assert.Equal(2, Bindings.Count);
        Assert.Empty(_moved);
    }

    [Fact, Rfc(5626, "6")]
    public void A_reg_id_without_an_instance_means_nothing()
    {
        var answer = Browser().Register(parameters: ";reg-id=1", extra: Outbound);

        Assert.Null(answer.Header(HeaderId.Require));
        Assert.Equal(0, Bindings[0].RegId);
    }

    [Theory, Rfc(5626, "6"), Rfc(3327, "5.3")]
    [InlineData("Supported: outbound, path\nVia: SIP/2.0/UDP 198.51.100.99;branch=z9hG4bKx", 439, 0)]
    [InlineData("Supported: path\nVia: SIP/2.0/UDP 198.51.100.99;branch=z9hG4bKx", 200, 0)]
    [InlineData("Supported: outbound, path\nVia: SIP/2.0/UDP 198.51.100.99;branch=z9hG4bKx\nPath: <sip:p2.example;lr>, <sip:p1.example;lr;ob>", 200, 1)]
    public void Behind_a_proxy_flows_count_only_if_its_first_hop_keeps_them(string extra, int status, int regId)
    {
        var answer = Browser().Register(parameters: Instance, extra: extra);

        Assert.Equal(status, answer.Status);
        Assert.All(Bindings, binding => Assert.Equal(regId, binding.RegId));
        if (regId == 1)
        {
            Assert.Equal(["<sip:p2.example;lr>", "<sip:p1.example;lr;ob>"], Bindings[0].Path);
            Assert.Equal(Bindings[0].Path, answer.Headers(HeaderId.Path));
        }
    }

    [Fact, Row(60)]
    public void A_closed_socket_keeps_its_binding_for_the_grace_time()
    {
        Browser().Register(parameters: Instance, extra: Outbound);
        _core.CloseFlow(CoreHarness.Wss());

        _core.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Single(Bindings);
        _core.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Empty(Bindings);
        Assert.Equal(BindingChangeKind.Remove, _core.BindingStore.Behind[^1].Kind);
        Assert.Equal(0, _core.Services.Timers.Count);
    }

    [Fact]
    public void Coming_back_within_the_grace_time_keeps_the_binding()
    {
        var browser = Browser();
        browser.Register(parameters: Instance, extra: Outbound);
        _core.CloseFlow(CoreHarness.Wss());
        _core.Advance(TimeSpan.FromSeconds(5));
        browser.Flow = CoreHarness.Wss(2);
        Assert.Equal(200, browser.Register(parameters: Instance, extra: Outbound).Status);

        _core.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(2, Assert.Single(Bindings).Flow.Connection);
    }

    [Fact]
    public void A_late_close_of_the_old_socket_does_not_touch_the_new_binding()
    {
        var browser = Browser();
        browser.Register(parameters: Instance, extra: Outbound);
        browser.Flow = CoreHarness.Wss(2);
        browser.Register(parameters: Instance, extra: Outbound);

        _core.CloseFlow(CoreHarness.Wss(1));
        _core.Advance(TimeSpan.FromSeconds(60));

        Assert.Single(Bindings);
    }

    [Fact, Row(55)]
    public void A_new_binding_is_answered_only_when_the_store_has_it()
    {
        _core.BindingStore.AutoCommit = false;
        var browser = Browser();
        _core.Receive(browser.Request("REGISTER", "sip:gw.example", "Contact: <sip:ada@a.invalid>\nAuthorization: Bearer " + Token()), browser.Flow);
        Assert.Empty(_core.Sent);
        Assert.Empty(Bindings);

        _core.BindingStore.Commit();
        _core.RunPosted();

        Assert.Equal(200, _core.TakeOnly().Status);
        Assert.Single(Bindings);
    }

    [Fact]
    public void A_socket_that_closes_while_the_store_writes_has_its_grace_time_and_no_more()
    {
        _core.BindingStore.AutoCommit = false;
        var browser = Browser();
        _core.Receive(browser.Request("REGISTER", "sip:gw.example", "Contact: <sip:ada@a.invalid>\nAuthorization: Bearer " + Token()), browser.Flow);
        _core.CloseFlow(browser.Flow);
        _core.BindingStore.Commit();
        _core.RunPosted();
        Assert.Single(Bindings);

        _core.Advance(TimeSpan.FromSeconds(10));

        Assert.Empty(Bindings);
        Assert.Equal(0, _core.Services.Flows.Count);
    }

    [Fact]
    public void A_binding_that_ends_while_the_store_renews_it_stays()
    {
        var browser = Browser();
        browser.Register(expires: 60, parameters: Instance, extra: Outbound);
        _core.Advance(TimeSpan.FromSeconds(59.99));
        _core.BindingStore.AutoCommit = false;
        _core.Receive(browser.Request("REGISTER", "sip:gw.example", $"Contact: <sip:new@a.invalid>{Instance};expires=600\n{Outbound}"), browser.Flow);
        _core.Advance(TimeSpan.FromSeconds(0.02));
        _core.BindingStore.Commit();
        _core.RunPosted();
        _core.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal("new", Assert.Single(Bindings).Contact.User);
        Assert.DoesNotContain(_core.BindingStore.Behind, change => change.Kind == BindingChangeKind.Remove);
    }

    [Fact]
    public void What_a_closed_socket_sent_before_is_not_started()
    {
        var browser = Browser();
        _core.CloseFlow(browser.Flow);

        _core.Receive(browser.Request("REGISTER", "sip:gw.example", "Contact: <sip:ada@a.invalid>\nAuthorization: Bearer " + Token()), browser.Flow);

        Assert.Empty(_core.BindingStore.Appended);
        Assert.Equal(0, _core.Core.Transactions.ServerCount);
    }

    [Fact, Rfc(3261, "10.3"), Row(55)]
    public void When_the_store_refuses_the_phone_is_told_to_come_again()
    {
        _core.BindingStore.AutoCommit = false;
        var browser = Browser();
        _core.Receive(browser.Request("REGISTER", "sip:gw.example", "Contact: <sip:ada@a.invalid>\nAuthorization: Bearer " + Token()), browser.Flow);
        _core.BindingStore.Commit(ok: false);
        _core.RunPosted();

        var answer = _core.TakeOnly();

        Assert.Equal(500, answer.Status);
        Assert.NotNull(answer.Header(HeaderId.RetryAfter));
        Assert.Empty(Bindings);
        Assert.Empty(_core.RegistrationChanges);
    }

    [Fact]
    public void An_unchanged_refresh_does_not_wait_for_the_store()
    {
        var browser = Browser();
        browser.Register(parameters: Instance, extra: Outbound);
        _core.BindingStore.AutoCommit = false;
        _core.Advance(TimeSpan.FromSeconds(300));

        var answer = browser.Register(parameters: Instance, extra: Outbound);

        Assert.Equal(200, answer.Status);
        Assert.Equal(0, _core.BindingStore.Pending);
        var behind = Assert.Single(_core.BindingStore.Behind);
        Assert.Equal(_core.UtcNow.AddSeconds(600), behind.Binding.ExpiresAt);
        Assert.Single(_core.RegistrationChanges);
        _core.Advance(TimeSpan.FromSeconds(599));
        Assert.Single(Bindings);
    }

    [Fact, Rfc(3261, "10.3")]
    public void Requests_of_one_aor_are_taken_one_after_the_other()
    {
        _core.BindingStore.AutoCommit = false;
        var browser = Browser();
        for (var i = 1; i <= 66; i++)
        {
            _core.Receive(browser.Request("REGISTER", "sip:gw.example", $"Contact: <sip:ada@a{i}.invalid>\nAuthorization: Bearer {Token()}"), browser.Flow);
        }

        // One is with the store, 64 wait, the last was one too many.
        Assert.Equal(503, _core.TakeOnly().Status);
        for (var i = 1; i <= 65; i++)
        {
            Assert.Equal(1, _core.BindingStore.Pending);
            _core.BindingStore.Commit();
            _core.RunPosted();
            var answer = _core.TakeOnly();
            Assert.Equal(200, answer.Status);
            Assert.Equal(Math.Min(i, 10), answer.Headers(HeaderId.Contact).Count);
        }

        Assert.Equal(0, _core.BindingStore.Pending);
        Assert.Equal(10, Bindings.Count);
    }

    [Fact]
    public void After_a_restart_a_udp_phone_is_there_and_a_browser_has_time_to_come_back()
    {
        var phone = new TestPhone(_core, "ada", CoreHarness.Udp());
        phone.Register(expires: 3600);
        Browser(7).Register(expires: 3600, parameters: Instance, extra: Outbound);
        var stored = Bindings.ToList();

        var restarted = new CoreHarness();
        restarted.AddAccount("ada");
        restarted.Core.Restore(stored, restarted.Now);
        Assert.Equal(2, restarted.Core.Bindings.Count);
        Assert.Equal(200, new TestPhone(restarted, "ada", CoreHarness.Udp()).Send("OPTIONS", "sip:ada@gw.example").Status);

        restarted.Advance(restarted.Options.RestoreGrace);
        Assert.Equal(phone.Flow, Assert.Single(restarted.Core.Bindings.All).Flow);
        restarted.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, restarted.Core.Bindings.Count);
    }

    [Fact]
    public void Taking_an_account_out_takes_its_bindings_out()
    {
        Browser().Register();

        _core.Core.RemoveBindings("ada@gw.example");

        Assert.Empty(Bindings);
        Assert.Equal(BindingChangeKind.Remove, _core.BindingStore.Behind[^1].Kind);
        _core.CloseFlow(CoreHarness.Wss());
        Assert.Equal(0, _core.Services.Timers.Count);
    }

    private string Token() => _core.Tokens.Mint("ada", TimeSpan.FromMinutes(5), _core.UtcNow);
}
