using Gateway.Server.Calls;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Testing;
using static Gateway.Server.Tests.Routing.DialPlanRig;

namespace Gateway.Server.Tests.Routing;

/// <summary>Counting: calls at once, calls a second, minutes a day, from many threads and over a restart (THREATS 28).</summary>
public sealed class CallCapsTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly DialPlanRig _rig = new();
    private readonly CallCaps _caps = new();

    private Caller Ada(CallRights rights)
    {
        _rig.SetRights(rights);
        return _rig.AsAda;
    }

    private RoutePlan.ToTrunks OutPlan(NumberClass kind = NumberClass.National) => new("+49301234", [_rig.Carrier]) { Class = kind };

    [Fact, Threat(28)]
    public void Minutes_are_counted_over_trunks_and_by_the_day()
    {
        var ada = Ada(CallRights.Default with { MaxMinutesPerDay = 10 });
        var inside = _rig.Dial("bob");

        Assert.Equal(TimeSpan.FromMinutes(10), _caps.Remaining(ada, OutPlan(), s_noon));
        Assert.Null(_caps.Remaining(ada, inside, s_noon));
        Assert.True(_caps.Talked(ada, OutPlan(), TimeSpan.FromMinutes(9), s_noon));
        Assert.Equal(TimeSpan.FromMinutes(1), _caps.Remaining(ada, OutPlan(), s_noon));
        Assert.False(_caps.Talked(ada, OutPlan(), TimeSpan.FromMinutes(2), s_noon));
        Assert.Equal(TimeSpan.Zero, _caps.Remaining(ada, OutPlan(), s_noon));

        Assert.Equal("cap_minutes", _caps.TryBegin(ada, s_noon, OutPlan())?.Label);
        Assert.Null(_caps.TryBegin(ada, s_noon, inside));
        Assert.Null(_caps.TryBegin(ada, s_noon.AddHours(12), OutPlan()));
        Assert.Equal(TimeSpan.Zero, _caps.TalkToday(ada.Id, s_noon.AddHours(12)));
    }

    [Fact]
    public void An_emergency_call_is_never_refused()
    {
        var ada = Ada(CallRights.Default with { MaxMinutesPerDay = 1, MaxCalls = 1 });
        Assert.Null(_caps.TryBegin(ada, s_noon, OutPlan()));
        _caps.Talked(ada, OutPlan(), TimeSpan.FromHours(1), s_noon);

        Assert.Equal("cap_calls", _caps.TryBegin(ada, s_noon, OutPlan())?.Label);
        Assert.Null(_caps.TryBegin(ada, s_noon, OutPlan(NumberClass.Emergency)));
        Assert.Null(_caps.Remaining(ada, OutPlan(NumberClass.Emergency), s_noon));
        Assert.Equal(2, _caps.Calls(ada.Id));
    }

    [Fact]
    public void Calls_a_second_are_a_bucket()
    {
        var trunk = _rig.Carrier with { MaxCallsPerSecond = 2 };
        var now = TimeSpan.FromSeconds(5);

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => _caps.TryEnterTrunk(trunk, now)));
        Assert.False(_caps.TryEnterTrunk(trunk, now + TimeSpan.FromMilliseconds(499)));
        Assert.True(_caps.TryEnterTrunk(trunk, now + TimeSpan.FromMilliseconds(500)));
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => _caps.TryEnterTrunk(trunk, now + TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public void A_trunks_channels_are_shared_by_both_ways()
    {
        var trunk = _rig.Carrier with { MaxCalls = 2 };
        var inbound = From(trunk);

        Assert.True(_caps.TryEnterTrunk(trunk, TimeSpan.Zero));
        Assert.Null(_caps.TryBegin(inbound, s_noon));
        Assert.False(_caps.TryEnterTrunk(trunk, TimeSpan.Zero));
        Assert.Equal(("cap_trunk_calls", 503), _caps.TryBegin(inbound, s_noon) is { } refused ? (refused.Label, refused.Status) : default);
        Assert.True(_caps.TryEnterTrunk(trunk, TimeSpan.Zero, NumberClass.Emergency));
        _caps.LeaveTrunk(trunk.Id);
        _caps.LeaveTrunk(trunk.Id);
        Assert.Null(_caps.TryBegin(inbound, s_noon));
        _caps.End(inbound);
        _caps.End(inbound);
        _caps.End(inbound);
        Assert.Equal(0, _caps.Calls(trunk.Id));
    }

    [Fact, Threat(28)]
    public void A_widget_has_calls_at_once_and_a_day()
    {
        var widget = NewWidget(new Destination.ToService("echo")) with { MaxCalls = 1, MaxCallsPerDay = 2 };
        var visitor = new Caller.FromWidget(new WidgetSession { Id = Guid.Empty, Widget = widget, Origin = "" }, "visitor@gw.example");

        Assert.Null(_caps.TryBegin(visitor, s_noon));
        Assert.Equal("cap_calls", _caps.TryBegin(visitor, s_noon)?.Label);
        _caps.End(visitor);
        Assert.Null(_caps.TryBegin(visitor, s_noon));
        _caps.End(visitor);
        Assert.Equal("cap_day", _caps.TryBegin(visitor, s_noon)?.Label);
        Assert.Null(_caps.TryBegin(visitor, s_noon.AddDays(1)));
    }

    [Fact]
    public void A_restart_does_not_hand_out_the_day_anew()
    {
        var ada = Ada(CallRights.Default with { MaxMinutesPerDay = 10 });
        CallRecord Record(string caller, double? talked, Guid? trunk, DateTimeOffset at, CallerKind kind = CallerKind.Account) => new()
        {
            Id = Guid.CreateVersion7(), DomainId = Guid.Empty, NodeId = "n", Caller = caller, Callee = "x", StartedAt = at, TalkSeconds = talked, Trunk = trunk, CallerKind = kind,
        };

        _caps.Restore(
        [
            Record("ada@gw.example", 240, _rig.Carrier.Id, s_noon.AddHours(-1)),
            Record("ada@gw.example", 60, null, s_noon.AddHours(-1)),
            Record("ada@gw.example", 240, _rig.Carrier.Id, s_noon.AddDays(-1)),
            Record("gone@gw.example", 240, _rig.Carrier.Id, s_noon),
            Record("no at sign", 240, _rig.Carrier.Id, s_noon),
            Record("+49@carrier", 600, _rig.Carrier.Id, s_noon, CallerKind.Trunk),
            // A crash left only the estimated end.
            Record("ada@gw.example", null, _rig.Carrier.Id, s_noon) with { AnsweredAt = s_noon, EndedAt = s_noon.AddMinutes(1) },
        ], _rig.Core.Accounts, s_noon);

        Assert.Equal(TimeSpan.FromMinutes(5), _caps.Remaining(ada, OutPlan(), s_noon));
        Assert.Equal(TimeSpan.FromMinutes(10), _caps.TalkToday(_rig.Carrier.Id, s_noon));
    }

    [Fact]
    public void Many_threads_never_exceed_a_limit()
    {
        var ada = Ada(CallRights.Default with { MaxCalls = 3 });
        var most = 0;
        var now = 0;
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                if (_caps.TryBegin(ada, s_noon) is not null) continue;
                var at = Interlocked.Increment(ref now);
                InterlockedMax(ref most, at);
                Interlocked.Decrement(ref now);
                _caps.End(ada);
            }
        });

        Assert.InRange(most, 1, 3);
        Assert.Equal(0, _caps.Calls(ada.Id));

        static void InterlockedMax(ref int target, int value)
        {
            for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
            {
                if (Interlocked.CompareExchange(ref target, value, seen) == seen) return;
            }
        }
    }
}
