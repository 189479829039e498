using Gateway.Media.Rtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Rtp;

public class RtpPacketTests
{
    [Fact]
    [Rfc(3550, "5.1")]
    public void All_parts_of_a_packet_are_read()
    {
        Assert.True(RtpPacket.TryParse(Hex.Bytes("b2e0 0102 00000a0b 11223344 aaaaaaaa bbbbbbbb bede0001 10ff0000 48656c6c6f 000003"), out var packet));

        Assert.True(packet.Marker);
        Assert.Equal(0x60, packet.PayloadType);
        Assert.Equal(0x0102, packet.Sequence);
        Assert.Equal(0x0a0bu, packet.Timestamp);
        Assert.Equal(0x11223344u, packet.Ssrc);
        Assert.Equal(2, packet.CsrcCount);
        Assert.Equal(0xbbbbbbbbu, packet.GetCsrc(1));
        Assert.Equal(0xBEDE, packet.ExtensionProfile);
        Assert.Equal("10ff0000", Hex.Text(packet.Extension));
        Assert.Equal("48656c6c6f", Hex.Text(packet.Payload));
        Assert.Equal(28, packet.HeaderLength);
    }

    [Theory]
    [InlineData("800000010000000111223344", true)]
    [InlineData("8000000100000001112233", false)]
    [InlineData("400000010000000111223344", false)]
    [InlineData("810000010000000111223344", false)]
    [InlineData("900000010000000111223344", false)]
    [InlineData("900000010000000111223344 bede0002 00000000", false)]
    [InlineData("900000010000000111223344 bede0000", true)]
    [InlineData("a00000010000000111223344", false)]
    [InlineData("a00000010000000111223344 00", false)]
    [InlineData("a00000010000000111223344 02", false)]
    [InlineData("a00000010000000111223344 01", true)]
    public void Lengths_that_do_not_fit_are_refused(string hex, bool expected) =>
        Assert.Equal(expected, RtpPacket.TryParse(Hex.Bytes(hex), out _));

    [Fact]
    public void Random_octets_never_throw()
    {
        var random = new Random(3550);
        var good = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            if (bytes.Length > 0 && i % 4 != 0)
            {
                bytes[0] = (byte)((bytes[0] & 0x3F) | 0x80);
            }

            if (RtpPacket.TryParse(bytes, out var packet))
            {
                good++;
                Assert.InRange(packet.HeaderLength + packet.Payload.Length, 12, bytes.Length);
                Assert.InRange(packet.Extension.Length, 0, bytes.Length);
            }
        }

        Assert.True(good > 1000);
    }

    [Theory]
    [Rfc(7983, "7")]
    [Rfc(5761, "4")]
    [InlineData("00010000", PacketKind.Stun)]
    [InlineData("03000000", PacketKind.Stun)]
    [InlineData("04000000", PacketKind.Unknown)]
    [InlineData("10000000", PacketKind.Unknown)]
    [InlineData("14fefd00", PacketKind.Dtls)]
    [InlineData("3f000000", PacketKind.Dtls)]
    [InlineData("40000000", PacketKind.Unknown)]
    [InlineData("80000000", PacketKind.Rtp)]
    [InlineData("806f0000", PacketKind.Rtp)]
    [InlineData("80bf0000", PacketKind.Rtp)]
    [InlineData("80c00000", PacketKind.Rtcp)]
    [InlineData("80c80000", PacketKind.Rtcp)]
    [InlineData("80df0000", PacketKind.Rtcp)]
    [InlineData("80e00000", PacketKind.Rtp)]
    [InlineData("bf000000", PacketKind.Rtp)]
    [InlineData("c0000000", PacketKind.Unknown)]
    [InlineData("8000", PacketKind.Unknown)]
    [InlineData("", PacketKind.Unknown)]
    public void Protocols_are_told_apart_by_their_first_octets(string hex, PacketKind expected) =>
        Assert.Equal(expected, PacketDemux.Classify(Hex.Bytes(hex)));
}
