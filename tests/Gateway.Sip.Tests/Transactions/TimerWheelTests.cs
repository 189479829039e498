using System.Security.Cryptography;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>The wheel to the tick: nothing just before, all at the deadline, in order, whatever a target does meanwhile.</summary>
public sealed class TimerWheelTests
{
    private sealed class Target(Action<int, TimeSpan>? then = null) : ITimerTarget
    {
        public List<int> Fired { get; } = [];

        public void OnTimer(int kind, TimeSpan now)
        {
            Fired.Add(kind);
            then?.Invoke(kind, now);
        }
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 63)]
    [InlineData(0, 64)]
    [InlineData(0, 500)]
    [InlineData(0, 4095)]
    [InlineData(0, 4096)]
    [InlineData(0, 32_000)]
    [InlineData(0, 262_144)]
    [InlineData(0, 86_400_000)]
    [InlineData(4_095, 1)]
    [InlineData(262_143, 2)]
    [InlineData(262_143, 262_144)]
    [InlineData(123_456_789, 987_654_321)]
    public void A_timer_fires_at_its_tick_and_not_one_before(long start, long after)
    {
        var wheel = new TimerWheel(Ms(start));
        var target = new Target();
        wheel.Schedule(Ms(start + after), target, 7);

        wheel.Advance(Ms(start + after - 1));
        Assert.Empty(target.Fired);

        wheel.Advance(Ms(start + after));
        Assert.Equal([7], target.Fired);
        Assert.Equal(0, wheel.Count);
        Assert.Null(wheel.NextDeadline);
    }

    [Fact]
    public void A_deadline_between_two_ticks_waits_for_the_later()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        var target = new Target();
        wheel.Schedule(Ms(10.25), target, 1);

        wheel.Advance(Ms(10.9));
        Assert.Empty(target.Fired);

        wheel.Advance(Ms(11));
        Assert.Equal([1], target.Fired);
    }

    [Fact]
    public void A_wheel_that_is_turned_at_its_own_deadlines_is_never_late()
    {
        var wheel = new TimerWheel(Ms(777));
        var target = new Target();
        wheel.Schedule(Ms(777 + 32_000), target, 1);

        var turns = 0;
        while (target.Fired.Count == 0)
        {
            var next = wheel.NextDeadline!.Value;
            Assert.True(next <= Ms(777 + 32_000));
            wheel.Advance(next);
            Assert.True(++turns <= 7);
        }

        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void Deadlines_of_one_tick_fire_in_the_order_of_arming_even_from_different_levels()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        var target = new Target();
        wheel.Schedule(Ms(5_000), target, 1); // from level 2
        wheel.Advance(Ms(4_100));
        wheel.Schedule(Ms(5_000), target, 2); // from level 1
        wheel.Advance(Ms(4_999));
        wheel.Schedule(Ms(5_000), target, 3); // from level 0
        wheel.Advance(Ms(6_000));

        Assert.Equal([1, 2, 3], target.Fired);
    }

    [Fact]
    public void A_cancelled_timer_is_silent_and_its_handle_stays_harmless()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        var target = new Target();
        var first = wheel.Schedule(Ms(10), target, 1);
        wheel.Cancel(first);
        wheel.Cancel(first);
        wheel.Cancel(default);
        var second = wheel.Schedule(Ms(10), target, 2);
        // The old handle names the same place of the wheel, but not the timer that stands there now.
        Assert.Equal(first.Index, second.Index);
        wheel.Cancel(first);
        Assert.True(wheel.IsArmed(second));

        wheel.Advance(Ms(10));
        Assert.Equal([2], target.Fired);
        Assert.False(wheel.IsArmed(second));
    }

    [Fact]
    public void A_target_may_cancel_its_neighbour_in_the_same_tick()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        var handles = new TimerHandle[3];
        Target target = null!;
        target = new Target((kind, _) => wheel.Cancel(handles[kind == 0 ? 1 : 0]));
        for (var kind = 0; kind < 3; kind++)
        {
            handles[kind] = wheel.Schedule(Ms(10), target, kind);
        }

        wheel.Advance(Ms(10));
        Assert.Equal([0, 2], target.Fired);
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void A_timer_armed_for_now_inside_a_timer_waits_for_the_next_turn()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        Target target = null!;
        target = new Target((kind, now) => wheel.Schedule(now, target, kind + 1));
        wheel.Schedule(Ms(10), target, 0);

        wheel.Advance(Ms(10));
        Assert.Equal([0], target.Fired);
        Assert.Equal(Ms(10), wheel.NextDeadline);

        wheel.Advance(Ms(10));
        Assert.Equal([0, 1], target.Fired);
    }

    [Fact]
    public void Timers_armed_on_the_way_fire_in_the_same_turn_when_the_turn_is_long()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        Target target = null!;
        target = new Target((kind, _) =>
        {
            if (kind < 5)
            {
                wheel.Schedule(Ms((kind + 2) * 100), target, kind + 1);
            }
        });
        wheel.Schedule(Ms(100), target, 0);

        wheel.Advance(Ms(10_000));
        Assert.Equal([0, 1, 2, 3, 4, 5], target.Fired);
    }

    [Fact]
    public void A_target_that_throws_costs_no_other_timer()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        var good = new Target();
        var bad = new Target((_, _) => throw new InvalidOperationException("a bug"));
        wheel.Schedule(Ms(10), good, 1);
        wheel.Schedule(Ms(10), bad, 2);
        wheel.Schedule(Ms(10), good, 3);
        wheel.Schedule(Ms(20), good, 4);

        Assert.Throws<InvalidOperationException>(() => wheel.Advance(Ms(30)));
        wheel.Advance(Ms(30));
        Assert.Equal([1, 3, 4], good.Fired);
        Assert.Equal([2], bad.Fired);
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void Turning_the_wheel_from_inside_a_timer_is_refused()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        Target target = null!;
        target = new Target((_, now) => wheel.Advance(now));
        wheel.Schedule(Ms(1), target, 0);

        Assert.Throws<InvalidOperationException>(() => wheel.Advance(Ms(1)));
    }

    [Fact]
    public void Time_that_runs_backwards_and_deadlines_out_of_range_do_no_harm()
    {
        var wheel = new TimerWheel(Ms(1_000));
        var target = new Target();
        wheel.Schedule(TimeSpan.MaxValue, target, 1);
        wheel.Schedule(TimeSpan.MinValue, target, 2);
        wheel.Advance(Ms(10));
        wheel.Advance(Ms(1_001));

        Assert.Equal([2], target.Fired);
        Assert.Equal(1, wheel.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_arming_cancelling_and_turning_agree_with_a_sorted_list(int seed)
    {
        using var random = new SeededRandom(seed);
        var now = Below(random, 5_000_000);
        var wheel = new TimerWheel(Ms(now));
        var model = new List<(long Due, int Order, TimerHandle Handle)>();
        var target = new Target();
        var order = 0;

        for (var step = 0; step < 4_000; step++)
        {
            switch (Below(random, 10))
            {
                case < 5:
                    var span = new long[] { 4, 100, 5_000, 400_000, 40_000_000 }[Below(random, 5)];
                    var due = now + Below(random, span);
                    model.Add((due, order, wheel.Schedule(Ms(due), target, order)));
                    order++;
                    break;
                case < 7 when model.Count > 0:
                    var index = (int)Below(random, model.Count);
                    wheel.Cancel(model[index].Handle);
                    model.RemoveAt(index);
                    break;
                default:
                    now += Below(random, new long[] { 2, 70, 5_000, 300_000 }[Below(random, 4)]);
                    var expected = model.Where(timer => timer.Due <= now).OrderBy(timer => timer.Due).ThenBy(timer => timer.Order).ToList();
                    target.Fired.Clear();
                    wheel.Advance(Ms(now));
                    Assert.Equal(expected.Select(timer => timer.Order), target.Fired);
                    model.RemoveAll(timer => timer.Due <= now);
                    break;
            }

            Assert.Equal(model.Count, wheel.Count);
            if (model.Count > 0)
            {
                Assert.True(wheel.NextDeadline <= Ms(model.Min(timer => timer.Due)));
            }
        }

        Assert.True(order > 1_000);
    }

    [Fact]
    public void A_steady_stream_of_timers_allocates_nothing()
    {
        var wheel = new TimerWheel(TimeSpan.Zero);
        var target = new Target();
        target.Fired.Capacity = 100_000;
        Run(0, 2_000);
        target.Fired.Clear();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(2_000, 10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(8_000, target.Fired.Count);

        void Run(int from, int to)
        {
            for (var tick = from; tick < to; tick++)
            {
                wheel.Schedule(Ms(tick + 300), target, tick);
                wheel.Cancel(wheel.Schedule(Ms(tick + 32_000), target, tick));
                wheel.Advance(Ms(tick));
            }
        }
    }

    private static long Below(RandomNumberGenerator random, long bound)
    {
        Span<byte> bytes = stackalloc byte[8];
        random.GetBytes(bytes);
        return (long)(BitConverter.ToUInt64(bytes) % (ulong)bound);
    }
}
