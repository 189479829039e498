using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>What the table of rows says of a call and no other test names: codecs, classes of responses, the end of the media, headers.</summary>
public class RowTests
{
    private readonly CallRig _rig = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Row(6), Rfc(3261, "13.2.1"), Rfc(3264, "5")]
    public void Codecs_are_in_offer_and_answer_and_in_the_ACK_only_after_a_late_offer(bool hasOffer)
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", hasOffer ? SdpText.Offer(false, "PCMU") : null);
        var ring = bob.Ringing();
        Assert.Contains("PCMU", SdpText.Codecs(SdpText.Body(ring.Invite!)), StringComparison.Ordinal);
        ring.Answer("PCMU");
        bob.Take(SipMethod.Ack);
        var ok = call.Expect(200);
        Assert.StartsWith("PCMU", SdpText.Codecs(SdpText.Body(ok)), StringComparison.Ordinal);
        // Media may start before the ACK: with an offer in the INVITE both sides are joined now.
        Assert.Equal(hasOffer, _rig.Media.Configured.Count == 2);
        call.Ack(hasOffer ? null : SdpText.Answer(ok, false, "PCMU"));
        Assert.Equal(2, _rig.Media.Configured.Count);
        Assert.Equal("connected", _rig.Changes[^1].State);
        call.Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(399, 300)]
    [InlineData(499, 400)]
    [InlineData(599, 500)]
    [InlineData(699, 600)]
    [Row(19), Rfc(3261, "8.1.3.2")]
    public void A_final_response_that_nobody_knows_is_taken_as_the_x00_of_its_class(int unknown, int known)
    {
        Assert.Equal(Heard(known), Heard(unknown));

        int Heard(int status)
        {
            var rig = new CallRig();
            var alice = rig.Phone("alice", 1);
            var bob = rig.Phone("bob", 2);
            var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
            bob.Ringing().Respond(status);
            bob.Take(SipMethod.Ack);
            var final = Assert.Single(alice.Inbox.OfType<SipResponse>(), response => response.StatusCode >= 200).StatusCode;
            call.AckRefusal();
            Assert.NotEqual(unknown, final);
            rig.AssertNothingIsLeft();
            // 600 itself says busy; no other 6xx may be told as that, so it is compared as a class.
            return final >= 600 ? 600 : final;
        }
    }

    [Fact]
    [Row(19), Rfc(3261, "8.1.3.2")]
    public void An_unknown_1xx_is_progress_and_an_unknown_2xx_an_answer()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Respond(187, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Assert.Equal("PCMU", SdpText.Codecs(SdpText.Body(call.Expect(183))));
        ring.Respond(299, SdpText.Answer(ring.Invite!, false, "PCMU"));
        bob.Take(SipMethod.Ack);
        call.Establish();
        call.Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Row(34), Rfc(3261, "15.1.1")]
    public void The_media_stops_when_the_BYE_is_handed_over_and_not_when_it_is_answered(bool byCaller)
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Answer("PCMU");
        call.Establish();
        Assert.Equal(2, _rig.Media.Open.Count);
        var before = _rig.Now;
        (byCaller ? call : ring).Send("BYE");
        // The other side has its BYE, nobody has answered it, and no time has passed.
        Assert.True((byCaller ? bob : alice).Has(SipMethod.Bye));
        Assert.Empty(_rig.Media.Open);
        Assert.Equal(before, _rig.Now);
        // Only the transaction lives on, as long as nobody answers.
        var byes = (byCaller ? bob : alice).Inbox.OfType<SipRequest>().Count(request => request.Method == SipMethod.Bye);
        _rig.Advance(TimeSpan.FromSeconds(31));
        Assert.True((byCaller ? bob : alice).Inbox.OfType<SipRequest>().Count(request => request.Method == SipMethod.Bye) > byes);
        Assert.Single(_rig.Ended);
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(181)]
    [InlineData(182)]
    [Row(22), Rfc(3261, "21.1.3"), Rfc(3261, "21.1.4")]
    public void The_caller_hears_that_its_call_is_being_forwarded_or_queued(int status)
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Respond(status);
        call.Expect(status);
        ring.Respond(180);
        call.Expect(180);
        ring.Answer("PCMU");
        call.Establish();
    }

    [Fact]
    [Row(63), Row(64), Rfc(3261, "8.1.1"), Rfc(3261, "8.2.6.2")]
    public void Every_message_of_a_call_has_the_header_fields_that_all_messages_have()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Browser("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Respond(180);
        ring.Answer("PCMU");
        call.Establish();
        call.Send("INFO", "Signal=5\r\nDuration=160\r\n", type: "application/dtmf-relay");
        ring.Send("BYE");
        alice.Respond(alice.Take(SipMethod.Bye), 200);
        SipMessage[] all = [ring.Invite!, .. alice.Inbox, .. bob.Inbox];
        Assert.Contains(all, message => message is SipRequest { Method: SipMethod.Ack });
        Assert.Contains(all, message => message is SipResponse { StatusCode: 200 });
        foreach (var message in all)
        {
            Assert.All(new[] { HeaderId.Via, HeaderId.From, HeaderId.To, HeaderId.CallId, HeaderId.CSeq }, id => Assert.True(message.Has(id), $"{id} is missing in {Text(message)}"));
            Assert.False(message.FromTag.IsEmpty);
            Assert.Equal(message is SipRequest, message.Has(HeaderId.MaxForwards));
            Assert.True(message.Has(HeaderId.ContentLength));
            Assert.Equal(!message.Body.IsEmpty, message.Has(HeaderId.ContentType));
            // §8.1.1.8: whoever makes a dialog says where it is reached.
            if (message.CSeqMethod == SipMethod.Invite && message is not SipResponse { StatusCode: 100 or >= 300 }) Assert.True(message.Has(HeaderId.Contact));
        }
    }

    private static string Text(SipMessage message) => Encoding.UTF8.GetString(message.Bytes);
}
