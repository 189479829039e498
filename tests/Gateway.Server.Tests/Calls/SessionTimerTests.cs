using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Session timers in both roles (RFC 4028).</summary>
public class SessionTimerTests
{
    private const string Allow = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";

    private readonly CallRig _rig = new();

    [Theory]
    [InlineData("Supported: timer\r\nSession-Expires: 90\r\n", "90;refresher=uac", true)]
    [InlineData("Supported: timer\r\nSession-Expires: 1800 ; foo=bar ; refresher = UAC\r\n", "1800;refresher=uac", true)]
    [InlineData("Supported: timer\r\nx: 1800;refresher=uas\r\n", "1800;refresher=uas", false)]
    [InlineData("Session-Expires: 90\r\n", "", false)]
    [InlineData("Supported: timer\r\n", "", false)]
    [InlineData("Supported: timer\r\nSession-Expires: soon\r\n", "", false)]
    [InlineData("Supported: timer\r\nSession-Expires: 10;refresher=uas\r\n", "", false)]
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

    [Fact]
    [Rfc(4028, "9")]
    public void A_peer_that_takes_no_UPDATE_gets_no_refreshes()
    {
        var alice = _rig.Phone("alice", 1);
        var ok = alice.Call("echo", SdpText.Offer(false, "PCMU"), "Allow: INVITE, ACK, BYE\r\nSupported: timer\r\nSession-Expires: 1800;refresher=uas\r\n").Establish();
        Assert.False(ok.Has(HeaderId.SessionExpires));
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
