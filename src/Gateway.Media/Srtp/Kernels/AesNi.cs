using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AesX86 = System.Runtime.Intrinsics.X86.Aes;

namespace Gateway.Media.Srtp;

/// <summary>The round keys of AES-128 or AES-256, in place.</summary>
[InlineArray(15)]
internal struct AesRoundKeys
{
    private Vector128<byte> _first;
}

/// <summary>
/// AES by the CPU's instructions: key expansion (FIPS 197 §5.2) and counter mode.
/// It exists because a voice packet is ten blocks: through the framework's ciphers the calls cost a microsecond, the blocks themselves twenty nanoseconds.
/// </summary>
internal static unsafe class AesNi
{
    /// <summary>Expands a key of 16 or 32 octets and returns the number of rounds.</summary>
    public static int Expand(ReadOnlySpan<byte> key, ref AesRoundKeys keys)
    {
        if (key.Length == 16)
        {
            Expand128(key, ref keys);
            return 10;
        }

        Expand256(key, ref keys);
        return 14;
    }

    /// <summary>Enciphers one block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Block(Vector128<byte>* keys, int rounds, Vector128<byte> block)
    {
        block ^= keys[0];
        for (var r = 1; r < rounds; r++)
        {
            block = AesX86.Encrypt(block, keys[r]);
        }

        return AesX86.EncryptLast(block, keys[rounds]);
    }

    /// <summary>
    /// XORs the key stream over the data. The last four octets of <paramref name="counterBlock"/> count blocks, big-endian.
    /// Eight blocks go at once: that hides the latency of the instruction, so eight cost what one costs.
    /// </summary>
    [SkipLocalsInit]
    public static void XorCounterMode(Vector128<byte>* keys, int rounds, Vector128<byte> counterBlock, byte* data, int length)
    {
        var prefix = counterBlock.AsUInt32();
        var counter = BinaryPrimitives.ReverseEndianness(prefix.GetElement(3));
        var scratch = stackalloc Vector128<byte>[8];
        while (length > 0)
        {
            var key = keys[0];
            var b0 = Counter(prefix, counter) ^ key;
            var b1 = Counter(prefix, counter + 1) ^ key;
            var b2 = Counter(prefix, counter + 2) ^ key;
            var b3 = Counter(prefix, counter + 3) ^ key;
            var b4 = Counter(prefix, counter + 4) ^ key;
            var b5 = Counter(prefix, counter + 5) ^ key;
            var b6 = Counter(prefix, counter + 6) ^ key;
            var b7 = Counter(prefix, counter + 7) ^ key;
            counter += 8;
            for (var r = 1; r < rounds; r++)
            {
                key = keys[r];
                b0 = AesX86.Encrypt(b0, key);
                b1 = AesX86.Encrypt(b1, key);
                b2 = AesX86.Encrypt(b2, key);
                b3 = AesX86.Encrypt(b3, key);
                b4 = AesX86.Encrypt(b4, key);
                b5 = AesX86.Encrypt(b5, key);
                b6 = AesX86.Encrypt(b6, key);
                b7 = AesX86.Encrypt(b7, key);
            }

            key = keys[rounds];
            b0 = AesX86.EncryptLast(b0, key);
            b1 = AesX86.EncryptLast(b1, key);
            b2 = AesX86.EncryptLast(b2, key);
            b3 = AesX86.EncryptLast(b3, key);
            b4 = AesX86.EncryptLast(b4, key);
            b5 = AesX86.EncryptLast(b5, key);
            b6 = AesX86.EncryptLast(b6, key);
            b7 = AesX86.EncryptLast(b7, key);
            var whole = length >= 128;
            var target = whole ? (Vector128<byte>*)data : scratch;
            if (whole)
            {
                b0 ^= target[0];
                b1 ^= target[1];
                b2 ^= target[2];
                b3 ^= target[3];
                b4 ^= target[4];
                b5 ^= target[5];
                b6 ^= target[6];
                b7 ^= target[7];
            }

            target[0] = b0;
            target[1] = b1;
            target[2] = b2;
            target[3] = b3;
            target[4] = b4;
            target[5] = b5;
            target[6] = b6;
            target[7] = b7;
            if (!whole)
            {
                XorTail(data, (byte*)scratch, length);
                return;
            }

            data += 128;
            length -= 128;
        }
    }

    private static void XorTail(byte* data, byte* stream, int length)
    {
        var i = 0;
        for (; i + 16 <= length; i += 16)
        {
            *(Vector128<byte>*)(data + i) ^= *(Vector128<byte>*)(stream + i);
        }

        for (; i < length; i++)
        {
            data[i] ^= stream[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Counter(Vector128<uint> prefix, uint counter) =>
        prefix.WithElement(3, BinaryPrimitives.ReverseEndianness(counter)).AsByte();

    private static void Expand128(ReadOnlySpan<byte> key, ref AesRoundKeys keys)
    {
        var k = Vector128.Create(key);
        keys[0] = k;
        keys[1] = k = Next(k, AesX86.KeygenAssist(k, 0x01), 0xFF);
        keys[2] = k = Next(k, AesX86.KeygenAssist(k, 0x02), 0xFF);
        keys[3] = k = Next(k, AesX86.KeygenAssist(k, 0x04), 0xFF);
        keys[4] = k = Next(k, AesX86.KeygenAssist(k, 0x08), 0xFF);
        keys[5] = k = Next(k, AesX86.KeygenAssist(k, 0x10), 0xFF);
        keys[6] = k = Next(k, AesX86.KeygenAssist(k, 0x20), 0xFF);
        keys[7] = k = Next(k, AesX86.KeygenAssist(k, 0x40), 0xFF);
        keys[8] = k = Next(k, AesX86.KeygenAssist(k, 0x80), 0xFF);
        keys[9] = k = Next(k, AesX86.KeygenAssist(k, 0x1B), 0xFF);
        keys[10] = Next(k, AesX86.KeygenAssist(k, 0x36), 0xFF);
    }

    private static void Expand256(ReadOnlySpan<byte> key, ref AesRoundKeys keys)
    {
        var even = Vector128.Create(key[..16]);
        var odd = Vector128.Create(key[16..]);
        keys[0] = even;
        keys[1] = odd;
        keys[2] = even = Next(even, AesX86.KeygenAssist(odd, 0x01), 0xFF);
        keys[3] = odd = Next(odd, AesX86.KeygenAssist(even, 0), 0xAA);
        keys[4] = even = Next(even, AesX86.KeygenAssist(odd, 0x02), 0xFF);
        keys[5] = odd = Next(odd, AesX86.KeygenAssist(even, 0), 0xAA);
        keys[6] = even = Next(even, AesX86.KeygenAssist(odd, 0x04), 0xFF);
        keys[7] = odd = Next(odd, AesX86.KeygenAssist(even, 0), 0xAA);
        keys[8] = even = Next(even, AesX86.KeygenAssist(odd, 0x08), 0xFF);
        keys[9] = odd = Next(odd, AesX86.KeygenAssist(even, 0), 0xAA);
        keys[10] = even = Next(even, AesX86.KeygenAssist(odd, 0x10), 0xFF);
        keys[11] = odd = Next(odd, AesX86.KeygenAssist(even, 0), 0xAA);
        keys[12] = even = Next(even, AesX86.KeygenAssist(odd, 0x20), 0xFF);
        keys[13] = odd = Next(odd, AesX86.KeygenAssist(even, 0), 0xAA);
        keys[14] = Next(even, AesX86.KeygenAssist(odd, 0x40), 0xFF);
    }

    /// <summary>One step of the schedule: each word is XORed with all words before it and the assisted word, broadcast by <paramref name="select"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Next(Vector128<byte> key, Vector128<byte> assist, [ConstantExpected] byte select)
    {
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 4);
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 8);
        return key ^ Sse2.Shuffle(assist.AsUInt32(), select).AsByte();
    }
}
