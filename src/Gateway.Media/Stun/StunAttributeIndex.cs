using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Gateway.Media.Stun;

/// <summary>Where the value of an attribute lies in its message; the default value means that the attribute is not there.</summary>
internal readonly record struct StunAttributeSlot(ushort Offset, ushort Length)
{
    public bool Exists => Offset != 0;
}

/// <summary>
/// One walk over the attributes of a message, which checks every length and remembers where the ones that matter lie. Of an attribute that appears
/// twice the first counts (RFC 8489 §14).
/// </summary>
internal struct StunAttributeIndex
{
    public StunAttributeSlot Username;
    public StunAttributeSlot Integrity;
    public StunAttributeSlot IntegritySha256;
    public StunAttributeSlot Fingerprint;
    public StunAttributeSlot UseCandidate;
    public StunAttributeSlot Controlled;
    public StunAttributeSlot Controlling;
    public StunAttributeSlot Priority;
    public StunAttributeSlot XorMappedAddress;
    public StunAttributeSlot ErrorCode;
    public int UnknownCount;
    private Unknowns _unknown;

    public static StunError TryRead(ReadOnlySpan<byte> message, out StunAttributeIndex index)
    {
        index = default;
        var count = 0;
        var at = StunMessage.HeaderLength;
        while (at < message.Length)
        {
            if (index.Fingerprint.Exists)
            {
                return StunError.Fingerprint; // it must be the last (RFC 8489 §14.7)
            }

            if (++count > MediaLimits.StunAttributes)
            {
                return StunError.TooManyAttributes;
            }

            // The header's length is a multiple of 4, so four octets are always left here.
            var type = (StunAttribute)BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]);
            var padded = (length + 3) & ~3;
            at += 4;
            if (padded > message.Length - at)
            {
                return StunError.Attribute;
            }

            if (!index.Take(type, (ushort)at, message.Slice(at, length)))
            {
                return StunError.Attribute;
            }

            if (type == StunAttribute.Fingerprint && BinaryPrimitives.ReadUInt32BigEndian(message[at..]) != StunCrc32.Fingerprint(message[..(at - 4)]))
            {
                return StunError.Fingerprint;
            }

            at += padded;
        }

        return StunError.None;
    }

    public readonly int CopyUnknown(Span<ushort> types)
    {
        var count = Math.Min(Math.Min(UnknownCount, MediaLimits.StunUnknownAttributes), types.Length);
        for (var i = 0; i < count; i++)
        {
            types[i] = _unknown[i];
        }

        return count;
    }

    /// <summary>Notes one attribute; false when its length is not one that the type can have.</summary>
    private bool Take(StunAttribute type, ushort offset, ReadOnlySpan<byte> value)
    {
        var slot = new StunAttributeSlot(offset, (ushort)value.Length);
        if (type == StunAttribute.Fingerprint)
        {
            return value.Length == 4 && Set(ref Fingerprint, slot);
        }

        if (IntegritySha256.Exists)
        {
            return true; // behind the last integrity nothing is looked at
        }

        if (type == StunAttribute.MessageIntegritySha256)
        {
            return value.Length is >= 16 and <= 32 && (value.Length & 3) == 0 && Set(ref IntegritySha256, slot); // RFC 8489 §14.6
        }

        if (Integrity.Exists)
        {
            return true;
        }

        switch (type)
        {
            case StunAttribute.MessageIntegrity:
                return value.Length == 20 && Set(ref Integrity, slot);
            case StunAttribute.Username:
                return value.Length is > 0 and <= MediaLimits.StunUsername && Set(ref Username, slot);
            case StunAttribute.Priority:
                return value.Length == 4 && Set(ref Priority, slot);
            case StunAttribute.UseCandidate:
                return value.Length == 0 && Set(ref UseCandidate, slot);
            case StunAttribute.IceControlled:
                return value.Length == 8 && Set(ref Controlled, slot);
            case StunAttribute.IceControlling:
                return value.Length == 8 && Set(ref Controlling, slot);
            case StunAttribute.ErrorCode:
                return value.Length >= 4 && (value[2] & 7) is >= 3 and <= 6 && value[3] < 100 && Set(ref ErrorCode, slot);
            case StunAttribute.XorMappedAddress:
                return IsAddress(value) && Set(ref XorMappedAddress, slot);
            case StunAttribute.MappedAddress:
                return IsAddress(value);
            case StunAttribute.UnknownAttributes:
                return (value.Length & 1) == 0;
            case StunAttribute.Realm or StunAttribute.Nonce:
                return true; // known, but of no use with short-term credentials
            default:
                if ((ushort)type < 0x8000)
                {
                    if (UnknownCount < MediaLimits.StunUnknownAttributes)
                    {
                        _unknown[UnknownCount] = (ushort)type;
                    }

                    UnknownCount++;
                }

                return true;
        }
    }

    private static bool Set(ref StunAttributeSlot target, StunAttributeSlot slot)
    {
        if (!target.Exists)
        {
            target = slot;
        }

        return true;
    }

    private static bool IsAddress(ReadOnlySpan<byte> value) =>
        (value.Length == 8 && value[1] == 1) || (value.Length == 20 && value[1] == 2);

    [InlineArray(MediaLimits.StunUnknownAttributes)]
    private struct Unknowns
    {
        private ushort _first;
    }
}
