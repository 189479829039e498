using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Media.Stun;

/// <summary>
/// A received STUN message (RFC 8489 §5) as a view over its datagram. All lengths are checked once, in <see cref="TryParse"/>; no property can fail afterwards.
/// What follows MESSAGE-INTEGRITY is not authenticated and therefore not seen, but for MESSAGE-INTEGRITY-SHA256 and FINGERPRINT (§14.5).
/// </summary>
public readonly ref struct StunMessage
{
    /// <summary>Octets of the header.</summary>
    public const int HeaderLength = 20;

    /// <summary>The second word of every message.</summary>
    public const uint MagicCookie = 0x2112_A442;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly StunAttributeIndex _index;

    private StunMessage(ReadOnlySpan<byte> bytes, scoped in StunAttributeIndex index)
    {
        _bytes = bytes;
        _index = index;
    }

    /// <summary>Request, indication, success or error.</summary>
    public StunClass Class => (StunClass)(((_bytes[0] & 1) << 1) | ((_bytes[1] >> 4) & 1));

    /// <summary>The method.</summary>
    public StunMethod Method
    {
        get
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(_bytes);
            return (StunMethod)((type & 0x000F) | ((type & 0x00E0) >> 1) | ((type & 0x3E00) >> 2));
        }
    }

    /// <summary>The 12 octets that a response repeats.</summary>
    public ReadOnlySpan<byte> TransactionId => _bytes.Slice(8, 12);

    /// <summary>The octets of the message.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>USERNAME, or empty.</summary>
    public ReadOnlySpan<byte> Username => Value(_index.Username);

    /// <summary>True when MESSAGE-INTEGRITY is there.</summary>
    public bool HasIntegrity => _index.Integrity.Exists;

    /// <summary>True when MESSAGE-INTEGRITY-SHA256 is there.</summary>
    public bool HasIntegritySha256 => _index.IntegritySha256.Exists;

    /// <summary>True when FINGERPRINT is there; <see cref="TryParse"/> has found it right.</summary>
    public bool HasFingerprint => _index.Fingerprint.Exists;

    /// <summary>True when USE-CANDIDATE is there.</summary>
    public bool UseCandidate => _index.UseCandidate.Exists;

    /// <summary>True when ICE-CONTROLLED is there.</summary>
    public bool IsControlled => _index.Controlled.Exists;

    /// <summary>True when ICE-CONTROLLING is there.</summary>
    public bool IsControlling => _index.Controlling.Exists;

    /// <summary>PRIORITY, or 0.</summary>
    public uint Priority => _index.Priority.Exists ? BinaryPrimitives.ReadUInt32BigEndian(Value(_index.Priority)) : 0;

    /// <summary>How many comprehension-required attributes are unknown; a request with any gets a 420.</summary>
    public int UnknownCount => _index.UnknownCount;

    /// <summary>The first of them, at most <see cref="MediaLimits.StunUnknownAttributes"/>.</summary>
    /// <param name="types">Takes the types; returns how many were written.</param>
    public int CopyUnknown(Span<ushort> types) => _index.CopyUnknown(types);

    /// <summary>Tells a STUN message from the other protocols of a media port by its first octets (RFC 7983 §7 and the cookie).</summary>
    public static bool IsStun(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= HeaderLength && datagram[0] < 4 && BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]) == MagicCookie;

    /// <summary>Checks a datagram whole.</summary>
    public static StunError TryParse(ReadOnlySpan<byte> datagram, out StunMessage message)
    {
        message = default;
        if (datagram.Length is < HeaderLength or > MediaLimits.StunMessage)
        {
            return StunError.Size;
        }

        if (!IsStun(datagram))
        {
            return StunError.NotStun;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        if ((length & 3) != 0 || length != datagram.Length - HeaderLength)
        {
            return StunError.Length;
        }

        var error = StunAttributeIndex.TryRead(datagram, out var index);
        if (error == StunError.None)
        {
            message = new StunMessage(datagram, index);
        }

        return error;
    }

    /// <summary>True when the message carries a right MESSAGE-INTEGRITY (or, lacking that, -SHA256) for the password. Takes the same time for any wrong one.</summary>
    public bool VerifyIntegrity(StunPassword password)
    {
        ArgumentNullException.ThrowIfNull(password);
        Span<byte> code = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (_index.Integrity.Exists)
        {
            var given = Value(_index.Integrity);
            password.Sign(_bytes[..(_index.Integrity.Offset - 4)], code);
            return CryptographicOperations.FixedTimeEquals(code[..given.Length], given);
        }

        if (_index.IntegritySha256.Exists)
        {
            var given = Value(_index.IntegritySha256);
            password.SignSha256(_bytes[..(_index.IntegritySha256.Offset - 4)], given.Length, code);
            return CryptographicOperations.FixedTimeEquals(code[..given.Length], given);
        }

        return false;
    }

    /// <summary>Reads XOR-MAPPED-ADDRESS.</summary>
    public bool TryGetXorMappedAddress(out MediaAddress address)
    {
        address = default;
        if (!_index.XorMappedAddress.Exists)
        {
            return false;
        }

        var value = Value(_index.XorMappedAddress);
        Span<byte> bytes = stackalloc byte[16];
        value[4..].CopyTo(bytes);
        for (var i = 0; i < value.Length - 4; i++)
        {
            bytes[i] ^= _bytes[4 + i]; // cookie, then transaction id (RFC 8489 §14.2)
        }

        var port = BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ (int)(MagicCookie >> 16);
        address = value.Length == 8 ? MediaAddress.FromIPv4(bytes, port) : MediaAddress.FromIPv6(bytes, port);
        return true;
    }

    /// <summary>Reads ERROR-CODE; 0 when there is none.</summary>
    public int ErrorCode
    {
        get
        {
            if (!_index.ErrorCode.Exists)
            {
                return 0;
            }

            var value = Value(_index.ErrorCode);
            return ((value[2] & 7) * 100) + value[3];
        }
    }

    private ReadOnlySpan<byte> Value(StunAttributeSlot slot) => _bytes.Slice(slot.Offset, slot.Length);
}
