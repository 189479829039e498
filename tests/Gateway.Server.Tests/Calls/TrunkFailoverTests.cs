using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>What happens when a trunk does not take a call: who is asked next, how soon, and what of the old one is left.</summary>
public class TrunkFailoverTests : TrunkRig
{
    /// <summary>RFC 3263 §4.3 and RFC 3261 §21.5, with our policy between trunks, written down by hand.</summary>
    [Theory]
    [InlineData(FailureCause.Transport, 503, false, false, Onward.NextHop)]
    [InlineData(FailureCause.Timeout, 408, false, false, Onward.NextHop)]
    [InlineData(FailureCause.Silence, 408, false, false, Onward.NextHop)]
    [InlineData(FailureCause.Answer, 503, false, false, Onward.NextHop)]
    [InlineData(FailureCause.Answer, 503, false, true, Onward.NextHop)]
    [InlineData(FailureCause.Answer, 500, false, true, Onward.NextTrunk)]
    [InlineData(FailureCause.Answer, 500, false, false, Onward.Stop)]
    [InlineData(FailureCause.Answer, 408, false, false, Onward.NextTrunk)]
    [InlineData(FailureCause.Answer, 502, false, false, Onward.NextTrunk)]
    [InlineData(FailureCause.Answer, 504, false, false, Onward.NextTrunk)]
    [InlineData(FailureCause.Answer, 401, false, false, Onward.NextTrunk)]
    [InlineData(FailureCause.Answer, 488, false, false, Onward.NextTrunk)]
    [InlineData(FailureCause.Local, 503, false, false, Onward.NextTrunk)]
    [InlineData(FailureCause.Answer, 486, false, false, Onward.Stop)]
    [InlineData(FailureCause.Answer, 404, false, false, Onward.Stop)]
    [InlineData(FailureCause.Answer, 403, false, false, Onward.Stop)]
    [InlineData(FailureCause.Answer, 480, false, false, Onward.Stop)]
    [InlineData(FailureCause.Answer, 603, false, false, Onward.Stop)]
    [InlineData(FailureCause.Answer, 503, true, false, Onward.Stop)]
    [InlineData(FailureCause.Timeout, 408, true, false, Onward.Stop)]
    [InlineData(FailureCause.Transport, 503, true, false, Onward.Stop)]
    [Rfc(3263, "4.3")]
    internal void Each_way_to_fall_out_has_its_next_step(FailureCause cause, int status, bool rung, bool retryAfter, Onward expected) =>
        Assert.Equal(expected, Failover.Next(cause, status, rung, retryAfter));

    [Theory]
    [InlineData(503, "")]
    [InlineData(500, "Retry-After: 5\r\n")]
    [InlineData(408, "")]
    [Rfc(3263, "4.3")]
    [Row(57)]
    public void A_trunk_that_refuses_is_left_for_the_next(int status, string headers)
    {
        var (first, dead) = NewTrunk();
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        dead.Respond(dead.Take(SipMethod.Invite), status, tag: "x", headers: headers);
        dead.Take(SipMethod.Ack);
        var ring = carrier.Ringing();
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        Assert.Equal(second.Id, Assert.Single(Rig.Started).Trunk);
        Assert.Equal(status == 503 ? 1 : 0, Rig.Services.Trunks.Get(first.Id).FailuresInARow);
        Assert.Equal(TrunkState.Up, Rig.Services.Trunks.Get(second.Id).State);
        HangUp(call, carrier);
    }

    [Theory]
    [InlineData(486, 486)]
    [InlineData(404, 404)]
    [InlineData(603, 603)]
    [InlineData(403, 403)]
    public void What_the_callee_answers_is_final(int status, int heard)
    {
        var (first, carrier) = NewTrunk();
        var (second, other) = NewTrunk();
        Route(first, second);
        var call = Call();
        carrier.Respond(carrier.Take(SipMethod.Invite), status, tag: "x");
        call.Expect(heard);
        call.AckRefusal();
        Assert.Empty(other.Inbox);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3263, "4.3")]
    public void The_addresses_of_a_trunk_are_tried_in_the_order_of_DNS()
    {
        var (first, one) = Hop("pbx.example", 60);
        var (second, two) = Hop("pbx.example", 61, SipTransport.Tcp);
        Rig.Ways.Names["pbx.example"] = [one, two];
        var (trunk, _) = NewTrunk(trunk => trunk with { Host = "pbx.example" });
        Route(trunk);
        var call = Call();
        first.Respond(first.Take(SipMethod.Invite), 503, tag: "x");
        var ring = second.Ringing();
        Assert.All(Rig.Ways.Opened, hop => Assert.Equal(trunk.Id, hop.Trunk));
        ring.Answer("PCMU");
        second.Take(SipMethod.Ack);
        call.Establish();
        HangUp(call, second);
    }

    [Fact]
    [Rfc(3263, "4.3")]
    public void A_connection_that_cannot_be_made_is_left_at_once()
    {
        var (first, dead) = NewTrunk();
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        Rig.Close(dead);
        Assert.True(carrier.Has(SipMethod.Invite));
        GiveUp(call, carrier);
    }

    [Fact]
    public void A_name_that_nobody_knows_leads_to_the_next_trunk()
    {
        var (first, _) = NewTrunk(trunk => trunk with { Host = "nowhere.example" });
        var (second, carrier) = NewTrunk();
        Route(first, second);
        GiveUp(Call(), carrier);
        Assert.Equal("no such name", Rig.Services.Trunks.Get(first.Id).LastReason);
    }

    [Fact]
    public void A_silent_trunk_is_left_after_two_seconds_and_not_before()
    {
        var (first, silent) = NewTrunk();
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        Rig.Advance(CallLimits.TrunkPatience - TimeSpan.FromMilliseconds(1));
        Assert.Empty(carrier.Inbox);
        Rig.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(carrier.Has(SipMethod.Invite));
        Assert.False(silent.Has(SipMethod.Cancel));
        GiveUp(call, carrier);
    }

    [Fact]
    [Rfc(3261, "22.2")]
    public void A_trunk_that_asks_for_a_password_and_then_falls_silent_is_left_too()
    {
        var (first, silent) = NewTrunk(trunk => trunk with { User = "gw", Password = new SecretText("secret") });
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        Rig.Advance(TimeSpan.FromSeconds(1));
        silent.Respond(silent.Take(SipMethod.Invite), 407, tag: "x", headers: "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"abc\", qop=\"auth\"\r\n");
        Rig.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Empty(carrier.Inbox);
        Rig.Advance(TimeSpan.FromSeconds(0.2));
        GiveUp(call, carrier);
    }

    [Fact]
    public void A_100_keeps_a_trunk_for_as_long_as_it_rings()
    {
        var (first, slow) = NewTrunk();
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        slow.Respond(slow.Take(SipMethod.Invite), 100);
        Rig.Advance(TimeSpan.FromSeconds(20));
        Assert.Empty(carrier.Inbox);
        call.Cancel();
        slow.Respond(slow.Take(SipMethod.Cancel), 200);
        call.Peer.Inbox.Clear();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_silent_trunk_without_a_second_is_asked_on()
    {
        var (only, slow) = NewTrunk();
        Route(only);
        var call = Call();
        Rig.Advance(TimeSpan.FromSeconds(10));
        var ring = slow.Ringing();
        ring.Answer("PCMU");
        slow.Inbox.Clear();
        call.Establish();
        HangUp(call, slow);
    }

    [Fact]
    [Rfc(3261, "9.1")]
    [Row(2)]
    public void A_late_200_of_a_trunk_that_was_left_gets_ACK_and_BYE()
    {
        var (first, late) = NewTrunk();
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        var old = late.Ringing();
        Rig.Advance(CallLimits.TrunkPatience);
        var ring = carrier.Ringing();
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        Assert.False(late.Has(SipMethod.Cancel));
        late.Inbox.Clear();
        old.Answer("PCMU");
        late.Take(SipMethod.Ack);
        late.Respond(late.Take(SipMethod.Bye), 200);
        Assert.Single(Rig.Started);
        HangUp(call, carrier);
    }

    [Fact]
    [Rfc(3261, "9.1")]
    public void A_trunk_that_was_left_is_cancelled_when_it_says_its_first_1xx()
    {
        var (first, late) = NewTrunk();
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        var old = late.Ringing();
        Rig.Advance(CallLimits.TrunkPatience);
        var ring = carrier.Ringing();
        old.Respond(180);
        late.Respond(late.Take(SipMethod.Cancel), 200);
        old.Respond(487);
        Assert.False(call.Peer.Has(180));
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        HangUp(call, carrier);
    }

    [Fact]
    public void After_ringing_nobody_else_is_asked()
    {
        var (first, carrier) = NewTrunk();
        var (second, other) = NewTrunk();
        Route(first, second);
        var call = Call();
        var ring = carrier.Ringing();
        ring.Respond(180);
        call.Expect(180);
        ring.Respond(503);
        call.Expect(480);
        call.AckRefusal();
        Assert.Empty(other.Inbox);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void Early_media_of_a_trunk_that_then_refuses_gives_way_to_that_of_the_next()
    {
        var (first, dead) = NewTrunk();
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        var old = dead.Ringing();
        old.Respond(183, SdpText.Answer(old.Invite!, false, "PCMU"));
        Assert.NotEmpty(call.Expect(183).Body.ToArray());
        var heard = Rig.Media.Peers.Count;
        Assert.Equal(2, heard);
        old.Respond(503);
        Assert.Empty(Rig.Media.Peers);
        var ring = carrier.Ringing();
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Assert.Equal(2, Rig.Media.Peers.Count);
        Assert.False(call.Peer.Has(183));
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        HangUp(call, carrier);
    }

    [Fact]
    public void All_trunks_gone_is_an_answer_to_the_caller()
    {
        var (first, one) = NewTrunk();
        var (second, two) = NewTrunk();
        Route(first, second);
        var call = Call();
        one.Respond(one.Take(SipMethod.Invite), 503, tag: "x");
        two.Respond(two.Take(SipMethod.Invite), 503, tag: "x", headers: "Retry-After: 7\r\n");
        Assert.Equal("No Trunk Took The Call", System.Text.Encoding.UTF8.GetString(call.Expect(480).ReasonPhrase));
        call.AckRefusal();
        Assert.Equal("unavailable", Assert.Single(Rig.Ended).EndReason);
        Rig.AssertNothingIsLeft();
    }

    private void GiveUp(TestDialog call, TestPeer carrier)
    {
        carrier.Respond(carrier.Take(SipMethod.Invite), 486, tag: "busy");
        call.Expect(486);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }
}
