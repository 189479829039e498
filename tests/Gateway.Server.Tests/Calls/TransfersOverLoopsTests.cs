using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>All transfers again, where each call lives on a loop of its own: what has to meet is handed over.</summary>
public sealed class TransferOverLoopsTests() : TransferTests(LoopEach);

public sealed class AttendedTransferOverLoopsTests() : AttendedTransferTests(LoopEach)
{
    [Fact, Row(17), Rfc(3891, "3")]
    public void The_other_call_comes_to_the_loop_of_the_first_and_is_at_rest_before()
    {
        People(bobIsBrowser: false);
        var (_, ring) = Talk(Alice, Bob);
        var (consult, third) = Talk(Bob, Carol);
        Assert.Equal([1, 0, 1, 0], Rig.CallsPerLoop);
        // Carol's own offer waits for its ACK: what is under way there would be lost.
        third.Send("INVITE", SdpText.Offer(false, "PCMU", version: 2));
        Refer(ring, Replacing(consult, false));
        Bob.Take(491);
        Assert.Equal([1, 0, 1, 0], Rig.CallsPerLoop);
        Assert.Equal("1-2 3-4", Joined());
        third.Ack();
        Carol.Inbox.Clear();

        Refer(ring, Replacing(consult, false));

        Bob.Take(202);
        Assert.Equal("1-4", Joined());
        Assert.Equal([1, 0, 0, 0], Rig.CallsPerLoop);
        Assert.Equal(0, Rig.Media.OwnerOf(Nth(4)));
        Assert.Empty(Rig.Faults);
    }

    [Fact, Row(17)]
    public void What_the_media_plane_still_tells_the_old_loop_is_led_after_the_call()
    {
        People(bobIsBrowser: false);
        var (_, ring) = Talk(Alice, Bob);
        var (consult, _) = Talk(Bob, Carol);
        Refer(ring, Replacing(consult, false));
        Bob.Take(202);

        Rig.HappensOn(2, new Gateway.Server.Ports.MediaEvent.Silent(Nth(4), TimeSpan.FromSeconds(60)));

        Assert.True(Alice.Has(SipMethod.Bye));
        Assert.True(Carol.Has(SipMethod.Bye));
    }
}

public sealed class TakeoverOverLoopsTests() : TakeoverTests(LoopEach);
