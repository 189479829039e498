using Gateway.Testing;

namespace Gateway.Sip.Tests.Resolution;

/// <summary>RFC 2782: lower priorities first, weights in proportion.</summary>
public class SrvOrderTests
{
    [Fact]
    [Rfc(2782, "Usage rules")]
    public void Priorities_are_kept_apart_and_nothing_is_lost()
    {
        SrvRecord[] records = [Srv(20, 5, "d"), Srv(10, 0, "a"), Srv(10, 7, "b"), Srv(0, 1, "x"), Srv(10, 65535, "c")];
        var random = new SeededRandom(3);
        for (var round = 0; round < 200; round++)
        {
            var drawn = SrvOrder.Draw(records, random);
            Assert.Equal(records.Order(Comparer<SrvRecord>.Create((a, b) => string.CompareOrdinal(a.Target, b.Target))), drawn.OrderBy(record => record.Target, StringComparer.Ordinal));
            Assert.Equal([0, 10, 10, 10, 20], drawn.Select(record => (int)record.Priority));
        }
    }

    [Fact]
    [Rfc(2782, "Usage rules")]
    public void Weights_are_the_shares_of_first_choices()
    {
        // The zone of the RFC's example: weights 1 and 3, so three quarters go to the second.
        const int rounds = 20_000;
        SrvRecord[] records = [Srv(0, 1, "old-slow-box"), Srv(0, 3, "new-fast-box")];
        var random = new SeededRandom(5);
        var first = Enumerable.Range(0, rounds).Count(_ => SrvOrder.Draw(records, random)[0].Target == "new-fast-box");
        Assert.InRange((double)first / rounds, 0.735, 0.765);
    }

    [Fact]
    [Rfc(2782, "Usage rules")]
    public void Large_weights_come_near_their_proportion_and_zero_is_seldom_first()
    {
        const int rounds = 20_000;
        SrvRecord[] records = [Srv(0, 300, "c"), Srv(0, 0, "zero"), Srv(0, 600, "b"), Srv(0, 100, "a")];
        var random = new SeededRandom(6);
        var first = Enumerable.Range(0, rounds).Select(_ => SrvOrder.Draw(records, random)[0].Target).CountBy(target => target).ToDictionary();
        Assert.InRange(first["b"] / (double)rounds, 0.58, 0.62);
        Assert.InRange(first["c"] / (double)rounds, 0.28, 0.32);
        Assert.InRange(first["a"] / (double)rounds, 0.08, 0.12);
        Assert.InRange(first.GetValueOrDefault("zero"), 1, rounds / 200);
    }

    [Fact]
    public void No_weights_at_all_and_no_records_at_all_are_fine()
    {
        Assert.Equal(2, SrvOrder.Draw([Srv(0, 0, "a"), Srv(0, 0, "b")], new SeededRandom(1)).Length);
        Assert.Empty(SrvOrder.Draw([], new SeededRandom(1)));
    }

    private static SrvRecord Srv(ushort priority, ushort weight, string target) => new("_sip._udp.example", 60, priority, weight, 5060, target);
}
