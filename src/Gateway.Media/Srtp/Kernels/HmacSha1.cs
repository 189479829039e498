using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Media.Srtp;

/// <summary>
/// HMAC-SHA1 (RFC 2104) under one key, over two pieces, for SRTP tags and STUN integrity. The hash states behind the two padded keys are
/// kept, so a packet costs its own blocks and one more; the framework's classes cost four to eight times as much per packet.
/// </summary>
internal abstract class HmacSha1 : IDisposable
{
    /// <summary>Octets of a digest.</summary>
    public const int Length = 20;

    /// <summary>Takes OpenSSL's low-level functions (which use the CPU's SHA instructions) unless <paramref name="path"/> or the library forbids.</summary>
    public static HmacSha1 Create(ReadOnlySpan<byte> key, KernelPath path) =>
        path == KernelPath.Best && LibCrypto.HasSha1 ? new HmacSha1Midstate(key) : new HmacSha1Framework(key);

    /// <summary>Writes the 20 octets of the code over <paramref name="first"/> followed by <paramref name="second"/>.</summary>
    public abstract void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> code);

    /// <summary>Forgets the key.</summary>
    public abstract void Dispose();
}

internal sealed unsafe class HmacSha1Midstate : HmacSha1
{
    private const int BlockSize = 64;

    private States _states;

    public HmacSha1Midstate(ReadOnlySpan<byte> key)
    {
        var pad = stackalloc byte[BlockSize];
        var padded = new Span<byte>(pad, BlockSize);
        padded.Clear();
        if (key.Length <= BlockSize)
        {
            key.CopyTo(padded);
        }
        else
        {
#pragma warning disable CA5350 // RFC 2104 §2: a long key is hashed with the same hash first
            SHA1.HashData(key, padded);
#pragma warning restore CA5350
        }

        fixed (byte* states = &_states[0])
        {
            Start(states, pad, 0x36);
            Start(states + LibCrypto.ShaContextSize, pad, 0x36 ^ 0x5C);
        }

        CryptographicOperations.ZeroMemory(padded);
    }

    [SkipLocalsInit]
    public override void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> code)
    {
        var context = stackalloc byte[LibCrypto.ShaContextSize];
        fixed (byte* states = &_states[0], a = first, b = second, digest = code[..Length])
        {
            Unsafe.CopyBlockUnaligned(context, states, LibCrypto.ShaContextSize);
            LibCrypto.SHA1_Update(context, a, (nuint)first.Length);
            if (second.Length > 0)
            {
                LibCrypto.SHA1_Update(context, b, (nuint)second.Length);
            }

            LibCrypto.SHA1_Final(digest, context);
            Unsafe.CopyBlockUnaligned(context, states + LibCrypto.ShaContextSize, LibCrypto.ShaContextSize);
            LibCrypto.SHA1_Update(context, digest, Length);
            LibCrypto.SHA1_Final(digest, context);
        }
    }

    public override void Dispose() =>
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref _states, 1)));

    private static void Start(byte* state, byte* pad, byte mask)
    {
        for (var i = 0; i < BlockSize; i++)
        {
            pad[i] ^= mask;
        }

        LibCrypto.SHA1_Init(state);
        LibCrypto.SHA1_Update(state, pad, BlockSize);
    }

    /// <summary>The inner and the outer hash state.</summary>
    [InlineArray(2 * LibCrypto.ShaContextSize)]
    private struct States
    {
        private byte _first;
    }
}

internal sealed class HmacSha1Framework(ReadOnlySpan<byte> key) : HmacSha1
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, key);

    public override void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> code)
    {
        _hash.AppendData(first);
        _hash.AppendData(second);
        _hash.GetHashAndReset(code);
    }

    public override void Dispose() => _hash.Dispose();
}
