using Gateway.Media.Rtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Rtp;

public class RtpReceptionStatsTests
{
    private readonly RtpReceptionStats _stats = new(8000);

    [Fact]
    [Rfc(3550, "A.1")]
    [Rfc(3550, "A.3")]
    public void Loss_repetition_and_disorder_are_counted()
    {
        foreach (var sequence in new ushort[] { 100, 101, 103, 102, 102, 106 })
        {
            Receive(sequence);
        }

        Assert.Equal(7, _stats.Expected);
        Assert.Equal(6, _stats.Received);
        Assert.Equal(1, _stats.Lost); // 104 and 105 are missing, and 102 came twice
        Assert.Equal(1, _stats.Duplicates);
        Assert.Equal(1, _stats.Reordered);
        Assert.Equal(106u, _stats.TakeBlock(0, 0).HighestSequence);
    }

    [Fact]
    [Rfc(3550, "A.3")]
    public void The_fraction_covers_the_time_since_the_last_report()
    {
        for (ushort i = 0; i < 100; i++)
        {
            if (i % 4 != 1)
            {
                Receive(i);
            }
        }

        Assert.Equal((64, 25), (_stats.TakeBlock(0, 0).FractionLost, (int)_stats.Lost));
        for (ushort i = 100; i < 200; i++)
        {
            Receive(i);
        }

        Assert.Equal((0, 25), (_stats.TakeBlock(0, 0).FractionLost, (int)_stats.Lost));
    }

    [Fact]
    [Rfc(3550, "A.1")]
    public void The_sequence_wraps_into_its_upper_half()
    {
        for (var i = 0; i < 100_000; i++)
        {
            Receive((ushort)(60_000 + i));
        }

        Assert.Equal(159_999u, _stats.TakeBlock(0, 0).HighestSequence);
        Assert.Equal(0, _stats.Lost);
    }

    [Fact]
    [Rfc(3550, "A.8")]
    public void Jitter_follows_the_estimator_of_the_rfc()
    {
        // Arrivals 20 ms apart but every second one 10 ms (80 units) late: the estimator tends to 80.
        for (ushort i = 0; i < 500; i++)
        {
            Receive(i, at: TimeSpan.FromMilliseconds((i * 20) + (i % 2 * 10)));
        }

        Assert.InRange(_stats.TakeBlock(0, 0).Jitter, 78u, 80u);
        Assert.InRange(_stats.Jitter.TotalMilliseconds, 9.7, 10.1);
    }

    [Fact]
    public void The_packets_of_a_digit_do_not_count_as_jitter()
    {
        for (ushort i = 0; i < 50; i++)
        {
            Receive(i);
        }

        for (ushort i = 50; i < 100; i++)
        {
            Receive(i, timestamp: 50 * 160);
        }

        for (ushort i = 100; i < 150; i++)
        {
            Receive(i);
        }

        Assert.Equal(TimeSpan.Zero, _stats.Jitter);
    }

    [Fact]
    [Rfc(3550, "A.1")]
    public void A_stray_number_is_ignored_and_a_restart_begins_anew()
    {
        Receive(10);
        Receive(30_000);
        Receive(11);
        Assert.Equal((2, 0), (_stats.Received, _stats.Lost));

        Receive(50_000);
        Receive(50_001);
        Assert.Equal((1, 1), (_stats.Received, _stats.Restarts));
        Receive(7, ssrc: 99);
        Assert.Equal((1, 2, 99u), (_stats.Received, _stats.Restarts, _stats.Ssrc));
    }

    [Fact]
    public void A_packet_from_before_the_first_moves_the_beginning()
    {
        Receive(1);
        Receive(65_535);
        Assert.Equal((3, 2), (_stats.Expected, _stats.Received));
    }

    private void Receive(ushort sequence, TimeSpan? at = null, uint? timestamp = null, uint ssrc = 1)
    {
        var packet = new byte[172];
        RtpHeader.Write(packet, 0, false, sequence, timestamp ?? (uint)(sequence * 160), ssrc);
        Assert.True(RtpPacket.TryParse(packet, out var read));
        _stats.Receive(read, at ?? TimeSpan.FromMilliseconds(sequence * 20));
    }
}
