using System.Buffers.Binary;

namespace Gateway.Media.Stun;

/// <summary>
/// The CRC-32 of FINGERPRINT (RFC 8489 §14.7, ITU V.42 polynomial), eight octets a step. The x86 instruction of that name computes another polynomial.
/// </summary>
internal static class StunCrc32
{
    private const uint Polynomial = 0xEDB8_8320;

    private static readonly uint[] s_tables = MakeTables();

    /// <summary>The value of a FINGERPRINT attribute over these octets.</summary>
    public static uint Fingerprint(ReadOnlySpan<byte> message) => Compute(message) ^ 0x5354_554E;

    /// <summary>The plain CRC.</summary>
    public static uint Compute(ReadOnlySpan<byte> data)
    {
        var tables = s_tables;
        var crc = ~0u;
        for (; data.Length >= 8; data = data[8..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = tables[(7 * 256) + (int)(low & 0xFF)]
                ^ tables[(6 * 256) + (int)((low >> 8) & 0xFF)]
                ^ tables[(5 * 256) + (int)((low >> 16) & 0xFF)]
                ^ tables[(4 * 256) + (int)(low >> 24)]
                ^ tables[(3 * 256) + (int)(high & 0xFF)]
                ^ tables[(2 * 256) + (int)((high >> 8) & 0xFF)]
                ^ tables[256 + (int)((high >> 16) & 0xFF)]
                ^ tables[(int)(high >> 24)];
        }

        foreach (var octet in data)
        {
            crc = (crc >> 8) ^ tables[(int)((crc ^ octet) & 0xFF)];
        }

        return ~crc;
    }

    private static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            }

            tables[i] = crc;
        }

        for (var i = 256; i < tables.Length; i++)
        {
            tables[i] = (tables[i - 256] >> 8) ^ tables[(int)(tables[i - 256] & 0xFF)];
        }

        return tables;
    }
}
