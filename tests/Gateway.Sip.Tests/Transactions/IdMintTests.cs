using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>Branches and tags: unique, unguessable, and they say which loop they are of.</summary>
public sealed class IdMintTests
{
    private static TransactionLayer Layer(int loop, int seed = 1)
    {
        var rig = new TransactionRig();
        return new TransactionLayer(SipTimers.Default, rig, rig, rig.Wheel, new SeededRandom(seed), loop);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(65_535)]
    [Rfc(3261, "8.1.1.7"), Rfc(3261, "19.3")]
    public void A_branch_and_a_tag_carry_their_loop(int loop)
    {
        var layer = Layer(loop);
        var branch = layer.NewBranch();
        var tag = layer.NewTag();

        Assert.Matches("^z9hG4bKg[0-9a-f]{4}[a-z2-7]{16}$", branch);
        Assert.Matches("^g[0-9a-f]{4}[a-z2-7]{16}$", tag);
        Assert.Equal(loop, TransactionLayer.LoopOf(Encoding.ASCII.GetBytes(branch)));
        Assert.Equal(loop, TransactionLayer.LoopOf(Encoding.ASCII.GetBytes(tag)));
    }

    [Fact]
    [Rfc(3261, "19.3"), Threat(32)]
    public void Ten_thousand_of_them_differ_and_every_random_bit_moves()
    {
        var layer = Layer(0);
        var seen = new HashSet<string>();
        var letters = new HashSet<char>[16];
        for (var index = 0; index < letters.Length; index++)
        {
            letters[index] = [];
        }

        for (var count = 0; count < 10_000; count++)
        {
            var tag = layer.NewTag();
            Assert.True(seen.Add(tag));
            for (var index = 0; index < letters.Length; index++)
            {
                letters[index].Add(tag[5 + index]);
            }
        }

        // 16 digits of 5 bits, all used: 80 bits.
        Assert.All(letters, set => Assert.Equal(32, set.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData("z9hG4bK")]
    [InlineData("z9hG4bKnashds8")]
    [InlineData("g0001aaaaaaaaaaaaaaa")]
    [InlineData("g0001aaaaaaaaaaaaaaaaa")]
    [InlineData("x0001aaaaaaaaaaaaaaaa")]
    [InlineData("g00G1aaaaaaaaaaaaaaaa")]
    [InlineData("g0001aaaaaaaaaaaaaaa1")]
    [InlineData("g0001AAAAAAAAAAAAAAAA")]
    public void What_is_not_ours_names_no_loop(string text)
    {
        Assert.Equal(-1, TransactionLayer.LoopOf(Encoding.ASCII.GetBytes(text)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65_536)]
    public void A_loop_id_has_16_bits(int loop)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Layer(loop));
    }
}
