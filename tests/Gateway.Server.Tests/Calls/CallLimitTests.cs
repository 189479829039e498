using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Calls that their caller's caps refuse or end.</summary>
public sealed class CallLimitTests
{
    private readonly CallRig _rig = new();

    private CallRights Rights { get; set; } = CallRights.Default;

    public CallLimitTests() => _rig.By = user => user.StartsWith("trunk", StringComparison.Ordinal)
        ? new Caller.FromTrunk(s_trunk with { Rights = Rights }, $"{user}@{CallRig.Realm}", "")
        : new Caller.FromAccount(CallRig.NewAccount(user) with { Id = s_alice, Rights = Rights }, $"{user}@{CallRig.Realm}", "");

    private static readonly Guid s_alice = Guid.CreateVersion7();

    private static readonly Trunk s_trunk = new() { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "carrier", Host = "carrier.example", MaxCalls = 1 };

    private static TestDialog Talk(TestPeer caller, TestPeer callee)
    {
        var call = caller.Call(callee.User, SdpText.Offer(false, "PCMU"));
        callee.Ringing().Answer("PCMU");
        call.Establish();
        return call;
    }

    [Fact]
    [Threat(28)]
    public void A_call_too_many_is_refused_and_counts_nothing()
    {
        Rights = CallRights.Default with { MaxCalls = 1 };
        var (alice, bob) = (_rig.Phone("alice", 1), _rig.Phone("bob", 2));
        var first = Talk(alice, bob);
        var second = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        second.Expect(486);
        second.AckRefusal();
        Assert.Equal(1, _rig.Services.Caps.Calls(s_alice));
        first.Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        Assert.Equal(0, _rig.Services.Caps.Calls(s_alice));
        alice.Inbox.Clear();
        bob.Inbox.Clear();
        Talk(alice, bob).Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
        Assert.Equal(0, _rig.Services.Caps.Calls(s_alice));
    }

    [Fact]
    public void A_trunks_channels_count_for_what_comes_in()
    {
        var (trunk, bob) = (_rig.Phone("trunk", 1), _rig.Phone("bob", 2));
        var first = Talk(trunk, bob);
        var second = trunk.Call("bob", SdpText.Offer(false, "PCMU"));
        Assert.True(second.Expect(503).TryGetNumber(HeaderId.RetryAfter, out _));
        second.AckRefusal();
        first.Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_call_ends_when_its_time_is_up()
    {
        var (alice, bob) = (_rig.Phone("alice", 1), _rig.Phone("bob", 2));
        _rig.Plan = user => _rig.PlanForUser(user) with { MaxDuration = TimeSpan.FromSeconds(20) };
        Talk(alice, bob);
        _rig.Advance(TimeSpan.FromSeconds(19));
        Assert.False(alice.Has(SipMethod.Bye));
        _rig.Advance(TimeSpan.FromSeconds(1));
        foreach (var peer in new[] { alice, bob })
        {
            var bye = peer.Take(SipMethod.Bye);
            Assert.True(bye.TryGet(HeaderId.Reason, out var reason));
            Assert.Contains("Time limit", System.Text.Encoding.UTF8.GetString(reason), StringComparison.Ordinal);
            peer.Respond(bye, 200);
        }
        Assert.Equal("time-limit", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(28)]
    public void The_minutes_of_the_day_end_a_call_and_refuse_the_next_until_midnight()
    {
        Rights = CallRights.Default with { MaxMinutesPerDay = 1 };
        var (trunk, bob) = (_rig.Phone("trunk", 1), _rig.Phone("bob", 2));
        Talk(trunk, bob);
        _rig.Advance(TimeSpan.FromSeconds(60));
        trunk.Respond(trunk.Take(SipMethod.Bye), 200);
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        var second = trunk.Call("bob", SdpText.Offer(false, "PCMU"));
        second.Expect(403);
        second.AckRefusal();
        Assert.Equal(["time-limit", "forbidden"], _rig.Ended.Select(record => record.EndReason));
        _rig.Advance(TimeSpan.FromDays(1));
        bob.Inbox.Clear();
        Talk(trunk, bob).Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }
}
