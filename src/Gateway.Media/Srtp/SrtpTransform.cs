using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Gateway.Media.Srtp;

/// <summary>
/// The cipher and tag of one direction and one kind of packet (RTP or RTCP) under derived session keys. It knows no state: the index is an argument.
/// </summary>
internal abstract class SrtpTransform : IDisposable
{
    /// <summary>The flag of an enciphered packet in the word that carries the SRTCP index (RFC 3711 §3.4).</summary>
    public const uint EncryptedFlag = 0x8000_0000;

    /// <summary>Octets of an RTCP packet that stay clear: header and sender SSRC.</summary>
    public const int RtcpClear = 8;

    /// <summary>Octets added to an RTP packet.</summary>
    public abstract int TagLength { get; }

    /// <summary>Derives the session keys and makes the transform.</summary>
    public static SrtpTransform Create(SrtpMasterKey master, bool rtcp, KernelPath path)
    {
        var profile = master.Profile;
        Span<byte> key = stackalloc byte[profile.KeyLength()];
        Span<byte> salt = stackalloc byte[16];
        Span<byte> authentication = stackalloc byte[HmacSha1.Length];
        salt.Clear();
        SrtpKeyDerivation.Derive(master.Key, master.Salt, rtcp ? SrtpLabel.RtcpEncryption : SrtpLabel.RtpEncryption, key);
        SrtpKeyDerivation.Derive(master.Key, master.Salt, rtcp ? SrtpLabel.RtcpSalt : SrtpLabel.RtpSalt, salt[..profile.SaltLength()]);
        SrtpTransform made;
        if (profile.IsAead())
        {
            made = new SrtpGcmTransform(key, salt, path);
        }
        else
        {
            SrtpKeyDerivation.Derive(
                master.Key, master.Salt, rtcp ? SrtpLabel.RtcpAuthentication : SrtpLabel.RtpAuthentication, authentication);
            made = new SrtpCounterTransform(key, salt, authentication, rtcp ? profile.RtcpTagLength() : profile.RtpTagLength(), path);
        }

        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(salt);
        CryptographicOperations.ZeroMemory(authentication);
        return made;
    }

    /// <summary>Enciphers the payload in place and writes the tag behind it.</summary>
    public abstract void ProtectRtp(Span<byte> buffer, int headerLength, int length, uint ssrc, ulong index);

    /// <summary>Checks the tag at the end of the packet and deciphers the payload in place.</summary>
    public abstract bool UnprotectRtp(Span<byte> packet, int headerLength, uint ssrc, ulong index);

    /// <summary>Enciphers all but the first eight octets in place and appends tag and index word (in the profile's order).</summary>
    public abstract void ProtectRtcp(Span<byte> buffer, int length, uint ssrc, uint index);

    /// <summary>Checks and deciphers in place. The packet includes tag and index word.</summary>
    public abstract bool UnprotectRtcp(Span<byte> packet, uint ssrc, uint indexWord);

    /// <summary>Where the word with the SRTCP index begins in a packet of the given length.</summary>
    public abstract int IndexWordOffset(int length);

    /// <summary>Forgets the keys.</summary>
    public abstract void Dispose();
}

/// <summary>AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1, §4.2).</summary>
internal sealed class SrtpCounterTransform : SrtpTransform
{
    private readonly AesCounter _cipher;
    private readonly HmacSha1 _mac;
    private Vector128<byte> _salt; // with the two zero octets of the block counter

    public SrtpCounterTransform(ReadOnlySpan<byte> key, ReadOnlySpan<byte> paddedSalt, ReadOnlySpan<byte> authentication, int tagLength, KernelPath path)
    {
        _cipher = AesCounter.Create(key, path);
        _mac = HmacSha1.Create(authentication, path);
        _salt = Vector128.Create(paddedSalt);
        TagLength = tagLength;
    }

    public override int TagLength { get; }

    [SkipLocalsInit]
    public override void ProtectRtp(Span<byte> buffer, int headerLength, int length, uint ssrc, ulong index)
    {
        _cipher.Xor(CounterBlock(ssrc, index), buffer[headerLength..length]);

        // The tag covers the packet and the rollover counter, which does not travel (RFC 3711 §4.2).
        Span<byte> rollover = stackalloc byte[4];
        Span<byte> code = stackalloc byte[HmacSha1.Length];
        BinaryPrimitives.WriteUInt32BigEndian(rollover, (uint)(index >> 16));
        _mac.Compute(buffer[..length], rollover, code);
        code[..TagLength].CopyTo(buffer[length..]);
    }

    [SkipLocalsInit]
    public override bool UnprotectRtp(Span<byte> packet, int headerLength, uint ssrc, ulong index)
    {
        var length = packet.Length - TagLength;
        Span<byte> rollover = stackalloc byte[4];
        Span<byte> code = stackalloc byte[HmacSha1.Length];
        BinaryPrimitives.WriteUInt32BigEndian(rollover, (uint)(index >> 16));
        _mac.Compute(packet[..length], rollover, code);
        if (!CryptographicOperations.FixedTimeEquals(code[..TagLength], packet[length..]))
        {
            return false;
        }

        _cipher.Xor(CounterBlock(ssrc, index), packet[headerLength..length]);
        return true;
    }

    [SkipLocalsInit]
    public override void ProtectRtcp(Span<byte> buffer, int length, uint ssrc, uint index)
    {
        _cipher.Xor(CounterBlock(ssrc, index), buffer[RtcpClear..length]);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[length..], EncryptedFlag | index);
        Span<byte> code = stackalloc byte[HmacSha1.Length];
        _mac.Compute(buffer[..(length + 4)], default, code);
        code[..TagLength].CopyTo(buffer[(length + 4)..]);
    }

    [SkipLocalsInit]
    public override bool UnprotectRtcp(Span<byte> packet, uint ssrc, uint indexWord)
    {
        var tag = packet.Length - TagLength;
        Span<byte> code = stackalloc byte[HmacSha1.Length];
        _mac.Compute(packet[..tag], default, code);
        if (!CryptographicOperations.FixedTimeEquals(code[..TagLength], packet[tag..]))
        {
            return false;
        }

        if ((indexWord & EncryptedFlag) != 0)
        {
            _cipher.Xor(CounterBlock(ssrc, indexWord & ~EncryptedFlag), packet[RtcpClear..(tag - 4)]);
        }

        return true;
    }

    public override int IndexWordOffset(int length) => length - TagLength - 4;

    public override void Dispose()
    {
        _cipher.Dispose();
        _mac.Dispose();
        _salt = default;
    }

    /// <summary>salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16 (RFC 3711 §4.1.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<byte> CounterBlock(uint ssrc, ulong index) => _salt ^ Vector128.Create(
        BinaryPrimitives.ReverseEndianness((ulong)ssrc),
        BinaryPrimitives.ReverseEndianness(index << 16)).AsByte();
}

/// <summary>AES-GCM (RFC 7714 §8, §9).</summary>
internal sealed class SrtpGcmTransform : SrtpTransform
{
    private readonly AesGcmKernel _cipher;
    private Vector128<byte> _salt;

    public SrtpGcmTransform(ReadOnlySpan<byte> key, ReadOnlySpan<byte> paddedSalt, KernelPath path)
    {
        _cipher = AesGcmKernel.Create(key, path);
        _salt = Vector128.Create(paddedSalt);
    }

    public override int TagLength => AesGcmKernel.TagLength;

    public override void ProtectRtp(Span<byte> buffer, int headerLength, int length, uint ssrc, ulong index) =>
        _cipher.Seal(FirstCounter(ssrc, index), buffer[..headerLength], buffer[headerLength..length], buffer.Slice(length, TagLength));

    public override bool UnprotectRtp(Span<byte> packet, int headerLength, uint ssrc, ulong index)
    {
        var length = packet.Length - TagLength;
        return _cipher.Open(FirstCounter(ssrc, index), packet[..headerLength], packet[headerLength..length], packet[length..]);
    }

    public override void ProtectRtcp(Span<byte> buffer, int length, uint ssrc, uint index)
    {
        // The index word is associated data and travels last, behind the tag (RFC 7714 §9.2).
        Span<byte> associated = stackalloc byte[RtcpClear + 4];
        buffer[..RtcpClear].CopyTo(associated);
        BinaryPrimitives.WriteUInt32BigEndian(associated[RtcpClear..], EncryptedFlag | index);
        _cipher.Seal(FirstCounter(ssrc, index), associated, buffer[RtcpClear..length], buffer.Slice(length, TagLength));
        BinaryPrimitives.WriteUInt32BigEndian(buffer[(length + TagLength)..], EncryptedFlag | index);
    }

    public override bool UnprotectRtcp(Span<byte> packet, uint ssrc, uint indexWord)
    {
        var tag = packet.Length - 4 - TagLength;
        Span<byte> keptTag = stackalloc byte[TagLength];
        packet.Slice(tag, TagLength).CopyTo(keptTag);
        if ((indexWord & EncryptedFlag) != 0)
        {
            Span<byte> associated = stackalloc byte[RtcpClear + 4];
            packet[..RtcpClear].CopyTo(associated);
            BinaryPrimitives.WriteUInt32BigEndian(associated[RtcpClear..], indexWord);
            return _cipher.Open(FirstCounter(ssrc, indexWord & ~EncryptedFlag), associated, packet[RtcpClear..tag], keptTag);
        }

        // Only tagged (RFC 7714 §9.3): all octets and the index word are associated data, so the word moves up to them.
        BinaryPrimitives.WriteUInt32BigEndian(packet[tag..], indexWord);
        return _cipher.Open(FirstCounter(ssrc, indexWord), packet[..(tag + 4)], default, keptTag);
    }

    public override int IndexWordOffset(int length) => length - 4;

    public override void Dispose()
    {
        _cipher.Dispose();
        _salt = default;
    }

    /// <summary>The nonce, 00 00 SSRC ROC SEQ XOR salt (RFC 7714 §8.1; §9.1 for RTCP), followed by a block counter of 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<byte> FirstCounter(uint ssrc, ulong index) => _salt ^ Vector128.Create(
        BinaryPrimitives.ReverseEndianness(((ulong)ssrc << 16) | (index >> 32)),
        BinaryPrimitives.ReverseEndianness((index << 32) | 1)).AsByte();
}
