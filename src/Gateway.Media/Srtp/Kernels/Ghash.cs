using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Gateway.Media.Srtp;

/// <summary>The first sixteen powers of the hash key, in place.</summary>
[InlineArray(16)]
internal struct GhashPowers
{
    private Vector128<ulong> _first;
}

/// <summary>
/// GHASH (NIST SP 800-38D §6.4) by carry-less multiplication. Up to sixteen blocks, a whole voice packet, are multiplied by
/// descending powers of H and summed before the one reduction, because the reduction is the only part that cannot overlap.
/// Octets are reversed on load, and H is multiplied by x beforehand, which turns GHASH into POLYVAL (RFC 8452 appendix A) and saves a shift per product.
/// </summary>
internal unsafe ref struct Ghash
{
    private const int Group = 16;
    private const ulong Poly = 0xC200_0000_0000_0000;

    private readonly Vector128<ulong>* _powers; // [n] = H^(n+1)
    private Vector128<ulong> _low;
    private Vector128<ulong> _middle;
    private Vector128<ulong> _high;
    private Vector128<ulong> _sum;
    private int _left; // blocks until the next reduction

    /// <summary>Begins a hash over exactly <paramref name="blocks"/> blocks.</summary>
    public Ghash(Vector128<ulong>* powers, int blocks)
    {
        _powers = powers;
        _left = ((blocks - 1) % Group) + 1; // the short group first: all later ones are full
        _low = _middle = _high = _sum = Vector128<ulong>.Zero;
    }

    /// <summary>Precomputes the powers from the enciphered zero block.</summary>
    public static void Expand(Vector128<byte> hashKey, ref GhashPowers powers)
    {
        var h = Reverse(hashKey).AsUInt64();

        // times x: shift left by one; a carry out of the top comes back as the polynomial
        var carry = Sse2.ShiftRightLogical(h, 63);
        var top = 0UL - carry.GetElement(1);
        h = Sse2.ShiftLeftLogical(h, 1) | Sse2.ShiftLeftLogical128BitLane(carry, 8);
        h ^= Vector128.Create(top & 1, top & Poly);

        powers[0] = h;
        for (var i = 1; i < Group; i++)
        {
            powers[i] = Multiply(powers[i - 1], h);
        }
    }

    /// <summary>Takes octets, the last block padded with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Absorb(byte* data, int length)
    {
        for (; length >= 16; length -= 16, data += 16)
        {
            Absorb(*(Vector128<byte>*)data);
        }

        if (length > 0)
        {
            Absorb(LoadPartial(data, length));
        }
    }

    /// <summary>Takes one block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Absorb(Vector128<byte> block)
    {
        var x = Reverse(block).AsUInt64() ^ _sum;
        _sum = Vector128<ulong>.Zero;
        var h = _powers[--_left];
        _low ^= Pclmulqdq.CarrylessMultiply(x, h, 0x00);
        _middle ^= Pclmulqdq.CarrylessMultiply(x, h, 0x01) ^ Pclmulqdq.CarrylessMultiply(x, h, 0x10);
        _high ^= Pclmulqdq.CarrylessMultiply(x, h, 0x11);
        if (_left == 0)
        {
            _sum = Reduce(_low, _middle, _high);
            _low = _middle = _high = Vector128<ulong>.Zero;
            _left = Group;
        }
    }

    /// <summary>The hash, after all blocks were taken.</summary>
    public readonly Vector128<byte> Result => Reverse(_sum.AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Reverse(Vector128<byte> block) =>
        Ssse3.Shuffle(block, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

    private static Vector128<byte> LoadPartial(byte* data, int length)
    {
        Vector128<byte> block = default;
        Unsafe.CopyBlockUnaligned(&block, data, (uint)length);
        return block;
    }

    private static Vector128<ulong> Multiply(Vector128<ulong> a, Vector128<ulong> b) => Reduce(
        Pclmulqdq.CarrylessMultiply(a, b, 0x00),
        Pclmulqdq.CarrylessMultiply(a, b, 0x01) ^ Pclmulqdq.CarrylessMultiply(a, b, 0x10),
        Pclmulqdq.CarrylessMultiply(a, b, 0x11));

    /// <summary>Montgomery reduction of the 256-bit product: two multiplications by the polynomial's upper half fold the low 128 bits away.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Reduce(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        low ^= Sse2.ShiftLeftLogical128BitLane(middle, 8);
        high ^= Sse2.ShiftRightLogical128BitLane(middle, 8);
        var poly = Vector128.Create(Poly, 0UL);
        var fold = Swap(low) ^ Pclmulqdq.CarrylessMultiply(low, poly, 0x00);
        fold = Swap(fold) ^ Pclmulqdq.CarrylessMultiply(fold, poly, 0x00);
        return high ^ fold;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Swap(Vector128<ulong> value) => Sse2.Shuffle(value.AsUInt32(), 0x4E).AsUInt64();
}
