using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Tests.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Calls whose called side has to be asked for outside: what the caller hears meanwhile, and where they end up.</summary>
[Row(52)]
[Row(57)]
public class LocationCallTests
{
    private readonly PlayedSource _enum = new("enum", onlyNumbers: true);
    private readonly PlayedSource _ldap = new("ldap");
    private readonly CallRig _rig;
    private readonly TestPeer _alice;
    private readonly TestPeer _bob;

    public LocationCallTests() : this(["open.example"])
    {
    }

    private LocationCallTests(IReadOnlyList<string> open)
    {
        _rig = new CallRig(locations: new LocationSources([_enum, _ldap], asksUnknown: true, open));
        _rig.Services.Configuration.Set(NumberPlan.Default with { CountryCode = "49" });
        _alice = _rig.Register(_rig.Browser("alice", 1));
        _bob = _rig.Register(_rig.Phone("bob", 2));
        _rig.Plan = dialled => _rig.Calls.Routes.Plan(new Caller.FromAccount(Account("alice"), $"alice@{CallRig.Realm}", "Alice"), dialled);
    }

    [Fact]
    public void A_number_that_only_ENUM_knows_rings_where_it_says_and_the_call_tells_what_was_asked_and_how_long_it_took()
    {
        _enum.With("+493012345", $"sip:bob@{CallRig.Realm}");
        var call = Call("03012345");
        Assert.True(_alice.Has(100));
        var ring = _bob.Ringing();
        ring.Respond(180);
        call.Expect(180);
        ring.Answer("PCMU");
        _bob.Take(SipMethod.Ack);
        call.Establish();
        Assert.Equal("03012345", Assert.Single(_enum.Asked).User);
        Assert.Equal("+493012345", _enum.Asked[0].E164);
        Assert.Empty(_ldap.Asked);
        Assert.Contains("enum: 1 answer (35 ms)", _rig.Services.Notes.Of(_rig.Started[0].Id));
        Assert.Contains("account bob", _rig.Services.Notes.Of(_rig.Started[0].Id));
        HangUp(call, _bob);
    }

    [Fact]
    public void A_slow_source_holds_its_own_call_and_no_other()
    {
        _enum.IsSlow = true;
        _enum.With("+493012345", $"sip:bob@{CallRig.Realm}");
        var waiting = Call("03012345");
        Assert.True(_alice.Has(100));
        Assert.Empty(_bob.Inbox);

        // The loop goes on: another call is set up while the source is silent.
        var carol = _rig.Register(_rig.Phone("carol", 3));
        var other = carol.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = _bob.Ringing();
        ring.Answer("PCMU");
        _bob.Take(SipMethod.Ack);
        other.Establish();
        HangUp(other, _bob, isLast: false);

        _rig.Advance(TimeSpan.FromSeconds(1));
        _enum.Release();
        _rig.Pump();
        ring = _bob.Ringing();
        ring.Answer("PCMU");
        _bob.Take(SipMethod.Ack);
        waiting.Establish();
        HangUp(waiting, _bob);
    }

    [Fact]
    [Rfc(3261, "9.2")]
    public void CANCEL_while_a_source_is_asked_ends_the_call_and_its_late_answer_rings_nobody()
    {
        _enum.IsSlow = true;
        _enum.With("+493012345", $"sip:bob@{CallRig.Realm}");
        var call = Call("03012345");
        call.Cancel();
        _alice.Take(200);
        call.Expect(487);
        call.AckRefusal();
        _enum.Release();
        _rig.Pump();
        Assert.Empty(_bob.Inbox);
        Assert.Equal("cancel", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_source_that_never_answers_is_given_up_and_the_caller_hears_what_he_would_have_heard_without_it()
    {
        _enum.IsSlow = true;
        var call = Call("03012345");
        _rig.Advance(TimeSpan.FromSeconds(11));
        Assert.False(_alice.Has(404));
        _rig.Advance(TimeSpan.FromSeconds(2));
        call.Expect(404);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void The_sources_are_asked_in_their_order_and_the_first_that_leads_somewhere_decides()
    {
        _enum.With("+493012345", "sip:x@strange.example", "sips:bob@gw.example");
        _ldap.With("+493012345", "bob");
        GiveUp(Call("03012345"));
        Assert.Single(_enum.Asked);
        Assert.Single(_ldap.Asked);
        var notes = _rig.Services.Notes.Of(_rig.Ended[0].Id);
        Assert.Contains("strange.example is no trunk's and no open domain", notes);
        Assert.Contains("TLS to the far end cannot be promised", notes);
        Assert.Contains("dialled instead: bob", notes);
    }

    [Fact]
    [Threat(29)]
    public void An_address_elsewhere_leaves_by_the_trunk_that_is_there()
    {
        var trunk = Trunk("192.0.2.60");
        var carrier = _rig.Phone("carrier", 60);
        _enum.With("+493012345", "sip:4711@192.0.2.60");
        var call = Call("03012345");
        var ring = carrier.Ringing();
        Assert.StartsWith("INVITE sip:4711@192.0.2.60", Line(ring.Invite!), StringComparison.Ordinal);
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        Assert.Equal(trunk.Id, _rig.Started[0].Trunk);
        HangUp(call, carrier);
    }

    [Fact]
    [Rfc(3263, "4")]
    public void An_open_domain_is_called_without_a_trunk_by_DNS_under_the_callers_own_name()
    {
        _rig.Ways.Names["open.example"] = [new NextHop(SipTransport.Udp, new System.Net.IPEndPoint(new System.Net.IPAddress([192, 0, 2, 70]), 5060), "open.example")];
        var stranger = _rig.Phone("stranger", 70);
        _enum.With("+493012345", "sip:info@open.example");
        var call = Call("03012345");
        var ring = stranger.Ringing();
        Assert.StartsWith("INVITE sip:info@open.example", Line(ring.Invite!), StringComparison.Ordinal);
        Assert.False(ring.Invite!.Has(HeaderId.PAssertedIdentity));
        ring.Answer("PCMU");
        stranger.Take(SipMethod.Ack);
        call.Establish();
        HangUp(call, stranger);
    }

    [Fact]
    [Threat(29)]
    public void Without_an_open_domain_or_trunk_no_answer_leads_out()
    {
        var closed = new LocationCallTests([]);
        closed._enum.With("+493012345", "sip:info@open.example", "tel:+442079460000", "sip:+442079460000@open.example");
        var call = closed.Call("03012345");
        call.Expect(404);
        call.AckRefusal();
        Assert.Empty(closed._rig.Ways.Opened);
        closed._rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(31)]
    public void An_answer_goes_through_the_dial_plan_once_and_never_to_a_source_again()
    {
        // Each points at the next, and the last at the first: two sources that would send a call round for ever.
        _enum.With("+493012345", "tel:+493012346").With("+493012346", "tel:+493012345");
        _ldap.With("+493012345", "carol").With("carol", "03012345");
        var call = Call("03012345");
        call.Expect(404);
        call.AckRefusal();
        Assert.Single(_enum.Asked);
        Assert.Single(_ldap.Asked);
        Assert.Contains("it was located once: no source is asked again", _rig.Services.Notes.Of(_rig.Ended[0].Id));
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(28)]
    public void An_answer_is_dialled_with_the_rights_of_the_caller()
    {
        Trunk("192.0.2.60");
        _rig.Services.Configuration.Set(Rule("all", "+4", new Destination.ToTrunkGroup("out")));
        _rig.Services.Configuration.Set(Rule("lookup", "+1", new Destination.ToLocation([])));
        // International, which the caller may not dial: the source is not even asked.
        var call = Call("0012025550100");
        call.Expect(403);
        call.AckRefusal();
        Assert.Empty(_enum.Asked);

        // National, which he may, but it leads abroad.
        _ldap.With("boss", "+442079460000");
        call = Call("boss");
        call.Expect(404);
        call.AckRefusal();
        Assert.Contains("refused: 403 International Calls Are Not Allowed", _rig.Services.Notes.Of(_rig.Ended[^1].Id));
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_rule_may_ask_first_and_go_on_by_a_trunk_when_nobody_knows()
    {
        Trunk("192.0.2.60");
        var carrier = _rig.Phone("carrier", 60);
        _rig.Services.Configuration.Set(Rule("ENUM, then out", "+", new Destination.ToLocation(["enum"], "out")));
        _enum.Answers["+493012345"] = LocationAnswer.Failure("no answer within 2 s");
        GiveUp(Call("03012345"), carrier);
        Assert.Empty(_ldap.Asked);
        Assert.Contains("enum: no answer within 2 s (0 ms)", _rig.Services.Notes.Of(_rig.Ended[0].Id));
    }

    [Fact]
    public void An_emergency_call_waits_for_no_source()
    {
        Trunk("192.0.2.60");
        var carrier = _rig.Phone("carrier", 60);
        _enum.IsSlow = _ldap.IsSlow = true;
        _rig.Services.Configuration.Set(Rule("all", "", new Destination.ToLocation([], "out")));
        GiveUp(Call("112"), carrier);
        Assert.Empty(_enum.Asked);
        Assert.Empty(_ldap.Asked);
    }

    [Fact]
    public void A_service_may_stand_behind_a_name_of_the_directory()
    {
        _ldap.With("selftest", "echo");
        var call = Call("selftest");
        call.Establish();
        call.Send("BYE");
        _alice.Take(200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_transfer_and_a_call_that_we_start_find_their_target_by_the_sources_too()
    {
        _ldap.With("carol.c", "carol");
        var carol = _rig.Register(_rig.Phone("carol", 3));
        var started = _rig.Calls.Originate(Account("alice"), "carol.c", _rig.Now);
        Assert.Equal(Server.Calls.ControlStatus.Done, started.Status);
        _rig.Pump();
        var own = _alice.Ringing();
        own.Answer("PCMU PCMA");
        _alice.Take(SipMethod.Ack);
        var ring = carol.Ringing();
        ring.Answer("PCMU");
        carol.Take(SipMethod.Ack);

        _ldap.With("bob.b", "bob");
        Assert.Equal(Server.Calls.ControlStatus.Done, _rig.Calls.Transfer(started.Call, Server.Calls.CallSide.Caller, "bob.b", null, _rig.Now).Status);
        _rig.Pump();
        var moved = _bob.Ringing();
        moved.Answer("PCMU");
        _bob.Take(SipMethod.Ack);
        _alice.Respond(_alice.Take(SipMethod.Bye), 200);
        moved.Send("BYE");
        _bob.Take(200);
        carol.Respond(carol.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    private TestDialog Call(string number) => _alice.Call(number, SdpText.Offer(true, "PCMU PCMA"));

    private void GiveUp(TestDialog call, TestPeer? rings = null)
    {
        var ring = (rings ?? _bob).Ringing();
        ring.Respond(486);
        call.Expect(486);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    private void HangUp(TestDialog call, TestPeer far, bool isLast = true)
    {
        call.Peer.Inbox.Clear();
        call.Send("BYE");
        call.Peer.Take(200);
        far.Respond(far.Take(SipMethod.Bye), 200);
        far.Inbox.Clear();
        if (isLast) _rig.AssertNothingIsLeft();
    }

    private Account Account(string user) => _rig.Services.Accounts.TryGet(user, out var account) ? account : throw new InvalidOperationException(user);

    private Trunk Trunk(string host)
    {
        var trunk = new Trunk { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "carrier", Host = host, Group = "out", Reliable = ReliableProvisional.Off };
        _rig.Services.Configuration.Set(trunk);
        return trunk;
    }

    private static DialRule Rule(string name, string prefix, Destination to) =>
        new() { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = name, Pattern = prefix, To = to };

    private static string Line(SipRequest request) => Encoding.UTF8.GetString(request.Bytes)[..60];
}
