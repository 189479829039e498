using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Sides that vanish: closed connections while ringing and talking, media that stops, and their coming back.</summary>
public class LostPeerTests
{
    private static readonly TimeSpan Grace = new ServerOptions().FlowGrace;

    private readonly CallRig _rig = new();

    [Fact]
    [BrowserRule("D5")]
    public void A_caller_whose_socket_drops_while_ringing_is_given_up_after_the_grace()
    {
        var alice = _rig.Browser("alice", 1);
        var bob = _rig.Phone("bob", 2);
        alice.Call("bob", SdpText.Offer(true, "PCMU"));
        var ring = bob.Ringing();
        ring.Respond(180);
        _rig.Close(alice);
        _rig.Advance(Grace - TimeSpan.FromMilliseconds(100));
        Assert.False(bob.Has(SipMethod.Cancel));
        _rig.Advance(TimeSpan.FromMilliseconds(200));
        bob.Take(SipMethod.Cancel);
        ring.Respond(487);
        Assert.Equal("flow-lost", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [BrowserRule("D5")]
    public void A_browser_that_comes_back_while_ringing_rings_again()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Browser("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var dead = bob.Ringing();
        dead.Respond(180);
        _rig.Close(bob);
        _rig.Advance(TimeSpan.FromSeconds(4));
        Assert.False(alice.Has(480));
        _rig.Move(bob, 3);
        var ring = bob.Ringing();
        Assert.NotEqual(dead.CallId, ring.CallId);
        ring.Respond(180);
        ring.Answer("PCMU");
        call.Establish();
        call.Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_browser_that_opens_a_second_socket_while_ringing_rings_there()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Browser("bob", 2);
        alice.Call("bob", SdpText.Offer(false, "PCMU"));
        bob.Ringing().Respond(180);
        var old = bob.Flow;
        _rig.Move(bob, 3);
        Assert.NotEqual(old, bob.Flow);
        bob.Ringing().Answer("PCMU");
        Assert.True(alice.Has(200));
    }

    [Fact]
    public void A_browser_that_does_not_come_back_is_480_after_the_grace()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Browser("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        _rig.Close(bob);
        _rig.Advance(Grace + TimeSpan.FromMilliseconds(100));
        call.Expect(480);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(38)]
    public void A_binding_whose_connection_is_dead_waits_for_its_browser()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Browser("bob", 2);
        _rig.Close(bob);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        _rig.Advance(TimeSpan.FromSeconds(5));
        Assert.False(alice.Has(480));
        _rig.Move(bob, 9);
        bob.Ringing().Answer("PCMU");
        call.Establish();
        Assert.Equal("connected", _rig.Changes[^1].State);
    }

    [Fact]
    [Row(38)]
    public void A_socket_that_drops_in_a_call_keeps_the_call_and_its_dialog()
    {
        var (call, ring) = Talk();
        var (alice, bob) = (call.Peer, ring.Peer);
        _rig.Close(alice);
        _rig.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(1, _rig.Calls.Count);
        Assert.Equal(2, _rig.Media.Peers.Count);
        _rig.Move(alice, 8);
        call.Send("INVITE", SdpText.Offer(true, "PCMU", version: 2, ufrag: "again"));
        call.Establish();
        ring.Send("BYE");
        bob.Take(200);
        alice.Respond(alice.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_hang_up_waits_for_a_browser_that_is_away()
    {
        var (call, ring) = Talk();
        var alice = call.Peer;
        _rig.Close(alice);
        ring.Send("BYE");
        Assert.Single(_rig.Ended);
        Assert.Empty(_rig.Media.Open);
        _rig.Advance(TimeSpan.FromSeconds(5));
        _rig.Move(alice, 8);
        alice.Respond(alice.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_hang_up_does_not_wait_for_ever()
    {
        var (call, ring) = Talk();
        _rig.Close(call.Peer);
        ring.Send("BYE");
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_hold_waits_for_a_browser_that_is_away()
    {
        var (call, ring) = Talk();
        var alice = call.Peer;
        _rig.Close(alice);
        ring.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        ring.Establish();
        Assert.False(alice.Has(SipMethod.Invite));
        _rig.Move(alice, 8);
        Assert.Equal("sendonly", SdpText.Direction(SdpText.Body(alice.Take(SipMethod.Invite))));
    }

    [Theory]
    [InlineData(0, "consent")]
    [InlineData(1, "silence")]
    [Row(36)]
    [Row(39)]
    public void Media_that_stops_ends_the_call_and_says_why(int leg, string reason)
    {
        var (call, ring) = Talk();
        _rig.Happens(new MediaEvent.Silent(Leg(leg), TimeSpan.FromSeconds(60)));
        Assert.Equal("SIP;cause=408;text=\"No media\"", TwoLegCallTests.Header(call.Peer.Take(SipMethod.Bye), HeaderId.Reason));
        Assert.True(ring.Peer.Has(SipMethod.Bye));
        Assert.Equal(reason, Assert.Single(_rig.Ended).EndReason);
        Assert.Empty(_rig.Media.Open);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(4)]
    public void A_media_leg_that_fails_ends_the_call()
    {
        var (call, ring) = Talk();
        _rig.Happens(new MediaEvent.Failed(Leg(0), MediaFailure.Fingerprint));
        Assert.Contains("Fingerprint", TwoLegCallTests.Header(ring.Peer.Take(SipMethod.Bye), HeaderId.Reason), StringComparison.Ordinal);
        Assert.True(call.Peer.Has(SipMethod.Bye));
        Assert.Equal("media", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void Silence_before_the_answer_is_no_reason()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Assert.All(_rig.Media.Configured.Values, configuration => Assert.Equal(TimeSpan.Zero, configuration.SilenceLimit));
        _rig.Happens(new MediaEvent.Silent(Leg(0), TimeSpan.FromSeconds(60)));
        ring.Answer("PCMU");
        Assert.True(alice.Has(200));
        Assert.All(_rig.Media.Configured.Values, configuration => Assert.Equal(TimeSpan.FromSeconds(60), configuration.SilenceLimit));
    }

    [Fact]
    [Row(36)]
    public void A_BYE_that_nobody_answers_is_given_up_and_the_media_stopped_at_once()
    {
        var (call, ring) = Talk();
        ring.Send("BYE");
        Assert.Empty(_rig.Media.Open);
        Assert.Single(_rig.Ended);
        Assert.True(call.Peer.Has(SipMethod.Bye));
        _rig.AssertNothingIsLeft();
    }

    private LegId Leg(int index) => _rig.Media.Open.Order(Comparer<LegId>.Create((a, b) => a.Value.CompareTo(b.Value))).ElementAt(index);

    /// <summary>A browser that calls a phone.</summary>
    private (TestDialog Call, TestDialog Ring) Talk()
    {
        var alice = _rig.Browser("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(true, "PCMU"));
        var ring = bob.Ringing();
        ring.Answer("PCMU");
        call.Establish();
        alice.Inbox.Clear();
        return (call, ring);
    }
}
