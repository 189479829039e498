using Gateway.Media.Rtp;
using Gateway.Media.Srtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Rtp;

public class RtpRewriterTests
{
    private const uint OurSsrc = 0xAABBCCDD;
    private const int FrameTicks = 160;
    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(20);

    private readonly RtpRewriter _rewriter = new(OurSsrc, 1000, 50_000, 8000);
    private TimeSpan _now = TimeSpan.FromSeconds(10);

    [Fact]
    public void The_stream_is_ours_from_the_first_packet()
    {
        var first = Send(1, 65_000, 900);
        Assert.Equal(RewriteStatus.Ok, first.Status);
        Assert.Equal(OurSsrc, first.Ssrc);
        Assert.Equal((1000, 50_000u, true), (first.Sequence, first.Timestamp, first.Marker));

        var second = Send(1, 65_001, 1060);
        Assert.Equal((1001, 50_160u, false), (second.Sequence, second.Timestamp, second.Marker));
        Assert.Equal(0, _rewriter.Switches);
    }

    [Fact]
    public void Extension_csrc_and_padding_are_stripped_and_the_payload_stays()
    {
        var packet = Hex.Bytes("b2e0 0102 00000a0b 11223344 aaaaaaaa bbbbbbbb bede0001 10ff0000 48656c6c6f 000003");
        Assert.Equal(RewriteStatus.Ok, _rewriter.Rewrite(packet, 0, _now, out var offset, out var length));

        Assert.Equal("808003e80000c350aabbccdd" + "48656c6c6f", Hex.Text(packet.AsSpan(offset, length)));
    }

    [Fact]
    public void A_gap_stays_a_gap_and_a_late_packet_fills_its_own_place()
    {
        Send(1, 10, 0);
        Assert.Equal(1003, Send(1, 13, 480).Sequence);
        Assert.Equal(1001, Send(1, 11, 160).Sequence);
        Assert.Equal(50_160u, Last.Timestamp);
        Assert.Equal(RewriteStatus.Duplicate, Send(1, 11, 160).Status);
        Assert.Equal(1004, Send(1, 14, 640).Sequence);
    }

    [Fact]
    public void The_source_wraps_and_the_stream_goes_on()
    {
        Send(1, 65_534, 0xFFFF_FFF0);
        for (var i = 1; i < 300; i++)
        {
            var sent = Send(1, (ushort)(65_534 + i), 0xFFFF_FFF0 + (uint)(i * FrameTicks));
            Assert.Equal((1000 + i, (uint)(50_000 + (i * FrameTicks))), (sent.Sequence, sent.Timestamp));
        }
    }

    [Fact]
    public void A_new_source_continues_number_and_clock_with_a_marker()
    {
        Send(1, 10, 0);
        Send(1, 11, 160);
        _now += TimeSpan.FromSeconds(1);

        var sent = Send(2, 40_000, 123_456_789, advance: false);
        Assert.Equal((1002, true), (sent.Sequence, sent.Marker));
        Assert.Equal(50_160u + 8160, sent.Timestamp); // one frame and one second later
        Assert.Equal(1, _rewriter.Switches);
        Assert.Equal((1003, false), (Send(2, 40_001, 123_456_949).Sequence, Last.Marker));

        // a late packet of the old source would look like a third source; the same SSRC's packets from before its start are too old
        Assert.Equal(RewriteStatus.TooOld, Send(2, 39_999, 123_456_629).Status);
    }

    [Fact]
    [Rfc(3550, "A.1")]
    public void A_jump_is_believed_when_the_next_packet_confirms_it()
    {
        Send(1, 10, 0);
        Assert.Equal(RewriteStatus.Probation, Send(1, 30_000, 0).Status);
        Assert.Equal(1001, Send(1, 11, 160).Sequence);
        Assert.Equal(RewriteStatus.Probation, Send(1, 40_000, 77).Status);
        var sent = Send(1, 40_001, 237);
        Assert.Equal((RewriteStatus.Ok, 1002, true), (sent.Status, sent.Sequence, sent.Marker));
        Assert.Equal(1003, Send(1, 40_002, 397).Sequence);
    }

    [Fact]
    public void A_clock_set_anew_is_smoothed()
    {
        Send(1, 10, 1_000_000);
        Send(1, 11, 1_000_160);
        var sent = Send(1, 12, 5);
        Assert.Equal((1002, 50_320u, true), (sent.Sequence, sent.Timestamp, sent.Marker));
        Assert.Equal(50_480u, Send(1, 13, 165).Timestamp);
    }

    [Fact]
    public void A_long_digit_in_the_source_is_no_jump_of_the_clock()
    {
        Send(1, 10, 0);
        for (var i = 0; i < 350; i++)
        {
            Assert.Equal(50_160u, Send(1, (ushort)(11 + i), 160).Timestamp);
        }

        var sent = Send(1, 361, 160 + (350 * FrameTicks));
        Assert.Equal((50_160u + (350 * FrameTicks), false), (sent.Timestamp, sent.Marker));
    }

    [Fact]
    public void Silence_suppression_keeps_its_pause()
    {
        Send(1, 10, 0);
        _now += TimeSpan.FromSeconds(60);
        var sent = Send(1, 11, 160 + (60 * 8000), marker: true);
        Assert.Equal((50_000u + 160 + (60 * 8000), true), (sent.Timestamp, sent.Marker));
        Assert.Equal(0, _rewriter.Switches);
    }

    [Fact]
    public void Packets_of_our_own_take_numbers_and_the_source_follows_behind_them()
    {
        Send(1, 10, 0);
        var header = new byte[12];
        _rewriter.WriteOwn(header, 101, true, _rewriter.TimestampAt(_now), _now);
        Assert.Equal("80e503e9", Hex.Text(header.AsSpan(0, 4)));
        _rewriter.WriteOwn(header, 101, false, _rewriter.TimestampAt(_now), _now);

        Assert.Equal(RewriteStatus.TooOld, Send(1, 9, 0).Status);
        var sent = Send(1, 12, 320);
        Assert.Equal((1004, 50_320u), (sent.Sequence, sent.Timestamp)); // 1003 is the lost 11
    }

    [Fact]
    public void Our_own_packets_can_come_first()
    {
        var header = new byte[12];
        _rewriter.WriteOwn(header, 0, true, _rewriter.TimestampAt(_now), _now);
        Assert.Equal("808003e80000c350aabbccdd", Hex.Text(header));
        Assert.Equal(1001, Send(1, 7, 7).Sequence);
    }

    [Fact]
    public void A_first_number_of_our_own_is_below_two_to_the_fifteenth()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var header = new byte[12];
            RtpRewriter.Create(new SeededRandom(seed), 8000).WriteOwn(header, 0, true, 0, default);
            Assert.True(header[2] < 0x80);
        }
    }

    /// <summary>
    /// Rule 8a of the house: whatever sources do, no SRTP index is used twice and nothing that was sent is refused by a peer. Sources switch, restart, lose, repeat
    /// and delay packets, and digits are sent in between.
    /// </summary>
    [Theory]
    [Threat(5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void No_index_is_used_twice(int seed)
    {
        var random = new Random(seed);
        using var key = SrtpMasterKey.Create(SrtpProfile.AeadAes128Gcm, new SeededRandom(seed));
        using var sender = new SrtpSender(key);
        using var receiver = new SrtpReceiver(key);
        var rewriter = RtpRewriter.Create(new SeededRandom(seed), 8000);
        var digits = new TelephoneEventSender(8000, s_frame);
        var delayed = new List<byte[]>();
        var sent = 0;
        uint ssrc = 1;
        var sequence = (ushort)random.Next(65536);
        var timestamp = (uint)random.Next();
        var buffer = new byte[300];

        void Put(ReadOnlySpan<byte> packet)
        {
            packet.CopyTo(buffer);
            if (rewriter.Rewrite(buffer.AsSpan(0, packet.Length), 0, _now, out var offset, out var length) == RewriteStatus.Ok)
            {
                Protect(offset, length);
            }
        }

        void Protect(int offset, int length)
        {
            Assert.Equal(SrtpStatus.Ok, sender.Protect(buffer.AsSpan(offset), length, out var protectedLength));
            Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(buffer.AsSpan(offset, protectedLength), out _));
            sent++;
        }

        for (var i = 0; i < 60_000; i++)
        {
            _now += s_frame;
            sequence++;
            timestamp += FrameTicks;
            var packet = Packet(ssrc, sequence, timestamp, marker: false);
            switch (random.Next(40))
            {
                case 0:
                    break; // lost
                case 1:
                    Put(packet);
                    Put(packet);
                    break;
                case 2:
                    delayed.Add(packet);
                    break;
                case 3:
                    Put(packet);
                    delayed.Add(packet);
                    break;
                case 4 when random.Next(10) == 0:
                    ssrc = (uint)random.Next(1, 4); // also back to one that was there before
                    sequence = (ushort)random.Next(65536);
                    timestamp = (uint)random.Next();
                    break;
                case 5 when random.Next(10) == 0:
                    sequence = (ushort)random.Next(65536);
                    break;
                case 6 when random.Next(10) == 0:
                    digits.Enqueue(new DtmfDigit((byte)random.Next(16), TimeSpan.FromMilliseconds(random.Next(300))), _now);
                    break;
                case 7 when random.Next(10) == 0:
                    rewriter.DropSource();
                    break;
                default:
                    Put(packet);
                    break;
            }

            if (delayed.Count > 0 && random.Next(4) == 0)
            {
                Put(delayed[0]);
                delayed.RemoveAt(0);
            }

            while (digits.TryWrite(_now, rewriter, 101, buffer))
            {
                Protect(0, TelephoneEventSender.PacketLength);
            }
        }

        Assert.True(sent > 50_000);
        Assert.Equal(0, sender.IndexRefusals);
        Assert.Equal(1, receiver.StreamCount);
        Assert.Equal(0, receiver.Replays + receiver.BadTags);
    }

    [Fact]
    public void The_sender_refuses_an_index_that_was_used_even_if_a_caller_repeats_it()
    {
        using var key = SrtpMasterKey.Create(SrtpProfile.AeadAes128Gcm, new SeededRandom(1));
        using var sender = new SrtpSender(key);
        var buffer = new byte[200];
        SrtpStatus Try(ushort sequence)
        {
            Packet(7, sequence, 0, false).CopyTo(buffer, 0);
            return sender.Protect(buffer, 172, out _);
        }

        Assert.Equal(SrtpStatus.Ok, Try(5));
        Assert.Equal(SrtpStatus.IndexUsed, Try(5));
        Assert.Equal(SrtpStatus.TooOld, Try(65_000)); // before the first rollover
        Assert.Equal(SrtpStatus.Ok, Try(500));
        Assert.Equal(SrtpStatus.TooOld, Try(5));
        Assert.Equal(3, sender.IndexRefusals);
    }

    [Fact]
    public void A_packet_costs_no_allocation()
    {
        var packet = Packet(1, 0, 0, false);
        void Round(int from)
        {
            for (var i = from; i < from + 1000; i++)
            {
                packet[8] = packet[9] = packet[10] = 0;
                packet[11] = (byte)(1 + (i / 500));
                packet[2] = (byte)(i >> 8);
                packet[3] = (byte)i;
                _rewriter.Rewrite(packet, 0, _now, out _, out _);
            }
        }

        Round(0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2000, _rewriter.Packets);
    }

    private Sent Last { get; set; } = new(RewriteStatus.Ok, 0, 0, false, 0);

    private static byte[] Packet(uint ssrc, ushort sequence, uint timestamp, bool marker)
    {
        var packet = new byte[172];
        RtpHeader.Write(packet, 8, marker, sequence, timestamp, ssrc);
        return packet;
    }

    private Sent Send(uint ssrc, ushort sequence, uint timestamp, bool marker = false, bool advance = true)
    {
        var packet = Packet(ssrc, sequence, timestamp, marker);
        var status = _rewriter.Rewrite(packet, 0, _now, out var offset, out var length);
        if (advance)
        {
            _now += s_frame;
        }

        if (status != RewriteStatus.Ok)
        {
            return Last = new Sent(status, 0, 0, false, 0);
        }

        Assert.True(RtpPacket.TryParse(packet.AsSpan(offset, length), out var read));
        Assert.Equal(0, read.PayloadType);
        return Last = new Sent(status, read.Sequence, read.Timestamp, read.Marker, read.Ssrc);
    }

    private sealed record Sent(RewriteStatus Status, int Sequence, uint Timestamp, bool Marker, uint Ssrc);
}
