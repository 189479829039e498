using Gateway.Server.Proxy;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Proxy;

/// <summary>Which of several refusals the caller gets, and what it carries (RFC 3261 §16.7 steps 6 and 7).</summary>
public sealed class BestResponseTests
{
    private readonly ProxyRig _rig = new();

    [Theory]
    [InlineData(486, 500, 486)]
    [InlineData(500, 404, 404)]
    [InlineData(404, 302, 302)]
    [InlineData(480, 415, 415)]
    [InlineData(486, 420, 420)]
    [InlineData(486, 484, 484)]
    [InlineData(486, 408, 486)]
    [InlineData(503, 408, 408)]
    [InlineData(503, 503, 500)]
    [InlineData(503, 502, 502)]
    [InlineData(603, 302, 603)]
    [InlineData(486, 600, 600)]
    [Row(23), Row(26), Row(44)]
    [Rfc(3261, "16.7")]
    public void The_best_of_two_refusals(int first, int second, int best)
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var one = _rig.Phone("bob", "198.51.100.2:5060");
        var two = _rig.Phone("bob", "198.51.100.3:5060");
        ada.Call("bob");
        var (ringing, waiting) = (one.Take("INVITE"), two.Take("INVITE"));
        one.Respond(ringing, first, "o");
        two.Respond(waiting, second, "t");
        // Where a 6xx came first, the other was cancelled, and answers all the same.
        ada.Take(best);
        Assert.DoesNotContain(ada.Inbox, message => message.Status > 100);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(23), Row(24)]
    [Rfc(3261, "16.7"), Rfc(3261, "22.3")]
    public void All_challenges_of_all_branches_reach_the_caller_in_one_answer()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var one = _rig.Phone("bob", "198.51.100.2:5060");
        var two = _rig.Phone("bob", "198.51.100.3:5060");
        var three = _rig.Phone("bob", "198.51.100.4:5060");
        ada.Call("bob");
        one.Respond(one.Take("INVITE"), 407, "o", "Proxy-Authenticate: Digest realm=\"one\", nonce=\"1\"\nProxy-Authenticate: Digest realm=\"uno\", nonce=\"1\"");
        two.Respond(two.Take("INVITE"), 486, "t");
        three.Respond(three.Take("INVITE"), 401, "r", "WWW-Authenticate: Digest realm=\"three\", nonce=\"3\"");
        var answer = ada.Take(407);
        Assert.Equal(["Digest realm=\"one\", nonce=\"1\"", "Digest realm=\"uno\", nonce=\"1\""], answer.Fields(HeaderId.ProxyAuthenticate));
        Assert.Equal(["Digest realm=\"three\", nonce=\"3\""], answer.Fields(HeaderId.WwwAuthenticate));
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(23)]
    public void A_contact_that_asks_for_our_users_password_in_our_name_gets_nothing()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 407, "b", "Proxy-Authenticate: Digest realm=\"gw.example\", nonce=\"1\"");
        Assert.Empty(ada.Take(480).Fields(HeaderId.ProxyAuthenticate));
    }

    [Fact]
    [Row(23), Row(24)]
    public void What_proved_the_caller_to_us_goes_no_further()
    {
        var rig = new ProxyRig(new ServerOptions { CallMode = CallMode.Proxy, TrustUdpSources = false });
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        var login = new Testing.Server.TestPhone(rig.Core, "ada", ada.Flow);
        ada.Call("bob", login.Authorization(ada.Take(401), "INVITE", "sip:bob@gw.example") + "\nProxy-Authorization: Digest username=\"ada\", realm=\"elsewhere\", nonce=\"1\", uri=\"sip:x\", response=\"0123456789abcdef0123456789abcdef\"");
        var invite = bob.Take("INVITE");
        Assert.Null(invite.Header(HeaderId.Authorization));
        Assert.Contains("elsewhere", invite.Header(HeaderId.ProxyAuthorization), StringComparison.Ordinal);
    }
}
