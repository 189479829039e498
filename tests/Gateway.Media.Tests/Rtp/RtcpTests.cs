using System.Text;
using Gateway.Media.Rtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Rtp;

public class RtcpTests
{
    private static readonly DateTimeOffset s_utc = new(2026, 11, 20, 8, 0, 0, 500, TimeSpan.Zero);
    private static readonly TimeSpan s_now = TimeSpan.FromSeconds(1000);

    [Fact]
    [Rfc(3550, "6.4.1")]
    public void A_compound_is_written_and_read_back()
    {
        var sender = new SenderInfo(0x11111111, 0x0102030405060708, 9, 10, 11);
        var block = new ReportBlock(0x22222222, 64, -5, 0x10005, 7, 8, 9);
        var buffer = new byte[300];
        var writer = new RtcpWriter(buffer);
        writer.AddSenderReport(sender, [block, block with { Lost = 0x7FFFFF }]);
        writer.AddCname(0x11111111, "abc");
        writer.AddGoodbye(0x11111111);

        Assert.Equal(28 + 48 + 16 + 8, writer.Length);
        Assert.True(RtcpReader.TryOpen(buffer.AsSpan(0, writer.Length), out var reader));
        Assert.True(reader.TryRead(out var packet));
        Assert.True(packet.TryGetSenderInfo(out var readSender));
        Assert.Equal(sender, readSender);
        Assert.Equal(0x03040506u, readSender.CompactNtp);
        Assert.True(packet.TryGetBlock(0, out var readBlock));
        Assert.Equal(block, readBlock);
        Assert.True(packet.TryGetBlock(1, out readBlock));
        Assert.Equal(0x7FFFFF, readBlock.Lost);
        Assert.False(packet.TryGetBlock(2, out _));
        Assert.True(reader.TryRead(out packet));
        Assert.True(packet.TryGetCname(out var ssrc, out var cname));
        Assert.Equal((0x11111111u, "abc"), (ssrc, Encoding.UTF8.GetString(cname)));
        Assert.True(reader.TryRead(out packet));
        Assert.True(packet.TryGetGoodbye(0, out ssrc));
        Assert.False(packet.TryGetGoodbye(1, out _));
        Assert.False(reader.TryRead(out _));
    }

    [Theory]
    [Rfc(3550, "6.5.1")]
    [InlineData("a", "81ca0002 00000007 01016100")]
    [InlineData("ab", "81ca0003 00000007 01026162 00000000")]
    [InlineData("abcd", "81ca0003 00000007 01046162 63640000")]
    public void A_cname_ends_with_at_least_one_zero_octet(string cname, string expected)
    {
        var buffer = new byte[100];
        var writer = new RtcpWriter(buffer);
        writer.AddCname(7, cname);
        Assert.Equal(Hex.Text(Hex.Bytes(expected)), Hex.Text(buffer.AsSpan(0, writer.Length)));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("80c90001 00000001", true)]
    [InlineData("80c90001 000000", false)]
    [InlineData("80c90002 00000001", false)]
    [InlineData("40c90001 00000001", false)]
    [InlineData("80c90001 00000001 80", false)]
    [InlineData("80c90001 00000001 40ca0000", false)]
    [InlineData("a0c90002 00000001 00000004", true)]
    [InlineData("a0c90002 00000001 00000008", true)]
    [InlineData("a0c90002 00000001 0000000c", false)]
    [InlineData("a0c90002 00000001 00000003", false)]
    [InlineData("a0c90002 00000001 00000000", false)]
    [InlineData("a0c90002 00000001 00000004 80c90001 00000001", false)]
    [InlineData("81ce0002 00000001 00000002", true)]
    public void Lengths_and_padding_are_checked_before_anything_is_read(string hex, bool expected) =>
        Assert.Equal(expected, RtcpReader.TryOpen(Hex.Bytes(hex), out _));

    [Fact]
    public void Counts_that_the_body_does_not_hold_yield_nothing()
    {
        foreach (var hex in new[] { "9fc90001 00000001", "9fc80001 00000001", "9fcb0000 80c90001 00000001", "9fca0001 00000001", "81ca0002 00000001 01ff6161" })
        {
            Assert.True(RtcpReader.TryOpen(Hex.Bytes(hex), out var reader));
            Assert.True(reader.TryRead(out var packet));
            Assert.False(packet.TryGetBlock(0, out _));
            Assert.False(packet.TryGetSenderInfo(out _));
            Assert.False(packet.TryGetGoodbye(0, out _));
            Assert.False(packet.TryGetCname(out _, out _));
        }
    }

    [Fact]
    public void Packets_of_one_compound_are_limited()
    {
        var one = "80c90001 00000001";
        Assert.True(RtcpReader.TryOpen(Hex.Bytes(string.Concat(Enumerable.Repeat(one, MediaLimits.RtcpPackets))), out _));
        Assert.False(RtcpReader.TryOpen(Hex.Bytes(string.Concat(Enumerable.Repeat(one, MediaLimits.RtcpPackets + 1))), out _));
    }

    [Fact]
    public void Random_octets_never_throw()
    {
        var random = new Random(3550);
        var reports = Reports(new RtpReceptionStats(8000));
        var opened = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = new byte[random.Next(20) * 4];
            random.NextBytes(bytes);
            if (bytes.Length > 4)
            {
                bytes[0] = (byte)(0x80 | (bytes[0] & (i % 2 == 0 ? 0x3F : 0x1F)));
                bytes[1] = (byte)(200 + (bytes[1] % 8));
                bytes[2] = 0;
                bytes[3] = (byte)((bytes.Length / 4) - 1);
            }

            opened += (reports.Receive(bytes, s_now) & RtcpEvents.Malformed) == 0 ? 1 : 0;
            if (RtcpReader.TryOpen(bytes, out var reader))
            {
                while (reader.TryRead(out var packet))
                {
                    packet.TryGetCname(out _, out _);
                }
            }
        }

        Assert.True(opened > 10_000);
    }

    [Fact]
    [Rfc(3550, "6.2")]
    [Rfc(3550, "6.3.1")]
    public void Reports_are_due_at_random_moments_about_every_five_seconds()
    {
        var reports = Reports(new RtpReceptionStats(8000));
        Assert.InRange((reports.NextDeadline - s_now).TotalSeconds, 1.0, 3.1); // half at first
        var intervals = new List<double>();
        for (var i = 0; i < 2000; i++)
        {
            reports.WriteReport(new byte[RtcpReports.MaxLength], s_now, s_utc);
            intervals.Add((reports.NextDeadline - s_now).TotalSeconds);
        }

        Assert.InRange(intervals.Min(), 2.05, 2.2);
        Assert.InRange(intervals.Max(), 6.0, 6.16);
        Assert.InRange(intervals.Average(), 4.0, 4.2); // 5 s over e - 3/2
    }

    [Fact]
    [Rfc(3550, "6.4.1")]
    public void Who_sent_reports_as_sender_and_who_did_not_as_receiver()
    {
        var stats = new RtpReceptionStats(8000);
        var reports = Reports(stats);
        Assert.Equal(RtcpType.ReceiverReport, Write(reports, s_now).Type);

        reports.OnSent(4000, 160, s_now);
        reports.OnSent(4160, 160, s_now + TimeSpan.FromMilliseconds(20));
        var report = Write(reports, s_now + TimeSpan.FromMilliseconds(520));
        Assert.Equal(RtcpType.SenderReport, report.Type);
        Assert.Equal((2u, 320u, 4160u + 4000), (report.Sender.Packets, report.Sender.Octets, report.Sender.RtpTimestamp));
        Assert.Equal(0x80000000u, (uint)report.Sender.Ntp); // half a second
        Assert.Equal(RtcpType.ReceiverReport, Write(reports, s_now + TimeSpan.FromSeconds(5)).Type);
    }

    [Fact]
    [Rfc(3550, "6.4.1")]
    public void The_round_trip_is_measured_between_two_ends()
    {
        var ours = Reports(new RtpReceptionStats(8000), ssrc: 1);
        var theirStats = new RtpReceptionStats(8000);
        var theirs = Reports(theirStats, ssrc: 2);
        var rtp = new byte[172];
        RtpHeader.Write(rtp, 0, false, 5, 0, 1);
        Assert.True(RtpPacket.TryParse(rtp, out var packet));
        theirStats.Receive(packet, s_now);

        var buffer = new byte[RtcpReports.MaxLength];
        ours.OnSent(0, 160, s_now);
        var length = ours.WriteReport(buffer, s_now, s_utc);
        Assert.Equal(RtcpEvents.None, theirs.Receive(buffer.AsSpan(0, length), s_now + TimeSpan.FromMilliseconds(40)));
        length = theirs.WriteReport(buffer, s_now + TimeSpan.FromMilliseconds(1540), s_utc);
        var events = ours.Receive(buffer.AsSpan(0, length), s_now + TimeSpan.FromMilliseconds(1575));

        Assert.Equal(RtcpEvents.Reported | RtcpEvents.RoundTrip, events);
        Assert.InRange(ours.RoundTrip!.Value.TotalMilliseconds, 74.9, 75.1);
        Assert.Equal(1u, ours.RemoteBlock!.Value.Ssrc);
    }

    [Fact]
    [Rfc(3550, "6.6")]
    public void A_goodbye_counts_when_it_is_the_source_that_goes()
    {
        var stats = new RtpReceptionStats(8000);
        var reports = Reports(stats);
        var rtp = new byte[172];
        RtpHeader.Write(rtp, 0, false, 5, 0, 77);
        Assert.True(RtpPacket.TryParse(rtp, out var packet));
        stats.Receive(packet, s_now);

        Assert.Equal(RtcpEvents.None, reports.Receive(Hex.Bytes("80c90001 0000004e 81cb0001 0000004e"), s_now));
        Assert.Equal(RtcpEvents.Goodbye, reports.Receive(Hex.Bytes("80c90001 0000004d 81cb0001 0000004d"), s_now));
        Assert.Equal(RtcpEvents.PictureRequest, reports.Receive(Hex.Bytes("81ce0002 0000004d 00000001"), s_now));
        Assert.Equal(RtcpEvents.Malformed, reports.Receive(Hex.Bytes("81ce0003 0000004d 00000001"), s_now));
    }

    [Fact]
    public void A_report_costs_no_allocation()
    {
        var stats = new RtpReceptionStats(8000);
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        var reports = new RtcpReports(1, "cname", 8000, stats, random, s_now);
        var buffer = new byte[RtcpReports.MaxLength];
        var rtp = new byte[172];
        void Round()
        {
            for (var i = 0; i < 100; i++)
            {
                RtpHeader.Write(rtp, 0, false, (ushort)i, 0, 77);
                Assert.True(RtpPacket.TryParse(rtp, out var packet));
                stats.Receive(packet, s_now);
                reports.OnSent(1, 160, s_now);
                var length = reports.WriteReport(buffer, s_now, s_utc);
                Assert.True(length > 0);
                reports.Receive(buffer.AsSpan(0, length), s_now);
            }
        }

        Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    [Rfc(3550, "4")]
    public void Ntp_time_counts_from_1900()
    {
        Assert.Equal(2208988800UL << 32, NtpTime.From(DateTimeOffset.UnixEpoch));
        Assert.Equal(65536u, NtpTime.ToCompact(TimeSpan.FromSeconds(1)));
        Assert.Equal(uint.MaxValue, NtpTime.ToCompact(TimeSpan.FromDays(3)));
        Assert.Equal(TimeSpan.FromSeconds(1.5), NtpTime.FromCompact(98304));
    }

    private static RtcpReports Reports(RtpReceptionStats stats, uint ssrc = 1) => new(ssrc, "a@b", 8000, stats, new SeededRandom(3), s_now);

    private static (RtcpType Type, SenderInfo Sender) Write(RtcpReports reports, TimeSpan now)
    {
        var buffer = new byte[RtcpReports.MaxLength];
        var length = reports.WriteReport(buffer, now, s_utc);
        Assert.True(RtcpReader.TryOpen(buffer.AsSpan(0, length), out var reader));
        reader.TryRead(out var packet);
        packet.TryGetSenderInfo(out var sender);
        var type = packet.Type;
        Assert.True(reader.TryRead(out packet));
        Assert.Equal(RtcpType.SourceDescription, packet.Type);
        return (type, sender);
    }
}
