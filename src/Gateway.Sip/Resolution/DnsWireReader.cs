using System.Buffers.Binary;
using System.Text;

namespace Gateway.Sip;

/// <summary>Reads numbers, character strings and names of a DNS message one after the other; never beyond its end.</summary>
internal ref struct DnsWireReader(ReadOnlySpan<byte> message, int offset)
{
    private const int HeaderLength = 12;
    private const int LongestName = 255;

    private readonly ReadOnlySpan<byte> _message = message;

    public int Offset { get; set; } = offset;

    public readonly int Remaining => _message.Length - Offset;

    public bool TryUInt16(out ushort value)
    {
        value = 0;
        if (Remaining < 2)
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt16BigEndian(_message[Offset..]);
        Offset += 2;
        return true;
    }

    public bool TryUInt32(out uint value)
    {
        value = 0;
        if (Remaining < 4)
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt32BigEndian(_message[Offset..]);
        Offset += 4;
        return true;
    }

    public bool TryBytes(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (Remaining < count)
        {
            return false;
        }

        bytes = _message.Slice(Offset, count);
        Offset += count;
        return true;
    }

    /// <summary>A character string (RFC 1035 §3.3): a length and that many bytes. Bytes that are not ASCII become '?'.</summary>
    public bool TryText(out string text)
    {
        text = "";
        if (Remaining < 1 || Remaining < 1 + _message[Offset])
        {
            return false;
        }

        var length = _message[Offset];
        text = Encoding.ASCII.GetString(_message.Slice(Offset + 1, length));
        Offset += 1 + length;
        return true;
    }

    /// <summary>Steps over a name, whatever its bytes: of no interest to us.</summary>
    public bool TrySkipName()
    {
        for (var at = Offset; at < _message.Length;)
        {
            var length = _message[at];
            if (length == 0)
            {
                Offset = at + 1;
                return true;
            }

            if ((length & 0xC0) == 0xC0)
            {
                Offset = at + 2;
                return Offset <= _message.Length;
            }

            if ((length & 0xC0) != 0)
            {
                return false;
            }

            at += 1 + length;
        }

        return false;
    }

    /// <summary>
    /// A name with compression (RFC 1035 §4.1.4), in lower case without the last dot; "" is the root. Each pointer must lead
    /// before the place where the labels that hold it began, so pointers cannot make a circle.
    /// </summary>
    public bool TryName(out string name)
    {
        name = "";
        Span<char> text = stackalloc char[LongestName];
        var length = 0;
        var at = Offset;
        var began = Offset;
        var after = -1;
        for (var jumps = 0; at < _message.Length;)
        {
            int label = _message[at];
            if (label == 0)
            {
                name = length == 0 ? "" : new string(text[..(length - 1)]);
                Offset = after < 0 ? at + 1 : after;
                return name.Length <= DnsLimits.Name;
            }

            if ((label & 0xC0) == 0xC0)
            {
                if (at + 2 > _message.Length || ++jumps > DnsLimits.Jumps)
                {
                    return false;
                }

                after = after < 0 ? at + 2 : after;
                at = BinaryPrimitives.ReadUInt16BigEndian(_message[at..]) & 0x3FFF;
                if (at < HeaderLength || at >= began)
                {
                    return false;
                }

                began = at;
                continue;
            }

            if (label > DnsLimits.Label || at + 1 + label > _message.Length || length + label + 1 > LongestName
                || !TryLabel(_message.Slice(at + 1, label), text[length..]))
            {
                return false;
            }

            length += label + 1;
            at += 1 + label;
        }

        return false;
    }

    /// <summary>Copies a label and a dot. Blanks, controls, dots and bytes over 126 are in no name that SIP uses.</summary>
    private static bool TryLabel(ReadOnlySpan<byte> label, Span<char> text)
    {
        for (var i = 0; i < label.Length; i++)
        {
            if (label[i] is <= (byte)' ' or (byte)'.' or > 126)
            {
                return false;
            }

            text[i] = char.ToLowerInvariant((char)label[i]);
        }

        text[label.Length] = '.';
        return true;
    }
}
