using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Calls that the gateway starts for someone: first the phones of whoever wants to call, then the target.</summary>
public class OriginateTests : TransferRig
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Rfc(3725, "4.1")]
    public void The_callers_phone_rings_first_and_then_the_target(bool callerIsBrowser, bool targetIsBrowser)
    {
        People(aliceIsBrowser: callerIsBrowser, bobIsBrowser: targetIsBrowser);
        var id = Start("alice", "bob");
        Assert.Empty(Bob.Inbox);
        var own = Alice.Ringing();
        Assert.Contains("\"bob of us\" <sip:bob@gw.example>", Header(own.Invite!, HeaderId.From), StringComparison.Ordinal);
        Assert.Equal(callerIsBrowser, SdpText.Body(own.Invite!).Contains("fingerprint", StringComparison.Ordinal));
        own.Respond(180);
        own.Answer("PCMU PCMA");
        Alice.Take(SipMethod.Ack);

        var ring = Bob.Ringing();
        Assert.Contains("\"alice of us\" <sip:alice@gw.example>", Header(ring.Invite!, HeaderId.From), StringComparison.Ordinal);
        ring.Respond(180);
        Assert.Equal(MediaService.Ringback, Rig.Media.Services[new LegId(1)]);
        ring.Answer("PCMU");
        Bob.Take(SipMethod.Ack);
        Assert.Equal("1-2", Joined());
        Assert.Equal(("connected", id), (Rig.Changes[^1].State, Rig.Changes[^1].Id));
        Assert.Single(Rig.Started);

        ring.Send("BYE");
        Bob.Take(200);
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        var record = Assert.Single(Rig.Ended);
        Assert.Equal(("alice@gw.example", "bob@gw.example", "bob@gw.example", "callee"), (record.Caller, record.Callee, record.AnsweredBy, record.EndedBy));
        Assert.Equal(["caller", "callee"], record.Legs.Select(leg => leg.Role));
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void All_phones_of_the_caller_ring_and_one_answers()
    {
        People();
        var second = Rig.Register(Rig.Browser("alice", 8));
        Start("alice", "bob");
        var one = Alice.Ringing();
        one.Respond(180);
        var two = second.Ringing();
        two.Answer("PCMU");
        Alice.Respond(Alice.Take(SipMethod.Cancel), 200);
        one.Respond(487);
        Bob.Ringing().Answer("PCMU");
        Assert.Equal("2-3", Joined());
    }

    [Fact]
    public void Codecs_that_differ_are_brought_together_by_offering_the_caller_anew()
    {
        People(aliceIsBrowser: true);
        Start("alice", "bob");
        var own = Alice.Ringing();
        own.Answer("opus");
        var ring = Bob.Ringing();
        Assert.StartsWith("opus ", SdpText.Codecs(SdpText.Body(ring.Invite!)), StringComparison.Ordinal);
        ring.Answer("PCMA");
        Alice.Take(SipMethod.Ack);
        var offer = Alice.Take(SipMethod.Invite);
        Assert.Contains("PCMA", SdpText.Codecs(SdpText.Body(offer)), StringComparison.Ordinal);
    }

    [Fact]
    public void Early_media_of_the_target_is_heard()
    {
        People(bobIsBrowser: false);
        Start("alice", "bob");
        Alice.Ringing().Answer("PCMU");
        var ring = Bob.Ringing();
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"));
        Assert.Equal("1-2", Joined());
        ring.Respond(180);
        Assert.Equal("1-2", Joined());
        ring.Answer("PCMU");
        Assert.Equal("1-2", Joined());
    }

    [Theory]
    [InlineData(486, "busy")]
    [InlineData(603, "declined")]
    public void A_caller_who_refuses_ends_it_before_anyone_else_is_disturbed(int status, string reason)
    {
        People();
        Start("alice", "bob");
        Alice.Ringing().Respond(status);
        Assert.Empty(Bob.Inbox);
        Assert.Equal((reason, "caller"), (Assert.Single(Rig.Ended).EndReason, Rig.Ended[0].EndedBy));
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_target_that_refuses_hangs_the_caller_up_with_the_reason()
    {
        People();
        Start("alice", "bob");
        Alice.Ringing().Answer("PCMU");
        Bob.Ringing().Respond(486);
        var bye = Alice.Take(SipMethod.Bye);
        Assert.Equal("SIP;cause=486;text=\"Busy Here\"", Header(bye, HeaderId.Reason));
        Alice.Respond(bye, 200);
        Assert.Equal(("busy", "callee", 486), (Assert.Single(Rig.Ended).EndReason, Rig.Ended[0].EndedBy, Rig.Ended[0].Status));
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_caller_who_hangs_up_while_the_target_rings_cancels_it()
    {
        People();
        Start("alice", "bob");
        var own = Alice.Ringing();
        own.Answer("PCMU");
        var ring = Bob.Ringing();
        ring.Respond(180);
        own.Send("BYE");
        Alice.Take(200);
        Bob.Respond(Bob.Take(SipMethod.Cancel), 200);
        ring.Respond(487);
        Assert.Equal("cancel", Assert.Single(Rig.Ended).EndReason);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_caller_who_does_not_answer_is_left_alone_after_a_while()
    {
        People();
        Start("alice", "bob");
        var own = Alice.Ringing();
        own.Respond(180);
        Rig.Advance(TimeSpan.FromSeconds(61));
        Alice.Respond(Alice.Take(SipMethod.Cancel), 200);
        own.Respond(487);
        Assert.Equal("no-answer", Assert.Single(Rig.Ended).EndReason);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_service_can_be_called()
    {
        People();
        Start("alice", "*43");
        var own = Alice.Ringing();
        own.Answer("PCMU");
        Assert.Equal(MediaService.Echo, Rig.Media.Services[new LegId(1)]);
        own.Send("BYE");
        Alice.Take(200);
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("0900 123456", 403)]
    [InlineData("nobody", 404)]
    [InlineData("tel:+4415", 403)]
    [Threat(42), Threat(28)]
    public void The_target_is_called_with_the_rights_of_the_account(string target, int status)
    {
        People();
        Carrier();
        var answer = Rig.Calls.Originate(AccountOf("alice"), target, Rig.Now);
        Assert.Equal((ControlStatus.Refused, status), (answer.Status, answer.SipStatus));
        Assert.Empty(Alice.Inbox);
        Assert.Equal(0, Rig.Calls.Count);
    }

    [Fact]
    public void Nobody_registered_is_said_at_once()
    {
        People();
        var dave = CallRig.NewAccount("dave");
        Assert.Equal(480, Rig.Calls.Originate(dave, "bob", Rig.Now).SipStatus);
        Assert.Equal(403, Rig.Calls.Originate(AccountOf("alice") with { IsEnabled = false }, "bob", Rig.Now).SipStatus);
    }

    [Fact]
    public void It_can_be_handed_on_and_held_like_any_call()
    {
        People();
        var id = Start("alice", "bob");
        var own = Alice.Ringing();
        own.Answer("PCMU");
        Bob.Ringing().Answer("PCMU");
        Refer(own, "<sip:carol@gw.example>");
        Alice.Take(202);
        Carol.Ringing().Answer("PCMU");
        Assert.Equal("2-3", Joined());
        Assert.Equal(ControlStatus.Done, Rig.Calls.HangUp(id, "enough", Rig.Now).Status);
    }

    private Guid Start(string user, string target)
    {
        var answer = Rig.Calls.Originate(AccountOf(user), target, Rig.Now);
        Assert.Equal((ControlStatus.Done, ""), (answer.Status, answer.Reason));
        return answer.Call;
    }

    private Account AccountOf(string user)
    {
        Assert.True(Rig.Services.Accounts.TryGet(user, out var account));
        return account;
    }

    private static string Header(SipMessage message, HeaderId id)
    {
        Assert.True(message.TryGet(id, out var value));
        return Encoding.UTF8.GetString(value);
    }
}
