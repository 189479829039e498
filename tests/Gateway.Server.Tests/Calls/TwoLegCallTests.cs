using System.Text;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Calls between two sides, as RFC 3665 draws them, with the gateway as the back-to-back user agent between.</summary>
public class TwoLegCallTests
{
    private readonly CallRig _rig = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [Row(89)]
    [Row(11)]
    [Rfc(3665, "3.1")]
    public void Any_two_kinds_of_sides_can_talk(bool callerIsBrowser, bool calleeIsBrowser)
    {
        var alice = callerIsBrowser ? _rig.Browser("alice", 1) : _rig.Phone("alice", 1);
        var bob = calleeIsBrowser ? _rig.Browser("bob", 2) : _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(callerIsBrowser, "PCMU PCMA telephone-event"));
        alice.Take(100);
        var ring = bob.Ringing();
        ring.Respond(180);
        Assert.True(call.Expect(180).Body.IsEmpty);
        Assert.Equal("ringing", _rig.Changes[^1].State);
        ring.Answer("PCMA telephone-event");
        bob.Take(SipMethod.Ack);
        var ok = call.Establish();
        Assert.Equal("PCMA telephone-event", SdpText.Codecs(SdpText.Body(ok)));
        Assert.Equal(callerIsBrowser, SdpText.Body(ok).Contains("fingerprint", StringComparison.Ordinal));
        Assert.Equal(calleeIsBrowser, SdpText.Body(ring.Invite!).Contains("fingerprint", StringComparison.Ordinal));
        Assert.Equal(2, _rig.Media.Peers.Count);

        call.Send("BYE");
        alice.Take(200);
        Assert.Empty(_rig.Media.Open);
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        var record = Assert.Single(_rig.Ended);
        Assert.Equal(("caller", 200, $"bob@{CallRig.Realm}", "PCMA"), (record.EndReason, record.Status, record.AnsweredBy, record.Codec));
        Assert.NotNull(record.CallerMedia);
        Assert.NotNull(record.CalleeMedia);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(9)]
    public void The_called_side_can_hang_up()
    {
        var (call, ring) = Talk();
        ring.Send("BYE");
        ring.Peer.Take(200);
        Assert.Empty(_rig.Media.Open);
        call.Peer.Respond(call.Peer.Take(SipMethod.Bye), 200);
        Assert.Equal("callee", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "15")]
    public void A_hang_up_of_the_called_side_before_the_callers_ACK_waits_for_it()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Answer("PCMU");
        call.Expect(200);
        ring.Send("BYE");
        bob.Take(200);
        Assert.False(alice.Has(SipMethod.Bye));
        Assert.Empty(_rig.Media.Open);
        call.Ack();
        alice.Respond(alice.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(87)]
    [Row(8)]
    [Threat(21)]
    [Rfc(7092, "3.1.3")]
    public void Nothing_of_one_side_is_seen_on_the_other()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU", address: "10.9.8.7"),
            "P-Asserted-Identity: <sip:boss@inner.example>\r\nRemote-Party-ID: <sip:boss@inner.example>\r\nDiversion: <sip:d@inner.example>\r\n"
            + "Record-Route: <sip:10.9.8.1;lr>\r\nX-Internal: 10.9.8.2\r\nSubject: lunch\r\n");
        var ring = bob.Ringing();
        ring.Respond(180);
        ring.Answer("PCMU");
        call.Establish();
        call.Send("INFO", "Signal=1\r\nDuration=100\r\n", type: "application/dtmf-relay");
        var toBob = Encoding.UTF8.GetString(ring.Invite!.Bytes);
        Assert.All(
            new[] { "10.9.8", "192.0.2.1:", call.CallId, call.LocalTag, "Secret/1.0", "inner.example", "X-Internal", "P-Asserted", "Remote-Party" },
            secret => Assert.DoesNotContain(secret, toBob, StringComparison.OrdinalIgnoreCase));
        Assert.Contains("Subject: lunch", toBob, StringComparison.Ordinal);
        Assert.Contains($"\"alice at work\" <sip:alice@{CallRig.Realm}>", toBob, StringComparison.Ordinal);
        Assert.Contains($"To: <sip:bob@{CallRig.Realm}>", toBob, StringComparison.Ordinal);
        // ROWS 55b: the contact with all its parameters.
        Assert.Equal("sip:bob@192.0.2.2:5060;line=bob1", Encoding.UTF8.GetString(ring.Invite.UriBytes));
        Assert.True(ring.Invite.TryGetNumber(HeaderId.MaxForwards, out var left));
        Assert.Equal(69u, left);
        var all = string.Concat(alice.Inbox.Select(message => Encoding.UTF8.GetString(message.Bytes)));
        Assert.All(new[] { "192.0.2.2", ring.CallId, ring.LocalTag }, secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("id")]
    [InlineData("header;user")]
    [Rfc(3323, "4.2")]
    public void A_caller_that_asks_for_privacy_is_anonymous(string privacy)
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        alice.Call("bob", SdpText.Offer(false, "PCMU"), $"Privacy: {privacy}\r\n");
        Assert.DoesNotContain("alice", Encoding.UTF8.GetString(bob.Take(SipMethod.Invite).Bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a \\\"quoted\\\" name", "a \\\"quoted\\\" name")]
    [InlineData("tab\there", "tabhere")]
    [InlineData("back\\\\slash", "back\\\\slash")]
    [Threat(22)]
    [Threat(39)]
    public void Display_names_are_cleaned(string written, string expected) =>
        Assert.Equal(expected, Gateway.Server.Calls.HeaderPolicy.DisplayName(Encoding.UTF8.GetBytes(written)));

    [Fact]
    public void A_long_display_name_is_cut()
    {
        Assert.Equal(64, Gateway.Server.Calls.HeaderPolicy.DisplayName(Encoding.UTF8.GetBytes(new string('x', 500))).Length);
    }

    [Fact]
    [BrowserRule("C2")]
    [BrowserRule("C5")]
    [BrowserRule("I6")]
    public void A_browser_gets_an_INVITE_that_it_can_take()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Browser("bob", 2);
        alice.Call("bob", null);
        var invite = bob.Take(SipMethod.Invite);
        Assert.False(invite.Has(HeaderId.Require));
        Assert.True(invite.TryGet(HeaderId.ContentType, out var type));
        Assert.Equal("application/sdp", Encoding.UTF8.GetString(type));
        Assert.Equal("opus G722 PCMU PCMA telephone-event telephone-event", SdpText.Codecs(SdpText.Body(invite)));
        Assert.True(invite.TryGetUri(out var target));
        Assert.Equal((SipScheme.Sip, "cbob"), (target.Scheme, Encoding.UTF8.GetString(target.User)));
        Assert.True(invite.Has(HeaderId.Contact));
    }

    [Fact]
    [BrowserRule("I7")]
    [BrowserRule("C1")]
    [BrowserRule("C3")]
    public void A_browser_sees_one_dialog_and_one_contact()
    {
        var alice = _rig.Browser("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var other = _rig.Phone("bob", 3);
        var call = alice.Call("bob", SdpText.Offer(true, "opus PCMU PCMA"));
        Assert.True(alice.Has(100));
        var first = bob.Ringing();
        var second = other.Ringing();
        first.Respond(180);
        second.Respond(180);
        first.Respond(183, SdpText.Answer(first.Invite!, false, "PCMU"));
        second.Respond(183, SdpText.Answer(second.Invite!, false, "PCMU"));
        second.Answer("PCMU");
        var answers = alice.Inbox.OfType<SipResponse>().Where(response => response.StatusCode > 100).ToList();
        Assert.Equal([180, 183, 200], answers.Select(response => response.StatusCode));
        Assert.Single(answers.Select(response => Encoding.UTF8.GetString(response.ToTag)).Distinct());
        Assert.Single(answers.Select(Contact).Distinct());
        Assert.Contains("transport=ws", Contact(answers[0]), StringComparison.Ordinal);
        Assert.False(answers[2].Body.IsEmpty);
        call.Establish();
        first.Respond(487);
        call.Send("BYE");
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "13.2.1")]
    [Row(7)]
    public void An_offerless_INVITE_is_offered_what_the_called_side_took()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Browser("bob", 2);
        var call = alice.Call("bob", null);
        var ring = bob.Ringing();
        ring.Answer("PCMA telephone-event");
        var ok = call.Expect(200);
        Assert.Equal("PCMA telephone-event", SdpText.Codecs(SdpText.Body(ok)));
        call.Ack(SdpText.Answer(ok, false, "PCMA telephone-event"));
        Assert.Equal("connected", _rig.Changes[^1].State);
        call.Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "13.2.2.4")]
    [Row(5)]
    public void Every_repeat_of_a_2xx_gets_the_ACK_again()
    {
        var (_, ring) = Talk();
        ring.Answer("PCMU");
        ring.Answer("PCMU");
        var first = ring.Peer.Take(SipMethod.Ack);
        var second = ring.Peer.Take(SipMethod.Ack);
        Assert.True(first.Bytes.SequenceEqual(second.Bytes));
        Assert.NotEqual(Encoding.UTF8.GetString(ring.Invite!.TopVia.Branch), Encoding.UTF8.GetString(first.TopVia.Branch));
    }

    /// <summary>Its ACK was lost, and so was the news that the caller has hung up: the phone still repeats its 200.</summary>
    [Fact]
    [Row(5), Row(32)]
    [Rfc(3261, "13.2.2.4")]
    public void A_2xx_that_is_repeated_after_the_end_of_the_call_gets_the_ACK_again()
    {
        var (dialog, ring) = Talk();
        dialog.Send("BYE");
        var bye = ring.Peer.Take(SipMethod.Bye);
        ring.Answer("PCMU");
        ring.Peer.Take(SipMethod.Ack);
        ring.Peer.Respond(bye, 200);
        ring.Answer("PCMU");
        ring.Peer.Take(SipMethod.Ack);
    }

    [Fact]
    [Row(2)]
    [Rfc(3261, "13.2.2.4")]
    public void A_second_dialog_of_one_INVITE_gets_ACK_and_BYE()
    {
        var (_, ring) = Talk();
        var bob = ring.Peer;
        bob.Respond(ring.Invite!, 200, SdpText.Answer(ring.Invite!, false, "PCMU"), "another");
        Assert.Equal("another", Encoding.UTF8.GetString(bob.Take(SipMethod.Ack).ToTag));
        Assert.Equal("another", Encoding.UTF8.GetString(bob.Take(SipMethod.Bye).ToTag));
        Assert.Equal(1, _rig.Calls.Count);
    }

    [Fact]
    public void More_calls_than_the_limit_are_503_with_Retry_After()
    {
        var rig = new CallRig(new ServerOptions { Realm = CallRig.Realm, MaxCalls = 1 });
        var alice = rig.Phone("alice", 1);
        alice.Call("echo", SdpText.Offer(false, "PCMU")).Establish();
        var refused = alice.Call("echo", SdpText.Offer(false, "PCMU")).Expect(503);
        Assert.True(refused.TryGetNumber(HeaderId.RetryAfter, out var seconds));
        Assert.True(seconds > 0);
        Assert.Equal(1, rig.Calls.Count);
    }

    [Fact]
    public void No_port_left_is_503_and_nothing_leaks()
    {
        _rig.Media.PortsLeft = 0;
        var alice = _rig.Phone("alice", 1);
        alice.Call("echo", SdpText.Offer(false, "PCMU")).Expect(503);
        _rig.Media.PortsLeft = 1;
        _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        call.Expect(480);
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("Require: precondition\r\n", 420)]
    [InlineData("Content-Encoding: gzip\r\n", 415)]
    [InlineData("Require: timer\r\nSupported: timer\r\nSession-Expires: 90\r\n", 200)]
    [Rfc(3261, "8.2.2.3")]
    [BrowserRule("C4")]
    public void What_an_INVITE_asks_for_is_understood_or_refused(string headers, int status)
    {
        var alice = _rig.Phone("alice", 1);
        alice.Call("echo", SdpText.Offer(false, "PCMU"), headers).Expect(status);
    }

    [Fact]
    [BrowserRule("D1")]
    [BrowserRule("C4")]
    [Rfc(4028, "9")]
    public void The_side_that_asks_for_a_session_timer_refreshes()
    {
        var alice = _rig.Browser("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(true, "opus"), "Supported: timer,ice,replaces,outbound\r\nSession-Expires: 90\r\n");
        var ok = call.Establish();
        Assert.True(ok.TryGet(HeaderId.SessionExpires, out var expires));
        Assert.Equal("90;refresher=uac", Encoding.UTF8.GetString(expires));
        call.Send("UPDATE", headers: "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n");
        Assert.True(alice.Take(200).Has(HeaderId.SessionExpires));
    }

    [Fact]
    [Rfc(3261, "16.3")]
    [Row(25)]
    public void A_hop_count_of_zero_is_483()
    {
        var alice = _rig.Phone("alice", 1);
        var text = $"INVITE sip:echo@{CallRig.Realm} SIP/2.0\r\n{alice.Via("z9hG4bKmf0")}\r\nMax-Forwards: 0\r\nFrom: <sip:alice@{CallRig.Realm}>;tag=1\r\n"
            + $"To: <sip:echo@{CallRig.Realm}>\r\nCall-ID: mf0\r\nCSeq: 1 INVITE\r\nContact: <{alice.ContactUri}>\r\nContent-Length: 0\r\n\r\n";
        alice.Send(text);
        alice.Take(483);
    }

    [Fact]
    public void The_start_of_the_record_is_committed_before_the_200_and_touched_while_the_call_lives()
    {
        var (call, _) = Talk();
        Assert.Equal($"bob@{CallRig.Realm}", Assert.Single(_rig.Started).AnsweredBy);
        _rig.Advance(TimeSpan.FromSeconds(95));
        Assert.Equal(3, _rig.Touched);
        call.Send("BYE");
        Assert.Equal(TimeSpan.FromSeconds(95), _rig.Ended[0].EndedAt - _rig.Ended[0].AnsweredAt);
    }

    [Fact]
    public void A_media_plane_that_never_reports_does_not_keep_the_record()
    {
        _rig.Media.Reports = false;
        var (call, ring) = Talk();
        call.Send("BYE");
        Assert.Empty(_rig.Ended);
        _rig.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Null(Assert.Single(_rig.Ended).CallerMedia);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void At_shutdown_every_call_is_told()
    {
        var (call, ring) = Talk();
        var carol = _rig.Phone("carol", 5);
        var second = carol.Call("bob", SdpText.Offer(false, "PCMU"));
        _rig.Calls.HangUpAll("the gateway stops", _rig.Now);
        _rig.Pump();
        Assert.Contains("SIP;cause=503", Header(call.Peer.Take(SipMethod.Bye), HeaderId.Reason), StringComparison.Ordinal);
        Assert.True(ring.Peer.Has(SipMethod.Bye));
        second.Expect(503);
        Assert.Equal(["shutdown", "shutdown"], _rig.Ended.Select(record => record.EndReason));
    }

    internal static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";

    private static string Contact(SipMessage message) => Header(message, HeaderId.Contact);

    private (TestDialog Call, TestDialog Ring) Talk()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU PCMA"));
        var ring = bob.Ringing();
        ring.Answer("PCMU");
        bob.Take(SipMethod.Ack);
        call.Establish();
        return (call, ring);
    }
}
