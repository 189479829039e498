using Gateway.Web.Hubs;

namespace Gateway.Web.Tests.Hubs;

public sealed class ReplayBufferTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    [Fact]
    public void Numbers_rise_by_one_and_the_last_ones_are_kept()
    {
        var buffer = new ReplayBuffer(1000, kept: 3, waiting: 10);
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal(1000 + i, buffer.Publish(s_now, "x", i).Sequence);
        }

        Assert.Equal(["subscribed", "x", "x", "x"], Types(buffer.Listen(1002, s_now)));
        Assert.Equal(["subscribed"], Types(buffer.Listen(1005, s_now)));
        Assert.Equal(["subscribed"], Types(buffer.Listen(null, s_now)));
        Assert.Equal(["too-old"], Types(buffer.Listen(1001, s_now)));
        Assert.Equal(["too-old"], Types(buffer.Listen(1006, s_now)));
    }

    [Fact]
    public async Task A_listener_that_does_not_keep_up_is_dropped_with_a_word()
    {
        var buffer = new ReplayBuffer(0, kept: 2, waiting: 3);
        using var slow = buffer.Listen(null, s_now);
        using var quick = buffer.Listen(null, s_now);
        for (var i = 0; i < 10; i++)
        {
            buffer.Publish(s_now, "x", i);
            while (quick.Events.TryRead(out _))
            {
            }
        }

        Assert.Equal(1, buffer.Listeners);
        var read = 0;
        while (slow.Events.TryRead(out _))
        {
            read++;
        }

        Assert.Equal(6, read);
        await Assert.ThrowsAsync<TooSlowException>(async () => await slow.Events.WaitToReadAsync());
    }

    [Fact]
    public void What_passes_by_has_no_number_and_is_not_kept()
    {
        var buffer = new ReplayBuffer(0, kept: 5, waiting: 5);
        buffer.Publish(s_now, "x", 1);
        using var listener = buffer.Listen(null, s_now);
        buffer.Pass(s_now, "stats", 2);
        buffer.Publish(s_now, "x", 3);

        Assert.Equal(["subscribed", "stats", "x"], Types(listener));
        Assert.Equal(["subscribed", "x", "x"], Types(buffer.Listen(0, s_now)));
    }

    private static List<string> Types(ReplayBuffer.Listener listener)
    {
        List<string> types = [];
        while (listener.Events.TryRead(out var happened))
        {
            types.Add(happened.Type);
        }

        return types;
    }
}
