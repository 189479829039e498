using System.Text;
using Gateway.Media.Srtp;
using Gateway.Media.Stun;
using Gateway.Testing;

namespace Gateway.Media.Tests.Stun;

/// <summary>The messages of RFC 5769, read and written.</summary>
[Rfc(5769, "2")]
public class StunVectorTests
{
    internal const string Password = "VOkJxbRl1RmTxUk/WvJxBt";

    internal const string Request = """
        00010058 2112a442 b7e7a701bc34d686fa87dfae
        80220010 5354554e207465737420636c69656e74
        00240004 6e0001ff
        80290008 932ff9b151263b36
        00060009 6576746a3a68367659202020
        00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
        80280004 e57a3bcf
        """;

    private const string V4Response = """
        0101003c 2112a442 b7e7a701bc34d686fa87dfae
        8022000b 7465737420766563746f7220
        00200008 0001a147e112a643
        00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
        80280004 c07d4c96
        """;

    private const string V6Response = """
        01010048 2112a442 b7e7a701bc34d686fa87dfae
        8022000b 7465737420766563746f7220
        00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
        00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
        80280004 c8fb0b4c
        """;

    public static TheoryData<KernelPath> Paths => [KernelPath.Best, KernelPath.Portable];

    [Theory]
    [MemberData(nameof(Paths))]
    [Rfc(5769, "2.1")]
    public void The_sample_request_is_read(KernelPath path)
    {
        using var password = new StunPassword(Password, path);
        Assert.Equal(StunError.None, StunMessage.TryParse(Hex.Bytes(Request), out var message));

        Assert.Equal(StunClass.Request, message.Class);
        Assert.Equal(StunMethod.Binding, message.Method);
        Assert.Equal("evtj:h6vY", Encoding.UTF8.GetString(message.Username));
        Assert.Equal(0x6e0001ffu, message.Priority);
        Assert.True(message.IsControlled);
        Assert.False(message.IsControlling);
        Assert.False(message.UseCandidate);
        Assert.True(message.HasFingerprint);
        Assert.Equal(0, message.UnknownCount);
        Assert.True(message.VerifyIntegrity(password));
    }

    [Theory]
    [InlineData(V4Response, "192.0.2.1:32853")]
    [InlineData(V6Response, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")]
    [Rfc(5769, "2.2")]
    [Rfc(5769, "2.3")]
    public void The_sample_responses_are_read(string hex, string expected)
    {
        using var password = new StunPassword(Password);
        Assert.Equal(StunError.None, StunMessage.TryParse(Hex.Bytes(hex), out var message));

        Assert.Equal(StunClass.Success, message.Class);
        Assert.True(message.TryGetXorMappedAddress(out var address));
        Assert.Equal(expected, address.ToString());
        Assert.True(message.VerifyIntegrity(password));
    }

    [Theory]
    [InlineData(V4Response)]
    [InlineData(V6Response)]
    public void The_sample_responses_are_written(string hex)
    {
        using var password = new StunPassword(Password);
        var expected = Hex.Bytes(hex);
        StunMessage.TryParse(expected, out var sample);
        sample.TryGetXorMappedAddress(out var address);

        var buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.Success, StunMethod.Binding, sample.TransactionId);
        writer.Add(StunAttribute.Software, "test vector"u8);
        buffer[35] = 0x20; // the sample pads with spaces
        writer.AddXorMappedAddress(address);
        writer.AddMessageIntegrity(password);
        writer.AddFingerprint();

        Assert.Equal(Hex.Text(expected), Hex.Text(buffer.AsSpan(0, writer.Length)));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Another_password_or_any_changed_octet_before_the_fingerprint_is_seen(KernelPath path)
    {
        using var password = new StunPassword(Password, path);
        using var wrong = new StunPassword("VOkJxbRl1RmTxUk/WvJxBu", path);
        StunMessage.TryParse(Hex.Bytes(Request), out var message);
        Assert.False(message.VerifyIntegrity(wrong));

        for (var at = 0; at < Hex.Bytes(Request).Length - 8; at++)
        {
            var bent = Hex.Bytes(Request);
            bent[at] ^= 0x10;
            Assert.False(StunMessage.TryParse(bent, out var read) == StunError.None && read.VerifyIntegrity(password));
        }
    }

    [Fact]
    [Rfc(8489, "14.6")]
    public void Sha256_integrity_is_written_and_verified()
    {
        using var password = new StunPassword(Password);
        var buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, new byte[12]);
        writer.AddUsername("evtj:h6vY");
        writer.AddMessageIntegritySha256(password);
        writer.AddFingerprint();

        Assert.Equal(StunError.None, StunMessage.TryParse(buffer.AsSpan(0, writer.Length), out var message));
        Assert.True(message.HasIntegritySha256);
        Assert.False(message.HasIntegrity);
        Assert.True(message.VerifyIntegrity(password));
        buffer[25] ^= 1;
        StunCrc(buffer, writer.Length);
        Assert.Equal(StunError.None, StunMessage.TryParse(buffer.AsSpan(0, writer.Length), out message));
        Assert.False(message.VerifyIntegrity(password));
    }

    [Fact]
    [Rfc(8489, "14.7")]
    public void Crc_is_the_one_of_itu_v42() => Assert.Equal(0xCBF43926, StunCrc32.Compute("123456789"u8));

    internal static void StunCrc(byte[] message, int length) =>
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(length - 4), StunCrc32.Fingerprint(message.AsSpan(0, length - 8)));
}
