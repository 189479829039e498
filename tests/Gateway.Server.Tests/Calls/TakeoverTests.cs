using System.Text;
using Gateway.Server.Dispatch;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>INVITE with Replaces: a user takes its own call over on another device, and nobody else does.</summary>
public class TakeoverTests : TransferRig
{
    public TakeoverTests()
    {
    }

    protected TakeoverTests(int loops)
        : base(loops)
    {
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rfc(3891, "3"), Threat(42)]
    public void A_user_takes_its_call_over_on_another_device(bool asCaller)
    {
        People(bobIsBrowser: false);
        var (call, ring) = asCaller ? Talk(Bob, Alice) : Talk(Alice, Bob);
        var old = asCaller ? call : ring;
        var tablet = Rig.Register(Rig.Browser("bob", 9));
        var taken = tablet.Call("alice", SdpText.Offer(true, "opus PCMU"), Replacing(old) + "Require: replaces\r\n");
        var ok = taken.Establish();
        Assert.Equal("PCMU", SdpText.Codecs(SdpText.Body(ok)));
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.Equal(asCaller ? "2-3" : "1-3", Joined());
        Assert.False(Alice.Has(SipMethod.Bye));
        Assert.Equal("transfer", Assert.Single(Rig.Ended).EndReason);

        taken.Send("BYE");
        tablet.Take(200);
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        Assert.Equal(["caller", "callee", "transfer"], Rig.Ended[1].Legs.Select(leg => leg.Role));
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3891, "3"), Threat(42)]
    public void What_is_not_there_not_ones_own_or_not_answered_is_refused()
    {
        People(bobIsBrowser: false);
        var (_, ring) = Talk(Alice, Bob);
        Carol.Call("alice", SdpText.Offer(false, "PCMU"), Replacing(ring)).Expect(403);
        var phone = Rig.Register(Rig.Phone("bob", 9));
        phone.Call("alice", SdpText.Offer(false, "PCMU"), "Replaces: x;to-tag=a;from-tag=b\r\n").Expect(481);
        phone.Call("alice", SdpText.Offer(false, "PCMU"), $"Replaces: {ring.CallId};to-tag={ring.RemoteTag};from-tag=wrong\r\n").Expect(481);
        phone.Call("alice", SdpText.Offer(false, "PCMU"), Replacing(ring).TrimEnd() + ";early-only\r\n").Expect(486);
        phone.Call("alice", SdpText.Offer(false, "PCMU"), "Replaces: x\r\n").Expect(400);
        // §3: what rings is replaced only where we rang it; the caller's side of it we did not.
        var early = Carol.Call("bob", SdpText.Offer(false, "PCMU"));
        phone.Ringing().Respond(180);
        early.Expect(180);
        var device = Rig.Register(Rig.Phone("carol", 8));
        device.Call("bob", SdpText.Offer(false, "PCMU"), Replacing(early)).Expect(481);
        Assert.Equal("1-2", Joined());
        Assert.Empty(Rig.Started.Skip(1));
    }

    [Fact]
    public void A_call_that_ends_meanwhile_takes_the_new_side_with_it()
    {
        People(bobIsBrowser: false);
        var (call, ring) = Talk(Alice, Bob);
        var tablet = Rig.Register(Rig.Browser("bob", 9));
        var taken = tablet.Call("alice", SdpText.Offer(true, "PCMU"), Replacing(ring));
        taken.Expect(200);
        call.Send("BYE");
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        taken.Ack();
        tablet.Respond(tablet.Take(SipMethod.Bye), 200);
        Assert.Equal(2, Rig.Ended.Count);
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [Rfc(3891, "3"), Row(17), Threat(42)]
    public void A_phone_that_rings_is_picked_up_on_another_device(bool earlyOnly, bool late)
    {
        People(bobIsBrowser: false);
        var desk = Rig.Register(Rig.Phone("bob", 8));
        var call = Alice.Call("bob", late ? null : SdpText.Offer(false, "PCMU"));
        var ring = Bob.Ringing();
        ring.Respond(180);
        var other = desk.Ringing();
        other.Respond(180);
        call.Expect(180);
        var tablet = Rig.Register(Rig.Browser("bob", 9));
        var taken = tablet.Call("alice", SdpText.Offer(true, "opus PCMU"), Replacing(ring).TrimEnd() + (earlyOnly ? ";early-only" : "") + "\r\n");
        taken.Establish();
        foreach (var (peer, rings) in new[] { (Bob, ring), (desk, other) })
        {
            peer.Take(SipMethod.Cancel);
            rings.Respond(487);
        }
        var ok = call.Expect(200);
        call.Ack(late ? SdpText.Answer(ok, false, "PCMU") : null);
        Assert.Equal(2, Rig.Media.Peers.Count);
        Assert.Equal(["alice@gw.example", "bob@gw.example"], Rig.Changes[^1].Legs.Select(leg => leg.Party));
        taken.Send("BYE");
        tablet.Take(200);
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        Assert.Equal(["transfer", "callee"], Rig.Ended.Select(record => record.EndReason).Order(StringComparer.Ordinal).Reverse());
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3891, "3"), Threat(37)]
    public void The_caller_gives_up_while_its_call_is_picked_up()
    {
        People(bobIsBrowser: false);
        var call = Alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = Bob.Ringing();
        ring.Respond(180);
        var tablet = Rig.Register(Rig.Browser("bob", 9));
        var taken = tablet.Call("alice", SdpText.Offer(true, "PCMU"), Replacing(ring));
        taken.Expect(200);
        call.Cancel();
        Bob.Take(SipMethod.Cancel);
        ring.Respond(487);
        call.Expect(487);
        call.AckRefusal();
        taken.Ack();
        tablet.Respond(tablet.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(false, 403)]
    [InlineData(true, 200)]
    [Threat(42)]
    public void Who_has_the_right_picks_up_what_is_not_its_own(bool right, int status)
    {
        Rig.Services.Accounts.Set(CallRig.NewAccount("carol") with { Id = Guid.CreateVersion7(), Rights = new() { PickUp = right } });
        People(bobIsBrowser: false);
        var (_, ring) = Talk(Alice, Bob);
        Carol.Call("alice", SdpText.Offer(false, "PCMU"), Replacing(ring)).Expect(status);
    }

    [Fact]
    [Rfc(3911, "4"), Threat(42)]
    public void Nobody_joins_a_call_and_who_might_is_told_that_it_cannot_be_done()
    {
        People(bobIsBrowser: false);
        var (call, ring) = Talk(Alice, Bob);
        var phone = Rig.Register(Rig.Phone("bob", 9));
        var join = $"Join: {ring.CallId};to-tag={ring.RemoteTag};from-tag={ring.LocalTag}\r\n";
        phone.Call("alice", SdpText.Offer(false, "PCMU"), join).Expect(488);
        Carol.Call("alice", SdpText.Offer(false, "PCMU"), join).Expect(403);
        phone.Call("alice", SdpText.Offer(false, "PCMU"), "Join: x;to-tag=a;from-tag=b\r\n").Expect(481);
        phone.Call("alice", SdpText.Offer(false, "PCMU"), "Join: x\r\n").Expect(400);
        phone.Call("alice", SdpText.Offer(false, "PCMU"), join + Replacing(ring)).Expect(400);
        phone.Call("alice", SdpText.Offer(false, "PCMU"), join + "Require: join\r\n").Expect(420);
        Assert.Equal("1-2", Joined());
        call.Send("BYE");
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        phone.Inbox.Clear();
        phone.Call("alice", SdpText.Offer(false, "PCMU"), join).Expect(481);
    }

    [Fact]
    public void It_goes_to_the_loop_of_the_dialog()
    {
        var tag = TransactionLayer.NameOf(2, new byte[16]);
        var text = $"INVITE sip:bob@gw.example SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nReplaces: x;to-tag={tag};from-tag=y\r\nContent-Length: 0\r\n\r\n";
        Assert.True(new SipParser().TryParse(Encoding.UTF8.GetBytes(text), stream: false, out var message, out _));
        Assert.Equal(2, new LoopMap(3, Rig.Services.Accounts).LoopOf(message!));
        message!.Return();
    }

    private static string Replacing(TestDialog dialog) => $"Replaces: {dialog.CallId};to-tag={dialog.RemoteTag};from-tag={dialog.LocalTag}\r\n";
}
