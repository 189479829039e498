using System.Formats.Asn1;
using System.Text;

namespace Gateway.Net.Ldap;

internal enum LdapAnswerKind : byte
{
    /// <summary>Something that was not asked for, such as a reference to another server.</summary>
    Other,
    Bound,
    Entry,
    Done,
    Extended,
}

/// <summary>One message of the server.</summary>
/// <param name="Code">resultCode (RFC 4511 §4.1.9); 0 is success.</param>
/// <param name="Said">Its diagnosticMessage.</param>
internal sealed record LdapAnswer(LdapAnswerKind Kind, int Id, int Code, string Said)
{
    /// <summary>Of an entry: the values by attribute, whose names are compared without case.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Attributes { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}

/// <summary>The few messages of LDAP that a look-up needs (RFC 4511 §4.2, §4.3, §4.5, §4.14), written and read. No I/O.</summary>
internal static class LdapMessages
{
    private const string StartTlsName = "1.3.6.1.4.1.1466.20037";
    private const int Version = 3;
    private const int WholeSubtree = 2;
    private const int NeverDereference = 0;

    private static readonly Asn1Tag s_simple = new(TagClass.ContextSpecific, 0);

    public static byte[] Bind(int id, string user, ReadOnlySpan<byte> password)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            using (writer.PushSequence(Application(0)))
            {
                writer.WriteInteger(Version);
                writer.WriteOctetString(Encoding.UTF8.GetBytes(user));
                writer.WriteOctetString(password, s_simple);
            }
        }

        return writer.Encode();
    }

    public static byte[] StartTls(int id)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            using (writer.PushSequence(Application(23)))
            {
                writer.WriteOctetString(Encoding.ASCII.GetBytes(StartTlsName), s_simple);
            }
        }

        return writer.Encode();
    }

    public static byte[] Unbind(int id)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            writer.WriteNull(new Asn1Tag(TagClass.Application, 2));
        }

        return writer.Encode();
    }

    public static byte[] Search(int id, string from, LdapFilter filter, IReadOnlyDictionary<string, string> values, IEnumerable<string> attributes, TimeSpan limit)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            using (writer.PushSequence(Application(3)))
            {
                writer.WriteOctetString(Encoding.UTF8.GetBytes(from));
                Enumerated(writer, WholeSubtree);
                Enumerated(writer, NeverDereference);
                writer.WriteInteger(LdapLimits.Entries);
                writer.WriteInteger((int)Math.Ceiling(limit.TotalSeconds));
                writer.WriteBoolean(false);
                filter.Write(writer, values);
                using (writer.PushSequence())
                {
                    foreach (var attribute in attributes)
                    {
                        writer.WriteOctetString(Encoding.UTF8.GetBytes(attribute));
                    }
                }
            }
        }

        return writer.Encode();
    }

    /// <summary>
    /// How long the message that begins here is, as far as its first bytes say. RFC 4511 §5.1: definite lengths only.
    /// </summary>
    /// <returns>False when it is none, or longer than we read; a length of 0 asks for more bytes.</returns>
    public static bool TryLength(ReadOnlySpan<byte> head, out int length)
    {
        length = 0;
        if (head.Length < 2)
        {
            return head.IsEmpty || head[0] == 0x30;
        }

        var count = head[1] & 0x7F;
        if (head[0] != 0x30 || (head[1] >= 0x80 && count is 0 or > 4))
        {
            return false;
        }

        if (head[1] < 0x80)
        {
            length = 2 + head[1];
            return true;
        }

        if (head.Length < 2 + count)
        {
            return true;
        }

        long value = 0;
        foreach (var octet in head.Slice(2, count))
        {
            value = (value << 8) | octet;
        }

        length = value <= LdapLimits.Message ? 2 + count + (int)value : 0;
        return value <= LdapLimits.Message;
    }

    /// <summary>Null for bytes that are no message of LDAP.</summary>
    public static LdapAnswer? Read(ReadOnlyMemory<byte> message)
    {
        try
        {
            var body = new AsnReader(message, AsnEncodingRules.BER).ReadSequence();
            if (!body.TryReadInt32(out var id))
            {
                return null;
            }

            var tag = body.PeekTag();
            if (tag.TagClass != TagClass.Application)
            {
                return null;
            }

            switch (tag.TagValue)
            {
                case 4:
                    return Entry(body.ReadSequence(tag), id);
                case 1 or 5 or 24:
                    var result = body.ReadSequence(tag);
                    var code = (int)result.ReadEnumeratedBytes().Span[0];
                    result.ReadOctetString();
                    var said = Encoding.UTF8.GetString(result.ReadOctetString());
                    return new LdapAnswer(tag.TagValue switch { 1 => LdapAnswerKind.Bound, 5 => LdapAnswerKind.Done, _ => LdapAnswerKind.Extended }, id, code, said);
                default:
                    return new LdapAnswer(LdapAnswerKind.Other, id, 0, "");
            }
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static LdapAnswer Entry(AsnReader entry, int id)
    {
        entry.ReadOctetString();
        var attributes = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        for (var list = entry.ReadSequence(); list.HasData;)
        {
            var attribute = list.ReadSequence();
            var name = Encoding.UTF8.GetString(attribute.ReadOctetString());
            var values = new List<string>();
            for (var set = attribute.ReadSetOf(skipSortOrderValidation: true); set.HasData && values.Count < LdapLimits.Values;)
            {
                var value = set.ReadOctetString();
                if (value.Length is > 0 and <= LdapLimits.Value)
                {
                    values.Add(Encoding.UTF8.GetString(value));
                }
            }

            attributes[name] = values;
        }

        return new LdapAnswer(LdapAnswerKind.Entry, id, 0, "") { Attributes = attributes };
    }

    /// <summary>The writer knows enumerated values of C# types only.</summary>
    private static void Enumerated(AsnWriter writer, byte value) => writer.WriteEncodedValue([(byte)UniversalTagNumber.Enumerated, 1, value]);

    private static Asn1Tag Application(int number) => new(TagClass.Application, number, isConstructed: true);
}
