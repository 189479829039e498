using Gateway.Testing;
using static Gateway.Sip.Tests.Transactions.TransactionRig;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>A request of ours other than INVITE on the clock: RFC 3261 §17.1.2.2.</summary>
public sealed class NonInviteClientTests
{
    [Fact]
    [Rfc(3261, "17.1.2.2"), Row(29), Row(31)]
    public void Unanswered_it_is_sent_with_gaps_up_to_T2_and_fails_after_32_seconds()
    {
        var rig = new TransactionRig();
        rig.Send(SipMethod.Options);
        rig.Until(100_000);

        Assert.Equal("""
            0 > OPTIONS
            500 > OPTIONS
            1500 > OPTIONS
            3500 > OPTIONS
            7500 > OPTIONS
            11500 > OPTIONS
            15500 > OPTIONS
            19500 > OPTIONS
            23500 > OPTIONS
            27500 > OPTIONS
            31500 > OPTIONS
            32000 ! Timeout OPTIONS
            """, rig.Log);
        Assert.Equal(0, rig.Layer.ClientCount);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(3261, "17.1.2.2"), Row(29)]
    public void After_a_100_it_is_sent_every_T2_and_still_fails_after_32_seconds()
    {
        var rig = new TransactionRig();
        rig.Send(SipMethod.Register);
        rig.Until(600);
        rig.Receive(ResponseText(100, "REGISTER", toTag: ""));
        rig.Until(100_000);

        Assert.Equal("""
            0 > REGISTER
            500 > REGISTER
            600 ! 100 REGISTER
            1500 > REGISTER
            5500 > REGISTER
            9500 > REGISTER
            13500 > REGISTER
            17500 > REGISTER
            21500 > REGISTER
            25500 > REGISTER
            29500 > REGISTER
            32000 ! Timeout REGISTER
            """, rig.Log);
    }

    [Fact]
    [Rfc(3261, "17.1.2.2"), Row(33)]
    public void The_final_answer_is_told_once_and_its_repeats_absorbed_for_T4()
    {
        var rig = new TransactionRig();
        var bye = rig.Send(SipMethod.Bye);
        rig.Until(100);
        rig.Receive(ResponseText(200, "BYE"));
        rig.Receive(ResponseText(200, "BYE"));
        rig.Until(5_099);
        rig.Receive(ResponseText(500, "BYE"));
        Assert.Equal(1, rig.Layer.ClientCount);
        rig.Until(5_100);
        Assert.Equal(0, rig.Layer.ClientCount);
        rig.Receive(ResponseText(200, "BYE"));

        Assert.Equal("""
            0 > BYE
            100 ! 200 BYE
            """, rig.Log);
        Assert.Equal(1, rig.Layer.Counters.StrayResponses);
        Assert.True(bye.IsTerminated);
        Assert.True(bye.Request.IsEmpty);
    }

    [Fact]
    [Rfc(3261, "17.1.2.2"), Row(33)]
    public void On_a_connection_it_is_sent_once_and_gone_with_its_answer()
    {
        var rig = new TransactionRig();
        rig.Send(SipMethod.Bye, Tcp);
        rig.Until(10_000);
        rig.Receive(ResponseText(200, "BYE"), Tcp);

        Assert.Equal("""
            0 > BYE
            10000 ! 200 BYE
            """, rig.Log);
        Assert.Equal(0, rig.Layer.ClientCount);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(3261, "17.1.4"), Row(26)]
    public void A_transport_that_breaks_on_a_repeat_is_a_failure()
    {
        var rig = new TransactionRig();
        rig.Send(SipMethod.Options);
        rig.CanSend = false;
        rig.Until(100_000);

        Assert.Equal("""
            0 > OPTIONS
            500 > OPTIONS
            500 ! Transport OPTIONS
            """, rig.Log);
        Assert.Equal(0, rig.Wheel.Count);
    }

    [Fact]
    [Rfc(3261, "17.1.2.2"), Row(35)]
    public void Scaled_timers_keep_their_order()
    {
        var rig = new TransactionRig(SipTimers.Default.Scale(0.02));
        rig.Send(SipMethod.Options);
        rig.Until(2_000);

        Assert.Equal("""
            0 > OPTIONS
            10 > OPTIONS
            30 > OPTIONS
            70 > OPTIONS
            150 > OPTIONS
            230 > OPTIONS
            310 > OPTIONS
            390 > OPTIONS
            470 > OPTIONS
            550 > OPTIONS
            630 > OPTIONS
            640 ! Timeout OPTIONS
            """, rig.Log);
    }

    [Fact]
    [Rfc(3261, "10.2")]
    public void One_that_is_given_up_is_repeated_no_more_and_its_answer_is_a_stray()
    {
        var rig = new TransactionRig();
        var transaction = rig.Send(SipMethod.Register);
        rig.Until(2_000);
        rig.Layer.Abandon(transaction);
        rig.Receive(ResponseText(200, "REGISTER"));
        rig.Until(100_000);

        Assert.Equal("""
            0 > REGISTER
            500 > REGISTER
            1500 > REGISTER
            """, rig.Log);
        Assert.True(transaction.IsTerminated);
        Assert.Equal((0, 0), (rig.Layer.ClientCount, rig.Wheel.Count));
        Assert.Equal(1, rig.Layer.Counters.StrayResponses);
        rig.Layer.Abandon(transaction);
    }

    [Fact]
    public void An_invite_is_not_given_up()
    {
        var rig = new TransactionRig();
        var transaction = rig.Send(SipMethod.Invite);
        rig.Layer.Abandon(transaction);

        Assert.False(transaction.IsTerminated);
        Assert.Equal(1, rig.Layer.ClientCount);
    }
}
