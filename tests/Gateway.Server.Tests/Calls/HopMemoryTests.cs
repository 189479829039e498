using Gateway.Server.Calls;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>What calls tell the resolver about the next hops they tried (RFC 3263 §4.3), so that the next call need not find out anew.</summary>
[Row(57)]
public class HopMemoryTests : TrunkRig
{
    [Theory]
    [InlineData(503, "", "192.0.2.51:5060 failed")]
    [InlineData(503, "Retry-After: 20\r\n", "192.0.2.51:5060 failed 20 s")]
    [InlineData(408, "", "192.0.2.51:5060 answered")]
    [Rfc(3261, "21.5.4")]
    public void What_a_trunk_answers_is_told_of_its_address(int status, string headers, string told)
    {
        var (first, busy) = NewTrunk();
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        busy.Respond(busy.Take(SipMethod.Invite), status, tag: "x", headers: headers);
        busy.Take(SipMethod.Ack);
        var ring = carrier.Ringing();
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        Assert.Equal(told, Rig.Ways.Told[0]);
        Assert.Equal("192.0.2.52:5060 answered", Rig.Ways.Told[^1]);
        HangUp(call, carrier);
    }

    [Fact]
    [Rfc(4321, "1.3")]
    public void Silence_and_a_broken_way_are_told_and_a_busy_phone_behind_a_trunk_is_not()
    {
        var (first, _) = NewTrunk();
        var (second, dead) = NewTrunk();
        var (third, carrier) = NewTrunk();
        Route(first, second, third);
        var call = Call();
        Rig.Advance(CallLimits.TrunkPatience);
        Assert.Equal(["192.0.2.51:5060 failed"], Rig.Ways.Told);
        Rig.Close(dead);
        Assert.Equal("192.0.2.52:5060 failed", Rig.Ways.Told[^1]);
        carrier.Respond(carrier.Take(SipMethod.Invite), 486, tag: "x");
        Assert.Equal("192.0.2.53:5060 answered", Rig.Ways.Told[^1]);
        call.Expect(486);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }
}
