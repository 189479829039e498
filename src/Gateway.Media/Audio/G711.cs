namespace Gateway.Media.Audio;

/// <summary>The two laws of ITU-T G.711.</summary>
public enum G711Law
{
    /// <summary>PCMU, payload type 0.</summary>
    Mu,

    /// <summary>PCMA, payload type 8.</summary>
    A,
}

/// <summary>
/// G.711 (RFC 3551 §4.5.14): 8 bits for a sample of 14 (µ-law) or 13 (A-law) bits in logarithmic segments. Decoding is a table; encoding finds the segment
/// by counting leading zeros.
/// </summary>
public static class G711
{
    private const int MuBias = 0x84;
    private const int MuClip = 32635;

    private static readonly short[] s_mu = MakeTable(DecodeMu);
    private static readonly short[] s_a = MakeTable(DecodeA);

    /// <summary>The octet of silence.</summary>
    public static byte Silence(G711Law law) => law == G711Law.Mu ? (byte)0xFF : (byte)0xD5;

    /// <summary>Encodes one 16-bit sample.</summary>
    public static byte Encode(G711Law law, short sample) => law == G711Law.Mu ? EncodeMu(sample) : EncodeA(sample);

    /// <summary>Decodes one octet to a 16-bit sample.</summary>
    public static short Decode(G711Law law, byte octet) => (law == G711Law.Mu ? s_mu : s_a)[octet];

    /// <summary>Encodes samples; <paramref name="octets"/> must be as long.</summary>
    public static void Encode(G711Law law, ReadOnlySpan<short> samples, Span<byte> octets)
    {
        octets = octets[..samples.Length];
        for (var i = 0; i < samples.Length; i++)
        {
            octets[i] = law == G711Law.Mu ? EncodeMu(samples[i]) : EncodeA(samples[i]);
        }
    }

    /// <summary>Decodes octets; <paramref name="samples"/> must be as long.</summary>
    public static void Decode(G711Law law, ReadOnlySpan<byte> octets, Span<short> samples)
    {
        var table = law == G711Law.Mu ? s_mu : s_a;
        samples = samples[..octets.Length];
        for (var i = 0; i < octets.Length; i++)
        {
            samples[i] = table[octets[i]];
        }
    }

    private static byte EncodeMu(short sample)
    {
        var sign = sample < 0 ? 0x80 : 0;
        var magnitude = Math.Min(Math.Abs((int)sample), MuClip) + MuBias;
        var segment = 24 - int.LeadingZeroCount(magnitude); // bit 7 is segment 0
        return (byte)~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0F));
    }

    private static short DecodeMu(byte octet)
    {
        var bits = ~octet;
        var segment = (bits >> 4) & 7;
        var magnitude = ((((bits & 0x0F) << 3) + MuBias) << segment) - MuBias;
        return (short)((bits & 0x80) != 0 ? -magnitude : magnitude);
    }

    private static byte EncodeA(short sample)
    {
        var sign = sample >= 0 ? 0x80 : 0;
        var magnitude = sample >= 0 ? sample : ~sample; // one's complement: -1 lies beside 0
        var segment = Math.Max(0, 24 - int.LeadingZeroCount(magnitude | 0x80)); // bit 8 is segment 1
        var step = segment == 0 ? magnitude >> 4 : magnitude >> (segment + 3);
        return (byte)((sign | (segment << 4) | (step & 0x0F)) ^ 0x55);
    }

    private static short DecodeA(byte octet)
    {
        var bits = octet ^ 0x55;
        var segment = (bits >> 4) & 7;
        var magnitude = ((bits & 0x0F) << 4) + 8;
        if (segment > 0)
        {
            magnitude = (magnitude + 0x100) << (segment - 1);
        }

        return (short)((bits & 0x80) != 0 ? magnitude : -magnitude);
    }

    private static short[] MakeTable(Func<byte, short> decode)
    {
        var table = new short[256];
        for (var i = 0; i < table.Length; i++)
        {
            table[i] = decode((byte)i);
        }

        return table;
    }
}
