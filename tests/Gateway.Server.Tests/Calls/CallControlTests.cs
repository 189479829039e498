using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Calls that are held, handed on and ended from outside.</summary>
public class CallControlTests : TransferRig
{
    private Guid Id => Rig.Changes[^1].Id;

    [Fact]
    public void A_call_is_hung_up_with_a_reason()
    {
        People();
        Talk(Alice, Bob);
        Assert.Equal(ControlStatus.Done, Rig.Calls.HangUp(Id, "closing \"time\"\r\nX-Evil: 1", Rig.Now).Status);
        var bye = Alice.Take(SipMethod.Bye);
        Assert.True(bye.TryGet(HeaderId.Reason, out var reason));
        Assert.Equal("Q.850;cause=16;text=\"closing \\\"time\\\"X-Evil: 1\"", Encoding.UTF8.GetString(reason));
        Alice.Respond(bye, 200);
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        var record = Assert.Single(Rig.Ended);
        Assert.Equal(("operator", "gateway"), (record.EndReason, record.EndedBy));
        Rig.AssertNothingIsLeft();
        Assert.Equal(ControlStatus.NoCall, Rig.Calls.HangUp(record.Id, "", Rig.Now).Status);
    }

    [Fact]
    public void A_ringing_call_is_hung_up()
    {
        People();
        var call = Alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = Bob.Ringing();
        ring.Respond(180);
        Rig.Calls.HangUp(Id, "no", Rig.Now);
        call.Expect(480);
        call.AckRefusal();
        Bob.Respond(Bob.Take(SipMethod.Cancel), 200);
        ring.Respond(487);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(18)]
    public void A_held_call_is_silent_both_ways_until_it_is_taken_back()
    {
        People();
        var (call, _) = Talk(Alice, Bob);
        Assert.Equal(ControlStatus.Done, Rig.Calls.Hold(Id, CallSide.Callee, true, Rig.Now).Status);
        Answer(Alice, "inactive");
        Answer(Bob, "inactive");
        Assert.Equal("held", Rig.Changes[^1].State);
        Assert.Equal(["connected", "held"], Rig.Changes[^1].Legs.Select(leg => leg.State));
        Assert.All(new[] { Leg(0), Leg(1) }, leg => Assert.False(Rig.Media.Configured[leg].CanSend));

        // What a phone offers meanwhile changes nothing.
        call.Send("INVITE", SdpText.Offer(false, "PCMU", version: 3));
        Assert.Equal("inactive", SdpText.Direction(SdpText.Body(Alice.Take(200))));
        call.Ack();
        Assert.False(Bob.Has(SipMethod.Invite));

        Rig.Calls.Hold(Id, CallSide.Callee, false, Rig.Now);
        Answer(Alice, "sendrecv");
        Answer(Bob, "sendrecv");
        Assert.Equal("connected", Rig.Changes[^1].State);
        Assert.All(new[] { Leg(0), Leg(1) }, leg => Assert.True(Rig.Media.Configured[leg].CanSend));
    }

    [Fact]
    public void What_is_not_answered_cannot_be_held_or_handed_on()
    {
        People();
        Alice.Call("bob", SdpText.Offer(false, "PCMU"));
        Assert.Equal(ControlStatus.NotNow, Rig.Calls.Hold(Id, CallSide.Caller, true, Rig.Now).Status);
        Assert.Equal(ControlStatus.NotNow, Rig.Calls.Transfer(Id, CallSide.Caller, "carol", null, Rig.Now).Status);
    }

    [Fact]
    [Row(17)]
    public void A_call_is_handed_on_without_REFER()
    {
        People();
        Talk(Alice, Bob);
        Assert.Equal(ControlStatus.Done, Rig.Calls.Transfer(Id, CallSide.Callee, "carol", null, Rig.Now).Status);
        Assert.Equal(ControlStatus.NotNow, Rig.Calls.Transfer(Id, CallSide.Callee, "carol", null, Rig.Now).Status);
        Carol.Ringing().Answer("PCMU");
        Assert.False(Bob.Has(SipMethod.Notify));
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.Equal("1-3", Joined());
    }

    [Theory]
    [InlineData("0900 123456", 403)]
    [InlineData("nobody", 404)]
    [InlineData("sip:carol@elsewhere.example", 403)]
    [InlineData("", 404)]
    [Threat(42)]
    public void The_rights_are_those_of_the_side_that_hands_on(string target, int status)
    {
        People();
        Carrier();
        Talk(Alice, Bob);
        var answer = Rig.Calls.Transfer(Id, CallSide.Caller, target, null, Rig.Now);
        Assert.Equal((ControlStatus.Refused, status), (answer.Status, answer.SipStatus));
        Assert.NotEqual("", answer.Reason);
        Assert.Equal("1-2", Joined());
    }

    [Fact]
    public void An_operator_may_lend_rights()
    {
        People();
        var carrier = Carrier();
        Rig.Services.Accounts.TryGet("bob", out var bob);
        Rig.Services.Accounts.Set(bob! with { Rights = CallRights.InternalOnly });
        var boss = CallRig.NewAccount("boss") with { Id = Guid.CreateVersion7() };
        Talk(Alice, Bob);
        Assert.Equal(403, Rig.Calls.Transfer(Id, CallSide.Callee, "030 123456", null, Rig.Now).SipStatus);
        Assert.Equal(ControlStatus.Done, Rig.Calls.Transfer(Id, CallSide.Callee, "030 123456", boss, Rig.Now).Status);
        Rig.Pump();
        Assert.True(carrier.Has(SipMethod.Invite));
    }

    private static void Answer(TestPeer peer, string direction)
    {
        var offer = peer.Take(SipMethod.Invite);
        Assert.Equal(direction, SdpText.Direction(SdpText.Body(offer)));
        peer.Respond(offer, 200, SdpText.Answer(offer, peer.IsBrowser, "PCMU", direction));
        peer.Take(SipMethod.Ack);
    }
}
