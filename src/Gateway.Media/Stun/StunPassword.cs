using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Media.Srtp;

namespace Gateway.Media.Stun;

/// <summary>
/// A short-term credential's password (RFC 8489 §9.1) as the HMAC key it is, with the hash state kept so that checking a message costs its own blocks only.
/// One thread at a time.
/// </summary>
public sealed class StunPassword : IDisposable
{
    private readonly byte[] _key;
    private readonly HmacSha1 _mac;

    /// <summary>Takes the password; ICE passwords are ASCII, which SASLprep leaves as it is.</summary>
    public StunPassword(ReadOnlySpan<char> password, KernelPath path = KernelPath.Best)
    {
        _key = new byte[Encoding.UTF8.GetByteCount(password)];
        Encoding.UTF8.GetBytes(password, _key);
        _mac = HmacSha1.Create(_key, path);
    }

    /// <summary>The code over a message of which the attribute is to be the next (RFC 8489 §14.5: the length counts the attribute in).</summary>
    /// <param name="message">The octets before the attribute, header included.</param>
    /// <param name="code">20 octets.</param>
    internal void Sign(ReadOnlySpan<byte> message, Span<byte> code)
    {
        Span<byte> header = stackalloc byte[StunMessage.HeaderLength];
        CopyHeader(message, 4 + HmacSha1.Length, header);
        _mac.Compute(header, message[StunMessage.HeaderLength..], code);
    }

    /// <summary>The same with SHA-256 (RFC 8489 §14.6); rare, so without kept state.</summary>
    internal void SignSha256(ReadOnlySpan<byte> message, int codeLength, Span<byte> code)
    {
        Span<byte> copy = stackalloc byte[MediaLimits.StunMessage];
        message.CopyTo(copy);
        CopyHeader(message, 4 + codeLength, copy);
        HMACSHA256.HashData(_key, copy[..message.Length], code);
    }

    /// <summary>Zeroes the password.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _mac.Dispose();
    }

    private static void CopyHeader(ReadOnlySpan<byte> message, int attributeLength, Span<byte> header)
    {
        message[..StunMessage.HeaderLength].CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(message.Length - StunMessage.HeaderLength + attributeLength));
    }
}
