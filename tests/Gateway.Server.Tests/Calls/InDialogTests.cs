using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Requests inside a confirmed dialog: hold, offers that cross, digits, refreshes, and strangers.</summary>
public class InDialogTests
{
    private readonly CallRig _rig = new();

    [Theory]
    [InlineData("sendonly", "192.0.2.50", "recvonly", "sendonly")]
    [InlineData("inactive", "192.0.2.50", "inactive", "inactive")]
    [InlineData("sendrecv", "0.0.0.0", "recvonly", "sendonly")]
    [Row(73)]
    [Rfc(3264, "8.4")]
    public void Hold_silences_and_is_told_to_the_other_side_and_so_is_its_end(string direction, string address, string answered, string told)
    {
        var (call, ring) = Talk();
        var (alice, bob) = (call.Peer, ring.Peer);
        call.Send("INVITE", SdpText.Offer(false, "PCMU", direction, address, 2));
        var ok = call.Establish();
        Assert.Equal(answered, SdpText.Direction(SdpText.Body(ok)));
        Assert.Equal("held", _rig.Changes[^1].State);
        Assert.False(Configuration(0).CanSend);
        var offer = bob.Take(SipMethod.Invite);
        Assert.Equal(told, SdpText.Direction(SdpText.Body(offer)));
        bob.Respond(offer, 200, SdpText.Answer(offer, false, "PCMU", told == "inactive" ? "inactive" : "recvonly"));
        bob.Take(SipMethod.Ack);
        Assert.False(Configuration(1).CanReceive);
        Assert.False(alice.Has(SipMethod.Invite));
        // Plain RTP on hold may be silent for ever, on the side that holds as well.
        Assert.Equal(TimeSpan.Zero, Configuration(0).SilenceLimit);
        Assert.Equal(TimeSpan.Zero, Configuration(1).SilenceLimit);

        call.Send("INVITE", SdpText.Offer(false, "PCMU", version: 3));
        Assert.Equal("sendrecv", SdpText.Direction(SdpText.Body(call.Establish())));
        offer = bob.Take(SipMethod.Invite);
        Assert.Equal("sendrecv", SdpText.Direction(SdpText.Body(offer)));
        bob.Respond(offer, 200, SdpText.Answer(offer, false, "PCMU"));
        Assert.True(Configuration(0) is { CanSend: true, CanReceive: true });
        Assert.True(Configuration(1) is { CanSend: true, CanReceive: true });
        Assert.Equal("connected", _rig.Changes[^1].State);
        Assert.Equal(TimeSpan.FromSeconds(60), Configuration(0).SilenceLimit);
        Assert.Equal(TimeSpan.FromSeconds(60), Configuration(1).SilenceLimit);
        HangUp(call, ring);
    }

    [Fact]
    [Row(73)]
    public void The_called_side_can_hold_too_and_a_refusal_of_the_caller_keeps_the_call()
    {
        var (call, ring) = Talk();
        ring.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        ring.Establish();
        var offer = call.Peer.Take(SipMethod.Invite);
        call.Peer.Respond(offer, 488);
        call.Peer.Take(SipMethod.Ack);
        _rig.Advance(TimeSpan.FromSeconds(10));
        Assert.False(call.Peer.Has(SipMethod.Invite));
        Assert.Equal("held", _rig.Changes[^1].State);
        ring.Send("INVITE", SdpText.Offer(false, "PCMU", version: 3));
        ring.Establish();
        HangUp(call, ring);
    }

    [Fact]
    public void Both_sides_can_hold_each_other_and_come_back()
    {
        var (call, ring) = Talk();
        var (alice, bob) = (call.Peer, ring.Peer);
        call.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        call.Establish();
        Accept(bob, "recvonly");
        ring.Send("INVITE", SdpText.Offer(false, "PCMU", "inactive", version: 2));
        ring.Establish();
        Accept(alice, "inactive");
        call.Send("INVITE", SdpText.Offer(false, "PCMU", version: 3));
        call.Establish();
        Accept(bob, "inactive");
        ring.Send("INVITE", SdpText.Offer(false, "PCMU", version: 3));
        ring.Establish();
        while (alice.Has(SipMethod.Invite) || bob.Has(SipMethod.Invite))
        {
            var asked = alice.Has(SipMethod.Invite) ? alice : bob;
            var offered = SdpText.Direction(SdpText.Body(asked.Inbox.OfType<SipRequest>().First(request => request.Method == SipMethod.Invite)));
            Accept(asked, offered switch { "sendonly" => "recvonly", "recvonly" => "sendonly", _ => offered });
        }
        Assert.True(Configuration(0) is { CanSend: true, CanReceive: true });
        Assert.True(Configuration(1) is { CanSend: true, CanReceive: true });
        HangUp(call, ring);
    }

    [Fact]
    [BrowserRule("D3")]
    [Threat(38)]
    [Threat(36)]
    public void Twenty_holds_of_a_browser_open_no_port_and_keep_its_numbers()
    {
        var (call, ring) = Talk(true, true);
        var opened = _rig.Media.Opened;
        string? numbers = null;
        for (var round = 2; round < 42; round++)
        {
            call.Send("INVITE", SdpText.Offer(true, "PCMU", round % 2 == 0 ? "sendonly" : "sendrecv", version: round));
            var ok = call.Establish();
            var maps = string.Join(' ', SdpText.RtpMaps(SdpText.Body(ok)));
            Assert.Equal(numbers ??= maps, maps);
            Accept(ring.Peer, round % 2 == 0 ? "recvonly" : "sendrecv");
        }
        Assert.Equal(opened, _rig.Media.Opened);
        HangUp(call, ring);
    }

    [Fact]
    public void Two_sides_that_flip_at_every_answer_are_slowed_down()
    {
        var (call, ring) = Talk();
        var (alice, bob) = (call.Peer, ring.Peer);
        call.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        call.Establish();
        var offers = 0;
        for (; offers < 200 && (alice.Has(SipMethod.Invite) || bob.Has(SipMethod.Invite)); offers++)
        {
            Accept(bob.Has(SipMethod.Invite) ? bob : alice, offers % 4 < 2 ? "sendrecv" : "sendonly");
        }
        Assert.True(offers <= Gateway.Server.Calls.CallLimits.OffersPerInterval, $"{offers} offers");
        HangUp(call, ring);
    }

    [Fact]
    [Threat(36)]
    public void A_thousand_calls_with_hold_leave_nothing_open()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Browser("bob", 2);
        for (var round = 0; round < 1000; round++)
        {
            var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
            var ring = bob.Ringing();
            ring.Answer("PCMU");
            call.Establish();
            call.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
            call.Establish();
            Accept(bob, "recvonly");
            call.Send("BYE");
            bob.Respond(bob.Take(SipMethod.Bye), 200);
            alice.Inbox.Clear();
            bob.Inbox.Clear();
            Assert.Empty(_rig.Media.Open);
        }
        Assert.Equal(2000, _rig.Media.Opened);
        Assert.Equal(1000, _rig.Ended.Count);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void An_ICE_restart_of_one_side_stays_on_that_side()
    {
        var (call, ring) = Talk(true, true);
        call.Send("INVITE", SdpText.Offer(true, "PCMU", version: 2, ufrag: "newU"));
        var ok = call.Establish();
        Assert.False(ring.Peer.Has(SipMethod.Invite));
        var remote = Configuration(0).WebRtc!;
        Assert.Equal("newU", remote.IceUfrag);
        Assert.NotNull(remote.NewLocalCredentials);
        Assert.Contains(remote.NewLocalCredentials.Value.Ufrag, SdpText.Body(ok), StringComparison.Ordinal);
        HangUp(call, ring);
    }

    [Fact]
    [Rfc(3261, "14.2")]
    [Row(74)]
    public void A_codec_that_the_other_side_has_not_is_488_and_the_session_stays()
    {
        var (call, ring) = Talk();
        call.Send("INVITE", SdpText.Offer(false, "opus", version: 2));
        call.Expect(488);
        call.AckRefusal();
        Assert.Equal("connected", _rig.Changes[^1].State);
        call.Send("INVITE", SdpText.Offer(false, "PCMU", version: 3));
        call.Establish();
        HangUp(call, ring);
    }

    [Fact]
    public void Fewer_codecs_of_one_side_are_offered_to_the_other()
    {
        var (call, ring) = Talk(codecs: "PCMU PCMA");
        call.Send("INVITE", SdpText.Offer(false, "PCMA", version: 2));
        call.Establish();
        var offer = ring.Peer.Take(SipMethod.Invite);
        Assert.StartsWith("PCMA", SdpText.Codecs(SdpText.Body(offer)), StringComparison.Ordinal);
        ring.Peer.Respond(offer, 200, SdpText.Answer(offer, false, "PCMA"));
        Assert.Equal("PCMA", Configuration(1).Codecs.Single(codec => !codec.Codec.IsTelephoneEvent).Codec.Name);
        HangUp(call, ring);
    }

    [Fact]
    [Rfc(3261, "14.2")]
    public void A_re_INVITE_without_an_offer_gets_ours()
    {
        var (call, ring) = Talk();
        call.Send("INVITE");
        var ok = call.Expect(200);
        Assert.StartsWith("PCMU", SdpText.Codecs(SdpText.Body(ok)), StringComparison.Ordinal);
        call.Ack(SdpText.Answer(ok, false, "PCMU", "sendonly"));
        Assert.Equal("held", _rig.Changes[^1].State);
        Accept(ring.Peer, "recvonly");
        HangUp(call, ring);
    }

    [Fact]
    [Rfc(3261, "14.1")]
    [Rfc(3261, "14.2")]
    public void Offers_that_cross_are_491_to_a_phone_and_ours_is_tried_again()
    {
        var (call, ring) = Talk();
        var bob = ring.Peer;
        call.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        call.Establish();
        var offer = bob.Take(SipMethod.Invite);
        ring.Send("INVITE", SdpText.Offer(false, "PCMU", version: 2));
        ring.Expect(491);
        ring.AckRefusal();
        bob.Respond(offer, 491);
        bob.Take(SipMethod.Ack);
        // We own the Call-ID of this leg: 2.1 to 4 seconds.
        _rig.Advance(TimeSpan.FromSeconds(2.05));
        Assert.False(bob.Has(SipMethod.Invite));
        _rig.Advance(TimeSpan.FromSeconds(2));
        Accept(bob, "recvonly");
        HangUp(call, ring);
    }

    [Fact]
    [BrowserRule("D3")]
    public void Offers_that_cross_wait_at_a_browser_which_would_hang_up_on_491()
    {
        var (call, ring) = Talk(false, true);
        var bob = ring.Peer;
        call.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        call.Establish();
        var offer = bob.Take(SipMethod.Invite);
        ring.Send("INVITE", SdpText.Offer(true, "PCMU", version: 2));
        Assert.False(bob.Has(491));
        Assert.False(bob.Has(200));
        bob.Respond(offer, 491);
        var ok = ring.Establish();
        Assert.Equal("sendonly", SdpText.Direction(SdpText.Body(ok)));
        _rig.Advance(TimeSpan.FromSeconds(5));
        Assert.False(bob.Has(SipMethod.Invite));
        HangUp(call, ring);
    }

    [Fact]
    [BrowserRule("D3")]
    public void A_retry_with_the_same_number_is_taken()
    {
        var (call, ring) = Talk();
        call.Send("INVITE", SdpText.Offer(false, "opus", version: 2));
        call.Expect(488);
        call.AckRefusal();
        call.Send("INVITE", SdpText.Offer(false, "PCMU", version: 2), sequence: call.Sequence);
        call.Establish();
        call.Send("INVITE", SdpText.Offer(false, "PCMU", version: 2), sequence: 1);
        call.Expect(500);
        call.AckRefusal();
        HangUp(call, ring);
    }

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
        Assert.Equal("flow-lost", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
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
        _rig.Advance(TimeSpan.FromSeconds(61));
        call.Peer.Respond(call.Peer.Take(SipMethod.Options), 200);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Options), 481);
        call.Peer.Respond(call.Peer.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
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
        Assert.Equal(digit, Assert.Single(_rig.Media.Digits).Digit);
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
        _rig.Happens(new MediaEvent.Digit(Leg(0), '7', TimeSpan.FromMilliseconds(180)));
        var info = ring.Peer.Take(SipMethod.Info);
        Assert.Equal("Signal=7\r\nDuration=180\r\n", Encoding.UTF8.GetString(info.Body));
        Assert.Equal("application/dtmf-relay", TwoLegCallTests.Header(info, HeaderId.ContentType));
        // A phone that does not know INFO keeps its call.
        ring.Peer.Respond(info, 415);
        Assert.Equal(1, _rig.Calls.Count);
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
    [InlineData("REFER", null, "", "Refer-To: <sip:x@y>\r\n", 603)]
    [InlineData("NOTIFY", null, "", "Event: refer\r\nSubscription-State: active\r\n", 481)]
    [InlineData("SUBSCRIBE", null, "", "Event: dialog\r\n", 405)]
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
        var mallory = _rig.Phone("mallory", 66);
        call.Send(method, from: mallory);
        mallory.Take(481);
        var browser = _rig.Browser("mallory", 99);
        call.Send(method, from: browser);
        browser.Take(481);
        Assert.Equal("connected", _rig.Changes[^1].State);
        HangUp(call, ring);
    }

    [Fact]
    [Threat(32)]
    public void The_account_itself_may_come_by_another_flow()
    {
        var (call, _) = Talk();
        var moved = _rig.Phone("alice", 77);
        call.Send("BYE", from: moved);
        moved.Take(200);
        Assert.Single(_rig.Ended);
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
        _rig.AssertNothingIsLeft();
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
        Assert.Single(_rig.Ended);
        _rig.AssertNothingIsLeft();
    }

    private LegId Leg(int index) => _rig.Media.Open.Order(Comparer<LegId>.Create((a, b) => a.Value.CompareTo(b.Value))).ElementAt(index);

    /// <summary>0: the caller's leg, 1: the called one's.</summary>
    private LegConfiguration Configuration(int index) => _rig.Media.Configured[Leg(index)];

    private static void Accept(TestPeer peer, string direction)
    {
        var offer = peer.Take(SipMethod.Invite);
        var first = SdpText.Codecs(SdpText.Body(offer)).Split(' ')[0];
        peer.Respond(offer, 200, SdpText.Answer(offer, peer.IsBrowser, first, direction));
        peer.Take(SipMethod.Ack);
    }

    private (TestDialog Call, TestDialog Ring) Talk(bool callerIsBrowser = false, bool calleeIsBrowser = false, string codecs = "PCMU", string? answered = null)
    {
        var alice = callerIsBrowser ? _rig.Browser("alice", 1) : _rig.Phone("alice", 1);
        var bob = calleeIsBrowser ? _rig.Browser("bob", 2) : _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(callerIsBrowser, codecs));
        var ring = bob.Ringing();
        ring.Answer(answered ?? codecs);
        bob.Take(SipMethod.Ack);
        call.Establish();
        alice.Inbox.Clear();
        return (call, ring);
    }

    private void HangUp(TestDialog call, TestDialog ring, bool check = true)
    {
        call.Peer.Inbox.Clear();
        call.Send("BYE");
        call.Peer.Take(200);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        Assert.Equal("caller", Assert.Single(_rig.Ended).EndReason);
        if (check) _rig.AssertNothingIsLeft();
    }
}
