using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Gateway.Media.Srtp;

/// <summary>
/// AES-GCM (NIST SP 800-38D) under one key with 12-octet nonces and 16-octet tags, in place and without exceptions:
/// the framework's AesGcm costs five times as much per packet and throws on a bad tag, which an attacker could make it do all day.
/// </summary>
internal abstract class AesGcmKernel : IDisposable
{
    /// <summary>Octets of the tag.</summary>
    public const int TagLength = 16;

    /// <summary>Takes the CPU's instructions when it has them and <paramref name="path"/> allows it.</summary>
    public static AesGcmKernel Create(ReadOnlySpan<byte> key, KernelPath path) =>
        path == KernelPath.Best && Kernels.HasAesInstructions ? new AesGcmNi(key) : new AesGcmEvp(key);

    /// <summary>Enciphers the data in place and writes its tag. <paramref name="firstCounter"/> is the nonce followed by a counter of 1.</summary>
    public abstract void Seal(Vector128<byte> firstCounter, ReadOnlySpan<byte> associated, Span<byte> data, Span<byte> tag);

    /// <summary>Deciphers the data in place if the tag is right; else returns false and the data's content is undefined.</summary>
    public abstract bool Open(Vector128<byte> firstCounter, ReadOnlySpan<byte> associated, Span<byte> data, ReadOnlySpan<byte> tag);

    /// <summary>Forgets the key.</summary>
    public abstract void Dispose();
}

internal sealed unsafe class AesGcmNi : AesGcmKernel
{
    private readonly int _rounds;
    private AesRoundKeys _keys;
    private GhashPowers _powers;

    public AesGcmNi(ReadOnlySpan<byte> key)
    {
        _rounds = AesNi.Expand(key, ref _keys);
        fixed (Vector128<byte>* keys = &_keys[0])
        {
            Ghash.Expand(AesNi.Block(keys, _rounds, Vector128<byte>.Zero), ref _powers);
        }
    }

    public override void Seal(Vector128<byte> firstCounter, ReadOnlySpan<byte> associated, Span<byte> data, Span<byte> tag)
    {
        fixed (Vector128<byte>* keys = &_keys[0])
        fixed (Vector128<ulong>* powers = &_powers[0])
        fixed (byte* a = associated, d = data)
        {
            AesNi.XorCounterMode(keys, _rounds, Second(firstCounter), d, data.Length);
            var made = Tag(keys, powers, firstCounter, a, associated.Length, d, data.Length);
            made.CopyTo(tag);
        }
    }

    public override bool Open(Vector128<byte> firstCounter, ReadOnlySpan<byte> associated, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        fixed (Vector128<byte>* keys = &_keys[0])
        fixed (Vector128<ulong>* powers = &_powers[0])
        fixed (byte* a = associated, d = data)
        {
            // One comparison of all 128 bits at once: its time does not depend on where they differ.
            if (Tag(keys, powers, firstCounter, a, associated.Length, d, data.Length) != Vector128.Create(tag))
            {
                return false;
            }

            AesNi.XorCounterMode(keys, _rounds, Second(firstCounter), d, data.Length);
            return true;
        }
    }

    public override void Dispose()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref _keys, 1)));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref _powers, 1)));
    }

    private Vector128<byte> Tag(
        Vector128<byte>* keys, Vector128<ulong>* powers, Vector128<byte> firstCounter, byte* associated, int associatedLength, byte* data, int length)
    {
        var mask = AesNi.Block(keys, _rounds, firstCounter);
        var hash = new Ghash(powers, ((associatedLength + 15) >> 4) + ((length + 15) >> 4) + 1);
        hash.Absorb(associated, associatedLength);
        hash.Absorb(data, length);
        hash.Absorb(Vector128.Create(
            BinaryPrimitives.ReverseEndianness((ulong)associatedLength * 8),
            BinaryPrimitives.ReverseEndianness((ulong)length * 8)).AsByte());
        return hash.Result ^ mask;
    }

    /// <summary>The tag takes counter 1, so the data begins at 2.</summary>
    private static Vector128<byte> Second(Vector128<byte> firstCounter) => firstCounter.WithElement(15, (byte)2);
}

internal sealed unsafe class AesGcmEvp : AesGcmKernel
{
    private const int GetTag = 0x10;
    private const int SetTag = 0x11;

    private readonly EvpContext _context;

    public AesGcmEvp(ReadOnlySpan<byte> key) =>
        _context = new EvpContext(key.Length == 16 ? LibCrypto.EVP_aes_128_gcm() : LibCrypto.EVP_aes_256_gcm(), key);

    [SkipLocalsInit]
    public override void Seal(Vector128<byte> firstCounter, ReadOnlySpan<byte> associated, Span<byte> data, Span<byte> tag)
    {
        int written;
        fixed (byte* a = associated, d = data, t = tag)
        {
            EvpContext.Require(
                LibCrypto.EVP_CipherRestart(_context.Raw, 0, 0, null, (byte*)&firstCounter, 1)
                & LibCrypto.EVP_CipherUpdate(_context.Raw, null, &written, a, associated.Length)
                & LibCrypto.EVP_CipherUpdate(_context.Raw, d, &written, d, data.Length)
                & LibCrypto.EVP_CipherFinal_ex(_context.Raw, t, &written)
                & LibCrypto.EVP_CIPHER_CTX_ctrl(_context.Raw, GetTag, TagLength, t));
        }
    }

    [SkipLocalsInit]
    public override bool Open(Vector128<byte> firstCounter, ReadOnlySpan<byte> associated, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        int written;
        var rest = stackalloc byte[16];
        fixed (byte* a = associated, d = data, t = tag)
        {
            EvpContext.Require(
                LibCrypto.EVP_CipherRestart(_context.Raw, 0, 0, null, (byte*)&firstCounter, 0)
                & LibCrypto.EVP_CipherUpdate(_context.Raw, null, &written, a, associated.Length)
                & LibCrypto.EVP_CipherUpdate(_context.Raw, d, &written, d, data.Length)
                & LibCrypto.EVP_CIPHER_CTX_ctrl(_context.Raw, SetTag, TagLength, t));
            return LibCrypto.EVP_CipherFinal_ex(_context.Raw, rest, &written) == 1;
        }
    }

    public override void Dispose() => _context.Dispose();
}
