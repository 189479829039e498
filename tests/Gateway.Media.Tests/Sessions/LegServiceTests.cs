using System.Buffers.Binary;
using Gateway.Media.Rtp;
using Gateway.Media.Sessions;
using Gateway.Testing;
using static Gateway.Media.Tests.Sessions.Play;

namespace Gateway.Media.Tests.Sessions;

/// <summary>Echo and tone, digits, silence, reports and counters of one leg in virtual time.</summary>
public sealed class LegServiceTests
{
    private readonly LegTrace _trace = new();

    [Fact]
    public void Echo_returns_packets_as_a_stream_of_ours()
    {
        var leg = OpenPhone(_trace, Phone);
        leg.Serve(LegService.Echo, Ms(0));
        for (var i = 0; i < 5; i++)
        {
            leg.Receive(Packet(1, 10 + i, (uint)(160 * i), payload: [(byte)i]), 0, Phone, Ms(20 * i));
        }

        Assert.Equal([0, 1, 2, 3, 4], _trace.Rtp.Select(p => (int)p.Payload[0]));
        Assert.All(_trace.Rtp, p => Assert.Equal(0xAAAA_0001u, p.Ssrc));
        Assert.Equal(LegEventKind.Ready, Assert.Single(_trace.Events).Kind);
    }

    [Theory]
    [InlineData(20, 160)]
    [InlineData(30, 240)]
    [InlineData(60, 480)]
    [Rfc(3551, "4.2")]
    public void The_tone_keeps_the_packet_time(int packetTime, int samples)
    {
        var leg = OpenPhone(_trace, Phone, settings: Settings(Pcmu()) with { PacketTime = Ms(packetTime) });
        leg.Serve(LegService.Tone, Ms(0));
        leg.RunTo(Ms(packetTime * 10));
        var sent = _trace.Rtp.ToList();
        Assert.Equal(11, sent.Count);
        Assert.True(sent[0].Marker);
        Assert.All(sent, p => Assert.Equal(samples, p.Payload.Length));
        Assert.All(sent.Zip(sent.Skip(1)), pair => Assert.Equal((uint)samples, pair.Second.Timestamp - pair.First.Timestamp));
        Assert.All(sent.Zip(sent.Skip(1)), pair => Assert.Equal(1, (ushort)(pair.Second.Sequence - pair.First.Sequence)));
    }

    [Fact]
    public void The_tone_is_1004_hertz()
    {
        var leg = OpenPhone(_trace, Phone, settings: Settings(new LegCodec("PCMA", 8000, 1, 8, 8)));
        leg.Serve(LegService.Tone, Ms(0));
        leg.RunTo(Ms(999));
        var crossings = 0;
        short before = 0;
        foreach (var octet in _trace.Rtp.SelectMany(p => p.Payload))
        {
            var sample = Gateway.Media.Audio.G711.Decode(Gateway.Media.Audio.G711Law.A, octet);
            crossings += before < 0 && sample >= 0 ? 1 : 0;
            before = sample;
        }

        Assert.InRange(crossings, 1003, 1005);
    }

    [Fact]
    public void The_ringing_tone_sounds_one_second_in_five()
    {
        var leg = OpenPhone(_trace, Phone);
        leg.Serve(LegService.Ringback, Ms(0));
        leg.RunTo(Ms(9999));
        var sent = _trace.Rtp.ToList();
        Assert.Equal(100, sent.Count);
        Assert.Equal([0, 50], sent.Select((packet, index) => (packet, index)).Where(pair => pair.packet.Marker).Select(pair => pair.index));
        // The pause takes its time in the stream too.
        Assert.Equal(40_000u, sent[50].Timestamp - sent[0].Timestamp);
        Assert.Equal(50, (ushort)(sent[50].Sequence - sent[0].Sequence));
    }

    [Fact]
    [Rfc(7587, "4.1")]
    public void An_opus_leg_hears_the_ready_made_frames_round_and_round()
    {
        var leg = OpenPhone(_trace, Phone, settings: Settings(Opus(), Event(110, 48000)));
        leg.Serve(LegService.Tone, Ms(0), [[1], [2, 2], [3]]);
        leg.RunTo(Ms(100));
        var sent = _trace.Rtp.ToList();
        Assert.Equal([1, 2, 3, 1, 2, 3], sent.Select(p => (int)p.Payload[0]));
        Assert.All(sent, p => Assert.Equal(111, p.PayloadType));
        Assert.All(sent.Zip(sent.Skip(1)), pair => Assert.Equal(960u, pair.Second.Timestamp - pair.First.Timestamp));
    }

    [Fact]
    public void The_tone_takes_g711_before_opus_and_nothing_else()
    {
        var both = OpenPhone(_trace, Phone, settings: Settings(Opus(), Pcmu()));
        both.Serve(LegService.Tone, Ms(0), [[1]]);
        both.RunTo(Ms(0));
        Assert.Equal(0, Assert.Single(_trace.Rtp).PayloadType);

        var neither = new LegTrace();
        var leg = OpenPhone(neither, Phone, settings: Settings(new LegCodec("G722", 8000, 1, 9, 9)));
        leg.Serve(LegService.Tone, Ms(0), [[1]]);
        leg.RunTo(Ms(500));
        Assert.Empty(neither.Rtp);
    }

    [Fact]
    public void The_tone_does_not_burst_after_a_stall()
    {
        var leg = OpenPhone(_trace, Phone);
        leg.Serve(LegService.Tone, Ms(0));
        leg.OnDeadline(Ms(0));
        leg.OnDeadline(Ms(5000));
        leg.OnDeadline(Ms(5000));
        leg.OnDeadline(Ms(5001));
        Assert.Equal(2, _trace.Rtp.Count());
    }

    [Fact]
    public void A_leg_on_hold_hears_no_tone()
    {
        var leg = OpenPhone(_trace, Phone, settings: Settings() with { CanSend = false });
        leg.Serve(LegService.Tone, Ms(0));
        leg.RunTo(Ms(500));
        Assert.Empty(_trace.Rtp);
    }

    [Fact]
    [Row(77)]
    [Rfc(4733, "2.5.1.4")]
    public void A_digit_is_played_into_the_stream_and_sound_waits_for_it()
    {
        var far = new LegTrace();
        var source = OpenPhone(far, OtherPhone, 0xBBBB);
        var leg = OpenPhone(_trace, Phone);
        MediaBridge.Join(source, leg);
        for (var i = 0; i < 30; i++)
        {
            var now = Ms(20 * i);
            if (i == 5)
            {
                leg.SendDigit('7', Ms(100), now);
            }

            leg.RunTo(now);
            source.Receive(Packet(1, i, (uint)(160 * i)), 0, OtherPhone, now);
        }

        var sent = _trace.Rtp.ToList();
        for (var i = 1; i < sent.Count; i++)
        {
            Assert.Equal(1, (ushort)(sent[i].Sequence - sent[i - 1].Sequence));
        }

        var events = sent.Where(p => p.PayloadType == 101).ToList();
        Assert.All(events, e => Assert.Equal(7, e.Payload[0]));
        Assert.Single(events.Select(e => e.Timestamp).Distinct());
        Assert.Equal([true, false, false, false, false, false, false], events.Select(e => e.Marker));
        Assert.Equal(3, events.Count(e => (e.Payload[1] & 0x80) != 0));
        Assert.Equal(800, BinaryPrimitives.ReadUInt16BigEndian(events[^1].Payload.AsSpan(2)));
        var first = sent.IndexOf(events[0]);
        Assert.All(sent.Skip(first).Take(events.Count), p => Assert.Equal(101, p.PayloadType)); // no sound in between
        Assert.Equal(0, sent[^1].PayloadType);
        Assert.Equal(sent[0].Timestamp + (160u * 29), sent[^1].Timestamp); // and the clock ran on
    }

    [Fact]
    [Row(77)]
    [Rfc(4733, "2.5.2")]
    public void A_digit_of_the_peer_is_told_once_with_its_length()
    {
        var leg = OpenPhone(_trace, Phone, settings: Settings() with { ReportDigits = true });
        leg.Serve(LegService.Echo, Ms(0));
        for (var i = 1; i <= 5; i++)
        {
            leg.Receive(Packet(1, i, 5000, 101, i == 1, [9, 10, 0, (byte)(i * 40)]), 0, Phone, Ms(20 * i));
        }

        for (var i = 6; i <= 8; i++)
        {
            leg.Receive(Packet(1, i, 5000, 101, payload: [9, 0x8A, 0, 240]), 0, Phone, Ms(20 * i));
        }

        var told = Assert.Single(_trace.Events, e => e.Kind == LegEventKind.Digit);
        Assert.Equal('9', told.Digit);
        Assert.Equal(Ms(30), told.Time);
        Assert.Empty(_trace.Rtp); // not passed on as packets
    }

    [Fact]
    [Row(77)]
    public void Digits_and_codecs_that_stay_behind_leave_no_gap_in_the_other_stream()
    {
        var far = new LegTrace();
        var leg = OpenPhone(_trace, Phone, settings: Settings(Pcmu(), new LegCodec("CN", 8000, 1, 13, 13), Event()) with { ReportDigits = true });
        var other = OpenPhone(far, OtherPhone, 0xBBBB, Settings(Pcmu(), Event()));
        MediaBridge.Join(leg, other);
        byte[] types = [0, 0, 13, 0, 101, 101, 101, 0, 13, 0];
        for (var i = 0; i < types.Length; i++)
        {
            leg.Receive(Packet(1, i, (uint)(160 * i), types[i], payload: [1, 0, 0, 80]), 0, Phone, Ms(20 * i));
        }

        var sent = far.Rtp.ToList();
        Assert.Equal(5, sent.Count);
        for (var i = 1; i < sent.Count; i++)
        {
            Assert.Equal(1, (ushort)(sent[i].Sequence - sent[i - 1].Sequence));
        }

        Assert.Equal(160u * 9, sent[^1].Timestamp - sent[0].Timestamp);
    }

    [Fact]
    [Row(77)]
    [Rfc(4733, "2.5.1.1")]
    public void A_digit_of_ours_waits_for_the_end_of_one_that_passes_and_is_not_cut_by_the_next()
    {
        var far = new LegTrace();
        var source = OpenPhone(far, OtherPhone, 0xBBBB);
        var leg = OpenPhone(_trace, Phone);
        MediaBridge.Join(source, leg);
        for (var i = 0; i < 40; i++)
        {
            var now = Ms(20 * i);
            leg.RunTo(now);
            if (i is < 6 or >= 12 and < 14) // event 11 passes; then event 3 begins in the middle of ours
            {
                byte code = i < 6 ? (byte)11 : (byte)3;
                source.Receive(Packet(1, i, code * 1000u, 101, payload: [code, 10, 0, (byte)(i * 8)]), 0, OtherPhone, now);
            }

            if (i == 2)
            {
                leg.SendDigit('7', Ms(100), now);
            }
        }

        Assert.Equal([11, 7], Codes(_trace.Rtp));
        Assert.Equal(7, _trace.Rtp.Count(p => p.Payload[0] == 7));

        static IEnumerable<int> Codes(IEnumerable<LegTrace.Sent> packets) =>
            packets.Select(p => (int)p.Payload[0]).Aggregate(new List<int>(), (seen, code) => seen.LastOrDefault(-1) == code ? seen : [.. seen, code]);
    }

    [Fact]
    [Row(77)]
    public void A_digit_whose_end_is_lost_is_told_too()
    {
        var leg = OpenPhone(_trace, Phone, settings: Settings() with { ReportDigits = true });
        leg.Receive(Packet(1, 1, 5000, 101, true, [10, 10, 1, 0x40]), 0, Phone, Ms(0));
        leg.RunTo(Ms(1000));
        Assert.Equal('*', Assert.Single(_trace.Events, e => e.Kind == LegEventKind.Digit).Digit);
    }

    [Fact]
    [Rfc(3550, "6.2")]
    public void Reports_go_out_about_every_five_seconds_on_the_rtcp_port()
    {
        var leg = OpenPhone(_trace, Phone);
        leg.Serve(LegService.Tone, Ms(0));
        leg.RunTo(TimeSpan.FromSeconds(60));
        var reports = _trace.Rtcp.ToList();
        Assert.InRange(reports.Count, 8, 25);
        Assert.All(reports, r => Assert.Equal((1, Phone.WithPort(Phone.Port + 1)), (r.Local, r.To)));
        Assert.All(reports, r => Assert.Equal((byte)RtcpType.SenderReport, r.Bytes[1]));
    }

    [Fact]
    [Rfc(3550, "6.6")]
    public void Closing_a_plain_leg_says_goodbye()
    {
        var leg = OpenPhone(_trace, Phone);
        leg.Close(Ms(10));
        Assert.True(RtcpReader.TryOpen(Assert.Single(_trace.Rtcp).Bytes, out var reader));
        var goodbye = false;
        while (reader.TryRead(out var packet))
        {
            goodbye |= packet.TryGetGoodbye(0, out var ssrc) && ssrc == leg.Ssrc;
        }

        Assert.True(goodbye);
    }

    [Fact]
    [Rfc(3550, "6.4.1")]
    public void The_counters_know_loss_jitter_and_the_round_trip()
    {
        var leg = OpenPhone(_trace, Phone);
        leg.Serve(LegService.Tone, Ms(0));
        for (var i = 0; i < 100; i++)
        {
            if (i is < 40 or >= 45)
            {
                leg.Receive(Packet(1, i, (uint)(160 * i)), 0, Phone, Ms((20 * i) + (i % 2 * 8)));
            }
        }

        leg.RunTo(TimeSpan.FromSeconds(7));
        var report = _trace.Rtcp.Last().Bytes;
        var ours = BinaryPrimitives.ReadUInt32BigEndian(report.AsSpan(10)); // middle of the NTP time
        var answer = new byte[32];
        answer[0] = 0x81;
        answer[1] = 201;
        answer[3] = 7;
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(8), leg.Ssrc);
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(12), 11); // lost in all
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(24), ours);
        leg.Receive(answer, 1, Phone.WithPort(Phone.Port + 1), TimeSpan.FromSeconds(7));

        var counters = leg.Report(TimeSpan.FromSeconds(7));
        Assert.Equal("PCMU", counters.Codec);
        Assert.Equal(95, counters.PacketsReceived);
        Assert.Equal(95 * 160, counters.BytesReceived);
        Assert.Equal(5, counters.PacketsLost);
        Assert.Equal(11, counters.PeerPacketsLost);
        Assert.Equal(_trace.Rtp.Count(), counters.PacketsSent);
        Assert.InRange(counters.Jitter.TotalMilliseconds, 4, 8.5);
        Assert.NotNull(counters.RoundTrip);
        Assert.InRange(counters.LongestSilence.TotalMilliseconds, 100, 130);
    }

    [Fact]
    [Rfc(3551, "4.1")]
    public void Unoffered_types_and_strangers_are_counted_and_go_nowhere()
    {
        var leg = OpenPhone(_trace, Phone);
        leg.Serve(LegService.Echo, Ms(0));
        leg.Receive(Packet(1, 1, 0, 18), 0, Phone, Ms(0));
        leg.Receive(Packet(1, 2, 0), 0, OtherPhone, Ms(0));
        leg.Receive(Packet(1, 3, 0), 1, Phone, Ms(0)); // on the RTCP port
        leg.Receive([0x80], 0, Phone, Ms(0));
        leg.Receive([], 0, Phone, Ms(0));
        leg.Receive([0x80, 200, 0, 1], 1, Phone, Ms(0));
        leg.Receive(Packet(1, 4, 0).AsSpan(0, 9), 0, Phone, Ms(0));
        Assert.Empty(_trace.Datagrams);
        Assert.Empty(_trace.Events);
        Assert.Equal(7, leg.Report(Ms(0)).Discarded);
    }

    [Fact]
    [Threat(2)]
    public void A_learned_address_and_a_moved_port_are_told()
    {
        var leg = new RtpLeg(_trace, 1, "cname", new SeededRandom(1));
        var nat = Address("198.51.100.9", 31000);
        leg.SetPeer(new RtpPeer(Phone, default, false, nat.WithPort(0), true), Ms(0));
        leg.Configure(Settings(), Ms(0));
        for (var i = 0; i < 6; i++)
        {
            leg.Receive(Packet(1, i, 0), 0, nat, Ms(20 * i));
        }

        leg.Receive(Packet(1, 6, 0), 0, nat.WithPort(4), Ms(5000));
        leg.Receive(Packet(1, 7, 0), 0, nat.WithPort(4), Ms(5020));
        Assert.Equal(
            [LegEventKind.SourceLearned, LegEventKind.Ready, LegEventKind.SourceMoved], _trace.Events.Select(e => e.Kind));
        Assert.Equal(nat.WithPort(4), leg.Target);
    }

    [Fact]
    [Row(36)]
    public void Silence_is_told_once_at_its_limit_and_again_after_a_sound()
    {
        var leg = OpenPhone(_trace, Phone, settings: Settings() with { SilenceLimit = TimeSpan.FromSeconds(10) });
        leg.RunTo(Ms(500));
        leg.Receive(Packet(1, 1, 0), 0, Phone, Ms(500));
        leg.RunTo(TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(_trace.Events, e => e.Kind == LegEventKind.Silent);
        leg.RunTo(TimeSpan.FromSeconds(60));
        Assert.InRange(Assert.Single(_trace.Events, e => e.Kind == LegEventKind.Silent).Time.TotalSeconds, 10, 11);
        leg.Receive(Packet(1, 2, 0), 0, Phone, TimeSpan.FromSeconds(60));
        leg.RunTo(TimeSpan.FromSeconds(71));
        Assert.Equal(2, _trace.Events.Count(e => e.Kind == LegEventKind.Silent));
    }

    [Fact]
    public void A_hold_without_limit_is_never_silent_and_its_end_starts_the_clock_anew()
    {
        var leg = OpenPhone(_trace, Phone, settings: Settings() with { SilenceLimit = TimeSpan.FromSeconds(10) });
        leg.Configure(leg.Settings with { CanReceive = false, SilenceLimit = TimeSpan.Zero }, Ms(0));
        leg.RunTo(TimeSpan.FromMinutes(10));
        leg.Configure(Settings() with { SilenceLimit = TimeSpan.FromSeconds(10) }, TimeSpan.FromMinutes(10));
        leg.RunTo(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(9));
        Assert.DoesNotContain(_trace.Events, e => e.Kind == LegEventKind.Silent);
        Assert.Equal(TimeSpan.Zero, leg.Report(TimeSpan.FromMinutes(10)).LongestSilence);
    }
}
