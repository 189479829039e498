using Gateway.Testing;

namespace Gateway.Sip.Tests.Proxying;

/// <summary>A loop is told from a spiral by the branch that we left in the Via (RFC 3261 §16.3 step 4, RFC 5393 §4.2).</summary>
public sealed class LoopDetectionTests
{
    private static readonly OwnAddresses Own = new([new OwnAddress("192.0.2.9", 5060, SipTransport.Udp)], []);

    [Fact]
    [Row(43)]
    [Threat(31)]
    [Rfc(5393, "4.2.2")]
    public void A_request_that_comes_back_unchanged_is_a_loop()
    {
        var request = Sip.Request(Sip.InviteWith("Subject: x"));
        Assert.Equal(LoopVerdict.None, LoopDetection.Find(request, Own, LoopDetection.HashOf(request)));

        // Another proxy with the same idea of where it belongs sends it back.
        var back = Hop(Hop(request, null, "192.0.2.9:5060"), null, "198.51.100.1:5060");

        Assert.Equal(LoopVerdict.Loop, LoopDetection.Find(back, Own, LoopDetection.HashOf(back)));
    }

    [Theory]
    [InlineData("sip:carol@biloxi.example.com", "")]
    [InlineData(null, "Route: <sip:other.example.com;lr>")]
    [InlineData(null, "a: *;audio")]
    [Row(43)]
    [Rfc(5393, "4.2.1")]
    public void A_request_that_comes_back_with_another_target_or_route_is_a_spiral(string? uri, string header)
    {
        var there = Hop(Sip.Request(Sip.InviteWith("Subject: x")), uri, "192.0.2.9:5060");
        var text = System.Text.Encoding.UTF8.GetString(there.Bytes);
        var back = Sip.Request(header.Length == 0 ? text : text.Replace("Subject: x", header, StringComparison.Ordinal));

        Assert.Equal(LoopVerdict.Spiral, LoopDetection.Find(back, Own, LoopDetection.HashOf(back)));
    }

    [Fact]
    [Rfc(5393, "4.2.1")]
    public void The_second_part_does_not_vary_with_the_method_so_that_CANCEL_and_ACK_hash_alike()
    {
        var invite = Sip.Request(Sip.InviteWith("Subject: x"));
        var cancel = Sip.Request(Sip.InviteWith("Subject: x").Replace("INVITE", "CANCEL", StringComparison.Ordinal));

        Assert.Equal(LoopDetection.HashOf(invite), LoopDetection.HashOf(cancel));
        Assert.NotEqual(LoopDetection.HashOf(invite), LoopDetection.HashOf(invite, "account 7"));
    }

    [Fact]
    public void A_branch_in_two_parts_still_finds_its_loop()
    {
        using var random = new SeededRandom(3);
        var mint = new IdMint(random, 0x2a);
        var branch = ProxyBranch.Make(mint.NewBranch(), 0x0123456789abcdef);

        Assert.Equal(0x2a, TransactionLayer.LoopOf(System.Text.Encoding.ASCII.GetBytes(branch)));
        Assert.True(ProxyBranch.TryHash(System.Text.Encoding.ASCII.GetBytes(branch), out var hash));
        Assert.Equal(0x0123456789abcdefUL, hash);
        Assert.False(ProxyBranch.TryHash(System.Text.Encoding.ASCII.GetBytes(mint.NewBranch()), out _));
        Assert.False(ProxyBranch.TryHash("z9hG4bKsomething.0123456789abcdef"u8, out _));
    }

    private static SipRequest Hop(SipRequest request, string? target, string sentBy)
    {
        using var random = new SeededRandom(7);
        var edits = new RequestEdits
        {
            Transport = SipTransport.Udp,
            SentBy = sentBy,
            Branch = ProxyBranch.Make(new IdMint(random, 0).NewBranch(), LoopDetection.HashOf(request)),
            Route = ReceivedRoute.Read(request, Own).Toward(target),
        };
        return Sip.Request(Proxied.Text(request, edits));
    }
}
