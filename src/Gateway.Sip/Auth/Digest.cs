using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip;

/// <summary>The hash algorithms of digest that are offered and understood (RFC 8760 §2.1; SHA-512/256 has no users in SIP).</summary>
public enum DigestAlgorithm : byte
{
    Md5,
    Sha256,
}

/// <summary>Digest of RFC 7616 / 8760 as pure functions: HA1 and the answer over it. Nothing here allocates but <see cref="Ha1"/>.</summary>
public static class Digest
{
    /// <summary>Bytes of the longest hash.</summary>
    internal const int MaxHash = SHA256.HashSizeInBytes;

    /// <summary>The text that both answers hash is at most this long; longer parts are refused by <see cref="DigestLimits"/> before.</summary>
    private const int MaxText = (2 * MaxHash) + DigestLimits.Nonce + DigestLimits.NonceCount + DigestLimits.ClientNonce + (2 * MaxHash) + 16;

    /// <summary>Lower-case hex of H(user:realm:password).</summary>
    public static string Ha1(DigestAlgorithm algorithm, string user, string realm, string password)
    {
        Span<byte> hash = stackalloc byte[MaxHash];
        var text = Encoding.UTF8.GetBytes($"{user}:{realm}:{password}");
        var length = Hash(algorithm, text, hash);
        CryptographicOperations.ZeroMemory(text);
        return Convert.ToHexStringLower(hash[..length]);
    }

    /// <summary>"MD5" or "SHA-256".</summary>
    public static string NameOf(DigestAlgorithm algorithm) => algorithm == DigestAlgorithm.Md5 ? "MD5" : "SHA-256";

    /// <summary>Bytes of the algorithm's hash: 16 or 32.</summary>
    public static int SizeOf(DigestAlgorithm algorithm) => algorithm == DigestAlgorithm.Md5 ? MD5.HashSizeInBytes : SHA256.HashSizeInBytes;

    /// <summary>The request-digest of RFC 7616 §3.4.1 as bytes; without qop that of RFC 2069 (§3.4.6 there).</summary>
    /// <param name="ha1">Lower-case hex.</param>
    /// <param name="nonceCount">The eight digits as sent; empty when there is no qop.</param>
    /// <param name="qop">The token as sent; empty when there is none.</param>
    /// <returns>The length of the hash.</returns>
    internal static int Answer(
        DigestAlgorithm algorithm,
        ReadOnlySpan<char> ha1,
        ReadOnlySpan<byte> method,
        ReadOnlySpan<byte> uri,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> nonceCount,
        ReadOnlySpan<byte> clientNonce,
        ReadOnlySpan<byte> qop,
        Span<byte> hash)
    {
        var size = SizeOf(algorithm);

        // A2 = Method ":" digest-uri (§3.4.3)
        Span<byte> a2 = stackalloc byte[DigestLimits.Method + 1 + DigestLimits.Uri];
        var at = 0;
        Add(a2, ref at, method);
        Add(a2, ref at, ":"u8);
        Add(a2, ref at, uri);
        Hash(algorithm, a2[..at], hash);

        Span<byte> text = stackalloc byte[MaxText];
        at = Encoding.ASCII.GetBytes(ha1, text);
        Add(text, ref at, ":"u8);
        Add(text, ref at, nonce);
        Add(text, ref at, ":"u8);
        if (!qop.IsEmpty)
        {
            Add(text, ref at, nonceCount);
            Add(text, ref at, ":"u8);
            Add(text, ref at, clientNonce);
            Add(text, ref at, ":"u8);
            Add(text, ref at, qop);
            Add(text, ref at, ":"u8);
        }

        WriteHex(hash[..size], text, ref at);
        return Hash(algorithm, text[..at], hash);
    }

    internal static void WriteHex(ReadOnlySpan<byte> bytes, Span<byte> text, ref int at)
    {
        Convert.TryToHexStringLower(bytes, text[at..], out var written);
        at += written;
    }

    // MD5 is what the phones of the field speak (RFC 8760 §3 says why it is not recommended).
#pragma warning disable CA5351
    private static int Hash(DigestAlgorithm algorithm, ReadOnlySpan<byte> text, Span<byte> hash) =>
        algorithm == DigestAlgorithm.Md5 ? MD5.HashData(text, hash) : SHA256.HashData(text, hash);
#pragma warning restore CA5351

    private static void Add(Span<byte> text, ref int at, ReadOnlySpan<byte> part)
    {
        part.CopyTo(text[at..]);
        at += part.Length;
    }
}
