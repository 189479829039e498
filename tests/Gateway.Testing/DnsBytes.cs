using System.Buffers.Binary;
using System.Net;
using System.Text;
using Gateway.Sip;

namespace Gateway.Testing;

/// <summary>Writes DNS responses as a server would, names compressed where they can be.</summary>
public sealed class DnsBytes
{
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<string, int> _names = [];

    public static byte[] Response(
        ushort id, DnsQuestion question, IEnumerable<DnsRecord>? answers = null, DnsCode code = DnsCode.None, uint? soa = null, bool truncated = false, ushort flags = 0x8480)
    {
        var writer = new DnsBytes();
        var records = (answers ?? []).ToList();
        writer.Number(id).Number((ushort)(flags | (truncated ? 0x0200 : 0) | (ushort)code)).Number(1)
            .Number((ushort)records.Count).Number(soa is null ? (ushort)0 : (ushort)1).Number(0);
        writer.Name(question.Name).Number((ushort)question.Type).Number(1);
        foreach (var record in records)
        {
            writer.Record(record);
        }

        if (soa is { } minimum)
        {
            writer.Name(question.Name).Number((ushort)DnsType.Soa).Number(1).Long(3600)
                .Data(data => data.Name("ns.example").Name("host.example").Long(1).Long(2).Long(3).Long(4).Long(minimum));
        }

        return [.. writer._bytes];
    }

    private void Record(DnsRecord record)
    {
        var type = record switch
        {
            AddressRecord { Address.AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } => DnsType.Aaaa,
            AddressRecord => DnsType.A,
            AliasRecord => DnsType.Cname,
            SrvRecord => DnsType.Srv,
            _ => DnsType.Naptr,
        };
        Name(record.Name).Number((ushort)type).Number(1).Long(record.Ttl).Data(data => _ = record switch
        {
            AddressRecord host => data.Raw(host.Address.GetAddressBytes()),
            AliasRecord alias => data.Name(alias.Target),
            SrvRecord srv => data.Number(srv.Priority).Number(srv.Weight).Number(srv.Port).Name(srv.Target),
            NaptrRecord naptr => data.Number(naptr.Order).Number(naptr.Preference).Text(naptr.Flags).Text(naptr.Services).Text(naptr.Regexp).Name(naptr.Replacement),
            _ => throw new ArgumentException("a record that cannot be written", nameof(record)),
        });
    }

    private DnsBytes Data(Action<DnsBytes> write)
    {
        var at = _bytes.Count;
        Number(0);
        write(this);
        var length = _bytes.Count - at - 2;
        (_bytes[at], _bytes[at + 1]) = ((byte)(length >> 8), (byte)length);
        return this;
    }

    private DnsBytes Number(ushort value) => Raw([(byte)(value >> 8), (byte)value]);

    private DnsBytes Long(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Raw(bytes);
    }

    private DnsBytes Text(string text) => Raw([(byte)text.Length, .. Encoding.ASCII.GetBytes(text)]);

    private DnsBytes Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    private DnsBytes Name(string name)
    {
        while (name.Length > 0)
        {
            if (_names.TryGetValue(name, out var at))
            {
                return Number((ushort)(0xC000 | at));
            }

            _names[name] = _bytes.Count;
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            Text(dot < 0 ? name : name[..dot]);
            name = dot < 0 ? "" : name[(dot + 1)..];
        }

        return Raw([0]);
    }
}
