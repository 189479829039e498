using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Errors of our own: one call ends with what can still be said, no other notices.</summary>
public class CallFaultTests
{
    private readonly CallRig _rig = new();

    [Theory]
    [InlineData("OpenRtp")]
    [InlineData("Configure")]
    [InlineData("JoinService")]
    [Threat(7)]
    [Row(35)]
    public void An_error_while_a_call_is_set_up_is_500_and_ends_that_call_only(string failing)
    {
        var alice = _rig.Phone("alice", 1);
        var carol = _rig.Phone("carol", 3);
        var other = carol.Call("tone", SdpText.Offer(false, "PCMU"));
        other.Establish();
        _rig.Media.FailNext = failing;
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"));
        call.Expect(500);
        call.AckRefusal();
        Assert.Single(_rig.Faults);
        Assert.Equal(1, _rig.Calls.Faults);
        Assert.Equal("error", Assert.Single(_rig.Ended).EndReason);
        other.Send("BYE");
        _rig.Faults.Clear();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(7)]
    public void An_error_in_a_call_hangs_up_both_sides()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU telephone-event"));
        var ring = bob.Ringing();
        ring.Answer("PCMU telephone-event");
        call.Establish();
        _rig.Media.FailNext = "SendDigit";
        call.Send("INFO", "5", type: "application/dtmf");
        Assert.Single(_rig.Faults);
        alice.Respond(alice.Take(SipMethod.Bye), 200);
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        Assert.Equal("error", Assert.Single(_rig.Ended).EndReason);
        _rig.Faults.Clear();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(36)]
    public void An_error_of_the_log_leaves_no_call_behind()
    {
        var alice = _rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"));
        call.Establish();
        _rig.FailEnd = true;
        call.Send("BYE");
        Assert.Single(_rig.Faults);
        Assert.Equal(0, _rig.Calls.Count);
        Assert.Empty(_rig.Media.Open);
        Assert.Equal(0, _rig.Calls.Index.MediaLegs);
        Assert.Equal("ended", _rig.Changes[^1].State);
    }

    [Fact]
    [Threat(36)]
    public void An_error_in_the_ending_itself_leaves_nothing_either()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Answer("PCMU");
        call.Establish();
        _rig.Media.FailNext = "Close";
        call.Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        // The leg whose end failed cannot report: the record does not wait for ever.
        _rig.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(_rig.Faults);
        Assert.Equal("error", Assert.Single(_rig.Ended).EndReason);
        Assert.Equal(0, _rig.Calls.Count);
        Assert.Equal(0, _rig.Calls.Index.Dialogs);
    }
}
