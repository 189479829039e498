using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Media.Srtp;

namespace Gateway.Media.Stun;

/// <summary>
/// Writes one STUN message into a span. Attributes go in the order of the calls; integrity and then fingerprint go last. When the span is too short nothing
/// is thrown: <see cref="Length"/> becomes 0 and stays so.
/// </summary>
public ref struct StunWriter
{
    private readonly Span<byte> _buffer;
    private int _length;

    /// <summary>Begins a message.</summary>
    /// <param name="buffer">Where to write; 128 octets hold any answer to a check.</param>
    /// <param name="messageClass">The class.</param>
    /// <param name="method">The method.</param>
    /// <param name="transactionId">12 octets: random for a request, the request's for a response.</param>
    public StunWriter(Span<byte> buffer, StunClass messageClass, StunMethod method, scoped ReadOnlySpan<byte> transactionId)
    {
        _buffer = buffer;
        if (buffer.Length < StunMessage.HeaderLength)
        {
            return;
        }

        // RFC 8489 §5, figure 3: the two bits of the class stand among those of the method.
        var m = (int)method;
        var type = (m & 0x000F) | ((m & 0x0070) << 1) | ((m & 0x0F80) << 2) | (((int)messageClass & 1) << 4) | (((int)messageClass & 2) << 7);
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[2..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[4..], StunMessage.MagicCookie);
        transactionId[..12].CopyTo(buffer[8..]);
        _length = StunMessage.HeaderLength;
    }

    /// <summary>Octets written so far; 0 when the buffer was too short.</summary>
    public readonly int Length => _length;

    /// <summary>Adds an attribute with any value.</summary>
    public void Add(StunAttribute type, scoped ReadOnlySpan<byte> value)
    {
        var slot = Reserve(type, value.Length);
        if (!slot.IsEmpty)
        {
            value.CopyTo(slot);
        }
    }

    /// <summary>Adds USERNAME.</summary>
    public void AddUsername(scoped ReadOnlySpan<char> username)
    {
        var slot = Reserve(StunAttribute.Username, Encoding.UTF8.GetByteCount(username));
        if (!slot.IsEmpty)
        {
            Encoding.UTF8.GetBytes(username, slot);
        }
    }

    /// <summary>Adds PRIORITY.</summary>
    public void AddPriority(uint priority)
    {
        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(value, priority);
        Add(StunAttribute.Priority, value);
    }

    /// <summary>Adds ICE-CONTROLLING or ICE-CONTROLLED with its tie-breaker.</summary>
    public void AddRole(bool controlling, ulong tieBreaker)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, tieBreaker);
        Add(controlling ? StunAttribute.IceControlling : StunAttribute.IceControlled, value);
    }

    /// <summary>Adds USE-CANDIDATE.</summary>
    public void AddUseCandidate() => Reserve(StunAttribute.UseCandidate, 0);

    /// <summary>Adds XOR-MAPPED-ADDRESS (RFC 8489 §14.2).</summary>
    public void AddXorMappedAddress(in MediaAddress address)
    {
        Span<byte> value = stackalloc byte[20];
        var length = address.WriteAddressBytes(value[4..]);
        value[0] = 0;
        value[1] = (byte)(length == 4 ? 1 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(address.Port ^ (int)(StunMessage.MagicCookie >> 16)));
        var slot = Reserve(StunAttribute.XorMappedAddress, 4 + length);
        if (slot.IsEmpty)
        {
            return;
        }

        for (var i = 0; i < length; i++)
        {
            value[4 + i] ^= _buffer[4 + i];
        }

        value[..(4 + length)].CopyTo(slot);
    }

    /// <summary>Adds ERROR-CODE with a reason in ASCII (RFC 8489 §14.8).</summary>
    public void AddErrorCode(int code, scoped ReadOnlySpan<byte> reason)
    {
        var slot = Reserve(StunAttribute.ErrorCode, 4 + reason.Length);
        if (slot.IsEmpty)
        {
            return;
        }

        slot[0] = slot[1] = 0;
        slot[2] = (byte)(code / 100);
        slot[3] = (byte)(code % 100);
        reason.CopyTo(slot[4..]);
    }

    /// <summary>Adds UNKNOWN-ATTRIBUTES.</summary>
    public void AddUnknownAttributes(scoped ReadOnlySpan<ushort> types)
    {
        var slot = Reserve(StunAttribute.UnknownAttributes, types.Length * 2);
        for (var i = 0; i < types.Length && !slot.IsEmpty; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(slot[(i * 2)..], types[i]);
        }
    }

    /// <summary>Adds MESSAGE-INTEGRITY over all that was written.</summary>
    public void AddMessageIntegrity(StunPassword password)
    {
        ArgumentNullException.ThrowIfNull(password);
        var covered = _length;
        var slot = Reserve(StunAttribute.MessageIntegrity, HmacSha1.Length);
        if (!slot.IsEmpty)
        {
            password.Sign(_buffer[..covered], slot);
        }
    }

    /// <summary>Adds MESSAGE-INTEGRITY-SHA256 in full length.</summary>
    public void AddMessageIntegritySha256(StunPassword password)
    {
        ArgumentNullException.ThrowIfNull(password);
        var covered = _length;
        var slot = Reserve(StunAttribute.MessageIntegritySha256, HMACSHA256.HashSizeInBytes);
        if (!slot.IsEmpty)
        {
            password.SignSha256(_buffer[..covered], slot.Length, slot);
        }
    }

    /// <summary>Adds FINGERPRINT, the last attribute.</summary>
    public void AddFingerprint()
    {
        var covered = _length;
        var slot = Reserve(StunAttribute.Fingerprint, 4);
        if (!slot.IsEmpty)
        {
            BinaryPrimitives.WriteUInt32BigEndian(slot, StunCrc32.Fingerprint(_buffer[..covered]));
        }
    }

    /// <summary>Writes an attribute's header, zeroes its padding, counts it into the message's length, and gives its value's room.</summary>
    private Span<byte> Reserve(StunAttribute type, int length)
    {
        var padded = (length + 3) & ~3;
        if (_length == 0 || _buffer.Length - _length < 4 + padded)
        {
            _length = 0;
            return default;
        }

        var at = _buffer[_length..];
        BinaryPrimitives.WriteUInt16BigEndian(at, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(at[2..], (ushort)length);
        at[4..(4 + padded)][length..].Clear();
        _length += 4 + padded;
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[2..], (ushort)(_length - StunMessage.HeaderLength));
        return at.Slice(4, length);
    }
}
