using Gateway.Server.Accounts;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Events;

/// <summary>The registration event package (RFC 3680): what a watcher learns of who is registered where.</summary>
public sealed class RegPackageTests
{
    private readonly CoreHarness _core = new();
    private readonly Watcher _ada;
    private readonly TestPhone _phone;

    public RegPackageTests()
    {
        _core.AddAccount("ada", aliases: "100");
        _core.AddAccount("bob");
        _ada = new Watcher(_core, "ada", CoreHarness.Udp());
        _phone = new TestPhone(_core, "ada", CoreHarness.Udp("198.51.100.8:5060"));
    }

    [Fact]
    [Rfc(3680, "4.7"), Rfc(3680, "5"), Row(59)]
    public void Who_watches_sees_contacts_come_stay_and_go()
    {
        _ada.Subscribe("ada");
        Assert.Equal(("0", "full", "init", ""), Watcher.Read(_ada.Notified()));
        _core.Advance(TimeSpan.FromSeconds(10));

        Register(600, ";q=0.5");
        Assert.Equal(("1", "partial", "active", "registered sip:ada@198.51.100.8:5060"), Watcher.Read(_ada.Notified()));
        _core.Advance(TimeSpan.FromSeconds(10));
        Register(600, ";q=0.5");
        Assert.Equal(("2", "partial", "active", "refreshed sip:ada@198.51.100.8:5060"), Watcher.Read(_ada.Notified()));
        _core.Advance(TimeSpan.FromSeconds(10));
        Register(0);
        Assert.Equal(("3", "partial", "terminated", "unregistered sip:ada@198.51.100.8:5060"), Watcher.Read(_ada.Notified()));
    }

    [Fact]
    [Rfc(3680, "4.7.1")]
    public void A_contact_that_is_not_refreshed_expires()
    {
        Register(60);
        _ada.Subscribe("ada", expires: 3600);
        Assert.Equal(("0", "full", "active", "registered sip:ada@198.51.100.8:5060"), Watcher.Read(_ada.Notified()));
        _core.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(("1", "partial", "terminated", "expired sip:ada@198.51.100.8:5060"), Watcher.Read(_ada.Notified()));
    }

    [Fact]
    [Rfc(3680, "4.10"), Rfc(6665, "5.4.9")]
    public void Changes_within_five_seconds_are_told_together()
    {
        _ada.Subscribe("ada");
        _ada.Notified();
        _core.Advance(TimeSpan.FromSeconds(1));
        Register(600);
        Register(600);
        _core.Advance(TimeSpan.FromSeconds(3.9));
        Assert.Empty(_core.Sent);
        _core.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(("1", "partial", "active", "refreshed sip:ada@198.51.100.8:5060"), Watcher.Read(_ada.Notified()));
    }

    [Fact]
    [Rfc(3680, "5.1")]
    public void What_a_phone_wrote_is_told_as_text_and_breaks_no_document()
    {
        Register(600, ";+sip.instance=\"<urn:uuid:a>\";+x=\"&]]><!DOCTYPE\"");
        _ada.Subscribe("100");
        var notify = _ada.Notified();
        Watcher.Read(notify);
        Assert.Contains("name=\"+sip.instance\">\"&lt;urn:uuid:a&gt;\"</unknown-param>", notify.Text, StringComparison.Ordinal);
        Assert.Contains("aor=\"sip:ada@gw.example\"", notify.Text, StringComparison.Ordinal);
        Assert.Contains("expires=\"600\"", notify.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(3680, "4.6"), Threat(26)]
    public void A_user_watches_itself_and_who_sees_everything_watches_anybody()
    {
        var bob = new Watcher(_core, "bob", CoreHarness.Udp("198.51.100.9:5060"));
        Assert.Equal(403, bob.Subscribe("ada").Status);
        // Whether there is such a user is not for everyone to know.
        Assert.Equal(403, bob.Subscribe("nobody").Status);
        _core.Accounts.Set(_core.Accounts.All.Single(account => account.User == "bob") with { Role = AccountRole.ReadOnly });
        Assert.Equal(200, bob.Subscribe("ada").Status);
        bob.Notified();
        Assert.Equal(404, bob.Subscribe("nobody").Status);
    }

    [Fact]
    [Rfc(6665, "4.1.3")]
    public void An_account_that_is_removed_watches_and_is_watched_no_more()
    {
        var bob = new Watcher(_core, "bob", CoreHarness.Udp("198.51.100.9:5060"));
        _core.Accounts.Set(_core.Accounts.All.Single(account => account.User == "bob") with { Role = AccountRole.Supervisor });
        bob.Subscribe("ada");
        bob.Notified();
        _ada.Subscribe("ada");
        _ada.Notified();
        _core.Accounts.Remove(_core.Accounts.All.Single(account => account.User == "ada").Id);
        _core.Core.Subscriptions.EndOf("ada@gw.example", _core.Now);
        Assert.Equal("terminated;reason=deactivated", _ada.Notified().Header(HeaderId.SubscriptionState));
        Assert.Equal("terminated;reason=noresource", bob.Notified().Header(HeaderId.SubscriptionState));
        Assert.Equal(0, _core.Services.Subscriptions.All);
    }

    private void Register(int expires, string parameters = "") =>
        Watcher.Register(_core, _phone, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{parameters};expires={expires}"));
}
