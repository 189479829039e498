using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Gateway.Media.Srtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Srtp;

public class KernelTests
{
    public static TheoryData<KernelPath> Paths => [KernelPath.Best, KernelPath.Portable];

    [Fact]
    public void The_test_machine_compares_two_different_implementations() =>
        Assert.True(!Kernels.HasAesInstructions || AesCounter.Create(new byte[16], KernelPath.Best) is AesCounterNi);

    [Theory]
    [MemberData(nameof(Paths))]
    [Rfc(3711, "B.2")]
    public void Counter_mode_gives_the_key_stream_of_the_rfc(KernelPath path)
    {
        using var cipher = AesCounter.Create(Hex.Bytes("2B7E151628AED2A6ABF7158809CF4F3C"), path);
        var stream = new byte[1044512];

        cipher.Xor(Vector128.Create(Hex.Bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000")), stream);

        Assert.Equal("e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0", Hex.Text(stream.AsSpan(0, 48)));
        Assert.Equal("ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44", Hex.Text(stream.AsSpan(0xFEFF * 16, 48)));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    [Rfc(6188, "7.1")]
    public void Counter_mode_with_a_long_key_gives_the_key_stream_of_the_rfc(KernelPath path)
    {
        using var cipher = AesCounter.Create(Hex.Bytes("57f82fe3613fd170a85ec93c40b1f092 2ec4cb0dc025b58272147cc438944a98"), path);
        var stream = new byte[0xFF02 * 16];

        cipher.Xor(Vector128.Create(Hex.Bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000")), stream);

        Assert.Equal("92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31", Hex.Text(stream.AsSpan(0, 48)));
        Assert.Equal("cea518c90fd91ced9cbb18c078a54711", Hex.Text(stream.AsSpan(0xFEFF * 16, 16)));
    }

    [Fact]
    public void Both_counter_modes_give_equal_bytes()
    {
        var random = new Random(3711);
        var key = new byte[16];
        random.NextBytes(key);
        using var fast = AesCounter.Create(key, KernelPath.Best);
        using var portable = AesCounter.Create(key, KernelPath.Portable);
        for (var length = 0; length < 600; length++)
        {
            var iv = new byte[16];
            var a = new byte[length];
            random.NextBytes(iv);
            random.NextBytes(a);
            var b = a.ToArray();

            fast.Xor(Vector128.Create(iv), a);
            portable.Xor(Vector128.Create(iv), b);

            Assert.Equal(b, a);
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void Both_gcm_kernels_give_the_bytes_of_the_framework(int keyLength)
    {
        var random = new Random(7714);
        var key = new byte[keyLength];
        random.NextBytes(key);
        using var fast = AesGcmKernel.Create(key, KernelPath.Best);
        using var portable = AesGcmKernel.Create(key, KernelPath.Portable);
        using var framework = new AesGcm(key, 16);
        var lengths = Enumerable.Range(0, 420).Append(1023).Append(1472).Append(1500);
        foreach (var length in lengths)
        {
            var nonce = new byte[16];
            random.NextBytes(nonce);
            nonce[12] = nonce[13] = nonce[14] = 0;
            nonce[15] = 1;
            var associated = new byte[random.Next(60)];
            random.NextBytes(associated);
            var plain = new byte[length];
            random.NextBytes(plain);
            var expected = new byte[length];
            var expectedTag = new byte[16];
            framework.Encrypt(nonce.AsSpan(0, 12), plain, expected, expectedTag, associated);

            foreach (var kernel in new[] { fast, portable })
            {
                var data = plain.ToArray();
                var tag = new byte[16];
                kernel.Seal(Vector128.Create(nonce), associated, data, tag);
                Assert.Equal(expected, data);
                Assert.Equal(expectedTag, tag);

                Assert.True(kernel.Open(Vector128.Create(nonce), associated, data, tag));
                Assert.Equal(plain, data);

                tag[random.Next(16)] ^= (byte)(1 << random.Next(8));
                Assert.False(kernel.Open(Vector128.Create(nonce), associated, expected.ToArray(), tag));
            }
        }
    }

    [Fact]
    [Rfc(2104, "2")]
    public void Both_hmacs_give_the_bytes_of_the_framework()
    {
        var random = new Random(2104);
        for (var length = 0; length < 300; length++)
        {
            var key = new byte[random.Next(1, 100)];
            var data = new byte[length];
            random.NextBytes(key);
            random.NextBytes(data);
            var split = random.Next(length + 1);
#pragma warning disable CA5350 // the hash that SRTP prescribes
            var expected = HMACSHA1.HashData(key, data);
#pragma warning restore CA5350
            foreach (var path in new[] { KernelPath.Best, KernelPath.Portable })
            {
                using var mac = HmacSha1.Create(key, path);
                var code = new byte[20];
                mac.Compute(data.AsSpan(0, split), data.AsSpan(split), code);
                Assert.Equal(expected, code);
            }
        }
    }
}
