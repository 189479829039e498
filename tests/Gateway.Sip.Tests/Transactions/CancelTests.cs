using System.Net;
using Gateway.Testing;
using static Gateway.Sip.Tests.Transactions.TransactionRig;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>CANCEL in all its races, ours (RFC 3261 §9.1) and a peer's (§9.2).</summary>
[Row(12)]
public sealed class CancelTests
{
    private const string SpecReason = "SIP;cause=200;text=\"Call completed elsewhere\"";

    [Fact]
    [Rfc(3261, "9.1")]
    public void Before_any_answer_it_waits_for_the_first_1xx()
    {
        var rig = new TransactionRig();
        var invite = rig.Send();
        rig.Until(100);
        rig.Layer.Cancel(invite, SpecReason, rig.Now);
        rig.Layer.Cancel(invite, SpecReason, rig.Now);
        rig.Until(700);
        rig.Receive(ResponseText(100, toTag: ""));
        rig.Receive(ResponseText(200, "CANCEL"));
        rig.Receive(ResponseText(487));

        Assert.Equal("""
            0 > INVITE
            500 > INVITE
            700 ! 100 INVITE
            700 > CANCEL
            700 > ACK
            700 ! 487 INVITE
            """, rig.Log);
    }

    [Fact]
    [Rfc(3261, "9.1"), Rfc(3326, "2")]
    public void After_a_180_it_leaves_at_once_made_of_the_INVITE_and_is_repeated_until_answered()
    {
        var rig = new TransactionRig();
        var invite = rig.Send(extra: "Route: <sip:p1.example.com;lr>\nRequire: 100rel\nProxy-Require: sec-agree");
        rig.Receive(ResponseText(180));
        rig.Until(100);
        rig.Layer.Cancel(invite, SpecReason, rig.Now);
        var cancel = rig.LastSent;
        rig.Until(2_000);
        rig.Receive(ResponseText(200, "CANCEL"));
        rig.Until(3_000);
        rig.Receive(ResponseText(487));

        Assert.Equal("""
            0 > INVITE
            0 ! 180 INVITE
            100 > CANCEL
            600 > CANCEL
            1600 > CANCEL
            3000 > ACK
            3000 ! 487 INVITE
            """, rig.Log);
        Assert.Equal(Sip.Text(Sip.Wire($"""
            CANCEL sip:bob@biloxi.example.com SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKnashds8
            Max-Forwards: 70
            From: Alice <sip:alice@atlanta.example.com>;tag=1928301774
            To: Bob <sip:bob@biloxi.example.com>
            Call-ID: a84b4c76e66710@pc33.atlanta.example.com
            CSeq: 314159 CANCEL
            Route: <sip:p1.example.com;lr>
            Reason: {SpecReason}
            Content-Length: 0


            """)), cancel);
    }

    [Fact]
    [Rfc(3261, "9.1")]
    public void Crossing_a_200_the_call_is_up_and_the_user_is_told_so()
    {
        var rig = new TransactionRig();
        var invite = rig.Send();
        rig.Receive(ResponseText(180));
        rig.Layer.Cancel(invite, null, rig.Now);
        rig.Receive(ResponseText(200));
        rig.Receive(ResponseText(200, "CANCEL"));
        rig.Until(100_000);

        Assert.Equal("""
            0 > INVITE
            0 ! 180 INVITE
            0 > CANCEL
            0 ! 200 INVITE
            """, rig.Log);
        Assert.Equal(0, rig.Layer.ClientCount);
    }

    [Fact]
    [Rfc(3261, "9.1")]
    public void Wished_for_before_a_200_that_comes_without_any_1xx_it_is_never_sent()
    {
        var rig = new TransactionRig();
        var invite = rig.Send();
        rig.Layer.Cancel(invite, null, rig.Now);
        rig.Receive(ResponseText(200));
        rig.Receive(ResponseText(180));

        Assert.Equal("""
            0 > INVITE
            0 ! 200 INVITE
            """, rig.Log);
    }

    [Fact]
    [Rfc(3261, "9.1")]
    public void A_peer_that_never_sends_its_487_is_given_up_after_32_seconds()
    {
        var rig = new TransactionRig();
        var invite = rig.Send();
        rig.Receive(ResponseText(180));
        rig.Until(1_000);
        rig.Layer.Cancel(invite, null, rig.Now);
        rig.Receive(ResponseText(200, "CANCEL"));
        rig.Receive(ResponseText(183));
        rig.Until(100_000);

        Assert.Equal("""
            0 > INVITE
            0 ! 180 INVITE
            1000 > CANCEL
            1000 ! 183 INVITE
            33000 ! Timeout INVITE
            """, rig.Log);
        Assert.Equal(0, rig.Layer.ClientCount);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Threat(22)]
    public void A_reason_with_line_ends_in_it_smuggles_no_header()
    {
        var rig = new TransactionRig();
        var invite = rig.Send();
        rig.Receive(ResponseText(180));
        rig.Layer.Cancel(invite, "SIP;cause=200\r\nX-Evil: 1", rig.Now);

        Assert.StartsWith("CANCEL ", rig.LastSent, StringComparison.Ordinal);
        Assert.DoesNotContain("Reason", rig.LastSent, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Evil", rig.LastSent, StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(3261, "9.2")]
    public void A_peers_CANCEL_is_answered_200_with_the_tag_of_the_180_and_the_user_refuses_the_INVITE()
    {
        var rig = new TransactionRig();
        rig.WhenCancelled = invite => rig.Respond(invite, 487);
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 180);
        rig.Until(50);
        rig.Receive(RequestText("CANCEL"));
        Assert.Contains(";tag=a6c85cf\r\n", rig.Sent[^2].Text, StringComparison.Ordinal);
        rig.Receive(RequestText("CANCEL"));
        rig.Receive(RequestText("ACK"));

        Assert.Equal("""
            0 ! INVITE
            0 > 180 INVITE
            50 > 200 CANCEL
            50 ! CANCEL
            50 > 487 INVITE
            50 > 200 CANCEL
            50 ! acknowledged
            """, rig.Log);
    }

    [Fact]
    [Rfc(3261, "9.2")]
    public void A_CANCEL_that_comes_after_the_final_answer_changes_nothing()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 200);
        rig.Receive(RequestText("CANCEL"));

        Assert.Equal("""
            0 ! INVITE
            0 > 200 INVITE
            0 > 200 CANCEL
            """, rig.Log);
    }

    public static TheoryData<string, bool> Sources => new()
    {
        { "udp 192.0.2.4:5060", true },
        { "udp 192.0.2.4:5062", false },
        { "udp 203.0.113.9:5060", false },
        { "udp [::ffff:192.0.2.4]:5060", true },
        { "tcp 192.0.2.4:5060", false },
    };

    [Theory, MemberData(nameof(Sources))]
    [Rfc(3261, "9.2"), Threat(32)]
    public void Only_the_source_of_the_INVITE_can_cancel_it(string source, bool taken)
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 180);
        Assert.NotEmpty(rig.Log);
        var words = source.Split(' ');
        var flow = new Flow(words[0] == "udp" ? SipTransport.Udp : SipTransport.Tcp, IPEndPoint.Parse(words[1]), 0, words[0] == "udp" ? 0 : 5);
        rig.Receive(RequestText("CANCEL"), flow);

        Assert.Equal(taken ? "0 > 200 CANCEL\n0 ! CANCEL" : "0 > 481 CANCEL", rig.Log);
        Assert.Equal(taken ? 0 : 1, rig.Layer.Counters.UnmatchedCancels);
        Assert.Equal(TxState.Proceeding, rig.Requests[0].State);
    }

    [Fact]
    [Rfc(3261, "9.2"), Threat(32)]
    public void A_WebSocket_session_may_cancel_from_a_new_socket_and_another_session_may_not()
    {
        var rig = new TransactionRig();
        var browser = new Flow(SipTransport.Wss, IPEndPoint.Parse("198.51.100.7:50000"), 0, 41);
        rig.Receive(RequestText("INVITE"), browser);
        rig.Respond(rig.Requests[0], 180);
        Assert.NotEmpty(rig.Log);

        rig.Receive(RequestText("CANCEL"), browser with { Connection = 42 });
        Assert.Equal("0 > 481 CANCEL", rig.Log);
        rig.Receive(RequestText("CANCEL"), browser with { Remote = IPEndPoint.Parse("198.51.100.7:50999") });
        Assert.Equal("0 > 200 CANCEL\n0 ! CANCEL", rig.Log);
    }

    [Fact]
    [Rfc(3261, "9.2"), Threat(16)]
    public void A_CANCEL_of_nothing_is_answered_481_alike_each_time_and_leaves_no_state()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("CANCEL"));
        rig.Until(500);
        rig.Receive(RequestText("CANCEL"));

        Assert.Equal("""
            0 > 481 CANCEL
            500 > 481 CANCEL
            """, rig.Log);
        Assert.Equal(rig.Sent[0], rig.Sent[1]);
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(2, rig.Layer.Counters.UnmatchedCancels);
    }

    [Fact]
    [Rfc(3261, "9.2")]
    public void A_CANCEL_of_another_method_is_answered_200_and_has_no_effect()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"));
        rig.Receive(RequestText("CANCEL"));

        Assert.Equal("""
            0 ! OPTIONS
            0 > 200 CANCEL
            """, rig.Log);
        Assert.Equal(TxState.Trying, rig.Requests[0].State);
    }
}
