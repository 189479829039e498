using System.Text;
using Gateway.Server.Calls;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Calls that nobody takes: refusals, cancels, races, time limits, and what the caller and the record hear of them.</summary>
public class UnansweredCallTests
{
    private readonly CallRig _rig = new();

    [Theory]
    [InlineData(486, 486, "busy")]
    [InlineData(600, 600, "busy")]
    [InlineData(603, 603, "declined")]
    [InlineData(480, 480, "unavailable")]
    [InlineData(404, 404, "not-found")]
    [InlineData(488, 488, "not-acceptable")]
    [InlineData(415, 488, "not-acceptable")]
    [InlineData(403, 403, "forbidden")]
    [InlineData(401, 480, "unavailable")]
    [InlineData(407, 480, "unavailable")]
    [InlineData(302, 480, "unavailable")]
    [InlineData(408, 480, "unavailable")]
    [InlineData(422, 480, "unavailable")]
    [InlineData(500, 480, "unavailable")]
    [InlineData(503, 480, "unavailable")]
    [InlineData(699, 603, "declined")]
    [Row(23)]
    [Row(27)]
    [Threat(23)]
    [BrowserRule("C4")]
    public void A_refusal_reaches_the_caller_in_a_form_of_its_own(int fromPhone, int toCaller, string reason)
    {
        var alice = _rig.Browser("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(true, "opus PCMU"));
        bob.Ringing().Respond(fromPhone, headers: "WWW-Authenticate: Digest realm=\"bob\", nonce=\"n\"\r\nProxy-Authenticate: Digest realm=\"bob\", nonce=\"n\"\r\n");
        bob.Take(SipMethod.Ack);
        // Threat 23: no second INVITE, no credentials, no challenge passed on.
        Assert.Empty(bob.Inbox);
        var refused = call.Expect(toCaller);
        Assert.False(refused.Has(HeaderId.WwwAuthenticate) || refused.Has(HeaderId.ProxyAuthenticate));
        call.AckRefusal();
        var record = Assert.Single(_rig.Ended);
        Assert.Equal((reason, toCaller), (record.EndReason, record.Status));
        Assert.Null(record.AnsweredAt);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void Retry_After_of_the_refusal_is_passed_on()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        bob.Ringing().Respond(503, headers: "Retry-After: 17\r\n");
        Assert.True(call.Expect(480).TryGetNumber(HeaderId.RetryAfter, out var seconds));
        Assert.Equal(17u, seconds);
    }

    [Theory]
    [InlineData("missing", 404, "not-found")]
    [InlineData("bob", 480, "unavailable")]
    public void Nobody_there_is_said_at_once_and_recorded(string number, int status, string reason)
    {
        var alice = _rig.Phone("alice", 1);
        alice.Call(number, SdpText.Offer(false, "PCMU")).Expect(status);
        Assert.Equal((reason, status), (Assert.Single(_rig.Ended).EndReason, _rig.Ended[0].Status));
        Assert.Equal(0, _rig.Media.Opened);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(12)]
    [Rfc(3261, "9.1")]
    [Rfc(3326, "3")]
    public void A_cancel_reaches_the_phone_with_its_reason_and_ends_as_487()
    {
        var (call, ring) = Ringing();
        ring.Respond(180);
        call.Cancel("Reason: SIP;cause=200;text=\"elsewhere\"\r\n");
        call.Peer.Take(200);
        call.Expect(487);
        call.AckRefusal();
        var cancel = ring.Peer.Take(SipMethod.Cancel);
        Assert.Equal("SIP;cause=200", TwoLegCallTests.Header(cancel, HeaderId.Reason));
        Assert.Empty(_rig.Media.Open);
        ring.Peer.Respond(cancel, 200);
        ring.Respond(487);
        ring.Peer.Take(SipMethod.Ack);
        Assert.Equal(("cancel", 487), (Assert.Single(_rig.Ended).EndReason, _rig.Ended[0].Status));
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(12)]
    [Rfc(3261, "9.1")]
    public void A_cancel_before_any_1xx_waits_for_one()
    {
        var (call, ring) = Ringing();
        call.Cancel();
        call.Expect(487);
        Assert.False(ring.Peer.Has(SipMethod.Cancel));
        ring.Respond(100);
        ring.Peer.Take(SipMethod.Cancel);
        ring.Respond(487);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(12)]
    [Rfc(3261, "9.1")]
    public void A_200_that_crosses_the_CANCEL_gets_ACK_and_BYE()
    {
        var (call, ring) = Ringing();
        ring.Respond(180);
        call.Cancel();
        call.Expect(487);
        ring.Answer("PCMU");
        ring.Peer.Take(SipMethod.Ack);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        Assert.Equal("cancel", Assert.Single(_rig.Ended).EndReason);
        Assert.Empty(_rig.Started);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "9.2")]
    public void A_cancel_between_the_phones_200_and_ours_still_ends_the_call()
    {
        _rig.CommitsAtOnce = false;
        var (call, ring) = Ringing();
        ring.Answer("PCMU");
        call.Cancel();
        call.Expect(487);
        ring.Peer.Take(SipMethod.Ack);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        _rig.CommitStarts();
        Assert.DoesNotContain(call.Peer.Inbox.OfType<SipResponse>(), response => response is { StatusCode: 200, CSeqMethod: SipMethod.Invite });
        var record = Assert.Single(_rig.Ended);
        Assert.Equal(("cancel", 487), (record.EndReason, record.Status));
        Assert.Null(record.AnsweredAt);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "9.2")]
    public void A_cancel_after_the_200_changes_nothing()
    {
        var (call, ring) = Ringing();
        ring.Answer("PCMU");
        call.Expect(200);
        call.Cancel();
        call.Ack();
        Assert.Equal("connected", _rig.Changes[^1].State);
        call.Send("BYE");
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row("16b")]
    [Rfc(3261, "15.1.2")]
    public void The_caller_may_end_an_early_dialog_by_BYE()
    {
        var (call, ring) = Ringing();
        ring.Respond(180);
        call.Expect(180);
        call.Send("BYE");
        call.Peer.Take(200);
        call.Expect(487);
        ring.Peer.Take(SipMethod.Cancel);
        ring.Respond(487);
        call.AckRefusal();
        Assert.Equal("cancel", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "15")]
    public void The_called_side_may_not()
    {
        var (_, ring) = Ringing();
        ring.Respond(180);
        ring.Send("BYE");
        ring.Peer.Take(481);
        Assert.Equal("ringing", _rig.Changes[^1].State);
    }

    [Fact]
    [Row(30)]
    public void A_phone_that_rings_too_long_is_cancelled_and_the_caller_hears_480()
    {
        var (call, ring) = Ringing();
        ring.Respond(180);
        _rig.Advance(TimeSpan.FromSeconds(59.9));
        Assert.False(call.Peer.Has(480));
        _rig.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal("No Answer", Encoding.UTF8.GetString(call.Expect(480).ReasonPhrase));
        call.AckRefusal();
        ring.Peer.Take(SipMethod.Cancel);
        ring.Respond(487);
        Assert.Equal(("no-answer", 480), (Assert.Single(_rig.Ended).EndReason, _rig.Ended[0].Status));
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "13.3.1")]
    public void A_caller_may_be_less_patient()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"), "Expires: 7\r\n");
        bob.Ringing().Respond(180);
        _rig.Advance(TimeSpan.FromSeconds(7.1));
        call.Expect(480);
        bob.Take(SipMethod.Cancel);
    }

    [Fact]
    [Row(30)]
    [Rfc(3261, "16.8")]
    public void A_phone_that_says_100_and_no_more_falls_to_timer_C()
    {
        var rig = new CallRig(new ServerOptions { Realm = CallRig.Realm, RingLimit = TimeSpan.FromHours(1) });
        var alice = rig.Phone("alice", 1);
        var bob = rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Respond(100);
        rig.Advance(TimeSpan.FromSeconds(184));
        Assert.False(bob.Has(SipMethod.Cancel));
        rig.Advance(TimeSpan.FromSeconds(2));
        bob.Take(SipMethod.Cancel);
        ring.Respond(487);
        call.Expect(480);
        call.AckRefusal();
        rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "8.1.3.1")]
    public void A_phone_that_says_nothing_is_480_after_64_T1()
    {
        var (call, _) = Ringing();
        _rig.Advance(TimeSpan.FromSeconds(32.1));
        call.Expect(480);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_2xx_without_a_description_is_hung_up_and_counts_as_488()
    {
        var (call, ring) = Ringing();
        ring.Respond(200);
        ring.Peer.Take(SipMethod.Ack);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        call.Expect(488);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_2xx_with_another_codec_only_is_hung_up_and_counts_as_488()
    {
        var (call, ring) = Ringing();
        ring.Respond(200, SdpText.Offer(false, "GSM"));
        ring.Peer.Take(SipMethod.Ack);
        ring.Peer.Take(SipMethod.Bye);
        call.Expect(488);
    }

    [Theory]
    [InlineData(new[] { 480, 486 }, 486)]
    [InlineData(new[] { 486, 480 }, 486)]
    [InlineData(new[] { 408, 488 }, 488)]
    [InlineData(new[] { 404, 480 }, 480)]
    [InlineData(new[] { 403, 500 }, 403)]
    [InlineData(new[] { 408, 408 }, 480)]
    [InlineData(new[] { 401, 302 }, 480)]
    [Row(44)]
    [Rfc(3261, "16.7")]
    public void The_best_of_several_refusals_is_the_callers(int[] statuses, int expected)
    {
        var alice = _rig.Phone("alice", 1);
        var bobs = new[] { _rig.Phone("bob", 2), _rig.Phone("bob", 3) };
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var rings = bobs.Select(bob => bob.Ringing()).ToArray();
        rings[0].Respond(statuses[0]);
        Assert.DoesNotContain(alice.Inbox.OfType<SipResponse>(), response => response.StatusCode >= 200);
        rings[1].Respond(statuses[1]);
        call.Expect(expected);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(27)]
    [Rfc(3261, "16.7")]
    public void A_6xx_ends_the_ringing_everywhere()
    {
        var alice = _rig.Phone("alice", 1);
        var bobs = new[] { _rig.Phone("bob", 2), _rig.Phone("bob", 3) };
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var rings = bobs.Select(bob => bob.Ringing()).ToArray();
        rings[0].Respond(180);
        rings[1].Respond(603);
        call.Expect(603);
        call.AckRefusal();
        bobs[0].Take(SipMethod.Cancel);
        rings[0].Respond(487);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(44)]
    [Row(2)]
    public void The_first_answer_wins_and_the_rest_are_cancelled()
    {
        var alice = _rig.Phone("alice", 1);
        var desk = _rig.Phone("bob", 2);
        var web = _rig.Browser("bob", 3);
        var car = _rig.Phone("bob", 4);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU PCMA telephone-event"));
        var (deskRing, webRing, carRing) = (desk.Ringing(), web.Ringing(), car.Ringing());
        Assert.Equal(3, new[] { deskRing.CallId, webRing.CallId, carRing.CallId }.Distinct().Count());
        deskRing.Respond(180);
        webRing.Respond(180);
        carRing.Respond(180);
        webRing.Answer("PCMU");
        Assert.Contains("Call completed elsewhere", TwoLegCallTests.Header(desk.Take(SipMethod.Cancel), HeaderId.Reason), StringComparison.Ordinal);
        // The car's 200 crosses the CANCEL.
        carRing.Answer("PCMU");
        car.Take(SipMethod.Ack);
        car.Respond(car.Take(SipMethod.Bye), 200);
        deskRing.Respond(487);
        desk.Take(SipMethod.Ack);
        Assert.Single(alice.Inbox.OfType<SipResponse>(), response => response.StatusCode == 180);
        call.Establish();
        // Only the two that talk are left.
        Assert.Equal(2, _rig.Media.Open.Count);
        call.Send("BYE");
        web.Respond(web.Take(SipMethod.Bye), 200);
        Assert.Single(_rig.Ended);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_call_rings_ten_contacts_at_most()
    {
        var alice = _rig.Phone("alice", 1);
        for (var host = 2; host < 20; host++) _rig.Phone("bob", host);
        alice.Call("bob", SdpText.Offer(false, "PCMU"));
        Assert.Equal(1 + CallLimits.Forks, _rig.Media.Opened);
    }

    [Fact]
    [Row(21)]
    public void Early_media_is_heard_and_the_200_repeats_its_answer()
    {
        var (call, ring) = Ringing();
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMA"));
        var early = call.Expect(183);
        Assert.Equal("PCMA", SdpText.Codecs(SdpText.Body(early)));
        Assert.Equal(2, _rig.Media.Peers.Count);
        ring.Answer("PCMA");
        Assert.True(early.Body.SequenceEqual(call.Establish().Body));
        call.Send("BYE");
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(21)]
    public void A_180_may_carry_media_and_an_empty_200_confirms_it()
    {
        var (call, ring) = Ringing();
        ring.Respond(180, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Assert.False(call.Expect(180).Body.IsEmpty);
        ring.Respond(200);
        Assert.False(call.Establish().Body.IsEmpty);
    }

    [Fact]
    public void When_the_contact_with_early_media_fails_the_next_is_heard()
    {
        var alice = _rig.Phone("alice", 1);
        var bobs = new[] { _rig.Phone("bob", 2), _rig.Phone("bob", 3) };
        alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var rings = bobs.Select(bob => bob.Ringing()).ToArray();
        foreach (var ring in rings) ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"));
        var before = _rig.Media.Peers.Keys.Max(leg => leg.Value);
        rings[0].Respond(486);
        var after = _rig.Media.Peers.Keys.Max(leg => leg.Value);
        Assert.Equal(2, _rig.Media.Peers.Count);
        Assert.NotEqual(before, after);
    }

    [Fact]
    [Rfc(3261, "13.2.1")]
    public void When_the_winner_has_another_codec_than_the_early_media_the_caller_is_offered_anew()
    {
        var alice = _rig.Phone("alice", 1);
        var bobs = new[] { _rig.Phone("bob", 2), _rig.Phone("bob", 3) };
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU PCMA"));
        var rings = bobs.Select(bob => bob.Ringing()).ToArray();
        rings[0].Respond(183, SdpText.Answer(rings[0].Invite!, false, "PCMU"));
        var early = call.Expect(183);
        rings[1].Answer("PCMA");
        // The answer of the 183 stands (RFC 3261 §13.2.1)…
        Assert.True(early.Body.SequenceEqual(call.Establish().Body));
        rings[0].Respond(487);
        // …and a re-INVITE brings the two together.
        var offer = alice.Take(SipMethod.Invite);
        Assert.Equal("PCMA telephone-event", SdpText.Codecs(SdpText.Body(offer)));
        alice.Respond(offer, 200, SdpText.Answer(offer, false, "PCMA"));
        alice.Take(SipMethod.Ack);
        Assert.All(_rig.Media.Peers.Keys, leg => Assert.Equal("PCMA", _rig.Media.Configured[leg].Codecs[0].Codec.Name));
        Assert.False(bobs[1].Has(SipMethod.Invite));
        call.Send("BYE");
        bobs[1].Respond(bobs[1].Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_codec_that_the_gateway_cannot_pass_on_is_488()
    {
        _rig.Phone("bob", 2);
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("bob", SdpText.Offer(false, "GSM"));
        Assert.True(call.Expect(488).Has(HeaderId.Warning));
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    private (TestDialog Call, TestDialog Ring) Ringing()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU PCMA"));
        return (call, bob.Ringing());
    }
}
