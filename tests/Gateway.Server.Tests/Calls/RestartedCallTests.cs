using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Calls;

/// <summary>The process is killed while people talk, and another one goes on with their calls.</summary>
public sealed class RestartedCallTests
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(7);

    private readonly FakeCallStore _store = new();
    private readonly CallRig _rig;

    public RestartedCallTests() => _rig = new CallRig(running: _store);

    private (TestDialog Call, TestDialog Ring) Talk(bool callerIsBrowser = false, bool calleeIsBrowser = false, string headers = "")
    {
        var alice = _rig.Register(callerIsBrowser ? _rig.Browser("alice", 1) : _rig.Phone("alice", 1));
        var bob = _rig.Register(calleeIsBrowser ? _rig.Browser("bob", 2) : _rig.Phone("bob", 2));
        var call = alice.Call("bob", SdpText.Offer(callerIsBrowser, "PCMU telephone-event"), headers);
        var ring = bob.Ringing();
        ring.Answer("PCMU telephone-event");
        bob.Take(SipMethod.Ack);
        call.Establish();
        alice.Inbox.Clear();
        _rig.Advance(TimeSpan.FromSeconds(10));
        return (call, ring);
    }

    private void Restart(int goOn = 1) => Assert.Equal(goOn, _rig.RestartAfterKill(Away, _store.Read()));

    private void AssertOver(string reason, double seconds)
    {
        var record = Assert.Single(_rig.Ended);
        Assert.Equal((reason, 200, false), (record.EndReason, record.Status, record.EndIsEstimated));
        Assert.Equal(seconds, record.TalkSeconds!.Value, 1.0);
        Assert.Equal(TimeSpan.FromSeconds(seconds).TotalSeconds, (record.EndedAt!.Value - record.AnsweredAt!.Value).TotalSeconds, 1.0);
        Assert.Empty(_store.Kept);
        _rig.AssertNothingIsLeft();
    }

    [Theory, Row(38)]
    [InlineData(false)]
    [InlineData(true)]
    public void BYE_of_either_side_after_a_kill_is_200_and_the_record_is_closed(bool calleeHangsUp)
    {
        var (call, ring) = Talk();
        Restart();
        _rig.Advance(TimeSpan.FromSeconds(3));
        var (by, other) = calleeHangsUp ? (ring, call) : (call, ring);

        by.Send("BYE");

        by.Peer.Take(200);
        other.Peer.Respond(other.Peer.Take(SipMethod.Bye), 200);
        AssertOver(calleeHangsUp ? "callee" : "caller", 20);
    }

    [Fact, Row(38), Rfc(3261, "12.2.1.1")]
    public void Our_own_requests_go_on_above_the_numbers_of_before()
    {
        var (call, ring) = Talk();
        // The peer is put on hold: a re-INVITE of ours, and then many digits by INFO that no checkpoint waits for.
        call.Send("INVITE", SdpText.Offer(false, "PCMU telephone-event", "sendonly", version: 2));
        var before = ring.Peer.Take(SipMethod.Invite);
        ring.Peer.Respond(before, 200, SdpText.Answer(before, false, "PCMU telephone-event", "recvonly"));
        call.Expect(200);
        call.Ack();
        _rig.Advance(TimeSpan.FromSeconds(1));
        Restart();

        call.Send("INVITE", SdpText.Offer(false, "PCMU telephone-event", "sendrecv", version: 3));

        call.Expect(200);
        call.Ack();
        var after = ring.Peer.Take(SipMethod.Invite);
        Assert.InRange(after.CSeq, before.CSeq + 500, before.CSeq + 5000);
        Assert.Equal("sendrecv", SdpText.Direction(SdpText.Body(after)));
        Assert.Equal(Encoding.ASCII.GetString(before.CallId), Encoding.ASCII.GetString(after.CallId));
        Assert.Equal(Encoding.ASCII.GetString(before.ToTag), Encoding.ASCII.GetString(after.ToTag));
    }

    [Fact, Row(38)]
    public void A_phone_keeps_our_port_and_is_not_disturbed()
    {
        var (call, ring) = Talk();
        var ports = Ports();
        Restart();
        _rig.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(2, _rig.Media.Open.Count);
        Assert.Equal(2, _rig.Media.Peers.Count);
        Assert.All(_rig.Media.Configured.Values, leg => Assert.Equal("192.0.2.50:40000", leg.Rtp!.Rtp!.ToString()));
        Assert.All(_rig.Media.Configured.Values, leg => Assert.True(leg is { CanSend: true, CanReceive: true, SilenceLimit.TotalSeconds: > 0 }));
        Assert.Empty(call.Peer.Inbox);
        Assert.Empty(ring.Peer.Inbox);
        Assert.Equal(ports, Ports());

        string Ports() => string.Join(' ', _store.Read().SelectMany(one => new[] { one.Checkpoint.Caller!.Media.Rtp, one.Checkpoint.Callee!.Media.Rtp }));
    }

    [Fact, Row(38), Rfc(3264, "8.3.1")]
    public void A_phone_whose_port_is_taken_is_told_the_new_one()
    {
        var (call, ring) = Talk();
        _rig.ArePortsTaken = true;

        Restart();

        foreach (var side in new[] { call, ring })
        {
            var offer = side.Peer.Take(SipMethod.Invite);
            Assert.Contains("m=audio 310", SdpText.Body(offer), StringComparison.Ordinal);
            side.Peer.Respond(offer, 200, SdpText.Answer(offer, false, "PCMU telephone-event"));
            side.Peer.Take(SipMethod.Ack);
            Assert.False(side.Peer.Has(SipMethod.Invite));
        }
    }

    [Theory, Row(38), Rfc(8842, "4"), Rfc(3264, "8")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_browser_is_offered_new_keys_as_soon_as_it_is_back(bool isCaller)
    {
        var (call, ring) = Talk(callerIsBrowser: isCaller, calleeIsBrowser: !isCaller);
        var browser = isCaller ? call : ring;
        Restart();
        _rig.Advance(TimeSpan.FromSeconds(2));
        // What the process before had agreed leads nowhere: nothing of it reaches the media plane.
        Assert.Single(_rig.Media.Configured);
        Assert.Empty(browser.Peer.Inbox);

        _rig.Move(browser.Peer, 9);

        var offer = browser.Peer.Take(SipMethod.Invite);
        var sdp = SdpText.Body(offer);
        Assert.Contains("a=setup:actpass", sdp, StringComparison.Ordinal);
        Assert.Contains("a=ice-ufrag:gwufrag", sdp, StringComparison.Ordinal);
        Assert.Contains("a=fingerprint:", sdp, StringComparison.Ordinal);
        browser.Peer.Respond(offer, 200, SdpText.Answer(offer, true, "PCMU telephone-event").Replace("peerU", "peerV", StringComparison.Ordinal));
        browser.Peer.Take(SipMethod.Ack);
        var leg = Assert.Single(_rig.Media.Configured.Values, leg => leg.WebRtc is not null);
        Assert.Equal("peerV", leg.WebRtc!.IceUfrag);
        Assert.False(browser.Peer.Has(SipMethod.Invite));
        browser.Send("BYE");
        browser.Peer.Take(200);
        var other = isCaller ? ring : call;
        other.Peer.Respond(other.Peer.Take(SipMethod.Bye), 200);
        AssertOver(isCaller ? "caller" : "callee", 19);
    }

    [Fact, Row(38), BrowserRule("I2")]
    public void A_browser_that_does_not_come_back_ends_its_call_and_the_record_says_so()
    {
        var (_, ring) = Talk(callerIsBrowser: true);
        Restart();

        _rig.Advance(_rig.Services.Options.MediaSilence + TimeSpan.FromSeconds(1));

        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        _rig.Advance(TimeSpan.FromSeconds(40));
        AssertOver("flow-lost", 77);
    }

    [Fact, Row(38), Rfc(4028, "10")]
    public void A_session_that_should_have_been_refreshed_meanwhile_is_refreshed_at_once()
    {
        var (call, ring) = Talk(headers: "Allow: INVITE, ACK, BYE, UPDATE\r\nSupported: timer\r\nSession-Expires: 90;refresher=uas\r\n");
        _rig.Advance(TimeSpan.FromSeconds(30));
        Assert.Empty(call.Peer.Inbox);
        Restart();
        _rig.Advance(TimeSpan.FromMilliseconds(10));

        var update = call.Peer.Take(SipMethod.Update);

        call.Peer.Respond(update, 200, headers: "Session-Expires: 90;refresher=uac\r\n");
        _rig.Advance(TimeSpan.FromSeconds(44));
        Assert.False(call.Peer.Has(SipMethod.Update));
        _rig.Advance(TimeSpan.FromSeconds(2));
        Assert.True(call.Peer.Has(SipMethod.Update));
        Assert.NotNull(ring);
    }

    [Fact, Row(38)]
    public void A_call_that_only_rang_is_closed_in_the_log_and_nobody_hears_of_it()
    {
        var alice = _rig.Register(_rig.Phone("alice", 1));
        var bob = _rig.Register(_rig.Phone("bob", 2));
        alice.Call("bob", SdpText.Offer(false, "PCMU"));
        bob.Ringing().Respond(180);
        _rig.Advance(TimeSpan.FromSeconds(5));
        var ringing = Assert.Single(_store.Read()).Checkpoint;
        Assert.False(ringing.IsAnswered);

        Restart(goOn: 0);

        var record = Assert.Single(_rig.Ended);
        Assert.Equal(("restart", true, 500, (double?)null), (record.EndReason, record.EndIsEstimated, record.Status, record.TalkSeconds));
        Assert.Empty(_store.Kept);
        Assert.Equal(0, _rig.Calls.Count);
    }

    [Fact, Row(38)]
    public void A_call_of_an_account_that_is_gone_is_closed_with_its_last_sign_of_life()
    {
        Talk();
        _rig.Services.Accounts.TryGet("alice", out var alice);
        _rig.Services.Accounts.Remove(alice!.Id);

        Restart(goOn: 0);

        var record = Assert.Single(_rig.Ended);
        Assert.Equal(("restart", true, 200), (record.EndReason, record.EndIsEstimated, record.Status));
        _rig.AssertNothingIsLeft();
    }

    [Fact, Row(38)]
    public void A_call_with_a_service_goes_on_too()
    {
        var alice = _rig.Register(_rig.Phone("alice", 1));
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"));
        call.Establish();
        _rig.Advance(TimeSpan.FromSeconds(10));
        Restart();

        Assert.Equal(MediaService.Echo, Assert.Single(_rig.Media.Services).Value);
        call.Send("BYE");
        call.Expect(200);
        AssertOver("caller", 17);
    }

    [Fact, Row(38)]
    public void A_second_kill_finds_the_call_as_the_first_restart_left_it()
    {
        var (call, ring) = Talk();
        Restart();
        _rig.Advance(TimeSpan.FromSeconds(5));
        Restart();

        call.Send("BYE");

        call.Peer.Take(200);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        AssertOver("caller", 10 + 7 + 5 + 7);
    }

    [Fact, Row(38)]
    public void A_call_that_was_answered_a_moment_ago_goes_on()
    {
        var alice = _rig.Register(_rig.Phone("alice", 1));
        var bob = _rig.Register(_rig.Phone("bob", 2));
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Respond(180);
        _rig.Advance(TimeSpan.FromMilliseconds(100));
        ring.Answer("PCMU");
        call.Expect(180);
        call.Establish();
        _rig.Advance(TimeSpan.FromMilliseconds(250));

        Restart();

        call.Send("BYE");
        call.Expect(200);
    }

    [Fact, Row(38), Threat(42)]
    public void Nothing_secret_is_stored()
    {
        Talk(callerIsBrowser: true, calleeIsBrowser: true);

        var text = Encoding.UTF8.GetString(_store.Kept.Values.Single().Body.Span);

        Assert.DoesNotContain("gwpassword", text, StringComparison.Ordinal);
        Assert.DoesNotContain("gwufrag", text, StringComparison.Ordinal);
        Assert.DoesNotContain("peerU", text, StringComparison.Ordinal);
    }

    [Fact, Row(38)]
    public void What_does_not_change_is_not_written_again_and_a_refusal_is_mended()
    {
        var (call, _) = Talk();
        var saves = _store.Saves;
        _rig.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(saves, _store.Saves);
        _store.Kept.Clear();
        _store.Refuses = true;
        call.Send("INVITE", SdpText.Offer(false, "PCMU telephone-event", address: "192.0.2.51", version: 2));
        call.Expect(200);
        call.Ack();
        _rig.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_store.Kept);

        _store.Refuses = false;
        _rig.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("192.0.2.51:40000", Assert.Single(_store.Read()).Checkpoint.Caller!.Media.Negotiation.RemoteRtp);
    }
}
