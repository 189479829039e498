using System.Buffers.Binary;
using Gateway.Media.Sessions;
using Gateway.Testing;
using static Gateway.Media.Tests.Sessions.Play;

namespace Gateway.Media.Tests.Sessions;

[Row(71)]
public sealed class MediaBridgeTests
{
    private readonly LegTrace _near = new();
    private readonly LegTrace _far = new();

    [Fact]
    [Rfc(3550, "7.1")]
    public void Packets_pass_under_numbers_and_types_of_each_leg()
    {
        var (a, _) = Joined(Settings(Opus(111), Event(110, 48000)), Settings(Opus(96), Event(97, 48000)));
        a.Receive(Packet(1, 500, 9000, 111, payload: [1, 2, 3]), 0, Phone, Ms(0));
        a.Receive(Packet(1, 501, 9960, 111, payload: [4]), 0, Phone, Ms(20));

        var sent = _far.Rtp.ToList();
        Assert.Equal([96, 96], sent.Select(s => (int)s.PayloadType));
        Assert.All(sent, s => Assert.Equal(0xBBBBu, s.Ssrc));
        Assert.All(sent, s => Assert.Equal(OtherPhone, s.To));
        Assert.Equal((ushort)(sent[0].Sequence + 1), sent[1].Sequence);
        Assert.Equal(sent[0].Timestamp + 960, sent[1].Timestamp);
        Assert.Equal([1, 2, 3], sent[0].Payload);
        Assert.Empty(_near.Rtp);
    }

    [Fact]
    public void Each_direction_is_its_own()
    {
        var (a, b) = Joined();
        a.Receive(Packet(1, 1, 0), 0, Phone, Ms(0));
        b.Receive(Packet(2, 9, 0), 0, OtherPhone, Ms(0));
        Assert.Single(_far.Rtp);
        Assert.Equal(0xAAAAu, Assert.Single(_near.Rtp).Ssrc);
    }

    [Fact]
    [Rfc(8285, "4.1.2")]
    public void Header_extensions_and_contributing_sources_are_dropped()
    {
        var (a, _) = Joined();
        byte[] packet =
        [
            0x91, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1,
            9, 9, 9, 9,                                 // one CSRC
            0xBE, 0xDE, 0, 1, 0x10, 0x55, 0, 0,         // one-byte extension
            0xD5, 0xD5,
        ];
        a.Receive(packet, 0, Phone, Ms(0));
        var sent = Assert.Single(_far.Rtp);
        Assert.Equal(0x80, sent.Bytes[0]);
        Assert.Equal([0xD5, 0xD5], sent.Payload);
    }

    [Fact]
    public void A_codec_that_the_other_leg_has_not_goes_nowhere()
    {
        var (a, _) = Joined(Settings(Pcmu(), new LegCodec("G722", 8000, 1, 9, 9)), Settings(Pcmu()));
        a.Receive(Packet(1, 1, 0, 9), 0, Phone, Ms(0));
        Assert.Empty(_far.Rtp);
        Assert.Equal(1, ((MediaBridge)a.Sink!).Untranslatable);
    }

    [Fact]
    public void Another_source_continues_the_same_stream()
    {
        var (a, b) = Joined();
        var (c, third) = (new LegTrace(), Address("192.0.2.30", 6000));
        var other = OpenPhone(c, third, 0xCCCC);
        for (var i = 0; i < 10; i++)
        {
            a.Receive(Packet(1, 100 + i, (uint)(i * 160)), 0, Phone, Ms(20 * i));
        }

        MediaBridge.Join(other, b); // a transfer
        for (var i = 0; i < 10; i++)
        {
            other.Receive(Packet(77, 40000 + i, 3_000_000_000u + (uint)(i * 160)), 0, third, Ms(200 + (20 * i)));
        }

        AssertContinuous([.. _far.Rtp]);
        Assert.Equal(20, _far.Rtp.Count());
        Assert.True(_far.Rtp.ElementAt(10).Marker);
    }

    [Fact]
    [Row(73)]
    [Rfc(3264, "8.4")]
    public void Hold_is_silence_and_resume_goes_on_without_a_jump()
    {
        var (a, b) = Joined();
        a.Receive(Packet(1, 1, 0), 0, Phone, Ms(0));
        b.Configure(b.Settings with { CanSend = false }, Ms(10));
        for (var i = 1; i <= 500; i++)
        {
            a.Receive(Packet(1, 1 + i, (uint)(160 * i)), 0, Phone, Ms(20 * i));
        }

        Assert.Single(_far.Rtp);
        b.Configure(b.Settings with { CanSend = true }, Ms(10_010));
        a.Receive(Packet(1, 502, 160 * 501), 0, Phone, Ms(10_020));
        var sent = _far.Rtp.ToList();
        Assert.Equal((ushort)(sent[0].Sequence + 1), sent[1].Sequence);
        Assert.Equal(sent[0].Timestamp + (160u * 501), sent[1].Timestamp);
    }

    [Fact]
    [Row(73)]
    public void A_held_peer_is_counted_and_not_passed_on()
    {
        var (a, _) = Joined();
        a.Configure(a.Settings with { CanReceive = false }, Ms(0));
        a.Receive(Packet(1, 1, 0), 0, Phone, Ms(0));
        Assert.Empty(_far.Rtp);
        Assert.Equal(1, a.Report(Ms(0)).PacketsReceived);
    }

    [Fact]
    public void A_parted_leg_stays_open_and_silent()
    {
        var (a, b) = Joined();
        a.Detach();
        a.Receive(Packet(1, 1, 0), 0, Phone, Ms(0));
        Assert.Empty(_far.Rtp);
        b.Receive(Packet(2, 1, 0), 0, OtherPhone, Ms(0));
        Assert.Single(_near.Rtp); // the way back is the other leg's to cut
    }

    [Theory]
    [InlineData(48000, 8000, 4800, 800)]
    [InlineData(8000, 48000, 800, 4800)]
    [InlineData(8000, 48000, 20000, 65535)]
    [InlineData(8000, 8000, 1234, 1234)]
    [Rfc(4733, "2.3.5")]
    [Row(77)]
    public void Durations_of_events_follow_the_clock(int from, int to, int duration, int expected)
    {
        var (a, _) = Joined(Settings(Pcmu(), Event(110, from)), Settings(Pcmu(), Event(101, to)));
        a.Receive(Packet(1, 1, 0, 110, payload: [5, 10, (byte)(duration >> 8), (byte)duration]), 0, Phone, Ms(0));
        var sent = Assert.Single(_far.Rtp);
        Assert.Equal(101, sent.PayloadType);
        Assert.Equal(expected, BinaryPrimitives.ReadUInt16BigEndian(sent.Payload.AsSpan(2)));
    }

    [Fact]
    [Row(77)]
    public void Of_two_event_types_the_one_with_the_same_clock_is_taken()
    {
        var (a, _) = Joined(
            Settings(Pcmu(), Event(126, 8000)), Settings(Pcmu(), Event(110, 48000), Event(101, 8000)));
        a.Receive(Packet(1, 1, 0, 126, payload: [5, 10, 0, 160]), 0, Phone, Ms(0));
        Assert.Equal(101, Assert.Single(_far.Rtp).PayloadType);
    }

    [Fact]
    public void A_new_answer_changes_the_types_of_a_running_bridge()
    {
        var (a, b) = Joined();
        b.Configure(Settings(Pcmu(98)), Ms(0));
        MediaBridge.Refresh(a, b);
        a.Receive(Packet(1, 1, 0), 0, Phone, Ms(0));
        Assert.Equal(98, Assert.Single(_far.Rtp).PayloadType);
    }

    [Fact]
    public void Late_and_repeated_packets_never_take_a_number_twice()
    {
        var (a, _) = Joined();
        var random = new Random(11);
        for (var i = 0; i < 2000; i++)
        {
            var sequence = Math.Max(0, i - random.Next(6));
            a.Receive(Packet(1, sequence, (uint)(sequence * 160)), 0, Phone, Ms(20 * i));
            if (random.Next(50) == 0)
            {
                _to!.SendDigit('5', Ms(60), Ms(20 * i));
            }

            _to!.RunTo(Ms(20 * i));
        }

        var numbers = _far.Rtp.Select(s => s.Sequence).ToList();
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        Assert.True(numbers.Count > 1000);
    }

    private MediaLeg? _to;

    private (RtpLeg A, RtpLeg B) Joined(LegSettings? near = null, LegSettings? far = null)
    {
        var a = OpenPhone(_near, Phone, 0xAAAA, near);
        var b = OpenPhone(_far, OtherPhone, 0xBBBB, far);
        MediaBridge.Join(a, b);
        _to = b;
        return (a, b);
    }

    private static void AssertContinuous(List<LegTrace.Sent> packets)
    {
        for (var i = 1; i < packets.Count; i++)
        {
            Assert.Equal((ushort)(packets[i - 1].Sequence + 1), packets[i].Sequence);
            Assert.InRange(packets[i].Timestamp - packets[i - 1].Timestamp, 1u, 480u);
            Assert.Equal(packets[0].Ssrc, packets[i].Ssrc);
        }
    }
}
