using Gateway.Testing;
using static Gateway.Sip.Tests.Transactions.TransactionRig;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>A peer's request other than INVITE on the clock: RFC 3261 §17.2.2 and the rules of RFC 4320.</summary>
[Row(31)]
public sealed class NonInviteServerTests
{
    [Fact]
    [Rfc(3261, "17.2.2"), Row(33)]
    public void Repeats_are_silent_before_the_answer_and_get_it_again_for_32_seconds_after()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("REGISTER"));
        rig.Until(500);
        rig.Receive(RequestText("REGISTER"));
        rig.Respond(rig.Requests[0], 200);
        rig.Until(1_500);
        rig.Receive(RequestText("REGISTER"));
        rig.Respond(rig.Requests[0], 500);
        rig.Until(32_499);
        rig.Receive(RequestText("REGISTER"));
        rig.Until(32_500);
        Assert.Equal(0, rig.Layer.ServerCount);

        Assert.Equal("""
            0 ! REGISTER
            500 > 200 REGISTER
            1500 > 200 REGISTER
            32499 > 200 REGISTER
            """, rig.Log);
        Assert.Equal(200, rig.Requests[0].LastStatus);
    }

    [Fact]
    [Rfc(4320, "4.1"), Rfc(4320, "4.2")]
    public void Left_unanswered_it_gets_a_100_after_3_5_seconds_and_never_a_408()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"));
        rig.Until(3_499);
        Assert.Equal("0 ! OPTIONS", rig.Log);
        rig.Until(3_500);
        rig.Until(7_500);
        rig.Receive(RequestText("OPTIONS"));
        rig.Until(100_000);

        Assert.Equal("""
            3500 > 100 OPTIONS
            7500 > 100 OPTIONS
            """, rig.Log);
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(0, rig.Wheel.Count);
        Assert.Equal(1, rig.Layer.Counters.Unanswered);
        rig.Respond(rig.Requests[0], 200);
        Assert.Equal("", rig.Log);
    }

    [Theory]
    [InlineData(180)]
    [InlineData(183)]
    [InlineData(408)]
    [Rfc(4320, "4.1"), Rfc(4320, "4.2")]
    public void What_RFC_4320_forbids_is_not_sent(int status)
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"), Tcp);
        rig.Respond(rig.Requests[0], status);

        Assert.Equal("0 ! OPTIONS", rig.Log);
        Assert.Equal(1, rig.Layer.Counters.ForbiddenAnswers);
        rig.Respond(rig.Requests[0], 200);
        Assert.Equal("0 > 200 OPTIONS", rig.Log);
    }

    [Fact]
    [Rfc(4320, "4.1")]
    public void A_100_of_the_user_waits_on_UDP_and_passes_on_a_connection()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"));
        rig.Respond(rig.Requests[0], 100);
        Assert.Equal("0 ! OPTIONS", rig.Log);
        rig.Receive(RequestText("OPTIONS", branch: "z9hG4bKtcp"), Tcp);
        rig.Respond(rig.Requests[1], 100);
        Assert.Equal("0 ! OPTIONS\n0 > 100 OPTIONS", rig.Log);
    }

    [Fact]
    [Rfc(3261, "17.2.2"), Row(33)]
    public void On_a_connection_nothing_lingers_behind_the_answer()
    {
        var rig = new TransactionRig();
        rig.Receive(RequestText("OPTIONS"), Tcp);
        rig.Respond(rig.Requests[0], 200);

        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    public void The_request_is_a_lease_when_it_is_answered_at_once_and_kept_when_it_is_not()
    {
        var rig = new TransactionRig();
        rig.WhenRequested = (transaction, request) =>
        {
            Assert.Same(request, transaction.Request);
            if (transaction.Method == SipMethod.Options)
            {
                rig.Respond(transaction, 200);
                Assert.Same(request, transaction.Request);
            }
        };
        rig.Receive(RequestText("OPTIONS"));
        rig.Receive(RequestText("MESSAGE", branch: "z9hG4bKlater"));

        Assert.Throws<InvalidOperationException>(() => rig.Requests[0].Request);
        Assert.Equal("MESSAGE", Sip.Text(rig.Requests[1].Request.MethodToken));
        rig.Respond(rig.Requests[1], 202);
        Assert.Throws<InvalidOperationException>(() => rig.Requests[1].Request);
    }

    [Fact]
    public void A_user_may_keep_a_request_that_it_answers_at_once_no_longer_than_the_turn()
    {
        var rig = new TransactionRig();
        SipRequest? kept = null;
        rig.WhenRequested = (transaction, _) =>
        {
            kept = transaction.RetainRequest();
            rig.Respond(transaction, 200);
        };
        rig.Receive(RequestText("MESSAGE"));

        Assert.Equal("MESSAGE", Sip.Text(kept!.MethodToken));
    }
}
