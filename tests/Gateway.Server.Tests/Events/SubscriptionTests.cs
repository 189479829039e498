using Gateway.Server.Accounts;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Events;

/// <summary>The engine of RFC 6665 as a subscriber meets it, shown with the reg package.</summary>
public sealed class SubscriptionTests
{
    private readonly CoreHarness _core = new();
    private readonly Watcher _ada;

    public SubscriptionTests()
    {
        _core.AddAccount("ada");
        _core.AddAccount("bob");
        _ada = new Watcher(_core, "ada", CoreHarness.Udp());
    }

    [Fact]
    [Rfc(6665, "4.2.1.2"), Row(13)]
    public void SUBSCRIBE_is_answered_and_a_NOTIFY_follows_at_once()
    {
        var answer = _ada.Subscribe("ada");
        Assert.Equal(200, answer.Status);
        Assert.Equal("600", answer.Header(HeaderId.Expires));
        var notify = _ada.Notified();
        Assert.Equal("active;expires=600", notify.Header(HeaderId.SubscriptionState));
        Assert.Equal("reg", notify.Header(HeaderId.Event));
        Assert.Equal($"sip:ada@{_ada.Phone.Flow.Remote}", System.Text.Encoding.ASCII.GetString(notify.Request.UriBytes));
        Assert.NotNull(notify.Header(HeaderId.Contact));
        Assert.Equal((1, 1), (_core.Core.Subscriptions.Count, _core.Core.Subscriptions.Dialogs));
    }

    [Fact]
    [Rfc(6665, "4.2.1.1"), Rfc(6665, "8.2.2")]
    public void A_package_that_nobody_serves_is_489_and_those_that_are_served_are_named()
    {
        var answer = _ada.Subscribe("ada", package: "winfo");
        Assert.Equal(489, answer.Status);
        Assert.Contains("reg", answer.Header(HeaderId.AllowEvents), StringComparison.Ordinal);
        Assert.Equal(489, _ada.Subscribe("ada", package: "").Status);
        Assert.Empty(_core.Sent);
    }

    [Theory]
    [InlineData(0, 200, "0")]
    [InlineData(30, 423, null)]
    [InlineData(60, 200, "60")]
    [InlineData(null, 200, "3761")]
    [InlineData(999999999, 200, "86400")]
    [Rfc(6665, "4.2.1.1")]
    public void The_time_is_the_one_asked_for_or_shorter_and_too_short_is_423(int? asked, int status, string? granted)
    {
        var answer = _ada.Subscribe("ada", expires: asked);
        Assert.Equal(status, answer.Status);
        Assert.Equal(granted, answer.Header(HeaderId.Expires));
        Assert.Equal(status == 423 ? "60" : null, answer.Header(HeaderId.MinExpires));
    }

    [Theory]
    [InlineData("Accept: application/pidf+xml", 406)]
    [InlineData("Accept: text/plain, application/reginfo+xml;q=0.5", 200)]
    [InlineData("Accept: application/*", 200)]
    [InlineData("Require: eventlist", 420)]
    [Rfc(6665, "4.1.2.1")]
    public void What_cannot_be_told_is_refused(string header, int status) => Assert.Equal(status, _ada.Subscribe("ada", header).Status);

    [Fact]
    [Rfc(6665, "4.2.1.4"), Rfc(6665, "4.1.2.2")]
    public void A_refresh_prolongs_it_and_is_told_everything()
    {
        _ada.Subscribe("ada");
        _ada.Notified();
        _core.Advance(TimeSpan.FromSeconds(500));
        Assert.Equal("600", _ada.Again().Header(HeaderId.Expires));
        Assert.Equal("full", Watcher.Read(_ada.Notified()).Document);
        _core.Advance(TimeSpan.FromSeconds(500));
        Assert.Equal(1, _core.Core.Subscriptions.Count);
        Assert.Equal(423, _ada.Again(10).Status);
    }

    [Fact]
    [Rfc(6665, "4.2.1.4"), Row(92)]
    public void Without_a_refresh_it_ends_with_timeout()
    {
        _ada.Subscribe("ada");
        _ada.Notified();
        _core.Advance(TimeSpan.FromSeconds(600));
        Assert.Equal("terminated;reason=timeout", _ada.Notified().Header(HeaderId.SubscriptionState));
        AssertNothingIsLeft();
        Assert.Equal(481, _ada.Again().Status);
    }

    [Fact]
    [Rfc(6665, "4.1.2.3"), Rfc(6665, "4.2.1.4")]
    public void Expires_0_ends_it_with_a_last_NOTIFY()
    {
        _ada.Subscribe("ada");
        _ada.Notified();
        Assert.Equal("0", _ada.Again(0).Header(HeaderId.Expires));
        Assert.Equal("terminated;reason=timeout", _ada.Notified().Header(HeaderId.SubscriptionState));
        AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(6665, "4.4.3")]
    public void A_fetch_is_one_NOTIFY_and_no_subscription()
    {
        Assert.Equal("0", _ada.Subscribe("ada", expires: 0).Header(HeaderId.Expires));
        var notify = _ada.Notified();
        Assert.Equal("terminated;reason=timeout", notify.Header(HeaderId.SubscriptionState));
        Assert.Equal("full", Watcher.Read(notify).Document);
        AssertNothingIsLeft();
    }

    [Fact]
    [Threat(35), Row(13)]
    public void Expires_0_while_a_NOTIFY_is_on_its_way_ends_it_after_that_one()
    {
        _ada.Subscribe("ada");
        var first = _ada.Notified(answer: 0);
        Assert.Equal("0", _ada.Again(0).Header(HeaderId.Expires));
        Assert.Empty(_core.Sent);
        Assert.Equal(481, _ada.Again().Status);
        _ada.Respond(first, 200);
        Assert.StartsWith("terminated", _ada.Notified().Header(HeaderId.SubscriptionState), StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    [Threat(35)]
    public void Expires_0_while_a_NOTIFY_is_on_its_way_that_is_refused_leaves_nothing()
    {
        _ada.Subscribe("ada");
        var first = _ada.Notified(answer: 0);
        _ada.Again(0);
        _ada.Respond(first, 481);
        AssertNothingIsLeft();
        // Its answer comes once more.
        _ada.Respond(first, 200);
        Assert.Empty(_core.Sent);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(408)]
    [InlineData(480)]
    [InlineData(481)]
    [InlineData(489)]
    [InlineData(501)]
    [InlineData(604)]
    [Rfc(6665, "4.2.2")]
    public void A_NOTIFY_that_is_refused_for_good_ends_it(int status)
    {
        _ada.Subscribe("ada");
        _ada.Notified(status);
        AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(400)]
    [InlineData(488)]
    [InlineData(500)]
    [InlineData(503)]
    [Rfc(6665, "4.2.2")]
    public void Another_refusal_of_a_NOTIFY_does_not(int status)
    {
        _ada.Subscribe("ada");
        _ada.Notified(status);
        Assert.Equal(1, _core.Core.Subscriptions.Count);
    }

    [Fact]
    [Rfc(6665, "4.2.2")]
    public void A_NOTIFY_without_an_answer_ends_it_when_timer_F_fires()
    {
        _ada.Subscribe("ada");
        _ada.Notified(answer: 0);
        _core.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(1, _core.Core.Subscriptions.Count);
        _core.Advance(TimeSpan.FromSeconds(1.1));
        _core.TakeAll();
        AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(6665, "4.5.2")]
    public void Two_subscriptions_share_a_dialog_and_are_told_apart_by_their_id()
    {
        _ada.Subscribe("ada", package: "reg;id=1");
        Assert.Equal("reg;id=1", _ada.Notified().Header(HeaderId.Event));
        Assert.Equal(200, _ada.Again(package: "reg;id=2").Status);
        Assert.Equal("reg;id=2", _ada.Notified().Header(HeaderId.Event));
        Assert.Equal((2, 1), (_core.Core.Subscriptions.Count, _core.Core.Subscriptions.Dialogs));
        _ada.Again(0, "reg;id=1");
        Assert.Equal("reg;id=1", _ada.Notified().Header(HeaderId.Event));
        Assert.Equal((1, 1), (_core.Core.Subscriptions.Count, _core.Core.Subscriptions.Dialogs));
        _ada.Again(0, "reg;id=2");
        _ada.Notified();
        AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(6665, "4.2.1.3"), Threat(26), Threat(27)]
    public void Nobody_watches_in_the_name_of_another_and_strangers_are_challenged()
    {
        var stranger = new TestPhone(_core, "ada", CoreHarness.Udp("198.51.100.99:5060"));
        _core.Receive(stranger.Request("SUBSCRIBE", "sip:ada@gw.example", "Event: reg\nContact: <sip:x@198.51.100.99>"), stranger.Flow);
        Assert.Equal(401, _core.TakeOnly().Status);
        Assert.Equal(403, new Watcher(_core, "bob", CoreHarness.Udp("198.51.100.8:5060")).Subscribe("ada").Status);
    }

    [Fact]
    [Threat(32)]
    public void Another_host_that_knows_the_dialog_cannot_end_it()
    {
        _ada.Subscribe("ada");
        _ada.Notified();
        Assert.Equal(481, _ada.Again(0, from: CoreHarness.Udp("198.51.100.66:5060")).Status);
        Assert.Equal(1, _core.Core.Subscriptions.Count);
    }

    [Fact]
    [Rfc(5057, "5.2")]
    public void BYE_ends_no_subscription_and_OPTIONS_finds_it_alive()
    {
        _ada.Subscribe("ada");
        _ada.Notified();
        Assert.Equal(481, _ada.Send("BYE").Status);
        Assert.Equal(200, _ada.Send("OPTIONS").Status);
        Assert.Equal(481, _ada.Send("NOTIFY").Status);
        Assert.Equal(1, _core.Core.Subscriptions.Count);
    }

    [Fact]
    public void What_was_sent_before_is_refused()
    {
        _ada.Subscribe("ada");
        _ada.Notified();
        _ada.Phone.CSeq = 0;
        Assert.Equal(500, _ada.Again().Status);
    }

    [Fact]
    [Threat(16), Threat(35)]
    public void There_are_so_many_per_account_and_no_more()
    {
        var core = new CoreHarness(new ServerOptions { MaxSubscriptionsPerAccount = 2 });
        core.AddAccount("ada");
        for (var i = 1; i <= 3; i++)
        {
            var watcher = new Watcher(core, "ada", CoreHarness.Udp($"198.51.100.7:{5060 + i}"));
            var answer = watcher.Subscribe("ada");
            Assert.Equal(i < 3 ? 200 : 503, answer.Status);
            Assert.Equal(i < 3 ? null : "60", answer.Header(HeaderId.RetryAfter));
            if (i < 3) watcher.Notified();
        }
        core.Advance(TimeSpan.FromSeconds(600));
        Assert.Equal(0, core.Services.Subscriptions.Of(core.Accounts.All.Single().Id) - 2);
        foreach (var last in core.TakeAll()) new Watcher(core, "ada", last.Flow).Respond(last, 200);
        Assert.Equal(0, core.Services.Subscriptions.All);
    }

    [Fact]
    [Threat(35), Row(13)]
    public void A_thousand_watchers_are_told_and_any_of_them_may_leave_meanwhile()
    {
        var core = new CoreHarness(new ServerOptions { MaxSubscriptionsPerAccount = 1000 });
        core.AddAccount("ada");
        var watchers = Enumerable.Range(0, 1000).Select(i => new Watcher(core, "ada", CoreHarness.Udp($"198.51.100.7:{10000 + i}"))).ToArray();
        foreach (var watcher in watchers)
        {
            Assert.Equal(200, watcher.Subscribe("ada").Status);
            watcher.Notified();
        }
        core.Advance(TimeSpan.FromSeconds(10));
        Watcher.Register(core, new TestPhone(core, "ada", CoreHarness.Udp("198.51.100.1:5060")), ";expires=600");
        var sent = core.TakeAll();
        Assert.Equal(1000, sent.Count);
        // Every second one leaves before it answers.
        for (var i = 0; i < 1000; i += 2) Assert.Equal(200, watchers[i].Again(0).Status);
        Assert.Empty(core.Sent);
        foreach (var notify in sent) watchers[notify.Flow.Remote.Port - 10000].Respond(notify, notify.Flow.Remote.Port % 4 == 0 ? 481 : 200);
        foreach (var last in core.TakeAll()) watchers[last.Flow.Remote.Port - 10000].Respond(last, 200);
        Assert.Equal(500, core.Core.Subscriptions.Count);
        Assert.Equal(500, core.Services.Subscriptions.All);
        Assert.Equal(0, core.Core.Subscriptions.Faults);
    }

    [Fact]
    [Rfc(6665, "4.1.3")]
    public void When_the_server_stops_watchers_are_sent_to_subscribe_anew()
    {
        _ada.Subscribe("ada");
        _ada.Notified();
        _core.Core.Subscriptions.EndAll(_core.Now);
        Assert.Equal("terminated;reason=deactivated", _ada.Notified().Header(HeaderId.SubscriptionState));
        AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(7118, "5"), Row(13)]
    public void A_browser_that_comes_back_by_another_socket_is_told_there_what_it_missed()
    {
        const string Instance = ";reg-id=1;+sip.instance=\"<urn:uuid:aaaa>\"";
        var browser = new Watcher(_core, "ada", CoreHarness.Wss(1));
        browser.Phone.Register(parameters: Instance, extra: "Supported: outbound");
        _core.TakeAll();
        browser.Subscribe("ada");
        browser.Notified();
        _core.Advance(TimeSpan.FromSeconds(6));
        _core.CloseFlow(CoreHarness.Wss(1));
        Watcher.Register(_core, new TestPhone(_core, "ada", CoreHarness.Udp()), ";expires=600");
        Assert.Empty(_core.Sent);
        Watcher.Register(_core, new TestPhone(_core, "ada", CoreHarness.Wss(2)), Instance + ";expires=600", "Supported: outbound");
        var notify = _core.TakeOnly();
        Assert.Equal(2, notify.Flow.Connection);
        Assert.Equal("registered sip:ada@198.51.100.7:5062", Watcher.Read(notify).Contacts);
        browser.Respond(notify, 200);
        _core.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("refreshed sip:ada@abc2.invalid;transport=ws", Watcher.Read(_core.TakeOnly()).Contacts);
    }

    [Fact]
    public void A_browser_that_does_not_come_back_is_forgotten()
    {
        var browser = new Watcher(_core, "ada", CoreHarness.Wss(1));
        browser.Subscribe("ada");
        browser.Notified();
        _core.CloseFlow(CoreHarness.Wss(1));
        _core.Advance(TimeSpan.FromSeconds(11));
        AssertNothingIsLeft();
    }

    private void AssertNothingIsLeft()
    {
        Assert.Empty(_core.Sent);
        Assert.Equal((0, 0, 0), (_core.Core.Subscriptions.Count, _core.Core.Subscriptions.Dialogs, _core.Services.Subscriptions.All));
        Assert.Equal(0, _core.Core.Subscriptions.Faults);
    }
}
