using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Auth;

/// <summary>Nonces that need no memory until they are answered, and then just enough to refuse a replay.</summary>
[Threat(24), Row(56)]
public sealed class NonceMintTests
{
    private static readonly byte[] s_key = Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef");

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static NonceMint Mint(string realm = "gateway.example.com", int capacity = 1_000, int seed = 1, byte[]? key = null) =>
        new(key ?? s_key, realm, TimeSpan.FromSeconds(60), new SeededRandom(seed), capacity);

    private static byte[] Bytes(string nonce) => Encoding.ASCII.GetBytes(nonce);

    [Fact]
    [Rfc(7616, "3.3")]
    public void A_nonce_is_good_for_its_lifetime_and_then_stale()
    {
        var mint = Mint();
        var nonce = Bytes(mint.Mint(At(100)));

        Assert.Equal(NonceState.Valid, mint.Check(nonce, At(100)));
        Assert.Equal(NonceState.Valid, mint.Check(nonce, At(160)));
        Assert.Equal(NonceState.Stale, mint.Check(nonce, At(160.001)));
        Assert.Equal(NonceState.Stale, mint.Check(nonce, At(99)));
        Assert.False(mint.Accept(nonce, 1, At(161)));
    }

    [Fact]
    [Rfc(7616, "3.3")]
    public void Another_realm_or_key_or_any_changed_letter_makes_it_forged()
    {
        var mint = Mint();
        var nonce = Bytes(mint.Mint(At(1)));

        Assert.Equal(NonceState.Valid, Mint(seed: 2).Check(nonce, At(1)));
        Assert.Equal(NonceState.Forged, Mint("other.example.com").Check(nonce, At(1)));
        Assert.Equal(NonceState.Forged, Mint(key: new byte[32]).Check(nonce, At(1)));
        for (var at = 0; at < nonce.Length; at++)
        {
            var changed = nonce.ToArray();
            changed[at] = changed[at] == (byte)'A' ? (byte)'B' : (byte)'A';
            Assert.Equal(NonceState.Forged, mint.Check(changed, At(1)));
            Assert.False(mint.Accept(changed, 1, At(1)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("dcd98b7102dd2f0e8b11d0f600bfb0c093")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_we_never_wrote_is_forged(string nonce)
    {
        Assert.Equal(NonceState.Forged, Mint().Check(Bytes(nonce), At(1)));
    }

    [Fact]
    public void No_two_nonces_are_equal_and_minting_keeps_nothing()
    {
        var mint = Mint();
        var seen = Enumerable.Range(0, 10_000).Select(_ => mint.Mint(At(1))).ToHashSet();

        Assert.Equal(10_000, seen.Count);
        Assert.All(seen.Take(10), nonce => Assert.Matches("^[A-Za-z0-9_-]{40}$", nonce));
        Assert.Equal(0, mint.WatchedCount);
    }

    [Fact]
    [Rfc(7616, "3.4")]
    public void A_nonce_count_is_taken_once_also_when_it_was_overtaken()
    {
        var mint = Mint();
        var nonce = Bytes(mint.Mint(At(1)));

        Assert.True(mint.Accept(nonce, 1, At(1)));
        Assert.False(mint.Accept(nonce, 1, At(1)));
        Assert.True(mint.Accept(nonce, 5, At(1)));
        Assert.True(mint.Accept(nonce, 3, At(1)));
        Assert.False(mint.Accept(nonce, 3, At(1)));
        Assert.False(mint.Accept(nonce, 5, At(1)));
        Assert.True(mint.Accept(nonce, 70, At(1)));
        Assert.True(mint.Accept(nonce, 7, At(1)));   // 63 behind
        Assert.False(mint.Accept(nonce, 6, At(1)));  // 64 behind: too late to tell
        Assert.True(mint.Accept(nonce, 1_000_000, At(1)));
        Assert.False(mint.Accept(nonce, 70, At(1)));
        Assert.True(mint.Accept(nonce, uint.MaxValue, At(1)));
        Assert.Equal(1, mint.WatchedCount);
    }

    [Fact]
    [Rfc(2617, "3.2.2")]
    public void An_answer_without_qop_uses_its_nonce_up()
    {
        var mint = Mint();
        var nonce = Bytes(mint.Mint(At(1)));

        Assert.True(mint.Accept(nonce, 0, At(1)));
        Assert.False(mint.Accept(nonce, 0, At(1)));
    }

    [Fact]
    public void The_order_of_random_counts_never_lets_one_through_twice()
    {
        using var random = new SeededRandom(7);
        var mint = Mint();
        var nonce = Bytes(mint.Mint(At(1)));
        var taken = new HashSet<uint>();
        var highest = 0u;
        var noise = new byte[2];
        for (var round = 0; round < 20_000; round++)
        {
            random.GetBytes(noise);
            var count = (uint)Math.Max(1, (long)highest - 80 + (((noise[0] << 8) | noise[1]) % 90));
            var expected = !taken.Contains(count) && (count > highest || highest - count < 64);

            Assert.Equal(expected, mint.Accept(nonce, count, At(1)));
            if (expected)
            {
                taken.Add(count);
                highest = Math.Max(highest, count);
            }
        }

        Assert.True(taken.Count > 1_000);
    }

    [Fact]
    public void Windows_go_when_their_nonces_are_too_old()
    {
        var mint = Mint();
        for (var second = 0; second < 600; second++)
        {
            Assert.True(mint.Accept(Bytes(mint.Mint(At(second))), 1, At(second)));
            Assert.InRange(mint.WatchedCount, 1, 62);
        }
    }

    [Fact]
    [Threat(16)]
    public void When_there_is_no_room_the_oldest_nonce_turns_stale_and_is_not_replayed()
    {
        var mint = Mint(capacity: 3);
        var nonces = Enumerable.Range(1, 4).Select(second => Bytes(mint.Mint(At(second)))).ToArray();
        foreach (var nonce in nonces)
        {
            Assert.True(mint.Accept(nonce, 1, At(10)));
        }

        Assert.Equal(3, mint.WatchedCount);
        Assert.Equal(NonceState.Stale, mint.Check(nonces[0], At(10)));
        Assert.False(mint.Accept(nonces[0], 1, At(10)));
        Assert.False(mint.Accept(nonces[0], 2, At(10)));
        Assert.True(mint.Accept(nonces[1], 2, At(10)));
        Assert.Equal(NonceState.Valid, mint.Check(Bytes(mint.Mint(At(10))), At(10)));
    }

    [Fact]
    public void A_key_that_is_too_short_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Mint(key: new byte[31]));
    }
}
