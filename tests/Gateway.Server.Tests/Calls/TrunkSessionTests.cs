using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Session timers and UPDATE toward a trunk: we ask, refresh and give way; the browser on the other side hears of none of it.</summary>
public class TrunkSessionTests : TrunkRig
{
    private const string Allow = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";

    [Fact]
    [Rfc(4028, "7.1")]
    [Row(75)]
    public void We_ask_a_trunk_for_a_timer_and_refresh_it()
    {
        var (call, ring, carrier) = Talk(Allow + "Require: timer\r\nSession-Expires: 1800;refresher=uac\r\n");
        Assert.True(ring.Invite!.ListHas(HeaderId.Supported, "timer"u8));
        Assert.Equal("1800;refresher=uac", Header(ring.Invite, HeaderId.SessionExpires));
        Rig.Advance(TimeSpan.FromSeconds(899));
        Assert.False(carrier.Has(SipMethod.Update));
        Rig.Advance(TimeSpan.FromSeconds(2));
        var update = carrier.Take(SipMethod.Update);
        Assert.Equal("1800;refresher=uac", Header(update, HeaderId.SessionExpires));
        carrier.Respond(update, 200, headers: "Session-Expires: 1800;refresher=uac\r\n");
        Assert.DoesNotContain(call.Peer.Inbox, message => message is SipRequest);
        HangUp(call, carrier);
    }

    [Fact]
    [Rfc(4028, "7.3")]
    public void A_422_is_followed_by_the_same_INVITE_with_a_longer_timer()
    {
        var (trunk, carrier) = NewTrunk();
        Route(trunk);
        var call = Call();
        var first = carrier.Take(SipMethod.Invite);
        carrier.Respond(first, 422, tag: "x", headers: "Min-SE: 3600\r\n");
        var ring = carrier.Ringing();
        Assert.Equal("3600;refresher=uac", Header(ring.Invite!, HeaderId.SessionExpires));
        Assert.Equal("3600", Header(ring.Invite!, HeaderId.MinSE));
        Assert.True(first.CallId.SequenceEqual(ring.Invite!.CallId));
        Assert.Equal(first.CSeq + 1, ring.Invite.CSeq);
        // It cannot go on for ever.
        carrier.Respond(ring.Invite, 422, tag: "y", headers: "Min-SE: 3600\r\n");
        Assert.Single(carrier.Inbox, message => message is SipRequest { Method: SipMethod.Ack } ack && ack.CSeq == ring.Invite.CSeq);
        Assert.False(carrier.Has(SipMethod.Invite));
        call.Expect(480);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(4028, "7.2")]
    public void A_trunk_without_timers_gets_no_refreshes()
    {
        var (call, _, carrier) = Talk(Allow);
        Rig.Advance(TimeSpan.FromSeconds(4000));
        Assert.False(carrier.Has(SipMethod.Update));
        HangUp(call, carrier);
    }

    [Fact]
    [Rfc(4028, "7.2")]
    [Rfc(4028, "10")]
    public void A_trunk_that_wants_to_refresh_and_does_not_is_hung_up()
    {
        var (call, _, carrier) = Talk("Require: timer\r\nSession-Expires: 300;refresher=uas\r\n");
        Rig.Advance(TimeSpan.FromSeconds(269));
        var bye = carrier.Take(SipMethod.Bye);
        Assert.Contains("Session timer expired", Header(bye, HeaderId.Reason), StringComparison.Ordinal);
        carrier.Respond(bye, 200);
        call.Peer.Respond(call.Peer.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(4028, "7.4")]
    public void Our_offers_keep_the_timer_going()
    {
        var (call, _, carrier) = Talk(Allow + "Session-Expires: 1800;refresher=uas\r\n");
        call.Send("INVITE", SdpText.Offer(true, "PCMU", "sendonly", version: 2));
        call.Expect(200);
        call.Ack();
        var hold = carrier.Take(SipMethod.Invite);
        Assert.Equal("1800;refresher=uas", Header(hold, HeaderId.SessionExpires));
        carrier.Respond(hold, 200, SdpText.Answer(hold, false, "PCMU", "recvonly"));
        HangUp(call, carrier);
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 491)]
    [Rfc(3311, "5.2")]
    [Row(14)]
    public void An_early_offer_of_the_called_side_needs_a_reliable_answer_first(bool reliable, int status)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { Reliable = ReliableProvisional.Supported });
        Route(trunk);
        var call = Call();
        var ring = carrier.Ringing();
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"), reliable ? "Require: 100rel\r\nRSeq: 1\r\n" : "");
        if (reliable) carrier.Respond(carrier.Take(SipMethod.Prack), 200);
        ring.Send("UPDATE", SdpText.Offer(false, "PCMU", address: "192.0.2.99", version: 2));
        var answer = carrier.Take(status);
        Assert.Equal(reliable, answer.Body.Length > 0);
        if (reliable) Assert.Contains(Rig.Media.Configured.Values, leg => leg.Rtp?.Rtp?.Address.ToString() == "192.0.2.99");
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Peer.Inbox.RemoveAll(message => message is SipResponse { StatusCode: 183 });
        call.Establish();
        HangUp(call, carrier);
    }

    [Theory]
    [InlineData("Require: 100rel\r\n", true, 200)]
    [InlineData("Require: 100rel\r\n", false, 500)]
    [InlineData("", true, 500)]
    [Rfc(3311, "5.1")]
    [Rfc(3311, "5.2")]
    [Row(14)]
    public void An_early_offer_of_the_caller_needs_a_reliable_answer_first(string headers, bool answered, int status)
    {
        var bob = Rig.Phone("bob", 2);
        var call = Rig.Phone("alice", 1).Call("bob", SdpText.Offer(false, "PCMU"), headers);
        var ring = bob.Ringing();
        ring.Respond(answered ? 183 : 180, answered ? SdpText.Answer(ring.Invite!, false, "PCMU") : null);
        var progress = call.Expect(answered ? 183 : 180);
        if (headers.Length > 0)
        {
            call.Send("PRACK", headers: $"RAck: {Header(progress, HeaderId.RSeq)} 1 INVITE\r\n");
            call.Expect(200);
        }
        call.Send("UPDATE", SdpText.Offer(false, "PCMU", version: 2));
        var answer = call.Expect(status);
        if (status == 500) Assert.True(answer.TryGetNumber(HeaderId.RetryAfter, out var after) && after <= 10);
        else Assert.NotEmpty(answer.Body.ToArray());
        call.Cancel();
        call.Peer.Inbox.Clear();
        ring.Respond(487);
        Rig.AssertNothingIsLeft();
    }

    /// <summary>RFC 3311 §5.2, row by row.</summary>
    [Theory]
    [InlineData(BodyKind.None, true, true, UpdateVerdict.Refresh)]
    [InlineData(BodyKind.None, false, false, UpdateVerdict.Refresh)]
    [InlineData(BodyKind.Unknown, false, false, UpdateVerdict.UnknownBody)]
    [InlineData(BodyKind.Sdp, true, false, UpdateVerdict.Glare)]
    [InlineData(BodyKind.Sdp, true, true, UpdateVerdict.Glare)]
    [InlineData(BodyKind.Sdp, false, true, UpdateVerdict.RetryLater)]
    [InlineData(BodyKind.Sdp, false, false, UpdateVerdict.Answer)]
    [Rfc(3311, "5.2")]
    internal void Every_UPDATE_has_its_answer(BodyKind body, bool oursOpen, bool theirsOpen, UpdateVerdict expected) =>
        Assert.Equal(expected, UpdateRules.Judge(body, oursOpen, theirsOpen));

    private (TestDialog Call, TestDialog Ring, TestPeer Carrier) Talk(string headers)
    {
        var (trunk, carrier) = NewTrunk();
        Route(trunk);
        var call = Call(codecs: "PCMU telephone-event");
        var ring = carrier.Ringing();
        ring.Respond(200, SdpText.Answer(ring.Invite!, false, "PCMU telephone-event"), headers);
        carrier.Take(SipMethod.Ack);
        call.Establish();
        call.Peer.Inbox.Clear();
        return (call, ring, carrier);
    }

    private static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";
}
