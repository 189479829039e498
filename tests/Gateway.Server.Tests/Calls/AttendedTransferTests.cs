using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Attended transfers: one who has two calls joins their far sides (RFC 3891 in a Refer-To).</summary>
public class AttendedTransferTests : TransferRig
{
    public AttendedTransferTests()
    {
    }

    protected AttendedTransferTests(int loops)
        : base(loops)
    {
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rfc(3891, "3"), Row(17), BrowserRule("C7")]
    public void Two_calls_of_one_become_one_call_of_the_others(bool swapped)
    {
        People(bobIsBrowser: false);
        var (call, ring) = Talk(Alice, Bob);
        var (consult, third) = Talk(Bob, Carol);
        Refer(ring, Replacing(consult, swapped));
        Bob.Take(202);
        Notified(Bob, "active");
        Assert.Equal("1-4", Joined());
        var byes = Bob.Inbox.OfType<SipRequest>().Where(request => request.Method == SipMethod.Bye).ToList();
        Bob.Respond(Assert.Single(byes), 200);
        Bob.Inbox.Remove(byes[0]);
        Assert.Equal("SIP/2.0 200 OK", Notified(Bob, "terminated"));
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.False(Alice.Has(SipMethod.Bye));
        Assert.False(Carol.Has(SipMethod.Bye));

        var ended = Assert.Single(Rig.Ended);
        Assert.Equal(("transfer", "caller", "bob@gw.example"), (ended.EndReason, ended.EndedBy, ended.Caller));
        Assert.Equal(["caller", "callee"], ended.Legs.Select(leg => leg.Role));

        // Carol belongs to the call of alice now: hold, digits and the end go across.
        third.Send("INFO", "Signal=5\r\nDuration=100\r\n", type: "application/dtmf-relay");
        third.Send("INVITE", SdpText.Offer(false, "PCMU", "sendonly", version: 2));
        third.Ack();
        var hold = Alice.Take(SipMethod.Invite);
        Assert.Equal("sendonly", SdpText.Direction(SdpText.Body(hold)));
        Alice.Respond(hold, 200, SdpText.Answer(hold, false, "PCMU", "recvonly"));
        third.Send("BYE");
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        var record = Rig.Ended[1];
        Assert.Equal(["caller", "callee", "transfer"], record.Legs.Select(leg => leg.Role));
        Assert.Equal("carol@gw.example", record.Legs[2].Party);
        Assert.NotNull(record.Legs[2].Media);
        Rig.AssertNothingIsLeft();
    }

    /// <summary>As a softphone does it: the first call waits on hold, the two are swapped, then joined.</summary>
    [Fact]
    [Row(17), Row(73)]
    public void A_side_that_waits_on_hold_hears_again_when_it_is_joined()
    {
        People(aliceIsBrowser: true, bobIsBrowser: false);
        var (first, _) = Talk(Alice, Bob);
        Direct(first, Bob, "sendonly", 2);
        var (second, _) = Talk(Alice, Carol);
        Direct(second, Carol, "sendonly", 2);
        Direct(first, Bob, "sendrecv", 3);

        Refer(second, Replacing(first, swapped: false));
        Alice.Take(202);

        var resume = Carol.Take(SipMethod.Invite);
        Assert.Equal("sendrecv", SdpText.Direction(SdpText.Body(resume)));
        Carol.Respond(resume, 200, SdpText.Answer(resume, false, "PCMU"));
        Assert.Equal("2-4", Joined());
        Assert.False(Bob.Has(SipMethod.Invite));
        Assert.All((long[])[2, 4], leg => Assert.True(Rig.Media.Configured[Nth(leg)] is { CanSend: true, CanReceive: true }, $"leg {leg}"));
    }

    /// <summary>Alice tells what she does; who is held answers as a phone does.</summary>
    private void Direct(TestDialog call, TestPeer other, string direction, int version)
    {
        call.Send("INVITE", SdpText.Offer(true, "PCMU PCMA", direction, version: version));
        var told = other.Take(SipMethod.Invite);
        other.Respond(told, 200, SdpText.Answer(told, false, "PCMU", direction == "sendonly" ? "recvonly" : "sendrecv"));
        Alice.Take(200);
        call.Ack();
        other.Inbox.Clear();
    }

    [Fact]
    public void The_consultation_may_have_come_in()
    {
        People(bobIsBrowser: false);
        var (call, ring) = Talk(Bob, Alice);
        var (consult, third) = Talk(Carol, Bob);
        Refer(call, $"<sip:carol@gw.example?Replaces={third.CallId}%3Bto-tag%3D{third.LocalTag}%3Bfrom-tag%3D{third.RemoteTag}>");
        Bob.Take(202);
        Assert.Equal("2-3", Joined());
        ring.Send("BYE");
        Alice.Take(200);
        Carol.Respond(Carol.Take(SipMethod.Bye), 200);
        while (Bob.Has(SipMethod.Notify)) Bob.Respond(Bob.Take(SipMethod.Notify), 200);
        while (Bob.Has(SipMethod.Bye)) Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_consultation_that_still_rings_is_called_anew_for_the_transferee()
    {
        People(bobIsBrowser: false);
        var (_, ring) = Talk(Alice, Bob);
        var consult = Bob.Call("carol", SdpText.Offer(false, "PCMU"));
        var first = Carol.Ringing();
        first.Respond(180);
        consult.Expect(180);
        Refer(ring, Replacing(consult, false));
        Bob.Take(202);
        consult.Expect(487);
        consult.AckRefusal();
        Carol.Respond(Carol.Take(SipMethod.Cancel), 200);
        first.Respond(487);
        Carol.Take(SipMethod.Ack);
        var again = Carol.Ringing();
        again.Answer("PCMU");
        Assert.Equal("1-5", Joined());
        Assert.Equal("transfer", Assert.Single(Rig.Ended).EndReason);
    }

    [Fact]
    [Threat(42)]
    public void Calls_of_others_cannot_be_joined()
    {
        People(bobIsBrowser: false);
        var dave = Rig.Register(Rig.Phone("dave", 5));
        var eve = Rig.Register(Rig.Phone("eve", 6));
        var (_, ring) = Talk(Alice, Bob);
        var (other, _) = Talk(dave, eve);
        Refer(ring, Replacing(other, false));
        Bob.Take(404);
        Assert.Equal("1-2 3-4", Joined());
        Assert.Empty(Rig.Ended);
    }

    [Fact]
    public void A_call_cannot_be_joined_with_itself_or_with_a_service()
    {
        People(bobIsBrowser: false);
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, Replacing(ring, true));
        Bob.Take(404);
        var echo = Bob.Call("echo", SdpText.Offer(false, "PCMU"));
        echo.Establish();
        Refer(ring, Replacing(echo, false));
        Bob.Take(491);
        Refer(echo, Replacing(ring, true));
        Bob.Take(491);
        Assert.Equal("1-2", Joined());
    }

    [Fact]
    public void A_side_may_be_handed_on_again_and_again()
    {
        People(bobIsBrowser: false);
        var (_, ring) = Talk(Alice, Bob);
        for (var round = 0; round < 4; round++)
        {
            // Bob fetches carol, joins her with alice, and is fetched by her again.
            var (consult, third) = Talk(Bob, Carol);
            Refer(ring, Replacing(consult, false));
            Settle(Bob);
            var (back, answered) = Talk(Carol, Bob);
            Refer(third, Replacing(back, false));
            Settle(Carol);
            ring = answered;
        }
        Assert.Single(Rig.Calls.Snapshot());
        Assert.Equal(["alice@gw.example", "bob@gw.example"], Rig.Calls.Snapshot()[0].Legs.Select(leg => leg.Party));
        ring.Send("BYE");
        Bob.Take(200);
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    /// <summary>Answers what ends a transfer: NOTIFYs and BYEs.</summary>
    private static void Settle(TestPeer peer)
    {
        peer.Inbox.RemoveAll(message => message is SipResponse);
        while (peer.Has(SipMethod.Notify)) peer.Respond(peer.Take(SipMethod.Notify), 200);
        while (peer.Has(SipMethod.Bye)) peer.Respond(peer.Take(SipMethod.Bye), 200);
    }

    [Fact]
    public void One_that_fails_in_the_middle_ends_in_order()
    {
        People(bobIsBrowser: false);
        var (_, ring) = Talk(Alice, Bob);
        var (consult, _) = Talk(Bob, Carol);
        Rig.Media.FailNext = "Part";
        Refer(ring, Replacing(consult, false));
        Rig.Faults.Clear();
        foreach (var peer in new[] { Alice, Bob, Carol })
        {
            while (peer.Has(SipMethod.Bye)) peer.Respond(peer.Take(SipMethod.Bye), 200);
        }
        Rig.Calls.HangUpAll("end", Rig.Now);
        Rig.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(0, Rig.Calls.Count);
        Assert.Equal(2, Rig.Ended.Count);
        Assert.Empty(Rig.Media.Open);
    }

    private protected static string Replacing(TestDialog dialog, bool swapped)
    {
        var (to, from) = swapped ? (dialog.LocalTag, dialog.RemoteTag) : (dialog.RemoteTag, dialog.LocalTag);
        return $"<sip:carol@gw.example?Replaces={dialog.CallId}%3Bto-tag%3D{to}%3Bfrom-tag%3D{from}>";
    }
}
