using System.Text;
using Gateway.Server.FrontEnd;
using Gateway.Testing;

namespace Gateway.Server.Tests.FrontEnd;

/// <summary>The hash that spreads Call-IDs over hops: even, the same everywhere, and steady when the list changes.</summary>
public sealed class RendezvousTests
{
    private static readonly string[] Three = ["sip:10.0.0.1", "sip:10.0.0.2", "sip:10.0.0.3"];

    [Fact]
    [Row(53)]
    public void Load_is_spread_evenly_by_Call_ID()
    {
        var counts = new int[3];
        for (var call = 0; call < 9000; call++)
        {
            counts[Pick(Three, call)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 2700, 3300));
    }

    [Fact]
    [Row(53)]
    public void Rehash_a_changed_list_moves_only_the_calls_of_the_hop_that_went_or_came()
    {
        string[] two = ["sip:10.0.0.3", "sip:10.0.0.1"];
        for (var call = 0; call < 3000; call++)
        {
            var before = Three[Pick(Three, call)];
            var after = two[Pick(two, call)];
            Assert.True(after == before || before == "sip:10.0.0.2", $"call {call} moved from {before} to {after}");
        }
    }

    [Fact]
    [Row(53)]
    public void A_hop_that_is_closed_is_passed_over_and_its_calls_spread_over_the_rest()
    {
        var moved = new int[3];
        for (var call = 0; call < 3000; call++)
        {
            var first = Pick(Three, call);
            var then = Rendezvous.Pick(Three, Key(call), index => index != first);
            Assert.NotEqual(first, then);
            moved[then]++;
        }

        Assert.All(moved, count => Assert.InRange(count, 850, 1150));
        Assert.Equal(-1, Rendezvous.Pick(Three, "x"u8, _ => false));
    }

    private static int Pick(string[] hops, int call) => Rendezvous.Pick(hops, Key(call), _ => true);

    private static byte[] Key(int call) => Encoding.ASCII.GetBytes($"{call * 7919:x}-call@phone.example");
}
