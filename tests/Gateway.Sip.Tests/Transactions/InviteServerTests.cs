using System.Net;
using Gateway.Testing;
using static Gateway.Sip.Tests.Transactions.TransactionRig;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>An INVITE of a peer on the clock: RFC 3261 §17.2.1 with the Accepted state of RFC 6026.</summary>
public sealed class InviteServerTests
{
    [Fact]
    [Rfc(3261, "17.2.1"), Rfc(3261, "8.2.6.1"), Row(20)]
    public void A_user_that_is_slower_than_200_ms_gets_a_100_sent_for_it()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE", extra: "Timestamp: 54"));
        rig.Until(100);
        rig.Receive(RequestText("INVITE", extra: "Timestamp: 54"));
        rig.Until(199);
        Assert.Equal("0 ! INVITE", rig.Log);
        rig.Until(200);
        Assert.Equal("200 > 100 INVITE", rig.Log);
        Assert.Contains("\r\nTo: Bob <sip:bob@biloxi.example.com>\r\n", rig.LastSent, StringComparison.Ordinal);
        Assert.Contains("\r\nTimestamp: 54\r\n", rig.LastSent, StringComparison.Ordinal);
        Assert.Equal(100, rig.Requests[0].LastStatus);

        rig.Until(500);
        rig.Receive(RequestText("INVITE", extra: "Timestamp: 54"));
        Assert.Equal("500 > 100 INVITE", rig.Log);
        Assert.Equal(2, rig.Layer.Counters.AbsorbedRequests);
        Assert.Equal(1, rig.Layer.Counters.ResponseRetransmissions);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(3261, "17.2.1"), Row(4), Row(20)]
    public void A_repeated_INVITE_gets_the_last_provisional_answer_again_and_no_100()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 180);
        rig.Until(500);
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 183);
        rig.Until(1_500);
        rig.Receive(RequestText("INVITE"));

        Assert.Equal("""
            0 ! INVITE
            0 > 180 INVITE
            500 > 180 INVITE
            500 > 183 INVITE
            1500 > 183 INVITE
            """, rig.Log);
        Assert.Single(rig.Requests);
    }

    [Fact]
    [Rfc(3261, "17.2.1"), Row(33)]
    public void A_refusal_is_repeated_up_to_T2_until_32_seconds_when_no_ACK_comes()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 486);
        rig.Until(100_000);

        Assert.Equal("""
            0 ! INVITE
            0 > 486 INVITE
            500 > 486 INVITE
            1500 > 486 INVITE
            3500 > 486 INVITE
            7500 > 486 INVITE
            11500 > 486 INVITE
            15500 > 486 INVITE
            19500 > 486 INVITE
            23500 > 486 INVITE
            27500 > 486 INVITE
            31500 > 486 INVITE
            32000 ! never acknowledged
            """, rig.Log);
        Assert.Equal(1, rig.Layer.Counters.Unacknowledged);
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(3261, "17.2.1"), Row(33)]
    public void The_ACK_of_a_refusal_ends_the_repeats_and_later_ones_are_absorbed_for_T4()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 486);
        rig.Until(400);
        rig.Receive(RequestText("INVITE"));
        rig.Until(600);
        rig.Receive(RequestText("ACK", toTag: ";tag=a6c85cf"));
        rig.Receive(RequestText("ACK", toTag: ";tag=a6c85cf"));
        rig.Until(5_599);
        Assert.Equal(1, rig.Layer.ServerCount);
        rig.Until(5_600);
        Assert.Equal(0, rig.Layer.ServerCount);

        Assert.Equal("""
            0 ! INVITE
            0 > 486 INVITE
            400 > 486 INVITE
            500 > 486 INVITE
            600 ! acknowledged
            """, rig.Log);
    }

    [Fact]
    [Rfc(3261, "17.2.1"), Row(33)]
    public void On_a_connection_a_refusal_is_sent_once_and_the_wait_for_its_ACK_is_still_32_seconds()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"), Tcp);
        rig.Respond(rig.Requests[0], 486);
        rig.Until(31_999);
        Assert.Equal(1, rig.Layer.ServerCount);
        rig.Until(32_000);

        Assert.Equal("""
            0 ! INVITE
            0 > 486 INVITE
            32000 ! never acknowledged
            """, rig.Log);
    }

    [Fact]
    [Rfc(3261, "17.2.1"), Row(33)]
    public void On_a_connection_the_ACK_of_a_refusal_leaves_nothing_behind()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"), Tcp);
        rig.Respond(rig.Requests[0], 486);
        rig.Receive(RequestText("ACK", toTag: ";tag=a6c85cf"), Tcp);

        Assert.EndsWith("0 ! acknowledged", rig.Log, StringComparison.Ordinal);
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(6026, "7.1"), Row(32)]
    public void After_a_200_repeats_of_the_INVITE_are_absorbed_in_silence_for_32_seconds()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 200);
        rig.Until(500);
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 200); // the user repeats its 2xx until the ACK (§13.3.1.4)
        rig.Respond(rig.Requests[0], 486);
        rig.Until(31_999);
        rig.Receive(RequestText("INVITE"));
        Assert.Equal("""
            0 ! INVITE
            0 > 200 INVITE
            500 > 200 INVITE
            """, rig.Log);

        rig.Until(32_000);
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal("", rig.Log);
    }

    [Fact]
    [Rfc(3261, "13.2.2.4"), Rfc(6026, "7.1"), Row(5)]
    public void The_ACK_of_a_200_goes_to_the_user_whichever_branch_it_has()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        rig.Respond(rig.Requests[0], 200);
        rig.Receive(RequestText("ACK", branch: "z9hG4bKown", toTag: ";tag=a6c85cf"));
        rig.Receive(RequestText("ACK", toTag: ";tag=a6c85cf"));

        Assert.Equal("""
            0 ! INVITE
            0 > 200 INVITE
            0 ! ACK
            0 ! ACK
            """, rig.Log);
    }

    [Fact]
    [Rfc(6026, "7.1"), Rfc(6026, "8.8")]
    public void An_answer_that_cannot_be_sent_leaves_the_transaction_where_it_is()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        rig.CanSend = false;
        rig.Respond(rig.Requests[0], 180);
        rig.Respond(rig.Requests[0], 200);
        rig.Until(1_000);
        rig.Receive(RequestText("INVITE"));

        Assert.Single(rig.Requests);
        Assert.Equal(TxState.Accepted, rig.Requests[0].State);
        Assert.Equal(2, rig.Layer.Counters.TransportErrors);
    }

    [Fact]
    [Rfc(3261, "17.2.1")]
    public void The_request_is_kept_until_the_refusal_is_acknowledged()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE"));
        var transaction = rig.Requests[0];
        Assert.Equal("a84b4c76e66710@pc33.atlanta.example.com", Sip.Text(transaction.Request.CallId));
        rig.Respond(transaction, 486);
        Assert.Equal(314159u, transaction.Request.CSeq);
        rig.Receive(RequestText("ACK", toTag: ";tag=a6c85cf"));

        Assert.Throws<InvalidOperationException>(() => transaction.Request);
    }

    [Theory]
    [InlineData("SIP/2.0/UDP 192.0.2.4:5080", "192.0.2.4:5080")]
    [InlineData("SIP/2.0/UDP 192.0.2.4", "192.0.2.4:5060")]
    [InlineData("SIP/2.0/UDP 10.1.1.1:5080;rport", "192.0.2.4:33333")]
    [InlineData("SIP/2.0/UDP 10.1.1.1:5080;maddr=224.2.0.1", "192.0.2.4:5080")]
    [Rfc(3261, "18.2.2"), Rfc(3581, "4"), Threat(32)]
    public void Answers_go_to_the_source_address_with_the_port_of_the_Via_or_of_rport(string via, string target)
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("INVITE", via: via), Udp with { Remote = IPEndPoint.Parse("192.0.2.4:33333") });
        rig.Respond(rig.Requests[0], 180);

        Assert.Equal(IPEndPoint.Parse(target), rig.Sent[^1].Flow.Remote);
        Assert.Equal(33333, rig.Requests[0].Flow.Remote.Port);
    }

    [Fact]
    [Rfc(3261, "8.2.7"), Threat(16)]
    public void An_answer_without_state_leaves_nothing_behind_and_its_ACK_is_the_users_to_ignore()
    {
        var rig = new TransactionRig();
        rig.WhenRequested = (transaction, _) => rig.Layer.RespondStateless(transaction, Sip.Wire(ResponseText(401)));
        rig.Receive(RequestText("INVITE"));
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(0, rig.Wheel.Count);
        rig.Respond(rig.Requests[0], 200);
        rig.Receive(RequestText("ACK", toTag: ";tag=a6c85cf"));

        Assert.Equal("""
            0 ! INVITE
            0 > 401 INVITE
            0 ! ACK
            """, rig.Log);
        Assert.Equal(401, rig.Requests[0].LastStatus);
    }

    [Theory]
    [InlineData("INVITE")]
    [InlineData("OPTIONS")]
    [Threat(37)]
    public void A_bug_of_the_user_is_answered_500_and_the_transaction_ends_as_any_other(string method)
    {
        var rig = new TransactionRig();
        rig.WhenRequested = (_, _) => throw new InvalidOperationException("a bug");

        Assert.Throws<InvalidOperationException>(() => rig.Receive(RequestText(method)));
        Assert.Equal($"0 ! {method}\n0 > 500 {method}", rig.Log);
        rig.Until(100_000);
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(0, rig.Wheel.Count);
    }
}
