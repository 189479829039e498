using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Requests inside a confirmed dialog: digits, refreshes, what is not known there, and strangers.</summary>
public sealed class InDialogTests : InDialogRig
{
    [Theory]
    [InlineData(481)]
    [InlineData(408)]
    [Rfc(3261, "12.2.1.2")]
    [Row(18)]
    public void A_dialog_that_the_peer_has_forgotten_ends_the_call(int status)
    {
        var (call, ring) = Talk();
        call.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        call.Establish();
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Invite), status);
        call.Peer.Respond(call.Peer.Take(SipMethod.Bye), 200);
        Assert.False(ring.Peer.Has(SipMethod.Bye));
        Assert.Equal("flow-lost", Assert.Single(Rig.Ended).EndReason);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(18)]
    [Row(36)]
    public void A_phone_that_is_quiet_on_hold_is_asked_whether_it_lives()
    {
        var (call, ring) = Talk();
        call.Send("INVITE", SdpText.Offer(false, "PCMU", "inactive", version: 2));
        call.Establish();
        Accept(ring.Peer, "inactive");
        Rig.Advance(TimeSpan.FromSeconds(61));
        call.Peer.Respond(call.Peer.Take(SipMethod.Options), 200);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Options), 481);
        call.Peer.Respond(call.Peer.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("Signal=5\r\nDuration=100\r\n", "application/dtmf-relay", '5')]
    [InlineData("Signal= #\r\nDuration= 250\r\n", "application/dtmf-relay; charset=x", '#')]
    [InlineData("10", "application/dtmf", '*')]
    [InlineData("a\r\n", "application/dtmf", 'A')]
    [Row(77)]
    [BrowserRule("D4")]
    public void Digits_by_INFO_become_telephone_events(string body, string type, char digit)
    {
        var (call, ring) = Talk(true, false, "PCMU telephone-event");
        call.Send("INFO", body, type: type);
        call.Peer.Take(200);
        Assert.Equal(digit, Assert.Single(Rig.Media.Digits).Digit);
        Assert.False(ring.Peer.Has(SipMethod.Info));
        HangUp(call, ring);
    }

    [Fact]
    [Row(77)]
    public void Digits_by_RTP_become_INFO_for_a_side_without_telephone_events()
    {
        var (call, ring) = Talk(true, false, "PCMU telephone-event", "PCMU");
        Assert.True(Configuration(0).ReportDigits);
        Assert.False(Configuration(1).ReportDigits);
        Rig.Happens(new MediaEvent.Digit(Leg(0), '7', TimeSpan.FromMilliseconds(180)));
        var info = ring.Peer.Take(SipMethod.Info);
        Assert.Equal("Signal=7\r\nDuration=180\r\n", Encoding.UTF8.GetString(info.Body));
        Assert.Equal("application/dtmf-relay", TwoLegCallTests.Header(info, HeaderId.ContentType));
        // A phone that does not know INFO keeps its call.
        ring.Peer.Respond(info, 415);
        Assert.Equal(1, Rig.Calls.Count);
        HangUp(call, ring);
    }

    [Theory]
    [InlineData("INFO", "x", "text/plain", "", 415)]
    [InlineData("INFO", "x", "text/plain", "Info-Package: foo\r\n", 469)]
    [InlineData("INFO", null, "", "", 200)]
    [InlineData("INFO", "Signal=\r\n", "application/dtmf-relay", "", 400)]
    [InlineData("OPTIONS", null, "", "", 200)]
    [InlineData("UPDATE", null, "", "", 200)]
    [InlineData("UPDATE", "x", "text/plain", "", 415)]
    [InlineData("INVITE", "x", "text/plain", "", 415)]
    [InlineData("INVITE", "v=1", "application/sdp", "", 400)]
    [InlineData("PRACK", null, "", "RAck: 1 1 INVITE\r\n", 481)]
    [InlineData("MESSAGE", "hi", "text/plain", "", 405)]
    [InlineData("REFER", null, "", "Refer-To: <sip:x@y>\r\n", 403)]
    [InlineData("NOTIFY", null, "", "Event: refer\r\nSubscription-State: active\r\n", 481)]
    [InlineData("SUBSCRIBE", null, "", "Event: dialog\r\n", 489)]
    [InlineData("FOO", null, "", "", 405)]
    [Row(14)]
    [Row(15)]
    [Row(16)]
    [BrowserRule("D1")]
    [BrowserRule("D2")]
    public void Every_method_has_its_answer(string method, string? body, string type, string headers, int status)
    {
        var (call, ring) = Talk();
        call.Send(method, body, headers, type);
        var answer = call.Expect(status);
        Assert.Equal(status == 405, TwoLegCallTests.Header(answer, HeaderId.Allow).Length > 0 && status == 405);
        if (method == "INVITE") call.AckRefusal();
        HangUp(call, ring);
    }

    [Fact]
    [Row(14)]
    [Rfc(3311, "5.2")]
    public void UPDATE_may_carry_an_offer()
    {
        var (call, ring) = Talk();
        call.Send("UPDATE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        Assert.Equal("recvonly", SdpText.Direction(SdpText.Body(call.Peer.Take(200))));
        Accept(ring.Peer, "recvonly");
        HangUp(call, ring);
    }

    [Fact]
    [Row(49)]
    [Rfc(3261, "12.2")]
    public void Requests_follow_a_Contact_that_changed()
    {
        var (call, ring) = Talk();
        call.Send("INVITE", SdpText.Offer(false, "PCMU", version: 2));
        call.Establish();
        ring.Send("BYE");
        ring.Peer.Take(200);
        var bye = call.Peer.Take(SipMethod.Bye);
        Assert.Equal(call.Peer.ContactUri, Encoding.UTF8.GetString(bye.UriBytes));
    }

    [Theory]
    [InlineData("BYE")]
    [InlineData("INVITE")]
    [Threat(32)]
    public void A_stranger_who_knows_the_dialog_is_refused(string method)
    {
        var (call, ring) = Talk();
        var mallory = Rig.Phone("mallory", 66);
        call.Send(method, from: mallory);
        mallory.Take(481);
        var browser = Rig.Browser("mallory", 99);
        call.Send(method, from: browser);
        browser.Take(481);
        Assert.Equal("connected", Rig.Changes[^1].State);
        HangUp(call, ring);
    }

    [Fact]
    [Threat(32)]
    public void The_account_itself_may_come_by_another_flow()
    {
        var (call, _) = Talk();
        var moved = Rig.Phone("alice", 77);
        call.Send("BYE", from: moved);
        moved.Take(200);
        Assert.Single(Rig.Ended);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [Row(3)]
    [Rfc(3261, "12.2.2")]
    public void A_wrong_tag_is_481(bool wrongRemote, bool wrongCallId)
    {
        var (call, ring) = Talk();
        var text = $"BYE {call.Target} SIP/2.0\r\n{call.Peer.Via("z9hG4bKwrong")}\r\nMax-Forwards: 70\r\n"
            + $"From: <sip:alice@{CallRig.Realm}>;tag={(wrongRemote ? "wrong" : call.LocalTag)}\r\nTo: <sip:bob@{CallRig.Realm}>;tag={call.RemoteTag}\r\n"
            + $"Call-ID: {(wrongCallId ? "wrong" : call.CallId)}\r\nCSeq: 9 BYE\r\nContent-Length: 0\r\n\r\n";
        call.Peer.Send(text);
        call.Peer.Take(481);
        HangUp(call, ring);
    }

    [Fact]
    [Threat(37)]
    public void What_comes_after_the_BYE_is_481()
    {
        var (call, ring) = Talk();
        HangUp(call, ring, check: false);
        foreach (var method in new[] { "INVITE", "BYE", "INFO", "UPDATE" })
        {
            call.Send(method);
            Assert.NotNull(call.Expect(481));
            if (method == "INVITE") call.AckRefusal();
        }
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void BYEs_that_cross_are_both_answered()
    {
        var (call, ring) = Talk();
        call.Send("BYE");
        var bye = ring.Peer.Take(SipMethod.Bye);
        ring.Send("BYE");
        ring.Peer.Take(200);
        ring.Peer.Respond(bye, 481);
        Assert.Single(Rig.Ended);
        Rig.AssertNothingIsLeft();
    }
}
