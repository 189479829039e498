using System.Text;
using Gateway.Server.Overload;
using Gateway.Testing;

namespace Gateway.Server.Tests.Overload;

/// <summary>The gate for new work: it closes as waits grow, opens as they shrink, and what is under way never meets it.</summary>
public sealed class OverloadControlTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData(0, 200, 0, 0)]
    [InlineData(0, 200, 150, 125)]
    [InlineData(400, 101, 101, 475)]
    [InlineData(400, 300, 400, 400)]
    [InlineData(975, 5000, 5000, 980)]
    [InlineData(500, 100, 0, 500)]
    [InlineData(500, 50, 0, 500)]
    [InlineData(500, 49, 0, 475)]
    [InlineData(8, 0, 0, 0)]
    [Threat(16)]
    public void The_gate_moves_as_the_wait_says(int shed, int waited, int before, int next) =>
        Assert.Equal(next, OverloadControl.Next(shed, TimeSpan.FromMilliseconds(waited), TimeSpan.FromMilliseconds(before), Limit));

    [Theory]
    [InlineData(1.2)]
    [InlineData(2)]
    [InlineData(4)]
    [Threat(16)]
    public void At_twice_the_capacity_nine_tenths_of_it_still_get_through_and_none_waits_long(double load)
    {
        const int perSecond = 500;
        var control = new OverloadControl(Limit);
        var queue = new Queue<TimeSpan>();
        var now = TimeSpan.Zero;
        var (arrived, served, worst, owed, work) = (0, 0, TimeSpan.Zero, 0.0, 0.0);
        var step = TimeSpan.FromMilliseconds(5);
        for (var i = 0; i < 200 * 60; i++, now += step)
        {
            for (owed += load * perSecond * step.TotalSeconds; owed >= 1; owed--)
            {
                queue.Enqueue(now);
            }

            control.Sample(queue.TryPeek(out var oldest) ? now - oldest : TimeSpan.Zero, now);
            for (work += step.TotalSeconds; work > 0 && queue.TryDequeue(out var since);)
            {
                // Turning away costs a fiftieth of what a call costs.
                var isTaken = control.Admits(RequestRank.New, Encoding.ASCII.GetBytes($"call {arrived++} of many"));
                work -= (isTaken ? 1.0 : 0.02) / perSecond;
                if (isTaken && now > TimeSpan.FromSeconds(5))
                {
                    served++;
                    worst = now - since > worst ? now - since : worst;
                }
            }

            work = Math.Min(work, 0);
        }

        Assert.True(served >= 0.9 * perSecond * 55, $"{served} of {perSecond * 55}");
        // Before the client repeats itself (T1).
        Assert.True(worst < TimeSpan.FromMilliseconds(500), $"waited {worst}");
    }

    [Fact]
    [Threat(16)]
    public void Calls_under_way_are_never_turned_away_and_registered_phones_last()
    {
        var control = new OverloadControl(Limit);
        Drive(control, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(600));
        Assert.InRange(control.Shed, 500, 900);

        var calls = Enumerable.Range(0, 1000).Select(call => Encoding.ASCII.GetBytes($"{call}@x")).ToList();
        Assert.All(calls, call => Assert.True(control.Admits(RequestRank.UnderWay, call)));
        Assert.All(calls, call => Assert.True(control.Admits(RequestRank.Kept, call)));
        Assert.InRange(calls.Count(call => control.Admits(RequestRank.New, call)), 1000 - control.Shed - 60, 1000 - control.Shed + 60);

        Drive(control, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), 40);
        Assert.All(calls, call => Assert.True(control.Admits(RequestRank.UnderWay, call)));
        Assert.InRange(calls.Count(call => control.Admits(RequestRank.Kept, call)), 100, 300);
    }

    [Fact]
    public void A_Call_ID_meets_one_verdict_so_that_a_challenged_call_gets_its_second_try()
    {
        var control = new OverloadControl(Limit);
        Drive(control, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(300));

        Assert.All(Enumerable.Range(0, 200), call =>
        {
            var id = Encoding.ASCII.GetBytes($"{call}");
            Assert.Equal(control.Admits(RequestRank.New, id), control.Admits(RequestRank.New, id));
        });
    }

    [Fact]
    public void The_unlucky_are_not_so_for_ever()
    {
        var control = new OverloadControl(Limit);
        var now = Drive(control, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(300));
        var before = Enumerable.Range(0, 200).Select(call => control.Admits(RequestRank.New, Encoding.ASCII.GetBytes($"{call}"))).ToList();
        for (var i = 0; i < 400; i++)
        {
            now += OverloadControl.Interval;
            control.Sample(TimeSpan.FromMilliseconds(75), now);
        }

        var after = Enumerable.Range(0, 200).Select(call => control.Admits(RequestRank.New, Encoding.ASCII.GetBytes($"{call}"))).ToList();
        Assert.InRange(before.Zip(after).Count(pair => pair.First != pair.Second), 40, 160);
    }

    [Fact]
    public void When_the_load_goes_all_is_taken_again_even_after_a_silence()
    {
        var control = new OverloadControl(Limit);
        var now = Drive(control, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 40);
        Assert.True(control.Shed > 900);

        // Nothing came for a minute: the first sample after it says so.
        control.Sample(TimeSpan.Zero, now + TimeSpan.FromMinutes(1));

        Assert.Equal(0, control.Shed);
        Assert.True(control.Admits(RequestRank.New, "x"u8));
    }

    [Fact]
    [Threat(16)]
    public void Short_memory_closes_the_gate_for_new_work_whatever_the_wait()
    {
        var control = new OverloadControl(Limit) { IsPressed = true };
        control.Sample(TimeSpan.Zero, TimeSpan.FromSeconds(1));

        Assert.False(control.Admits(RequestRank.New, "x"u8));
        Assert.True(control.Admits(RequestRank.UnderWay, "x"u8));
        Assert.Equal(100, control.Feedback.Percent);
    }

    [Fact]
    public void Zero_switches_it_off()
    {
        var control = new OverloadControl(TimeSpan.Zero);
        Drive(control, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

        Assert.Equal(0, control.Shed);
    }

    private static TimeSpan Drive(OverloadControl control, TimeSpan from, TimeSpan waited, int intervals = 8)
    {
        var now = from;
        for (var i = 0; i < intervals; i++)
        {
            now += OverloadControl.Interval;
            control.Sample(waited, now);
        }

        return now;
    }
}
