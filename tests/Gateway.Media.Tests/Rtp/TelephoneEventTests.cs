using Gateway.Media.Rtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Rtp;

public class TelephoneEventTests
{
    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(20);

    [Theory]
    [Rfc(4733, "2.3")]
    [InlineData("010a0190", '1', false, 400)]
    [InlineData("0b8a0640", '#', true, 1600)]
    [InlineData("0f3fffff", 'D', false, 65535)]
    public void A_payload_is_read_and_written(string hex, char digit, bool end, int duration)
    {
        Assert.True(TelephoneEvent.TryParse(Hex.Bytes(hex), out var parsed));
        Assert.Equal((digit, end, duration), (parsed.Digit, parsed.End, (int)parsed.Duration));
        var written = new byte[4];
        parsed.Write(written);
        Assert.Equal(hex, Hex.Text(written));
    }

    [Theory]
    [Row(77)]
    [Rfc(4733, "2.5.1")]
    [InlineData(8000, 100)]
    [InlineData(8000, 1000)]
    [InlineData(48000, 100)]
    [InlineData(48000, 3500)]
    public void What_is_sent_is_read_as_one_digit_of_the_same_length(int clockRate, int milliseconds)
    {
        foreach (var digit in "0123456789*#ABCD")
        {
            var packets = Packets(clockRate, digit, milliseconds);
            var reader = new TelephoneEventReader(clockRate);
            var read = Read(reader, packets);

            var one = Assert.Single(read);
            Assert.Equal((digit, milliseconds), (one.Digit, (int)one.Duration.TotalMilliseconds));
        }
    }

    [Fact]
    [Rfc(4733, "2.5.1.4")]
    public void The_packets_are_those_of_the_rfc()
    {
        var packets = Packets(8000, '5', 100);

        Assert.Equal(5 + 2, packets.Count); // five of 20 ms, and the last twice more
        Assert.Equal([true, false, false, false, false, false, false], packets.Select(p => p.Marker));
        Assert.Equal([160, 320, 480, 640, 800, 800, 800], packets.Select(p => (int)p.Event.Duration));
        Assert.Equal([false, false, false, false, true, true, true], packets.Select(p => p.Event.End));
        Assert.Single(packets.Select(p => p.Timestamp).Distinct());
        Assert.Equal(Enumerable.Range(packets[0].Sequence, 7), packets.Select(p => (int)p.Sequence));
    }

    [Fact]
    [Rfc(4733, "2.5.1.3")]
    public void A_long_digit_is_sent_in_segments()
    {
        var packets = Packets(48000, '5', 3500);

        Assert.Equal([0u, 65535u, 131070u], packets.Select(p => p.Timestamp - packets[0].Timestamp).Distinct());
        Assert.Single(packets, p => p.Marker);
    }

    [Theory]
    [Row(77)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Loss_repetition_and_disorder_still_give_each_digit_once(int seed)
    {
        var random = new Random(seed);
        var dialled = "0123456789*#0011223344";
        var packets = new List<Sent>();
        var stream = new RtpRewriter(1, 1, 1000, 8000);
        var sender = new TelephoneEventSender(8000, s_frame);
        var now = TimeSpan.FromSeconds(1);
        foreach (var digit in dialled)
        {
            TelephoneEvent.TryGetCode(digit, out var code);
            Assert.True(sender.Enqueue(new DtmfDigit(code, TimeSpan.FromMilliseconds(100)), now));
        }

        Drain(sender, stream, now, packets);
        var damaged = new List<Sent>();
        foreach (var group in packets.GroupBy(p => p.Timestamp).Select(g => g.ToList()))
        {
            var kept = group.Where(_ => random.Next(100) < 60).ToList();
            if (kept.Count == 0)
            {
                kept.Add(group[random.Next(group.Count)]);
            }

            if (kept.Count > 2 && random.Next(2) == 0)
            {
                (kept[0], kept[1]) = (kept[1], kept[0]);
            }

            damaged.AddRange(kept);
            damaged.Add(kept[^1]);
        }

        Assert.Equal(dialled, string.Concat(Read(new TelephoneEventReader(8000), damaged).Select(d => d.Digit)));
    }

    [Fact]
    public void A_digit_whose_end_is_lost_ends_by_silence_and_its_late_end_is_no_second_digit()
    {
        var reader = new TelephoneEventReader(8000);
        var now = TimeSpan.FromSeconds(1);
        Assert.True(reader.Receive(1000, Hex.Bytes("050a0320"), now));
        Assert.True(reader.IsActive);
        reader.Poll(now + TimeSpan.FromMilliseconds(199));
        Assert.False(reader.TryTake(out _));

        reader.Poll(reader.NextDeadline!.Value);
        Assert.True(reader.TryTake(out var digit));
        Assert.Equal(('5', 100), (digit.Digit, (int)digit.Duration.TotalMilliseconds));
        Assert.Null(reader.NextDeadline);

        Assert.True(reader.Receive(1000, Hex.Bytes("058a0640"), now + TimeSpan.FromSeconds(1)));
        Assert.False(reader.TryTake(out _));
        Assert.False(reader.IsActive);
    }

    [Fact]
    public void The_next_digit_ends_the_one_before_and_both_are_told()
    {
        var reader = new TelephoneEventReader(8000);
        reader.Receive(1000, Hex.Bytes("010a0320"), TimeSpan.Zero);
        reader.Receive(3000, Hex.Bytes("028a0320"), TimeSpan.Zero);

        Assert.True(reader.TryTake(out var first));
        Assert.True(reader.TryTake(out var second));
        Assert.Equal("12", $"{first.Digit}{second.Digit}");
        Assert.False(reader.TryTake(out _));
    }

    [Fact]
    public void A_source_that_begins_anew_with_older_timestamps_is_heard()
    {
        var reader = new TelephoneEventReader(8000);
        reader.Receive(1_000_000, Hex.Bytes("018a0320"), TimeSpan.Zero);
        Assert.True(reader.TryTake(out _));
        reader.Receive(7, Hex.Bytes("028a0320"), TimeSpan.FromSeconds(1));
        Assert.False(reader.TryTake(out _)); // too soon: could be a packet of an event before
        reader.Receive(8000, Hex.Bytes("038a0320"), TimeSpan.FromSeconds(2));
        Assert.True(reader.TryTake(out var digit));
        Assert.Equal('3', digit.Digit);
    }

    [Theory]
    [InlineData("")]
    [InlineData("010a03")]
    [InlineData("200a0320")]
    public void Other_payloads_are_refused(string hex)
    {
        var reader = new TelephoneEventReader(8000);
        Assert.False(reader.Receive(1, Hex.Bytes(hex), TimeSpan.Zero));
        Assert.False(reader.IsActive);
    }

    [Fact]
    public void Waiting_digits_are_limited_and_durations_brought_into_range()
    {
        var sender = new TelephoneEventSender(8000, s_frame);
        for (var i = 0; i < 32; i++)
        {
            Assert.True(sender.Enqueue(new DtmfDigit(1, TimeSpan.Zero), TimeSpan.Zero));
        }

        Assert.False(sender.Enqueue(new DtmfDigit(1, TimeSpan.Zero), TimeSpan.Zero));
        Assert.Equal(320, Packets(8000, '1', 0)[^1].Event.Duration); // 40 ms
        Assert.Equal(48_000, Packets(8000, '1', 60_000)[^1].Event.Duration); // 6 s
    }

    private static List<Sent> Packets(int clockRate, char digit, int milliseconds)
    {
        var stream = new RtpRewriter(1, 1, 1000, clockRate);
        var sender = new TelephoneEventSender(clockRate, s_frame);
        var packets = new List<Sent>();
        Assert.True(TelephoneEvent.TryGetCode(digit, out var code));
        Assert.True(sender.Enqueue(new DtmfDigit(code, TimeSpan.FromMilliseconds(milliseconds)), TimeSpan.FromSeconds(1)));
        Drain(sender, stream, TimeSpan.FromSeconds(1), packets);
        return packets;
    }

    private static void Drain(TelephoneEventSender sender, RtpRewriter stream, TimeSpan now, List<Sent> packets)
    {
        var buffer = new byte[TelephoneEventSender.PacketLength];
        while (sender.NextDeadline is { } due)
        {
            now = due > now ? due : now;
            Assert.True(sender.TryWrite(now, stream, 101, buffer));
            Assert.True(RtpPacket.TryParse(buffer, out var packet));
            Assert.True(TelephoneEvent.TryParse(packet.Payload, out var parsed));
            packets.Add(new Sent(packet.Sequence, packet.Timestamp, packet.Marker, parsed, now));
        }
    }

    private static List<DtmfDigit> Read(TelephoneEventReader reader, List<Sent> packets)
    {
        var read = new List<DtmfDigit>();
        var payload = new byte[4];
        foreach (var packet in packets)
        {
            packet.Event.Write(payload);
            reader.Poll(packet.At);
            Assert.True(reader.Receive(packet.Timestamp, payload, packet.At));
            Take();
        }

        reader.Poll(packets[^1].At + TimeSpan.FromSeconds(1));
        Take();
        return read;

        void Take()
        {
            while (reader.TryTake(out var digit))
            {
                read.Add(digit);
            }
        }
    }

    private sealed record Sent(ushort Sequence, uint Timestamp, bool Marker, TelephoneEvent Event, TimeSpan At);
}
