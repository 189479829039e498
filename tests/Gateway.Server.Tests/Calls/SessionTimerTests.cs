using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Session timers in both roles (RFC 4028).</summary>
public class SessionTimerTests
{
    private const string Allow = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";

    private readonly CallRig _rig = new();

    [Theory]
    [InlineData("Supported: timer\r\nSession-Expires: 90\r\n", "90;refresher=uas", false)]
    [InlineData("Supported: timer\r\nSession-Expires: 1800 ; foo=bar ; refresher = UAC\r\n", "1800;refresher=uac", true)]
    [InlineData("Supported: timer\r\nx: 1800;refresher=uas\r\n", "1800;refresher=uas", false)]
    [InlineData("Session-Expires: 90\r\n", "", false)]
    [InlineData("Supported: timer\r\n", "", false)]
    [InlineData("Supported: timer\r\nSession-Expires: soon\r\n", "", false)]
    [InlineData("Session-Expires: 10;refresher=uas\r\n", "", false)]
    [Rfc(4028, "9")]
    [Row(75)]
    [BrowserRule("C4")]
    [BrowserRule("D1")]
    public void The_2xx_says_who_refreshes(string headers, string expected, bool required)
    {
        var alice = _rig.Phone("alice", 1);
        var ok = alice.Call("echo", SdpText.Offer(false, "PCMU"), Allow + headers).Establish();
        Assert.Equal(expected, TwoLegCallTests.Header(ok, HeaderId.SessionExpires));
        Assert.Equal(required, ok.ListHas(HeaderId.Require, "timer"u8));
    }

    [Theory]
    [InlineData("Allow: INVITE, ACK, BYE\r\n")]
    [InlineData("")]
    [Rfc(4028, "7.4")]
    [Row(75)]
    public void A_peer_that_takes_no_UPDATE_is_refreshed_by_a_re_INVITE_that_changes_nothing(string allow)
    {
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"), allow + "Supported: timer\r\nSession-Expires: 1800;refresher=uas\r\n");
        var ok = call.Establish();
        _rig.Advance(TimeSpan.FromSeconds(901));
        var offer = alice.Take(SipMethod.Invite);
        Assert.Equal("1800;refresher=uac", TwoLegCallTests.Header(offer, HeaderId.SessionExpires));
        Assert.Equal(SdpText.Body(ok), SdpText.Body(offer));
        alice.Respond(offer, 200, SdpText.Answer(offer, false, "PCMU"), headers: "Session-Expires: 1800;refresher=uac\r\n");
        alice.Inbox.Clear();
        _rig.Advance(TimeSpan.FromSeconds(899));
        Assert.False(alice.Has(SipMethod.Invite));
        _rig.Advance(TimeSpan.FromSeconds(2));
        Assert.True(alice.Has(SipMethod.Invite));
        call.Send("BYE");
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(405)]
    [InlineData(501)]
    [Rfc(4028, "7.4")]
    public void An_UPDATE_that_is_not_known_is_followed_by_a_re_INVITE(int status)
    {
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"), Allow + "Supported: timer\r\nSession-Expires: 200;refresher=uas\r\n");
        call.Establish();
        _rig.Advance(TimeSpan.FromSeconds(101));
        alice.Respond(alice.Take(SipMethod.Update), status);
        var offer = alice.Take(SipMethod.Invite);
        alice.Inbox.Clear();
        alice.Respond(offer, 200, SdpText.Answer(offer, false, "PCMU"), headers: "Session-Expires: 200;refresher=uac\r\n");
        _rig.Advance(TimeSpan.FromSeconds(101));
        Assert.False(alice.Has(SipMethod.Update));
        call.Send("BYE");
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("INVITE")]
    [InlineData("UPDATE")]
    [InlineData("re-INVITE")]
    [Rfc(4028, "9")]
    public void A_phone_that_asks_for_too_little_is_told_the_least(string method)
    {
        var alice = _rig.Phone("alice", 1);
        const string TooShort = "Supported: timer\r\nSession-Expires: 30\r\n";
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"), method == "INVITE" ? TooShort : "");
        if (method != "INVITE")
        {
            call.Establish();
            call.Send(method == "UPDATE" ? "UPDATE" : "INVITE", method == "UPDATE" ? null : SdpText.Offer(false, "PCMU", version: 2), TooShort);
        }
        Assert.Equal("90", TwoLegCallTests.Header(call.Expect(422), HeaderId.MinSE));
        if (method != "UPDATE") call.AckRefusal();
        if (method != "INVITE") call.Send("BYE");
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [BrowserRule("C4")]
    public void A_browser_never_hears_422()
    {
        var call = _rig.Browser("alice", 1).Call("echo", SdpText.Offer(true, "PCMU"), "Supported: timer\r\nSession-Expires: 30\r\n");
        Assert.Equal("30;refresher=uac", TwoLegCallTests.Header(call.Establish(), HeaderId.SessionExpires));
        call.Send("BYE");
        _rig.AssertNothingIsLeft();
    }

    /// <summary>min(32, a third) before its end (§10), of both roles.</summary>
    [Theory]
    [InlineData("uac", 1800, 1768)]
    [InlineData("uac", 90, 60)]
    [InlineData("uas", 90, 60)]
    [Rfc(4028, "10")]
    [Row(36)]
    public void A_session_that_nobody_refreshes_ends_with_a_reason(string refresher, int seconds, int expiry)
    {
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"), $"{Allow}Supported: timer\r\nSession-Expires: {seconds};refresher={refresher}\r\n");
        call.Establish();
        _rig.Advance(TimeSpan.FromSeconds(seconds / 2.0 + 0.1));
        if (refresher == "uas") alice.Respond(alice.Take(SipMethod.Update), 503);
        _rig.Advance(TimeSpan.FromSeconds(expiry - seconds / 2.0 - 0.2));
        Assert.False(alice.Has(SipMethod.Bye));
        _rig.Advance(TimeSpan.FromSeconds(0.2));
        var bye = alice.Take(SipMethod.Bye);
        Assert.Equal("SIP;cause=408;text=\"Session timer expired\"", TwoLegCallTests.Header(bye, HeaderId.Reason));
        alice.Respond(bye, 200);
        Assert.Equal("session-expired", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(4028, "10")]
    public void A_refresh_of_the_peer_keeps_the_session()
    {
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"), "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n");
        call.Establish();
        for (var round = 0; round < 5; round++)
        {
            _rig.Advance(TimeSpan.FromSeconds(45));
            call.Send("UPDATE", headers: "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n");
            Assert.Equal("90;refresher=uac", TwoLegCallTests.Header(call.Expect(200), HeaderId.SessionExpires));
        }
        call.Send("BYE");
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(4028, "10")]
    [Row(75)]
    [Row(37)]
    public void We_refresh_at_half_the_time_for_as_long_as_the_peer_wants()
    {
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"), Allow + "Supported: timer\r\nSession-Expires: 200;refresher=uas\r\n");
        call.Establish();
        _rig.Advance(TimeSpan.FromSeconds(99.9));
        Assert.False(alice.Has(SipMethod.Update));
        _rig.Advance(TimeSpan.FromSeconds(0.2));
        var update = alice.Take(SipMethod.Update);
        Assert.Equal("200;refresher=uac", TwoLegCallTests.Header(update, HeaderId.SessionExpires));
        Assert.True(update.Body.IsEmpty);
        alice.Inbox.Clear();
        alice.Respond(update, 200, headers: "Session-Expires: 300;refresher=uac\r\n");
        _rig.Advance(TimeSpan.FromSeconds(149));
        Assert.False(alice.Has(SipMethod.Update));
        _rig.Advance(TimeSpan.FromSeconds(2));
        // The peer takes over.
        alice.Respond(alice.Take(SipMethod.Update), 200, headers: "Session-Expires: 300;refresher=uas\r\n");
        alice.Inbox.Clear();
        _rig.Advance(TimeSpan.FromSeconds(1000));
        Assert.False(alice.Has(SipMethod.Update));
        call.Send("BYE");
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(4028, "7.3")]
    public void A_422_lengthens_the_interval()
    {
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"), Allow + "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
        call.Establish();
        _rig.Advance(TimeSpan.FromSeconds(46));
        var update = alice.Take(SipMethod.Update);
        alice.Inbox.Clear();
        alice.Respond(update, 422, headers: "Min-SE: 600\r\n");
        Assert.Equal("600;refresher=uac", TwoLegCallTests.Header(alice.Take(SipMethod.Update), HeaderId.SessionExpires));
    }

    [Fact]
    [Rfc(4028, "10")]
    [Row(36)]
    public void A_refresh_that_finds_nobody_ends_the_call()
    {
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"), Allow + "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
        call.Establish();
        _rig.Advance(TimeSpan.FromSeconds(46));
        alice.Respond(alice.Take(SipMethod.Update), 481);
        Assert.Equal("flow-lost", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }
}
