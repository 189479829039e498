using System.Buffers.Binary;
using Gateway.Media.Srtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Srtp;

/// <summary>The packets of RFC 7714 §16 and §17. Their keys are session keys, so they go to the transform and not through the derivation.</summary>
public class GcmVectorTests
{
    private const string Key128 = "000102030405060708090a0b0c0d0e0f";
    private const string Key256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private const string Salt = "517569642070726f2071756f 00000000";

    private const string Rtp = """
        8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573
        """;

    private const string Rtp128 = """
        8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf
        8833899d 7f27beb1 6a9152cf 765ee439 0cce
        """;

    private const string Rtp256 = """
        8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799
        b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13
        """;

    private const string Rtcp = """
        81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef
        """;

    private const string Rtcp128 = """
        81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded
        0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4
        """;

    private const string Rtcp256 = """
        81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047
        6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4
        """;

    private const string Tagged128 = Rtcp + "841dd968 3dd78ec9 2ae58790 125f62b3 000005d4";

    private const string Tagged256 = Rtcp + "91db4afb feee5a97 8fab4393 ed2615fe 000005d4";

    public static TheoryData<string, string, KernelPath> RtpPackets => new()
    {
        { Key128, Rtp128, KernelPath.Best },
        { Key128, Rtp128, KernelPath.Portable },
        { Key256, Rtp256, KernelPath.Best },
        { Key256, Rtp256, KernelPath.Portable },
    };

    public static TheoryData<string, string, KernelPath> RtcpPackets => new()
    {
        { Key128, Rtcp128, KernelPath.Best },
        { Key128, Rtcp128, KernelPath.Portable },
        { Key256, Rtcp256, KernelPath.Best },
        { Key256, Rtcp256, KernelPath.Portable },
    };

    public static TheoryData<string, string, KernelPath> TaggedPackets => new()
    {
        { Key128, Tagged128, KernelPath.Best },
        { Key128, Tagged128, KernelPath.Portable },
        { Key256, Tagged256, KernelPath.Best },
        { Key256, Tagged256, KernelPath.Portable },
    };

    [Theory]
    [MemberData(nameof(RtpPackets))]
    [Rfc(7714, "16.1.1")]
    [Rfc(7714, "16.2.1")]
    public void Rtp_is_enciphered_as_the_rfc_prints(string key, string expected, KernelPath path)
    {
        using var transform = new SrtpGcmTransform(Hex.Bytes(key), Hex.Bytes(Salt), path);
        var plain = Hex.Bytes(Rtp);
        var buffer = new byte[plain.Length + 16];
        plain.CopyTo(buffer, 0);

        transform.ProtectRtp(buffer, 12, plain.Length, 0x5501a0b2, 0xf17b);

        Assert.Equal(Hex.Bytes(expected), buffer);
    }

    [Theory]
    [MemberData(nameof(RtpPackets))]
    [Rfc(7714, "16.1.2")]
    [Rfc(7714, "16.2.2")]
    public void Rtp_is_deciphered_as_the_rfc_prints(string key, string packet, KernelPath path)
    {
        using var transform = new SrtpGcmTransform(Hex.Bytes(key), Hex.Bytes(Salt), path);
        var buffer = Hex.Bytes(packet);

        Assert.True(transform.UnprotectRtp(buffer, 12, 0x5501a0b2, 0xf17b));
        Assert.Equal(Hex.Bytes(Rtp), buffer[..^16]);
    }

    [Theory]
    [MemberData(nameof(RtcpPackets))]
    [Rfc(7714, "17.1")]
    public void Rtcp_is_enciphered_as_the_rfc_prints(string key, string expected, KernelPath path)
    {
        using var transform = new SrtpGcmTransform(Hex.Bytes(key), Hex.Bytes(Salt), path);
        var plain = Hex.Bytes(Rtcp);
        var buffer = new byte[plain.Length + 20];
        plain.CopyTo(buffer, 0);

        transform.ProtectRtcp(buffer, plain.Length, 0x4d617273, 0x5d4);

        Assert.Equal(Hex.Bytes(expected), buffer);
    }

    [Theory]
    [MemberData(nameof(RtcpPackets))]
    [MemberData(nameof(TaggedPackets))]
    [Rfc(7714, "17.2")]
    [Rfc(7714, "17.4")]
    public void Rtcp_is_deciphered_or_verified_as_the_rfc_prints(string key, string packet, KernelPath path)
    {
        using var transform = new SrtpGcmTransform(Hex.Bytes(key), Hex.Bytes(Salt), path);
        var buffer = Hex.Bytes(packet);
        var word = BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(transform.IndexWordOffset(buffer.Length)));

        Assert.True(transform.UnprotectRtcp(buffer, 0x4d617273, word));
        Assert.Equal(Hex.Bytes(Rtcp), buffer[..^20]);
    }
}
