using System.Buffers.Binary;

namespace Gateway.Media.Rtp;

/// <summary>The payload of a telephone-event packet (RFC 4733 §2.3).</summary>
/// <param name="Code">The event: 0-9, 10 for *, 11 for #, 12-15 for A-D, 16 for a hook flash.</param>
/// <param name="End">True in the packets that end it.</param>
/// <param name="Volume">Power below 0 dBm0, 0 to 63.</param>
/// <param name="Duration">Timestamp units since the event's timestamp.</param>
public readonly record struct TelephoneEvent(byte Code, bool End, byte Volume, ushort Duration)
{
    /// <summary>Octets of the payload.</summary>
    public const int Length = 4;

    private const string Digits = "0123456789*#ABCD";

    /// <summary>The digit, or NUL for another event.</summary>
    public char Digit => DigitOf(Code);

    /// <summary>The digit of an event code, or NUL.</summary>
    public static char DigitOf(byte code) => code < Digits.Length ? Digits[code] : '\0';

    /// <summary>The event code of a digit.</summary>
    public static bool TryGetCode(char digit, out byte code)
    {
        var at = Digits.IndexOf(char.ToUpperInvariant(digit), StringComparison.Ordinal);
        code = (byte)Math.Max(at, 0);
        return at >= 0;
    }

    /// <summary>Reads a payload.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out TelephoneEvent parsed)
    {
        parsed = default;
        if (payload.Length < Length)
        {
            return false;
        }

        parsed = new TelephoneEvent(payload[0], (payload[1] & 0x80) != 0, (byte)(payload[1] & 0x3F), BinaryPrimitives.ReadUInt16BigEndian(payload[2..]));
        return true;
    }

    /// <summary>Writes the payload.</summary>
    public void Write(Span<byte> payload)
    {
        payload[0] = Code;
        payload[1] = (byte)((End ? 0x80 : 0) | (Volume & 0x3F));
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], Duration);
    }
}
