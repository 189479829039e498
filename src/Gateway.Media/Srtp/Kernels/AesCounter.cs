using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Gateway.Media.Srtp;

/// <summary>AES in counter mode under one key: the cipher of the AES-CM profiles (RFC 3711 §4.1.1).</summary>
internal abstract class AesCounter : IDisposable
{
    /// <summary>Takes the CPU's instructions when it has them and <paramref name="path"/> allows it.</summary>
    public static AesCounter Create(ReadOnlySpan<byte> key, KernelPath path) =>
        path == KernelPath.Best && Kernels.HasAesInstructions ? new AesCounterNi(key) : new AesCounterEvp(key);

    /// <summary>XORs the key stream that begins at <paramref name="counterBlock"/> over the data.</summary>
    public abstract void Xor(Vector128<byte> counterBlock, Span<byte> data);

    /// <summary>Forgets the key.</summary>
    public abstract void Dispose();
}

internal sealed unsafe class AesCounterNi : AesCounter
{
    private readonly int _rounds;
    private AesRoundKeys _keys;

    public AesCounterNi(ReadOnlySpan<byte> key) => _rounds = AesNi.Expand(key, ref _keys);

    public override void Xor(Vector128<byte> counterBlock, Span<byte> data)
    {
        fixed (Vector128<byte>* keys = &_keys[0])
        fixed (byte* d = data)
        {
            AesNi.XorCounterMode(keys, _rounds, counterBlock, d, data.Length);
        }
    }

    public override void Dispose() =>
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref _keys, 1)));
}

internal sealed unsafe class AesCounterEvp : AesCounter
{
    private readonly EvpContext _context;

    public AesCounterEvp(ReadOnlySpan<byte> key) =>
        _context = new EvpContext(key.Length == 16 ? LibCrypto.EVP_aes_128_ctr() : LibCrypto.EVP_aes_256_ctr(), key);

    [SkipLocalsInit]
    public override void Xor(Vector128<byte> counterBlock, Span<byte> data)
    {
        var iv = counterBlock;
        int written;
        fixed (byte* d = data)
        {
            EvpContext.Require(
                LibCrypto.EVP_CipherRestart(_context.Raw, 0, 0, null, (byte*)&iv, -1)
                & LibCrypto.EVP_CipherUpdate(_context.Raw, d, &written, d, data.Length));
        }
    }

    public override void Dispose() => _context.Dispose();
}
