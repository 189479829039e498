using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>REFER as a subscription (RFC 3515 §2.4, RFC 6665), and what the policy of an account makes of it: carried out, passed on, refused.</summary>
public class ReferTests : TransferRig
{
    [Fact]
    [Rfc(3515, "2.4.6"), Row(13), Row(17)]
    public void Each_REFER_has_a_subscription_of_its_own_that_its_number_names()
    {
        People();
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        var first = Notify("active", 100);
        Carol.Ringing().Respond(486);
        Assert.Equal("SIP/2.0 486 Busy Here", Notified(Bob, "terminated;reason=noresource"));
        Refer(ring, "<sip:carol@gw.example>");
        var second = Notify("active", 100);
        Assert.NotEqual(first, second);
        Assert.Equal($"refer;id={ring.Sequence}", second);
    }

    [Fact]
    [Rfc(3515, "2.4.4"), Rfc(6665, "4.2.2")]
    public void What_happens_while_a_NOTIFY_is_on_its_way_is_told_by_the_next_one()
    {
        People();
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        var trying = Bob.Take(SipMethod.Notify);
        var third = Carol.Ringing();
        third.Respond(180);
        third.Answer("PCMU");
        Assert.False(Bob.Has(SipMethod.Notify));
        Bob.Respond(trying, 200);
        Assert.Equal("SIP/2.0 200 OK", Notified(Bob, "terminated"));
    }

    [Fact]
    [Rfc(3515, "2.4.4"), Rfc(6665, "4.1.2.3"), Threat(35)]
    public void Who_referred_may_end_the_subscription_and_the_transfer_goes_on()
    {
        People();
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        var id = ring.Sequence;
        Notified(Bob, "active");
        ring.Send("SUBSCRIBE", headers: $"Event: refer;id={id}\r\nExpires: 0\r\n");
        Bob.Take(202);
        Assert.True(Bob.Take(200).TryGetNumber(HeaderId.Expires, out var left) && left == 0);
        Assert.Equal("SIP/2.0 100 Trying", Notified(Bob, "terminated;reason=timeout"));
        var third = Carol.Ringing();
        third.Respond(180);
        third.Answer("PCMU");
        Assert.False(Bob.Has(SipMethod.Notify));
        Assert.Equal("1-3", Joined());
        ring.Send("SUBSCRIBE", headers: $"Event: refer;id={id}\r\nExpires: 60\r\n");
        Assert.True(Bob.Has(403) || Bob.Has(481));
    }

    [Fact]
    [Rfc(3515, "2.4.4"), Rfc(6665, "4.1.2.2")]
    public void The_subscription_is_prolonged_by_SUBSCRIBE_in_the_dialog()
    {
        People();
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        var id = ring.Sequence;
        Notified(Bob, "active;expires=120");
        ring.Send("SUBSCRIBE", headers: $"Event: refer;id={id}\r\nExpires: 60\r\n");
        Assert.Equal("SIP/2.0 100 Trying", Notified(Bob, "active;expires=60"));
    }

    [Theory]
    [InlineData(ReferPolicy.Refuse, 403)]
    [InlineData(ReferPolicy.Execute, 202)]
    [Row(17), Threat(42)]
    public void An_account_that_may_not_hand_on_is_refused(ReferPolicy policy, int status)
    {
        People(bobMay: policy);
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Bob.Take(status);
        Assert.Equal(status == 202, Carol.Has(SipMethod.Invite));
    }

    [Fact]
    [Row(17), Rfc(3515, "2.4.2"), Rfc(3892, "2.1")]
    public void A_REFER_that_is_passed_on_is_the_other_sides_to_carry_out()
    {
        People(bobMay: ReferPolicy.Pass);
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "\"Carol\" <sip:carol@gw.example?Subject=x>", "Referred-By: <sip:boss@elsewhere.example>\r\n");
        Assert.False(Bob.Has(202));
        var refer = Alice.Take(SipMethod.Refer);
        Assert.Equal("<sip:carol@gw.example>", Header(refer, HeaderId.ReferTo));
        Assert.Equal("<sip:bob@gw.example>", Header(refer, HeaderId.ReferredBy));
        Alice.Respond(refer, 202);
        Bob.Take(202);
        Assert.Equal("SIP/2.0 100 Trying", Notified(Bob, "active"));
        Tell(call, refer.CSeq, "SIP/2.0 180 Ringing", "active;expires=60");
        Assert.Equal("SIP/2.0 180 Ringing", Notified(Bob, "active"));
        Tell(call, refer.CSeq, "SIP/2.0 200 OK", "terminated;reason=noresource");
        Assert.Equal("SIP/2.0 200 OK", Notified(Bob, "terminated;reason=noresource"));
        Assert.False(Carol.Has(SipMethod.Invite));
        ring.Send("BYE");
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(603, 603)]
    [InlineData(404, 480)]
    [Row(17)]
    public void What_the_other_side_refuses_is_refused(int status, int heard)
    {
        People(bobMay: ReferPolicy.Pass);
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Alice.Respond(Alice.Take(SipMethod.Refer), status);
        Bob.Take(heard);
        Assert.Equal("1-2", Joined());
    }

    [Theory]
    [InlineData(405)]
    [InlineData(501)]
    [Row(17)]
    public void Who_does_not_know_REFER_is_spared_and_it_is_carried_out_here(int status)
    {
        People(bobMay: ReferPolicy.Pass);
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Alice.Respond(Alice.Take(SipMethod.Refer), status);
        Bob.Take(202);
        Notified(Bob, "active");
        Carol.Ringing().Answer("PCMU");
        Assert.Equal("1-3", Joined());
    }

    [Fact]
    [Rfc(6665, "4.1.2.4"), Row(17)]
    public void Nobody_waits_for_ever_for_the_NOTIFY_of_the_other_side()
    {
        People(bobMay: ReferPolicy.Pass);
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Alice.Respond(Alice.Take(SipMethod.Refer), 202);
        Notified(Bob, "active");
        Rig.Advance(TimeSpan.FromSeconds(31.9));
        Assert.False(Bob.Has(SipMethod.Notify));
        Rig.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal("SIP/2.0 408 Request Timeout", Notified(Bob, "terminated"));
    }

    [Fact]
    [Threat(37)]
    public void The_other_side_leaves_before_it_answers()
    {
        People(bobMay: ReferPolicy.Pass);
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        call.Send("BYE");
        Bob.Take(480);
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(4538, "6"), Rfc(3515, "2.4.4"), Row(13), Threat(42)]
    public void A_REFER_outside_the_call_that_names_it_is_taken_from_its_own_side_only()
    {
        People();
        var (_, ring) = Talk(Alice, Bob);
        var named = $"Target-Dialog: {ring.CallId};local-tag={ring.LocalTag};remote-tag={ring.RemoteTag}\r\nRequire: tdialog\r\n";
        Carol.Outside("REFER", $"{named}Refer-To: <sip:carol@gw.example>\r\n").Expect(403);
        Bob.Outside("REFER", "Refer-To: <sip:carol@gw.example>\r\n").Expect(403);
        Bob.Outside("REFER", "Target-Dialog: x;local-tag=a;remote-tag=b\r\nRefer-To: <sip:carol@gw.example>\r\n").Expect(481);
        Bob.Outside("REFER", "Target-Dialog: x\r\nRefer-To: <sip:carol@gw.example>\r\n").Expect(400);
        var refer = Bob.Outside("REFER", $"{named}Refer-To: <sip:carol@gw.example>\r\n");
        refer.Expect(202);
        var trying = Bob.Take(SipMethod.Notify);
        Assert.Equal(refer.CallId, Encoding.ASCII.GetString(trying.CallId));
        Assert.Equal(refer.LocalTag, Encoding.ASCII.GetString(trying.ToTag));
        Bob.Respond(trying, 200);
        var third = Carol.Ringing();
        third.Answer("PCMU");
        Assert.Equal("1-3", Joined());
        Assert.Equal("SIP/2.0 200 OK", Notified(Bob, "terminated"));
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        third.Send("BYE");
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        Assert.Equal(0, Rig.Calls.Subscriptions.Dialogs);
        Rig.AssertNothingIsLeft();
    }

    private void People(ReferPolicy bobMay)
    {
        Rig.Services.Accounts.Set(CallRig.NewAccount("bob") with { Id = Guid.CreateVersion7(), Rights = CallRights.Default with { Refer = bobMay } });
        People();
    }

    private static void Tell(TestDialog by, uint id, string line, string state) => by.Send("NOTIFY", line + "\r\n",
        $"Event: refer;id={id}\r\nSubscription-State: {state}\r\n", "message/sipfrag;version=2.0");

    /// <summary>Takes a NOTIFY, answers it, and gives its Event.</summary>
    private string Notify(string state, int status)
    {
        var notify = Assert.Single(Bob.Inbox.OfType<SipRequest>(), request => request.Method == SipMethod.Notify);
        var package = Header(notify, HeaderId.Event);
        Assert.StartsWith($"SIP/2.0 {status}", Notified(Bob, state), StringComparison.Ordinal);
        return package;
    }

    private static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";
}
