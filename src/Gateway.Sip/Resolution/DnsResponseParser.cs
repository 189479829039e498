using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;

namespace Gateway.Sip;

/// <summary>
/// Reads a response from the wire (RFC 1035 §4). It never throws and never reads a byte twice without going backwards, so
/// no answer can make it loop; records of types that nobody asked for are skipped.
/// </summary>
public static class DnsResponseParser
{
    private const int HeaderLength = 12;
    private const ushort ClassInternet = 1;

    public static bool TryParse(ReadOnlySpan<byte> message, out DnsResponse? response, out DnsParseError error)
    {
        response = null;
        if (message.Length < HeaderLength)
        {
            error = DnsParseError.Short;
            return false;
        }

        var flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        if ((flags & 0x8000) == 0 || (flags & 0x7800) != 0)
        {
            error = DnsParseError.NotResponse;
            return false;
        }

        var reader = new DnsWireReader(message, HeaderLength);
        if (BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1 || !reader.TryName(out var name)
            || !reader.TryUInt16(out var type) || !reader.TryUInt16(out var kind) || kind != ClassInternet)
        {
            error = DnsParseError.Question;
            return false;
        }

        var parsed = new DnsResponse(
            BinaryPrimitives.ReadUInt16BigEndian(message), new DnsQuestion(name, (DnsType)type), (DnsCode)(flags & 0x000F),
            IsTruncated: (flags & 0x0200) != 0, IsAuthoritative: (flags & 0x0480) != 0, [], null);
        error = DnsParseError.None;
        if (parsed.IsTruncated)
        {
            response = parsed;
            return true;
        }

        int answers = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        int authorities = BinaryPrimitives.ReadUInt16BigEndian(message[8..]);
        int additional = BinaryPrimitives.ReadUInt16BigEndian(message[10..]);
        if (answers + authorities > DnsLimits.Records)
        {
            error = DnsParseError.TooMany;
            return false;
        }

        return TryRecords(ref reader, parsed, answers, authorities, additional, out response, out error);
    }

    private static bool TryRecords(
        ref DnsWireReader reader, DnsResponse parsed, int answers, int authorities, int additional, out DnsResponse? response, out DnsParseError error)
    {
        response = null;
        var records = ImmutableArray.CreateBuilder<DnsRecord>();
        for (var i = 0; i < answers; i++)
        {
            if (!TryAnswer(ref reader, out var record, out error))
            {
                return false;
            }

            if (record is not null)
            {
                records.Add(record);
            }
        }

        uint? negative = null;
        for (var i = 0; i < authorities; i++)
        {
            if (!TryHead(ref reader, named: false, out var head, out error) || (head.Type == DnsType.Soa && !TrySoa(reader, head, ref negative, out error)))
            {
                return false;
            }

            reader.Offset = head.End;
        }

        // Only the OPT record's upper bits of the code matter here; damage spoils nothing (RFC 6891 §6.1.3). Servers add the
        // addresses of SRV targets, which are asked for by themselves: what stands beside an answer is easily forged.
        var code = parsed.Code;
        for (var i = 0; i < additional && TryHead(ref reader, named: false, out var head, out _); i++)
        {
            if (head.Type == DnsType.Opt)
            {
                code |= (DnsCode)((head.Ttl >> 24) << 4);
            }

            reader.Offset = head.End;
        }

        error = DnsParseError.None;
        response = parsed with { Code = code, Answers = records.ToImmutable(), NegativeTtl = negative };
        return true;
    }

    private readonly record struct Head(string Name, DnsType Type, ushort Class, uint Ttl, int End);

    private static bool TryHead(ref DnsWireReader reader, bool named, out Head head, out DnsParseError error)
    {
        head = default;
        var name = "";
        if (named ? !reader.TryName(out name) : !reader.TrySkipName())
        {
            error = DnsParseError.Name;
            return false;
        }

        if (!reader.TryUInt16(out var type) || !reader.TryUInt16(out var kind) || !reader.TryUInt32(out var ttl)
            || !reader.TryUInt16(out var length) || reader.Remaining < length)
        {
            error = DnsParseError.Short;
            return false;
        }

        // RFC 2181 §8: a TTL with the highest bit set is 0.
        head = new Head(name, (DnsType)type, kind, type != (ushort)DnsType.Opt && ttl > int.MaxValue ? 0 : ttl, reader.Offset + length);
        error = DnsParseError.None;
        return true;
    }

    private static bool TryAnswer(ref DnsWireReader reader, out DnsRecord? record, out DnsParseError error)
    {
        record = null;
        if (!TryHead(ref reader, named: true, out var head, out error))
        {
            return false;
        }

        var data = reader;
        reader.Offset = head.End;
        if (head.Class != ClassInternet)
        {
            return true;
        }

        var known = head.Type is DnsType.A or DnsType.Aaaa or DnsType.Cname or DnsType.Srv or DnsType.Naptr;
        record = head.Type switch
        {
            DnsType.A => data.TryBytes(4, out var v4) ? new AddressRecord(head.Name, head.Ttl, new IPAddress(v4)) : null,
            DnsType.Aaaa => data.TryBytes(16, out var v6) ? new AddressRecord(head.Name, head.Ttl, new IPAddress(v6)) : null,
            DnsType.Cname => data.TryName(out var target) ? new AliasRecord(head.Name, head.Ttl, target) : null,
            DnsType.Srv => Srv(ref data, head),
            DnsType.Naptr => Naptr(ref data, head),
            _ => null,
        };
        if (known && (record is null || data.Offset != head.End))
        {
            record = null;
            error = DnsParseError.Data;
            return false;
        }

        return true;
    }

    private static SrvRecord? Srv(ref DnsWireReader data, in Head head) =>
        data.TryUInt16(out var priority) && data.TryUInt16(out var weight) && data.TryUInt16(out var port) && data.TryName(out var target)
            ? new SrvRecord(head.Name, head.Ttl, priority, weight, port, target)
            : null;

    private static NaptrRecord? Naptr(ref DnsWireReader data, in Head head) =>
        data.TryUInt16(out var order) && data.TryUInt16(out var preference) && data.TryText(out var flags) && data.TryText(out var services)
        && data.TryText(out var regexp) && data.TryName(out var replacement)
            ? new NaptrRecord(head.Name, head.Ttl, order, preference, flags, services, regexp, replacement)
            : null;

    /// <summary>RFC 2308 §5: how long a negative answer holds is the lesser of the SOA's own TTL and its MINIMUM field.</summary>
    private static bool TrySoa(DnsWireReader data, in Head head, ref uint? negative, out DnsParseError error)
    {
        error = DnsParseError.Data;
        if (!data.TrySkipName() || !data.TrySkipName() || !data.TryBytes(16, out _) || !data.TryUInt32(out var minimum) || data.Offset != head.End)
        {
            return false;
        }

        negative = Math.Min(head.Ttl, minimum);
        error = DnsParseError.None;
        return true;
    }
}
