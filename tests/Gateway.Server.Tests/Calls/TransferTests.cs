using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Blind transfers: REFER is carried out by the gateway, whoever of the two sides sends it.</summary>
public class TransferTests : TransferRig
{
    public TransferTests()
    {
    }

    protected TransferTests(int loops)
        : base(loops)
    {
    }

    [Theory]
    [InlineData(false, true, false)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [Rfc(3515, "2.4.4"), Rfc(3892, "2"), Row(17), BrowserRule("C8")]
    public void The_called_side_hands_the_caller_on(bool aliceIsBrowser, bool bobIsBrowser, bool carolIsBrowser)
    {
        People(aliceIsBrowser, bobIsBrowser, carolIsBrowser);
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Bob.Take(202);
        var trying = Bob.Take(SipMethod.Notify);
        Assert.True(trying.TryGet(HeaderId.Event, out var package));
        Assert.Equal($"refer;id={ring.Sequence}", Encoding.UTF8.GetString(package));
        Assert.Equal("SIP/2.0 100 Trying", SdpText.Body(trying).TrimEnd());
        Bob.Respond(trying, 200);

        var third = Carol.Ringing();
        Assert.True(third.Invite!.TryGet(HeaderId.ReferredBy, out var referrer));
        Assert.Equal("<sip:bob@gw.example>", Encoding.UTF8.GetString(referrer));
        Assert.Contains("sip:alice@gw.example", Encoding.UTF8.GetString(third.Invite.From.UriBytes), StringComparison.Ordinal);
        Assert.Equal(carolIsBrowser, SdpText.Body(third.Invite).Contains("fingerprint", StringComparison.Ordinal));
        third.Respond(180);
        Assert.Equal("SIP/2.0 180 Ringing", Notified(Bob, "active"));
        Assert.Equal(MediaService.Ringback, Rig.Media.Services[Nth(1)]);

        third.Answer("PCMU");
        Carol.Take(SipMethod.Ack);
        Assert.Equal("1-3", Joined());
        Assert.Equal("SIP/2.0 200 OK", Notified(Bob, "terminated"));
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.False(Alice.Has(SipMethod.Bye));
        Assert.Equal(["alice@gw.example", "carol@gw.example"], Rig.Changes[^1].Legs.Select(leg => leg.Party));

        third.Send("BYE");
        Carol.Take(200);
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        var record = Assert.Single(Rig.Ended);
        Assert.Equal(["caller", "callee", "transfer"], record.Legs.Select(leg => leg.Role));
        Assert.Equal(("callee", "alice@gw.example"), (record.EndedBy, record.Caller));
        Assert.All(record.Legs, leg => Assert.NotNull(leg.Media));
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3515, "2.4.4")]
    public void The_caller_hands_the_called_side_on_and_leaves_at_once()
    {
        People();
        var (call, ring) = Talk(Alice, Bob);
        Refer(call, "<sip:carol@gw.example>");
        Alice.Take(202);
        call.Send("BYE");
        Alice.Take(200);
        var third = Carol.Ringing();
        Assert.Contains("\"bob of us\" <sip:bob@gw.example>", Header(third.Invite!, HeaderId.From), StringComparison.Ordinal);
        third.Respond(180);
        third.Answer("PCMU");
        Assert.Equal("2-3", Joined());
        Assert.False(Bob.Has(SipMethod.Bye));
        ring.Send("BYE");
        Bob.Take(200);
        Carol.Respond(Carol.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(486, "SIP/2.0 486 Busy Here")]
    [InlineData(603, "SIP/2.0 603 Decline")]
    [InlineData(500, "SIP/2.0 480 Temporarily Unavailable")]
    [Rfc(3515, "2.4.5"), Row(17)]
    public void A_transfer_that_fails_gives_the_call_back(int status, string told)
    {
        People();
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Notified(Bob, "active");
        var third = Carol.Ringing();
        third.Respond(180);
        Notified(Bob, "active");
        Assert.Equal("", Joined());
        third.Respond(status);
        Assert.Equal(told, Notified(Bob, "terminated"));
        Assert.Equal("1-2", Joined());
        Assert.False(Bob.Has(SipMethod.Bye));

        // And again, to someone who is there.
        Refer(ring, "<sip:carol@gw.example>");
        Bob.Take(202);
        Bob.Take(202);
        Notified(Bob, "active");
        Carol.Inbox.RemoveAll(message => message is SipRequest { Method: SipMethod.Ack });
        Carol.Ringing().Answer("PCMU");
        Assert.Equal("SIP/2.0 200 OK", Notified(Bob, "terminated"));
        Assert.Equal("1-4", Joined());
    }

    [Fact]
    public void Nobody_answers_in_time()
    {
        People();
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Notified(Bob, "active");
        var third = Carol.Ringing();
        third.Respond(180);
        Notified(Bob, "active");
        Rig.Advance(TimeSpan.FromSeconds(61));
        Carol.Respond(Carol.Take(SipMethod.Cancel), 200);
        third.Respond(487);
        Assert.Equal("SIP/2.0 408 Request Timeout", Notified(Bob, "terminated"));
        Assert.Equal("1-2", Joined());
    }

    [Fact]
    public void A_transfer_that_fails_after_its_transferor_left_ends_the_call()
    {
        People();
        var (call, _) = Talk(Alice, Bob);
        Refer(call, "<sip:carol@gw.example>");
        call.Send("BYE");
        Carol.Ringing().Respond(486);
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.Equal(("busy", "gateway"), (Assert.Single(Rig.Ended).EndReason, Rig.Ended[0].EndedBy));
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void The_transferee_hangs_up_while_the_target_rings()
    {
        People();
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Notified(Bob, "active");
        var third = Carol.Ringing();
        third.Respond(180);
        Notified(Bob, "active");
        call.Send("BYE");
        Carol.Respond(Carol.Take(SipMethod.Cancel), 200);
        third.Respond(487);
        Assert.StartsWith("SIP/2.0 487", Notified(Bob, "terminated"), StringComparison.Ordinal);
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.Equal("caller", Assert.Single(Rig.Ended).EndedBy);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void Early_media_of_the_target_is_heard_and_another_contact_takes_over()
    {
        People();
        var second = Rig.Register(Rig.Phone("carol", 4));
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Notified(Bob, "active");
        var one = Carol.Ringing();
        var two = second.Ringing();
        one.Respond(183, SdpText.Answer(one.Invite!, false, "PCMU"));
        Assert.Equal("1-3", Joined());
        one.Respond(486);
        Assert.Equal(MediaService.Ringback, Rig.Media.Services[Nth(1)]);
        two.Answer("PCMU");
        Assert.Equal("1-4", Joined());
    }

    [Fact]
    [Rfc(4488, "4")]
    public void Who_wants_no_subscription_gets_none()
    {
        People();
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>", "Refer-Sub: false\r\nRequire: norefersub\r\n");
        Assert.Equal("false", Header(Bob.Take(202), HeaderId.ReferSub));
        Carol.Ringing().Answer("PCMU");
        Assert.False(Bob.Has(SipMethod.Notify));
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.Equal("1-3", Joined());
    }

    [Fact]
    public void One_who_does_not_answer_the_last_NOTIFY_is_hung_up_in_time()
    {
        People();
        var (_, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Carol.Ringing().Answer("PCMU");
        Assert.False(Bob.Has(SipMethod.Bye));
        Rig.Advance(TimeSpan.FromSeconds(2.1));
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.Equal("1-3", Joined());
    }

    [Theory]
    [InlineData("<sip:+19005551234@gw.example>", 403)]
    [InlineData("<sip:nobody@gw.example>", 404)]
    [InlineData("<sip:carol@elsewhere.example>", 403)]
    [InlineData("<sips:carol@gw.example>", 416)]
    [InlineData("<sip:carol@gw.example;method=BYE>", 403)]
    [InlineData("<mailto:carol@gw.example>", 400)]
    [InlineData("<sip:carol@gw.example?Replaces=none%3Bto-tag%3Da%3Bfrom-tag%3Db>", 404)]
    [Threat(42), Rfc(3515, "2.4.2")]
    public void What_the_transferor_may_not_call_is_refused(string target, int status)
    {
        People();
        var carrier = Carrier();
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, target);
        Bob.Take(status);
        Assert.Empty(carrier.Inbox);
        Assert.Empty(Carol.Inbox);
        Assert.Equal("1-2", Joined());
        call.Send("BYE");
        Alice.Take(200);
    }

    [Fact]
    [Threat(42)]
    public void A_number_that_the_transferor_may_call_is_called_with_its_number_and_at_its_cost()
    {
        People();
        var carrier = Carrier();
        Rig.Services.Accounts.TryGet("bob", out var bob);
        bob = bob! with { CallerNumber = "+493055", Rights = CallRights.Default with { MaxMinutesPerDay = 10 } };
        Rig.Services.Accounts.Set(bob);
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:030123456@gw.example>");
        Notified(Bob, "active");
        var third = carrier.Ringing();
        Assert.Contains("+493055", Header(third.Invite!, HeaderId.From), StringComparison.Ordinal);
        third.Answer("PCMU");
        Notified(Bob, "terminated");
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Rig.Advance(TimeSpan.FromSeconds(95));
        Assert.InRange(Rig.Services.Caps.TalkToday(bob.Id, Rig.Services.UtcNow()), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(95));
        Rig.Advance(TimeSpan.FromSeconds(600 - 95));
        carrier.Respond(carrier.Take(SipMethod.Bye), 200);
        Alice.Respond(Alice.Take(SipMethod.Bye), 200);
        var record = Assert.Single(Rig.Ended);
        Assert.Equal("time-limit", record.EndReason);
        Assert.NotNull(record.Trunk);
        Assert.Equal(0, Rig.Services.Caps.Calls(bob.Id));
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(42)]
    public void The_rights_are_those_of_whoever_hands_on()
    {
        People();
        Rig.Services.Accounts.TryGet("bob", out var bob);
        Rig.Services.Accounts.Set(bob! with { Rights = CallRights.Default with { Internal = false } });
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Bob.Take(403);
        Refer(call, "<sip:carol@gw.example>");
        Alice.Take(202);
        Assert.True(Carol.Has(SipMethod.Invite));
    }

    [Fact]
    [Threat(42)]
    public void A_call_too_many_is_refused_and_a_failed_one_is_counted_out()
    {
        People();
        Rig.Services.Accounts.TryGet("bob", out var bob);
        bob = bob! with { Rights = CallRights.Default with { MaxCalls = 1 } };
        Rig.Services.Accounts.Set(bob);
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Assert.Equal(1, Rig.Services.Caps.Calls(bob.Id));
        Carol.Ringing().Respond(486);
        Assert.Equal(0, Rig.Services.Caps.Calls(bob.Id));
        Rig.Services.Caps.TryBegin(new Caller.FromAccount(bob, "bob@gw.example", ""), DateTimeOffset.UnixEpoch);
        while (Bob.Has(SipMethod.Notify)) Bob.Respond(Bob.Take(SipMethod.Notify), 200);
        Bob.Inbox.Clear();
        Refer(ring, "<sip:carol@gw.example>");
        Assert.Contains(Bob.Inbox, message => message is SipResponse { StatusCode: 403 or 480 or 486 or 503 });
        Assert.Equal(1, Rig.Services.Caps.Calls(bob.Id));
    }

    [Fact]
    [Threat(42), Threat(32)]
    public void A_stranger_with_the_tags_hands_nobody_on()
    {
        People(bobIsBrowser: false);
        var mallory = Rig.Phone("mallory", 9);
        var (_, ring) = Talk(Alice, Bob);
        ring.Send("REFER", headers: "Refer-To: <sip:carol@gw.example>\r\n", from: mallory);
        mallory.Take(481);
        Assert.Empty(Carol.Inbox);
    }

    [Fact]
    public void A_second_REFER_waits_its_turn()
    {
        People();
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:carol@gw.example>");
        Refer(ring, "<sip:carol@gw.example>");
        Refer(call, "<sip:carol@gw.example>");
        Bob.Take(491);
        Alice.Take(491);
    }

    [Fact]
    public void A_service_can_be_the_target()
    {
        People();
        var (call, ring) = Talk(Alice, Bob);
        Refer(ring, "<sip:echo@gw.example>");
        Notified(Bob, "active");
        Notified(Bob, "terminated");
        Bob.Respond(Bob.Take(SipMethod.Bye), 200);
        Assert.Equal(MediaService.Echo, Rig.Media.Services[Nth(1)]);
        call.Send("BYE");
        Alice.Take(200);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_held_transferee_is_taken_off_hold_by_the_target()
    {
        People();
        var (call, ring) = Talk(Alice, Bob);
        ring.Send("INVITE", SdpText.Offer(true, "PCMU", "sendonly", version: 2));
        Bob.Take(200);
        ring.Ack();
        var hold = Alice.Take(SipMethod.Invite);
        Assert.Equal("sendonly", SdpText.Direction(SdpText.Body(hold)));
        Alice.Respond(hold, 200, SdpText.Answer(hold, false, "PCMU", "recvonly"));
        Refer(ring, "<sip:carol@gw.example>");
        Carol.Ringing().Answer("PCMU");
        var resume = Alice.Take(SipMethod.Invite);
        Assert.Equal("sendrecv", SdpText.Direction(SdpText.Body(resume)));
        Alice.Respond(resume, 200, SdpText.Answer(resume, false, "PCMU"));
        Assert.Equal("connected", Rig.Changes[^1].State);
    }

    private static string Header(SipMessage message, HeaderId id)
    {
        Assert.True(message.TryGet(id, out var value));
        return Encoding.UTF8.GetString(value);
    }
}
