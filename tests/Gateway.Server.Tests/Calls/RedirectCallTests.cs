using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>A phone answers 3xx: the call goes where it says, as far as its own account may call there (RFC 3261 §8.1.3.4).</summary>
public sealed class RedirectCallTests
{
    private readonly CallRig _rig;
    private readonly TestPeer _alice;
    private readonly TestPeer _bob;
    private readonly TestPeer _carol;

    public RedirectCallTests() : this(new ServerOptions { Realm = CallRig.Realm })
    {
    }

    private RedirectCallTests(ServerOptions options)
    {
        _rig = new CallRig(options);
        _rig.Services.Configuration.Set(NumberPlan.Default with { CountryCode = "49" });
        _alice = _rig.Register(_rig.Phone("alice", 1));
        _bob = _rig.Register(_rig.Phone("bob", 2));
        _carol = _rig.Register(_rig.Phone("carol", 3));
        _rig.Plan = dialled => _rig.Calls.Routes.Plan(CallerOf("alice"), dialled);
    }

    [Theory]
    [InlineData(302, true)]
    [InlineData(301, true)]
    [InlineData(300, true)]
    [InlineData(305, false)]
    [InlineData(380, false)]
    [Row(22)]
    [Rfc(3261, "8.1.3.4")]
    [Rfc(3261, "21.3")]
    public void Redirect_call_the_caller_hears_181_and_the_one_who_was_named_answers(int status, bool isFollowed)
    {
        var call = Call();
        _bob.Ringing().Respond(status, contact: $"sip:carol@{CallRig.Realm}");
        if (!isFollowed)
        {
            call.Expect(480);
            call.AckRefusal();
            Assert.False(_carol.Has(SipMethod.Invite));
            _rig.AssertNothingIsLeft();
            return;
        }

        call.Expect(181);
        var ring = _carol.Ringing();
        ring.Answer("PCMU");
        call.Establish();
        Assert.Equal($"carol@{CallRig.Realm}", Assert.Single(_rig.Started).AnsweredBy);
        HangUp(call, _carol);
    }

    [Fact]
    [Row(22)]
    [Rfc(3261, "21.1.3")]
    public void A_181_of_the_called_side_is_forwarded()
    {
        var call = Call();
        var ring = _bob.Ringing();
        ring.Respond(181);
        call.Expect(181);
        ring.Respond(486);
        call.Expect(486);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(22)]
    [Rfc(3261, "8.1.3.4")]
    public void Of_several_Contacts_the_one_with_the_highest_q_that_can_be_called_is_taken()
    {
        var call = Call();
        _bob.Ringing().Respond(302, contact: "sip:nobody@elsewhere.example",
            headers: $"Contact: <sip:alice@{CallRig.Realm}>;q=0.1, <sip:carol@{CallRig.Realm}>;q=0.9, <sip:ghost@{CallRig.Realm}>;q=1.0\r\n");

        var ring = _carol.Ringing();
        ring.Respond(486);
        call.Expect(486);
        call.AckRefusal();
        Assert.False(_alice.Has(SipMethod.Invite));
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(22)]
    [Threat(31)]
    public void Two_phones_that_redirect_to_each_other_end_in_480_and_not_in_a_loop()
    {
        var call = Call();
        _bob.Ringing().Respond(302, contact: $"sip:carol@{CallRig.Realm}");
        _carol.Ringing().Respond(302, contact: $"sip:bob@{CallRig.Realm}");
        call.Expect(480);
        call.AckRefusal();
        Assert.False(_bob.Has(SipMethod.Invite));
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("sip:victim@203.0.113.99")]
    [InlineData("sip:+19005550100@gw.example")]
    [InlineData("tel:+442079460000")]
    [InlineData("sips:carol@gw.example")]
    [InlineData("sip:carol@gw.example?Route=%3Csip:203.0.113.99%3E")]
    [Threat(28)]
    [Threat(29)]
    [Threat(42)]
    public void A_phone_cannot_send_a_call_where_its_own_account_may_not_call(string contact)
    {
        NewTrunk();
        var call = Call();
        _bob.Ringing().Respond(302, contact: contact);
        if (contact.Contains("Route", StringComparison.Ordinal))
        {
            // What a URI would have us send is left out; the user that it names is ours.
            var ring = _carol.Ringing();
            Assert.False(ring.Invite!.Has(HeaderId.Route));
            ring.Respond(486);
            call.Expect(486);
        }
        else
        {
            call.Expect(480);
        }
        call.AckRefusal();
        Assert.Empty(_rig.Ways.Opened);
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(false, "unconditional")]
    [InlineData(true, "deflection")]
    [Row(22)]
    [Rfc(5806, "5.1")]
    [Rfc(7044, "10.3")]
    public void Out_by_a_trunk_the_call_says_whom_it_was_for(bool rings, string reason)
    {
        NewTrunk();
        var carrier = _rig.Phone("carrier", 60);
        var call = Call();
        var atBob = _bob.Ringing();
        if (rings) atBob.Respond(180);
        atBob.Respond(302, contact: $"sip:03012345@{CallRig.Realm}");

        var ring = carrier.Ringing();
        Assert.Equal($"<sip:bob@192.0.2.60>;reason={reason};counter=1;privacy=off", Header(ring.Invite!, HeaderId.Diversion));
        Assert.Equal("<sip:bob@192.0.2.60?Reason=SIP%3Bcause%3D302>;index=1, <sip:+493012345@192.0.2.60>;index=1.1;mp=1", Header(ring.Invite!, HeaderId.HistoryInfo));
        Assert.StartsWith("INVITE sip:+493012345@192.0.2.60", Encoding.UTF8.GetString(ring.Invite!.Bytes), StringComparison.Ordinal);
        Assert.True(ring.Invite!.TryGetNumber(HeaderId.MaxForwards, out var left) && left == 68);
        ring.Answer("PCMU");
        call.Establish();
        HangUp(call, carrier);
    }

    [Fact]
    [Threat(28)]
    public void The_account_whose_phone_redirects_pays_for_the_call_with_its_own_caps()
    {
        NewTrunk();
        var carrier = _rig.Phone("carrier", 60);
        Assert.True(_rig.Services.Accounts.TryGet("bob", out var bob));
        _rig.Services.Accounts.Set(bob with { Rights = bob.Rights with { MaxCalls = 1 } });
        var first = Call();
        _bob.Ringing().Respond(302, contact: $"sip:03012345@{CallRig.Realm}");
        var ring = carrier.Ringing();
        ring.Answer("PCMU");
        first.Establish();
        carrier.Inbox.Clear();

        // One call at once is what bob may have, and he has it.
        var second = _rig.Phone("dave", 4).Call("bob", SdpText.Offer(false, "PCMU"));
        _bob.Ringing().Respond(302, contact: $"sip:03012345@{CallRig.Realm}");
        second.Expect(480);
        second.AckRefusal();
        Assert.False(carrier.Has(SipMethod.Invite));
        HangUp(first, carrier);
    }

    [Fact]
    [Row(22)]
    public void Others_who_ring_go_on_ringing_and_a_number_outside_is_tried_when_they_have_refused()
    {
        NewTrunk();
        var carrier = _rig.Phone("carrier", 60);
        var mobile = _rig.Register(_rig.Phone("bob", 5));
        var call = Call();
        var (atDesk, atMobile) = (_bob.Ringing(), mobile.Ringing());
        atDesk.Respond(302, contact: $"sip:03012345@{CallRig.Realm}");
        Assert.False(carrier.Has(SipMethod.Invite));
        atMobile.Respond(486);
        carrier.Ringing().Respond(486);
        call.Expect(486);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(22)]
    public void Off_means_that_a_phone_that_redirects_cannot_be_reached()
    {
        var off = new RedirectCallTests(new ServerOptions { Realm = CallRig.Realm, FollowRedirects = RedirectPolicy.Off });
        var call = off.Call();
        off._bob.Ringing().Respond(302, contact: $"sip:carol@{CallRig.Realm}");
        call.Expect(480);
        call.AckRefusal();
        off._rig.AssertNothingIsLeft();
    }

    private TestDialog Call() => _alice.Call("bob", SdpText.Offer(false, "PCMU"));

    private void HangUp(TestDialog call, TestPeer callee)
    {
        call.Send("BYE");
        callee.Respond(callee.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    private Caller.FromAccount CallerOf(string user)
    {
        Assert.True(_rig.Services.Accounts.TryGet(user, out var account));
        return new Caller.FromAccount(account, $"{user}@{CallRig.Realm}", "");
    }

    private void NewTrunk()
    {
        _rig.Services.Configuration.Set(new Trunk { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "out", Host = "192.0.2.60", Reliable = ReliableProvisional.Off });
        _rig.Services.Configuration.Set(new DialRule { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "all", Match = PatternKind.Prefix, Pattern = "+", To = new Destination.ToTrunkGroup("out") });
    }

    private static string Header(SipRequest request, HeaderId id) => request.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";
}
