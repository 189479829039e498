using System.Security.Cryptography;

namespace Gateway.Media.Srtp;

/// <summary>
/// The key derivation of SRTP: AES in counter mode over the master salt and a label (RFC 3711 §4.3, with AES-256 as RFC 6188 §2 says).
/// A 12-octet GCM salt is padded on the right with two zero octets first (RFC 7714 §11). The key derivation rate is always zero.
/// </summary>
public static class SrtpKeyDerivation
{
    /// <summary>Derives <paramref name="output"/> under <paramref name="label"/> (RFC 3711 §4.3.1: 0-2 for RTP, 3-5 for RTCP).</summary>
    public static void Derive(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, byte label, Span<byte> output)
    {
        // x * 2^16 is the input block; the low 16 bits count blocks (RFC 3711 §4.3.3). The label meets octet 7: 48 bits of index stand right of it.
        Span<byte> input = stackalloc byte[16];
        input.Clear();
        masterSalt.CopyTo(input);
        input[7] ^= label;

        Span<byte> block = stackalloc byte[16];
        using var aes = Aes.Create();
        aes.SetKey(masterKey);
        for (var done = 0; done < output.Length; done += 16)
        {
            var counter = done / 16;
            input[14] = (byte)(counter >> 8);
            input[15] = (byte)counter;
            aes.EncryptEcb(input, block, PaddingMode.None);
            block[..Math.Min(16, output.Length - done)].CopyTo(output[done..]);
        }

        CryptographicOperations.ZeroMemory(block);
    }
}

/// <summary>The labels of RFC 3711 §4.3.1.</summary>
public static class SrtpLabel
{
    /// <summary>Encryption key of RTP.</summary>
    public const byte RtpEncryption = 0;

    /// <summary>Authentication key of RTP.</summary>
    public const byte RtpAuthentication = 1;

    /// <summary>Salt of RTP.</summary>
    public const byte RtpSalt = 2;

    /// <summary>Encryption key of RTCP.</summary>
    public const byte RtcpEncryption = 3;

    /// <summary>Authentication key of RTCP.</summary>
    public const byte RtcpAuthentication = 4;

    /// <summary>Salt of RTCP.</summary>
    public const byte RtcpSalt = 5;
}
