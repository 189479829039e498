using Gateway.Testing;
using static Gateway.Sip.Tests.Transactions.TransactionRig;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>An INVITE of ours on the clock: the times of RFC 3261 §17.1.1.2 and what RFC 6026 made of the 2xx.</summary>
public sealed class InviteClientTests
{
    [Fact]
    [Rfc(3261, "17.1.1.2"), Row(29)]
    public void Unanswered_it_is_sent_seven_times_with_doubling_gaps_and_fails_after_32_seconds()
    {
        var rig = new TransactionRig();
        rig.Send();
        rig.Until(200_000);

        Assert.Equal("""
            0 > INVITE
            500 > INVITE
            1500 > INVITE
            3500 > INVITE
            7500 > INVITE
            15500 > INVITE
            31500 > INVITE
            32000 ! Timeout INVITE
            """, rig.Log);
        Assert.All(rig.Sent, sent => Assert.Equal(rig.Sent[0], sent));
        Assert.Equal(0, rig.Layer.ClientCount);
        Assert.Equal(0, rig.Wheel.Count);
        Assert.Equal(6, rig.Layer.Counters.RequestRetransmissions);
        Assert.Equal(1, rig.Layer.Counters.Timeouts);
    }

    [Fact]
    [Rfc(3261, "17.1.1.2"), Row(30)]
    public void After_a_100_it_may_ring_for_ever_and_no_408_comes_at_32_seconds()
    {
        var rig = new TransactionRig();
        var invite = rig.Send();
        rig.Until(600);
        rig.Receive(ResponseText(100, toTag: ""));
        rig.Until(10 * 60_000);
        rig.Receive(ResponseText(180));

        Assert.Equal("""
            0 > INVITE
            500 > INVITE
            600 ! 100 INVITE
            600000 ! 180 INVITE
            """, rig.Log);
        Assert.True(invite.HasProvisional);
        Assert.False(invite.IsTerminated);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(3261, "17.1.1.2"), Row(33)]
    public void On_a_connection_it_is_sent_once_and_still_fails_after_32_seconds()
    {
        var rig = new TransactionRig();
        rig.Send(flow: Tcp);
        rig.Until(40_000);

        Assert.Equal("""
            0 > INVITE
            32000 ! Timeout INVITE
            """, rig.Log);
    }

    [Fact]
    [Rfc(3261, "17.1.1.2"), Rfc(3261, "17.1.1.3"), Row(5)]
    public void A_refusal_is_acknowledged_each_time_it_comes_and_told_once()
    {
        var rig = new TransactionRig();
        var invite = rig.Send();
        rig.Until(100);
        rig.Receive(ResponseText(486));
        rig.Until(600);
        rig.Receive(ResponseText(486));
        rig.Until(32_099);
        Assert.Equal(1, rig.Layer.ClientCount);
        rig.Until(32_100);

        Assert.Equal("""
            0 > INVITE
            100 > ACK
            100 ! 486 INVITE
            600 > ACK
            """, rig.Log);
        Assert.Equal(rig.Sent[1], rig.Sent[2]);
        Assert.True(invite.IsTerminated);
        Assert.Equal(0, rig.Layer.ClientCount);
    }

    [Fact]
    [Rfc(3261, "17.1.1.3"), Row(5)]
    public void The_ACK_of_a_refusal_is_made_of_the_INVITE_and_the_To_of_the_response()
    {
        var rig = new TransactionRig();
        rig.Send(extra: "Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\nRoute: <sip:p3.example.com;lr>\nRequire: 100rel");
        rig.Receive(ResponseText(486));

        Assert.Equal(Sip.Text(Sip.Wire("""
            ACK sip:bob@biloxi.example.com SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKnashds8
            Max-Forwards: 70
            From: Alice <sip:alice@atlanta.example.com>;tag=1928301774
            To: Bob <sip:bob@biloxi.example.com>;tag=a6c85cf
            Call-ID: a84b4c76e66710@pc33.atlanta.example.com
            CSeq: 314159 ACK
            Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>
            Route: <sip:p3.example.com;lr>
            Content-Length: 0


            """)), rig.LastSent);
        Assert.Equal(Udp, rig.Sent[^1].Flow);
    }

    [Fact]
    [Rfc(3261, "17.1.1.2"), Row(33)]
    public void On_a_connection_a_refusal_is_acknowledged_and_nothing_lingers()
    {
        var rig = new TransactionRig();
        rig.Send(flow: Tcp);
        rig.Receive(ResponseText(486), Tcp);

        Assert.Equal("""
            0 > INVITE
            0 > ACK
            0 ! 486 INVITE
            """, rig.Log);
        Assert.Equal(0, rig.Layer.ClientCount);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(6026, "7.2"), Rfc(3261, "13.2.2.4"), Row(32)]
    public void Every_2xx_of_every_fork_is_told_for_32_seconds_and_none_after()
    {
        var rig = new TransactionRig();
        rig.Send();
        rig.Until(50);
        rig.Receive(ResponseText(180));
        rig.Until(1_000);
        rig.Receive(ResponseText(200, toTag: ";tag=one"));
        rig.Until(1_500);
        rig.Receive(ResponseText(200, toTag: ";tag=one"));
        rig.Receive(ResponseText(200, toTag: ";tag=two"));
        rig.Receive(ResponseText(486, toTag: ";tag=three"));
        rig.Until(32_999);
        rig.Receive(ResponseText(200, toTag: ";tag=one"));
        rig.Until(33_000);
        rig.Receive(ResponseText(200, toTag: ";tag=one"));

        Assert.Equal("""
            0 > INVITE
            50 ! 180 INVITE
            1000 ! 200 INVITE
            1500 ! 200 INVITE
            1500 ! 200 INVITE
            32999 ! 200 INVITE
            """, rig.Log);
        Assert.Equal(1, rig.Layer.Counters.StrayResponses);
        Assert.Equal(0, rig.Layer.ClientCount);
    }

    [Fact]
    [Rfc(3261, "17.1.4")]
    public void A_transport_that_refuses_at_once_is_heard_of_after_Send_has_returned()
    {
        var rig = new TransactionRig { CanSend = false };
        var invite = rig.Send();
        Assert.False(invite.IsTerminated);
        Assert.Equal(TimeSpan.Zero, rig.Wheel.NextDeadline);
        rig.Until(0);

        Assert.Equal("""
            0 > INVITE
            0 ! Transport INVITE
            """, rig.Log);
        Assert.True(invite.IsTerminated);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(3261, "17.1.4"), Row(37)]
    public void A_flow_that_breaks_fails_what_waits_on_it_and_nothing_else()
    {
        var rig = new TransactionRig();
        rig.Send(flow: Tcp, branch: "z9hG4bKa");
        rig.Send(SipMethod.Options, flow: Tcp, branch: "z9hG4bKb");
        rig.Send(flow: Tcp with { Connection = 18 }, branch: "z9hG4bKc");
        rig.Send(branch: "z9hG4bKd");
        rig.Until(100);
        Assert.NotEmpty(rig.Log);
        rig.Layer.FlowFailed(Tcp, rig.Now);

        Assert.Equal(["100 ! Transport INVITE", "100 ! Transport OPTIONS"], rig.Log.Split('\n').Order());
        Assert.Equal(2, rig.Layer.ClientCount);
    }

    [Fact]
    [Rfc(3261, "18.4"), Row(37)]
    public void An_unreachable_UDP_peer_fails_its_own_requests_only()
    {
        var rig = new TransactionRig();
        rig.Send(branch: "z9hG4bKa");
        rig.Send(flow: OtherUdp, branch: "z9hG4bKb");
        rig.Send(flow: Udp with { Remote = new(Udp.Remote.Address, 5070) }, branch: "z9hG4bKc");
        Assert.NotEmpty(rig.Log);
        rig.Layer.FlowFailed(OtherUdp, rig.Now);

        Assert.Equal("0 ! Transport INVITE", rig.Log);
        Assert.Equal(2, rig.Layer.ClientCount);
    }

    [Fact]
    [Rfc(3261, "17.1.4"), Threat(37)]
    public void A_bug_of_the_user_in_one_failed_call_leaves_no_other_waiting_on_the_flow()
    {
        var rig = new TransactionRig();
        for (var call = 0; call < 3; call++)
        {
            rig.Send(flow: Tcp, branch: $"z9hG4bK{call}");
            rig.Receive(ResponseText(180, branch: $"z9hG4bK{call}"), Tcp);
        }

        Assert.NotEmpty(rig.Log);
        rig.WhenFailed = _ => throw new InvalidOperationException("a bug");

        Assert.Throws<InvalidOperationException>(() => rig.Layer.FlowFailed(Tcp, rig.Now));
        Assert.Equal("0 ! Transport INVITE\n0 ! Transport INVITE\n0 ! Transport INVITE", rig.Log);
        Assert.Equal(0, rig.Layer.ClientCount);
    }

    [Fact]
    [Rfc(3261, "17.1.1.2")]
    public void An_ACK_that_cannot_be_sent_is_no_second_outcome_for_the_user()
    {
        var rig = new TransactionRig();
        rig.Send();
        rig.CanSend = false;
        rig.Receive(ResponseText(503));
        rig.Until(60_000);

        Assert.Equal("""
            0 > INVITE
            0 > ACK
            0 ! 503 INVITE
            """, rig.Log);
        Assert.Equal(1, rig.Layer.Counters.TransportErrors);
        Assert.Equal(0, rig.Layer.ClientCount);
    }

    [Fact]
    public void The_user_is_handed_its_own_object_and_may_start_another_request_inside_an_event()
    {
        var rig = new TransactionRig();
        object? seen = null;
        rig.WhenAnswered = (transaction, response) =>
        {
            seen = transaction.User;
            if (response.StatusCode == 401)
            {
                rig.WhenAnswered = null;
                rig.Send(branch: "z9hG4bKnext");
            }
        };
        rig.Send(branch: "z9hG4bKfirst");
        rig.Receive(ResponseText(401, branch: "z9hG4bKfirst"));
        rig.Receive(ResponseText(200, branch: "z9hG4bKnext"));

        Assert.Equal("user", seen);
        Assert.Equal("""
            0 > INVITE
            0 > ACK
            0 ! 401 INVITE
            0 > INVITE
            0 ! 200 INVITE
            """, rig.Log);
    }

    [Fact]
    public void A_branch_used_twice_or_an_ACK_as_a_transaction_is_a_bug_of_ours()
    {
        var rig = new TransactionRig();
        rig.Send();

        Assert.Throws<ArgumentException>(() => rig.Send());
        Assert.Throws<ArgumentException>(() => rig.Send(SipMethod.Ack, branch: "z9hG4bKother"));
        Assert.Throws<ArgumentException>(() => rig.Send(branch: ""));
        Assert.Equal(1, rig.Layer.ClientCount);
    }
}
