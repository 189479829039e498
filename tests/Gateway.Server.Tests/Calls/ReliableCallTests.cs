using System.Globalization;
using System.Text;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Reliable provisional responses (RFC 3262) on one side of a call, whatever the other side is.</summary>
public class ReliableCallTests : TrunkRig
{
    private const string Asks = "Supported: 100rel\r\n";
    private const string Needs = "Require: 100rel\r\n";

    // As the UAC, toward a trunk.

    [Theory]
    [InlineData(ReliableProvisional.Off, null)]
    [InlineData(ReliableProvisional.Supported, HeaderId.Supported)]
    [InlineData(ReliableProvisional.Required, HeaderId.Require)]
    [Rfc(3262, "4")]
    public void A_trunk_is_asked_for_it_as_its_operator_said(ReliableProvisional policy, HeaderId? header)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { Reliable = policy });
        Route(trunk);
        var call = Call();
        var ring = carrier.Ringing();
        Assert.Equal(header == HeaderId.Supported, ring.Invite!.ListHas(HeaderId.Supported, "100rel"u8));
        Assert.Equal(header == HeaderId.Require, ring.Invite.ListHas(HeaderId.Require, "100rel"u8));
        ring.Respond(486);
        call.Expect(486);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [BrowserRule("C2")]
    [Rfc(3262, "4")]
    public void Browsers_and_phones_are_never_asked_for_it()
    {
        var alice = Rig.Phone("alice", 1);
        var bob = Rig.Browser("bob", 2);
        var desk = Rig.Phone("bob", 3);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"), Asks);
        Assert.All([bob, desk], peer => Assert.DoesNotContain("100rel", Encoding.UTF8.GetString(peer.Take(SipMethod.Invite).Bytes), StringComparison.Ordinal));
        call.Cancel();
        alice.Inbox.Clear();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3262, "4")]
    [Row(15)]
    public void Each_reliable_response_is_acknowledged_once_and_in_order()
    {
        var (ring, call, carrier) = RingTrunk();
        Reliable(ring, 180, 7);
        var prack = carrier.Take(SipMethod.Prack);
        Assert.Equal("7 1 INVITE", Header(prack, HeaderId.RAck));
        Assert.Equal(2u, prack.CSeq);
        carrier.Respond(prack, 200);
        call.Expect(180);
        Reliable(ring, 180, 7);
        Assert.False(carrier.Has(SipMethod.Prack));
        // One is missing: it is neither acknowledged nor believed.
        Reliable(ring, 183, 9, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Assert.False(carrier.Has(SipMethod.Prack));
        Assert.False(call.Peer.Has(183));
        Reliable(ring, 180, 8);
        Assert.Equal("8 1 INVITE", Header(Acknowledge(carrier), HeaderId.RAck));
        Reliable(ring, 183, 9, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Acknowledge(carrier);
        Assert.NotEmpty(call.Expect(183).Body.ToArray());
        // RFC 6337 §3.1.1: the answer was the reliable one; what the 200 says is not looked at.
        ring.Respond(200);
        carrier.Take(SipMethod.Ack);
        call.Establish();
        HangUp(call, carrier);
    }

    [Fact]
    [Rfc(3262, "5")]
    public void An_answer_that_cannot_stand_ends_the_attempt()
    {
        var (ring, call, carrier) = RingTrunk();
        Reliable(ring, 183, 1, SdpText.Offer(false, "GSM"));
        Acknowledge(carrier);
        carrier.Respond(carrier.Take(SipMethod.Cancel), 200);
        ring.Respond(487);
        call.Expect(488);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3262, "4")]
    public void A_lost_PRACK_ends_nothing()
    {
        var (ring, call, carrier) = RingTrunk();
        Reliable(ring, 180, 1);
        Rig.Advance(TimeSpan.FromSeconds(33));
        Assert.Empty(Rig.Ended);
        carrier.Inbox.Clear();
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Peer.Inbox.RemoveAll(message => message is SipResponse { StatusCode: 180 });
        call.Establish();
        HangUp(call, carrier);
    }

    [Fact]
    [Rfc(3262, "4")]
    [Row(2)]
    public void Early_dialogs_of_a_fork_behind_the_trunk_count_by_themselves()
    {
        var (ring, call, carrier) = RingTrunk();
        Reliable(ring, 183, 5, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Acknowledge(carrier);
        carrier.Respond(ring.Invite!, 180, tag: "other", headers: Needs + "RSeq: 90\r\n");
        Assert.Equal("90 1 INVITE", Header(Acknowledge(carrier), HeaderId.RAck));
        carrier.Respond(ring.Invite!, 200, SdpText.Answer(ring.Invite!, false, "PCMA"), tag: "other");
        carrier.Take(SipMethod.Ack);
        call.Peer.Inbox.RemoveAll(message => message is SipResponse { StatusCode: < 200 });
        call.Establish();
        Assert.Contains(Rig.Media.Configured.Values, leg => !leg.Codecs.IsEmpty && leg.WebRtc is null && leg.Codecs[0].Codec.Name == "PCMA");
        call.Peer.Inbox.Clear();
        call.Send("BYE");
        Assert.True(carrier.Has(SipMethod.Bye));
        Rig.AssertNothingIsLeft();
    }

    // As the UAS.

    [Theory]
    [InlineData(Asks)]
    [InlineData(Needs)]
    [Rfc(3262, "3")]
    [Row(15)]
    public void A_caller_that_knows_it_acknowledges_one_response_at_a_time(string headers)
    {
        var (call, ring) = RingPhone(headers);
        ring.Respond(180);
        var first = call.Expect(180);
        Assert.True(first.ListHas(HeaderId.Require, "100rel"u8));
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Assert.False(call.Peer.Has(183));
        Prack(call, first);
        var second = call.Expect(183);
        Assert.Equal(Number(first) + 1, Number(second));
        Assert.NotEmpty(second.Body.ToArray());
        ring.Answer("PCMU");
        // §3: no 2xx before a reliable description is acknowledged.
        Assert.False(call.Peer.Has(200));
        Assert.Single(Rig.Started);
        Prack(call, second);
        var ok = call.Expect(200);
        Assert.True(ok.Body.IsEmpty);
        call.Ack();
        ring.Peer.Inbox.Clear();
        call.Send("BYE");
        Assert.Equal("caller", Assert.Single(Rig.Ended).EndReason);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3262, "3")]
    public void It_is_sent_again_until_the_PRACK_comes()
    {
        var (call, ring) = RingPhone(Asks);
        ring.Respond(180);
        var first = call.Expect(180);
        foreach (var interval in new[] { 0.5, 1, 2, 4 })
        {
            Rig.Advance(TimeSpan.FromSeconds(interval - 0.01));
            Assert.False(call.Peer.Has(180));
            Rig.Advance(TimeSpan.FromSeconds(0.01));
            Assert.Equal(Number(first), Number(call.Expect(180)));
        }
        Prack(call, first);
        Rig.Advance(TimeSpan.FromSeconds(20));
        Assert.False(call.Peer.Has(180));
        call.Send("PRACK", headers: $"RAck: {Number(first)} 1 INVITE\r\n");
        call.Peer.Take(481);
        call.Cancel();
        call.Peer.Inbox.Clear();
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("RAck: 0 1 INVITE\r\n")]
    [InlineData("RAck: 999999 1 INVITE\r\n")]
    [InlineData("RAck: nonsense\r\n")]
    [InlineData("")]
    [Rfc(3262, "3")]
    public void A_PRACK_of_nothing_is_answered_481(string headers)
    {
        var (call, ring) = RingPhone(Asks);
        ring.Respond(180);
        var first = call.Expect(180);
        call.Send("PRACK", headers: headers);
        call.Peer.Take(481);
        Prack(call, first);
        call.Cancel();
        call.Peer.Inbox.Clear();
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(180)]
    [InlineData(183)]
    [Rfc(3262, "3")]
    public void Without_a_PRACK_the_call_is_given_up(int status)
    {
        var (call, ring) = RingPhone(Needs);
        ring.Respond(status, status == 183 ? SdpText.Answer(ring.Invite!, false, "PCMU") : null);
        if (status == 183) ring.Answer("PCMU");
        Rig.Advance(TimeSpan.FromSeconds(31.9));
        Assert.False(call.Peer.Has(504));
        Rig.Advance(TimeSpan.FromSeconds(0.2));
        call.Peer.Take(504);
        call.AckRefusal();
        Assert.True(ring.Peer.Has(status == 183 ? SipMethod.Bye : SipMethod.Cancel));
        Assert.Equal("no-ack", Assert.Single(Rig.Ended).EndReason);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3262, "3")]
    public void A_200_does_not_wait_for_the_PRACK_of_a_ring_tone()
    {
        var (call, ring) = RingPhone(Needs);
        ring.Respond(180);
        var first = call.Expect(180);
        ring.Answer("PCMU");
        call.Establish();
        Prack(call, first);
        call.Send("BYE");
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3262, "5")]
    [Rfc(3261, "13.2.1")]
    public void An_INVITE_without_offer_is_offered_in_the_first_reliable_response()
    {
        var bob = Rig.Browser("bob", 2);
        var call = Rig.Phone("alice", 1).Call("bob", null, Needs);
        var ring = bob.Ringing();
        ring.Respond(180);
        var ringing = call.Expect(180);
        Assert.Contains("RTP/AVP", SdpText.Body(ringing), StringComparison.Ordinal);
        ring.Answer("opus PCMA");
        Assert.False(call.Peer.Has(200));
        Prack(call, ringing, SdpText.Answer(ringing, false, "PCMA"));
        var ok = call.Expect(200);
        Assert.True(ok.Body.IsEmpty);
        call.Ack();
        // The browser took opus too, which the caller does not know: it hears of PCMA alone.
        Assert.Equal("PCMA telephone-event", SdpText.Codecs(SdpText.Body(bob.Take(SipMethod.Invite))));
        call.Send("BYE");
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3262, "5")]
    public void A_new_offer_in_a_PRACK_is_answered_in_its_200()
    {
        var (call, ring) = RingPhone(Asks);
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"));
        var progress = call.Expect(183);
        call.Send("PRACK", SdpText.Offer(false, "PCMU", "sendonly", version: 2), $"RAck: {Number(progress)} 1 INVITE\r\n");
        Assert.Equal("recvonly", SdpText.Direction(SdpText.Body(call.Expect(200))));
        ring.Answer("PCMU");
        call.Establish();
        ring.Peer.Inbox.Clear();
        call.Send("BYE");
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [BrowserRule("C2")]
    [Rfc(3261, "8.2.2.3")]
    public void A_browser_that_requires_it_is_told_that_it_cannot_have_it()
    {
        Rig.Phone("bob", 2);
        var call = Rig.Browser("alice", 1).Call("bob", SdpText.Offer(true, "PCMU"), Needs);
        Assert.Equal("100rel", Header(call.Expect(420), HeaderId.Unsupported));
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3262, "3")]
    public void A_trunk_without_it_rings_unreliably_unless_it_requires_it()
    {
        var bob = Rig.Phone("bob", 2);
        foreach (var (headers, reliable) in new[] { (Asks, false), (Needs, true) })
        {
            var (near, pbx) = NewTrunk();
            Rig.By = _ => new Server.Routing.Caller.FromTrunk(near, "+4930555@pbx.example", "Desk");
            var call = pbx.Call("bob", SdpText.Offer(false, "PCMU"), headers);
            var ring = bob.Ringing();
            Assert.Contains("\"Desk\" <sip:+4930555@pbx.example>", Header(ring.Invite!, HeaderId.From), StringComparison.Ordinal);
            ring.Respond(180);
            Assert.Equal(reliable, call.Expect(180).ListHas(HeaderId.Require, "100rel"u8));
            ring.Respond(486);
            call.Expect(486);
            call.AckRefusal();
        }
        Rig.AssertNothingIsLeft();
    }

    private (TestDialog Ring, TestDialog Call, TestPeer Carrier) RingTrunk()
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { Reliable = ReliableProvisional.Supported });
        Route(trunk);
        var call = Call();
        return (carrier.Ringing(), call, carrier);
    }

    private (TestDialog Call, TestDialog Ring) RingPhone(string headers)
    {
        var bob = Rig.Phone("bob", 2);
        var call = Rig.Phone("alice", 1).Call("bob", SdpText.Offer(false, "PCMU"), headers);
        return (call, bob.Ringing());
    }

    private static void Reliable(TestDialog ring, int status, uint number, string? sdp = null) =>
        ring.Respond(status, sdp, string.Create(CultureInfo.InvariantCulture, $"{Needs}RSeq: {number}\r\n"));

    private static SipRequest Acknowledge(TestPeer carrier)
    {
        var prack = carrier.Take(SipMethod.Prack);
        carrier.Respond(prack, 200);
        return prack;
    }

    private static void Prack(TestDialog call, SipResponse response, string? sdp = null)
    {
        call.Send("PRACK", sdp, $"RAck: {Number(response)} 1 INVITE\r\n");
        var ok = call.Peer.Inbox.OfType<SipResponse>().Single(answer => answer.CSeqMethod == SipMethod.Prack);
        Assert.Equal(200, ok.StatusCode);
        call.Peer.Inbox.Remove(ok);
    }

    private static uint Number(SipResponse response) => uint.Parse(Header(response, HeaderId.RSeq), CultureInfo.InvariantCulture);

    private static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";
}
