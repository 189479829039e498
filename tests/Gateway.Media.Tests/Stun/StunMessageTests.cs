using System.Buffers.Binary;
using Gateway.Media.Stun;
using Gateway.Testing;

namespace Gateway.Media.Tests.Stun;

/// <summary>What the reader refuses, and that no octets make it throw.</summary>
[Threat(8)]
public class StunMessageTests
{
    private const string Head = "2112a442 b7e7a701bc34d686fa87dfae";

    [Theory]
    [InlineData("", StunError.Size)]
    [InlineData("00010000 2112a442 b7e7a701bc34d686fa87df", StunError.Size)]
    [InlineData("00010000 2112a443 b7e7a701bc34d686fa87dfae", StunError.NotStun)]
    [InlineData("40010000" + Head, StunError.NotStun)]
    [InlineData("80010000" + Head, StunError.NotStun)]
    [InlineData("00010004" + Head, StunError.Length)]
    [InlineData("00010000" + Head + "00060000", StunError.Length)]
    [InlineData("00010002" + Head + "0006", StunError.Length)]
    [InlineData("00010004" + Head + "00060001", StunError.Attribute)]
    [InlineData("00010008" + Head + "0006fffd 61616161", StunError.Attribute)]
    [InlineData("00010008" + Head + "00240003 00000000", StunError.Attribute)]
    [InlineData("00010008" + Head + "00080004 00000000", StunError.Attribute)]
    [InlineData("00010008" + Head + "00250004 00000000", StunError.Attribute)]
    [InlineData("00010008" + Head + "802a0004 00000000", StunError.Attribute)]
    [InlineData("00010004" + Head + "00060000", StunError.Attribute)]
    [InlineData("0101000c" + Head + "00200008 0002a147e112a643", StunError.Attribute)]
    [InlineData("01110008" + Head + "00090004 00000000", StunError.Attribute)]
    [InlineData("01110008" + Head + "00090004 00000463", StunError.None)]
    [InlineData("00010008" + Head + "80280004 00000000", StunError.Fingerprint)]
    [InlineData("00010000" + Head, StunError.None)]
    public void Wrong_lengths_and_headers_are_refused(string hex, StunError expected) =>
        Assert.Equal(expected, StunMessage.TryParse(Hex.Bytes(hex), out _));

    [Fact]
    public void A_username_of_513_octets_passes_and_one_more_does_not()
    {
        Assert.Equal(StunError.None, StunMessage.TryParse(Message((ref StunWriter w) => w.Add(StunAttribute.Username, new byte[513])), out _));
        Assert.Equal(StunError.Attribute, StunMessage.TryParse(Message((ref StunWriter w) => w.Add(StunAttribute.Username, new byte[514])), out _));
    }

    [Fact]
    public void Attributes_are_limited()
    {
        var at = Message((ref StunWriter w) => Repeat(ref w, MediaLimits.StunAttributes));
        var over = Message((ref StunWriter w) => Repeat(ref w, MediaLimits.StunAttributes + 1));
        Assert.Equal(StunError.None, StunMessage.TryParse(at, out _));
        Assert.Equal(StunError.TooManyAttributes, StunMessage.TryParse(over, out _));

        static void Repeat(ref StunWriter writer, int count)
        {
            for (var i = 0; i < count; i++)
            {
                writer.Add(StunAttribute.Software, default);
            }
        }
    }

    [Fact]
    [Rfc(8489, "14.5")]
    public void What_follows_the_integrity_is_not_seen()
    {
        using var password = new StunPassword(StunVectorTests.Password);
        var bytes = Message((ref StunWriter w) =>
        {
            w.AddUsername("a:b");
            w.AddMessageIntegrity(password);
            w.AddUseCandidate();
            w.AddPriority(7);
            w.AddRole(controlling: false, 1);
            w.Add((StunAttribute)0x0077, new byte[4]);
            w.AddFingerprint();
        });

        Assert.Equal(StunError.None, StunMessage.TryParse(bytes, out var message));
        Assert.True(message.VerifyIntegrity(password));
        Assert.False(message.UseCandidate);
        Assert.Equal(0u, message.Priority);
        Assert.False(message.IsControlled);
        Assert.Equal(0, message.UnknownCount);
    }

    [Fact]
    [Rfc(8489, "14.7")]
    public void Nothing_may_follow_the_fingerprint()
    {
        var bytes = Message((ref StunWriter w) =>
        {
            w.AddFingerprint();
            w.AddUseCandidate();
        });

        Assert.Equal(StunError.Fingerprint, StunMessage.TryParse(bytes, out _));
    }

    [Fact]
    public void Unknown_required_attributes_are_listed_and_optional_ones_are_not()
    {
        var bytes = Message((ref StunWriter w) =>
        {
            w.Add((StunAttribute)0x0077, new byte[3]);
            w.Add((StunAttribute)0xC057, new byte[4]);
            w.Add((StunAttribute)0x7FFF, default);
        });
        Assert.Equal(StunError.None, StunMessage.TryParse(bytes, out var message));
        var types = new ushort[4];

        Assert.Equal(2, message.CopyUnknown(types));
        Assert.Equal([0x77, 0x7FFF, 0, 0], types);
    }

    [Fact]
    [Rfc(8489, "14")]
    public void Of_a_doubled_attribute_the_first_counts()
    {
        var bytes = Message((ref StunWriter w) =>
        {
            w.AddPriority(1);
            w.AddPriority(2);
        });
        StunMessage.TryParse(bytes, out var message);

        Assert.Equal(1u, message.Priority);
    }

    [Theory]
    [InlineData(StunClass.Request, 0x001, 0x0001)]
    [InlineData(StunClass.Success, 0x001, 0x0101)]
    [InlineData(StunClass.Error, 0x001, 0x0111)]
    [InlineData(StunClass.Indication, 0x001, 0x0011)]
    [InlineData(StunClass.Error, 0x0FF, 0x03FF)]
    [InlineData(StunClass.Request, 0x0B5, 0x0265)]
    [Rfc(8489, "5")]
    public void Class_and_method_share_the_type_field(StunClass messageClass, int method, int expected)
    {
        var buffer = new byte[20];
        _ = new StunWriter(buffer, messageClass, (StunMethod)method, new byte[12]);
        StunMessage.TryParse(buffer, out var message);

        Assert.Equal(messageClass, message.Class);
        Assert.Equal((StunMethod)method, message.Method);
        Assert.Equal(expected, BinaryPrimitives.ReadUInt16BigEndian(buffer));
    }

    [Fact]
    public void A_writer_without_room_gives_nothing()
    {
        using var password = new StunPassword("x");
        for (var size = 0; size < 76; size++)
        {
            var writer = new StunWriter(new byte[size], StunClass.Success, StunMethod.Binding, new byte[12]);
            writer.AddXorMappedAddress(MediaAddress.FromIPv6(new byte[16], 9));
            writer.AddMessageIntegrity(password);
            writer.AddFingerprint();
            Assert.Equal(0, writer.Length);
        }
    }

    [Fact]
    public void Random_and_mutated_octets_never_throw()
    {
        using var password = new StunPassword(StunVectorTests.Password);
        var sample = Hex.Bytes(StunVectorTests.Request);
        var random = new Random(8489);
        var read = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = sample.AsSpan(0, i % 3 == 0 ? random.Next(sample.Length + 1) : sample.Length).ToArray();
            for (var n = random.Next(4); n >= 0 && bytes.Length > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            if (i % 2 == 0 && bytes.Length >= 20)
            {
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)(bytes.Length - 20));
            }

            if (StunMessage.TryParse(bytes, out var message) == StunError.None)
            {
                read++;
                Assert.True(message.Username.Length <= MediaLimits.StunUsername);
                message.VerifyIntegrity(password);
                message.TryGetXorMappedAddress(out _);
                Assert.InRange(message.ErrorCode, 0, 699);
            }
        }

        Assert.True(read > 0);
    }

    private delegate void Fill(ref StunWriter writer);

    private static byte[] Message(Fill fill)
    {
        var buffer = new byte[1500];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, new byte[12]);
        fill(ref writer);
        Assert.NotEqual(0, writer.Length);
        return buffer[..writer.Length];
    }
}
