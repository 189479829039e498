using Gateway.Media.Sessions;
using Gateway.Testing;
using static Gateway.Media.Tests.Sessions.Play;

namespace Gateway.Media.Tests.Sessions;

[Threat(2)]
[Row(71)]
[Row(80)]
public sealed class RtpLatchTests
{
    private const uint Ssrc = 7;
    private static readonly MediaAddress Signalled = Address("10.0.0.5", 4000);
    private static readonly MediaAddress Nat = Address("198.51.100.9", 31000);
    private readonly RtpLatch _latch = new();

    [Fact]
    public void The_signalled_address_is_heard_at_once()
    {
        _latch.SetPeer(new RtpPeer(Signalled, default, false, default, false));
        Assert.Equal(Signalled, _latch.Target);
        Assert.True(_latch.Accept(Signalled, Ssrc, 1, Ms(0)));
        Assert.True(_latch.IsLatched);
    }

    [Fact]
    public void Without_nat_nobody_else_is_ever_heard()
    {
        _latch.SetPeer(new RtpPeer(Signalled, default, false, Nat, false));
        for (var i = 0; i < 100; i++)
        {
            Assert.False(_latch.Accept(Nat, Ssrc, (ushort)i, Ms(20 * i)));
            Assert.False(_latch.Accept(Signalled.WithPort(4002), Ssrc, (ushort)i, Ms(20 * i)));
        }

        Assert.Equal(Signalled, _latch.Target);
    }

    [Fact]
    [Rfc(4961, "4")]
    public void Behind_nat_the_fifth_in_order_packet_latches_the_signalling_host()
    {
        BehindNat();
        for (var i = 1; i <= 4; i++)
        {
            Assert.False(_latch.Accept(Nat, Ssrc, (ushort)(65533 + i), Ms(20 * i)));
        }

        Assert.True(_latch.Accept(Nat, Ssrc, unchecked((ushort)(65533 + 5)), Ms(100)));
        Assert.Equal(Nat, _latch.Target);
    }

    [Fact]
    public void Another_host_never_latches_also_behind_nat()
    {
        BehindNat();
        for (var i = 0; i < 200; i++)
        {
            Assert.False(_latch.Accept(Address("203.0.113.66", 31000), Ssrc, (ushort)i, Ms(i)));
        }

        Assert.False(_latch.IsLatched);
        Assert.Equal(Signalled, _latch.Target);
    }

    [Fact]
    public void Five_packets_in_more_than_three_seconds_do_not_latch()
    {
        BehindNat();
        for (var i = 0; i < 20; i++)
        {
            Assert.False(_latch.Accept(Nat, Ssrc, (ushort)i, TimeSpan.FromSeconds(0.8 * i)));
        }
    }

    [Theory]
    [InlineData(new[] { 1, 2, 3, 2, 3, 3, 2, 1 })]
    [InlineData(new[] { 5, 5, 5, 5, 5, 5, 5, 5 })]
    [InlineData(new[] { 1, 2000, 4000, 6000, 8000, 10000 })]
    public void Packets_out_of_order_do_not_latch(int[] sequences)
    {
        BehindNat();
        var now = 0;
        foreach (var sequence in sequences)
        {
            Assert.False(_latch.Accept(Nat, Ssrc, (ushort)sequence, Ms(now += 10)));
        }
    }

    [Fact]
    public void Five_streams_of_one_packet_each_do_not_latch()
    {
        BehindNat();
        for (var i = 0u; i < 50; i++)
        {
            Assert.False(_latch.Accept(Nat, Ssrc + i, (ushort)i, Ms(i)));
        }
    }

    [Fact]
    public void A_stranger_on_the_same_host_does_not_reset_the_count()
    {
        BehindNat();
        var latched = false;
        for (var i = 1; i <= 5; i++)
        {
            Assert.False(_latch.Accept(Nat.WithPort(9), Ssrc + 1, (ushort)(i * 1000), Ms(20 * i)));
            latched = _latch.Accept(Nat, Ssrc, (ushort)i, Ms((20 * i) + 1));
        }

        Assert.True(latched);
        Assert.Equal(Nat, _latch.Target);
    }

    [Fact]
    public void The_port_moves_only_after_two_seconds_of_silence()
    {
        var moved = Nat.WithPort(31555);
        Latched();
        Assert.False(_latch.Accept(moved, Ssrc, 6, Ms(1100)));
        Assert.False(_latch.Accept(moved, Ssrc, 7, Ms(100 + 1999)));
        Assert.True(_latch.Accept(moved, Ssrc, 8, Ms(100 + 2000)));
        Assert.Equal(moved, _latch.Target);
        Assert.Equal(1, _latch.Moves);
        Assert.False(_latch.Accept(Nat, Ssrc, 9, Ms(2200)));
    }

    [Fact]
    public void Another_host_does_not_move_it_after_any_silence()
    {
        Latched();
        Assert.False(_latch.Accept(Address("203.0.113.66", 31000), Ssrc, 6, TimeSpan.FromHours(1)));
        Assert.Equal(Nat, _latch.Target);
    }

    [Theory]
    [InlineData(Ssrc + 1, 6)]   // another stream
    [InlineData(Ssrc, 5)]       // a repeated packet
    [InlineData(Ssrc, 4)]       // an old one
    [InlineData(Ssrc, 9000)]    // a sequence that does not continue
    public void Another_stream_does_not_move_it(uint ssrc, int sequence)
    {
        Latched();
        Assert.False(_latch.Accept(Nat.WithPort(1), ssrc, (ushort)sequence, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void New_signalling_ends_the_latch_and_a_repetition_does_not()
    {
        Latched();
        BehindNat();
        Assert.Equal(Nat, _latch.Target);
        _latch.SetPeer(new RtpPeer(Signalled.WithPort(6000), default, false, default, false));
        Assert.False(_latch.IsLatched);
        Assert.Equal(Signalled.WithPort(6000), _latch.Target);
    }

    [Fact]
    [Rfc(3605, "2.1")]
    public void Rtcp_goes_to_the_next_port_unless_signalling_names_one()
    {
        _latch.SetPeer(new RtpPeer(Signalled, default, false, default, false));
        Assert.Equal(Signalled.WithPort(4001), _latch.RtcpTarget);
        _latch.SetPeer(new RtpPeer(Signalled, Signalled.WithPort(4777), false, default, false));
        Assert.Equal(Signalled.WithPort(4777), _latch.RtcpTarget);
        _latch.SetPeer(new RtpPeer(Signalled, default, true, default, false));
        Assert.Equal(Signalled, _latch.RtcpTarget);
    }

    [Fact]
    public void Rtcp_latches_apart_and_only_for_the_latched_stream()
    {
        BehindNat();
        var rtcp = Nat.WithPort(31001);
        Assert.False(_latch.AcceptRtcp(rtcp, Ssrc, onRtpPort: false));
        Latched();
        Assert.False(_latch.AcceptRtcp(rtcp.WithPort(40123), Ssrc + 1, onRtpPort: false));
        Assert.False(_latch.AcceptRtcp(Address("203.0.113.66", 31001), Ssrc, onRtpPort: false));
        Assert.True(_latch.AcceptRtcp(rtcp.WithPort(40123), Ssrc, onRtpPort: false));
        Assert.Equal(rtcp.WithPort(40123), _latch.RtcpTarget);
        Assert.Equal(Nat, _latch.Target);
        Assert.False(_latch.AcceptRtcp(Nat, Ssrc, onRtpPort: true));
    }

    [Fact]
    public void Without_signalling_nothing_is_heard()
    {
        Assert.False(_latch.Accept(Nat, Ssrc, 1, Ms(0)));
        Assert.True(_latch.Target.IsNone);
        Assert.True(_latch.RtcpTarget.IsNone);
    }

    private void BehindNat() => _latch.SetPeer(new RtpPeer(Signalled, default, false, Nat.WithPort(0), true));

    private void Latched()
    {
        BehindNat();
        for (var i = 1; i <= 5; i++)
        {
            _latch.Accept(Nat, Ssrc, (ushort)i, Ms(20 * i));
        }

        Assert.True(_latch.IsLatched);
    }
}
