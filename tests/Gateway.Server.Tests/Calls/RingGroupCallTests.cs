using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Several users ring at once: the first answer wins, a refusal speaks for one of them, and nobody's answer hands the call on.</summary>
public sealed class RingGroupCallTests
{
    private readonly CallRig _rig = new();

    public RingGroupCallTests()
    {
        _rig.Services.Accounts.Set(CallRig.NewAccount("dora") with { Id = Dora });
        Group(null);
    }

    private static readonly Guid Dora = Guid.CreateVersion7();

    private static RingGroup NewGroup(Destination? overflow, int seconds = 20) => new()
    {
        Id = Guid.Empty, DomainId = Guid.Empty, Name = "sales", RingSeconds = seconds, Overflow = overflow,
    };

    private void Group(Destination? overflow, params string[] members) =>
        _rig.Plan = _ => new RoutePlan.ToGroup(NewGroup(overflow), [.. members.Select(_rig.PlanForUser)]);

    private void Publish(TestPeer peer) => _rig.Services.Bindings.Published.Publish($"{peer.User}@{CallRig.Realm}", [peer.Binding]);

    [Fact]
    public void The_first_answer_wins_and_its_user_stands_in_the_record()
    {
        var alice = _rig.Browser("alice", 1);
        var (bob, carol) = (_rig.Browser("bob", 2), _rig.Phone("carol", 3));
        Group(null, "bob", "carol");
        var call = alice.Call("sales", SdpText.Offer(true, "opus PCMU"));
        var (atBob, atCarol) = (bob.Ringing(), carol.Ringing());
        atBob.Respond(180);
        atCarol.Respond(180);
        atCarol.Answer("PCMU");
        bob.Respond(bob.Take(SipMethod.Cancel), 200);
        atBob.Respond(487);
        carol.Take(SipMethod.Ack);
        call.Establish();
        Assert.Contains("sip:carol@", System.Text.Encoding.UTF8.GetString(atCarol.Invite!.To.UriBytes), StringComparison.Ordinal);

        call.Send("BYE");
        carol.Respond(carol.Take(SipMethod.Bye), 200);
        Assert.Equal("carol@gw.example", Assert.Single(_rig.Ended).AnsweredBy);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "16.7")]
    public void One_members_refusal_silences_his_own_devices_only()
    {
        var alice = _rig.Phone("alice", 1);
        var (desk, mobile, carol) = (_rig.Phone("bob", 2), _rig.Phone("bob", 3), _rig.Phone("carol", 4));
        Group(null, "bob", "carol");
        var call = alice.Call("sales", SdpText.Offer(false, "PCMU"));
        var (atDesk, atMobile, atCarol) = (desk.Ringing(), mobile.Ringing(), carol.Ringing());
        atMobile.Respond(180);
        atDesk.Respond(603);
        mobile.Respond(mobile.Take(SipMethod.Cancel), 200);
        atMobile.Respond(487);
        Assert.False(carol.Has(SipMethod.Cancel));
        atCarol.Respond(486);
        call.Expect(603);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void Nobody_registered_is_said_at_once()
    {
        var alice = _rig.Phone("alice", 1);
        Group(null, "bob", "carol");
        var call = alice.Call("sales", SdpText.Offer(false, "PCMU"));
        call.Expect(480);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void When_nobody_answers_in_time_or_all_refuse_the_overflow_rings(bool refused)
    {
        var alice = _rig.Browser("alice", 1);
        var (bob, dora) = (_rig.Phone("bob", 2), _rig.Phone("dora", 3));
        Group(new Destination.ToAccount(Dora), "bob");
        Publish(dora);
        var call = alice.Call("sales", SdpText.Offer(true, "PCMU"));
        var atBob = bob.Ringing();
        atBob.Respond(180);
        Assert.False(dora.Has(SipMethod.Invite));
        if (refused)
        {
            atBob.Respond(486);
        }
        else
        {
            _rig.Advance(TimeSpan.FromSeconds(19));
            Assert.False(dora.Has(SipMethod.Invite));
            _rig.Advance(TimeSpan.FromSeconds(1));
            bob.Respond(bob.Take(SipMethod.Cancel), 200);
            atBob.Respond(487);
        }
        var atDora = dora.Ringing();
        atDora.Respond(180);
        atDora.Answer("PCMU");
        call.Establish();
        call.Send("BYE");
        dora.Respond(dora.Take(SipMethod.Bye), 200);
        Assert.Equal("dora@gw.example", Assert.Single(_rig.Ended).AnsweredBy);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void An_overflow_may_be_a_service_even_after_early_media_of_a_member()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        Group(new Destination.ToService("echo"), "bob");
        var call = alice.Call("sales", SdpText.Offer(false, "PCMU"));
        var atBob = bob.Ringing();
        atBob.Respond(183, SdpText.Answer(atBob.Invite!, false, "PCMU"));
        var early = SdpText.Body(call.Expect(183));
        _rig.Advance(TimeSpan.FromSeconds(20));
        bob.Respond(bob.Take(SipMethod.Cancel), 200);
        atBob.Respond(487);
        Assert.Equal(early, SdpText.Body(call.Establish()));
        call.Send("BYE");
        Assert.Null(Assert.Single(_rig.Ended).AnsweredBy);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(31)]
    public void Overflows_that_lead_in_a_circle_end()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var id = Guid.CreateVersion7();
        var circle = NewGroup(new Destination.ToGroup(id)) with { Id = id, Members = [Dora] };
        _rig.Services.Configuration.Set(circle);
        Publish(bob);
        _rig.Plan = _ => new RoutePlan.ToGroup(circle, [_rig.PlanForUser("bob")]);
        var call = alice.Call("sales", SdpText.Offer(false, "PCMU"));
        bob.Ringing().Respond(486);
        // Dora is registered nowhere: the group hands on to itself until it has done so often enough.
        call.Expect(480);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void The_callers_own_patience_ends_the_call_and_not_the_group()
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        Group(new Destination.ToService("echo"), "bob");
        var call = alice.Call("sales", SdpText.Offer(false, "PCMU"), "Expires: 5\r\n");
        var atBob = bob.Ringing();
        atBob.Respond(180);
        _rig.Advance(TimeSpan.FromSeconds(5));
        bob.Respond(bob.Take(SipMethod.Cancel), 200);
        atBob.Respond(487);
        call.Expect(480);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }
}
