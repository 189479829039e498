using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Offers inside a confirmed dialog: hold, codecs, ICE restarts, offers that cross.</summary>
public sealed class ReofferTests : InDialogRig
{
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
        Assert.Equal("held", Rig.Changes[^1].State);
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
        Assert.Equal("connected", Rig.Changes[^1].State);
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
        Rig.Advance(TimeSpan.FromSeconds(10));
        Assert.False(call.Peer.Has(SipMethod.Invite));
        Assert.Equal("held", Rig.Changes[^1].State);
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
        var opened = Rig.Media.Opened;
        string? numbers = null;
        for (var round = 2; round < 42; round++)
        {
            call.Send("INVITE", SdpText.Offer(true, "PCMU", round % 2 == 0 ? "sendonly" : "sendrecv", version: round));
            var ok = call.Establish();
            var maps = string.Join(' ', SdpText.RtpMaps(SdpText.Body(ok)));
            Assert.Equal(numbers ??= maps, maps);
            Accept(ring.Peer, round % 2 == 0 ? "recvonly" : "sendrecv");
        }
        Assert.Equal(opened, Rig.Media.Opened);
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
        var alice = Rig.Phone("alice", 1);
        var bob = Rig.Browser("bob", 2);
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
            Assert.Empty(Rig.Media.Open);
        }
        Assert.Equal(2000, Rig.Media.Opened);
        Assert.Equal(1000, Rig.Ended.Count);
        Rig.AssertNothingIsLeft();
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
        Assert.Equal("connected", Rig.Changes[^1].State);
        call.Send("INVITE", SdpText.Offer(false, "PCMU", version: 3));
        call.Establish();
        HangUp(call, ring);
    }

    [Fact]
    [Rfc(3264, "8.3.2")]
    [Row(74)]
    public void A_codec_that_a_browser_does_not_use_but_has_is_answered_and_the_browser_follows()
    {
        var (call, ring) = Talk(false, true);
        call.Send("INVITE", SdpText.Offer(false, "PCMA", version: 2));
        Assert.StartsWith("PCMA", SdpText.Codecs(SdpText.Body(call.Establish())), StringComparison.Ordinal);
        var offer = ring.Peer.Take(SipMethod.Invite);
        Assert.StartsWith("PCMA", SdpText.Codecs(SdpText.Body(offer)), StringComparison.Ordinal);
        ring.Peer.Respond(offer, 200, SdpText.Answer(offer, true, "PCMA"));
        ring.Peer.Take(SipMethod.Ack);
        Assert.Equal("PCMA", Configuration(0).Codecs.Single(codec => !codec.Codec.IsTelephoneEvent).Codec.Name);
        Assert.Equal("PCMA", Configuration(1).Codecs.Single(codec => !codec.Codec.IsTelephoneEvent).Codec.Name);
        Assert.False(ring.Peer.Has(SipMethod.Invite));

        // One that a browser has not stays refused.
        call.Send("INVITE", SdpText.Offer(false, "GSM", version: 3));
        call.Expect(488);
        call.AckRefusal();
        HangUp(call, ring);
    }

    [Fact]
    public void A_browser_that_does_not_follow_to_another_codec_is_followed()
    {
        var (call, ring) = Talk(false, true);
        call.Send("INVITE", SdpText.Offer(false, "PCMA", version: 2));
        call.Establish();
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Invite), 488);
        var offer = call.Peer.Take(SipMethod.Invite);
        Assert.StartsWith("PCMU", SdpText.Codecs(SdpText.Body(offer)), StringComparison.Ordinal);
        call.Peer.Respond(offer, 200, SdpText.Answer(offer, false, "PCMU"));
        Assert.Equal("PCMU", Configuration(0).Codecs.Single(codec => !codec.Codec.IsTelephoneEvent).Codec.Name);
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
        Assert.Equal("held", Rig.Changes[^1].State);
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
        Rig.Advance(TimeSpan.FromSeconds(2.05));
        Assert.False(bob.Has(SipMethod.Invite));
        Rig.Advance(TimeSpan.FromSeconds(2));
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
        Rig.Advance(TimeSpan.FromSeconds(5));
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
}
