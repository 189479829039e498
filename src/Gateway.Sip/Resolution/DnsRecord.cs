using System.Net;

namespace Gateway.Sip;

/// <summary>The record types that are asked for or read (RFC 1035 §3.2.2, 3596, 2782, 3403, 6891).</summary>
public enum DnsType : ushort
{
    A = 1,
    Cname = 5,
    Soa = 6,
    Aaaa = 28,
    Srv = 33,
    Naptr = 35,
    Opt = 41,
}

/// <summary>One question to DNS. The name is absolute, in lower case, without the last dot: <see cref="DnsName"/> makes it.</summary>
public readonly record struct DnsQuestion(string Name, DnsType Type)
{
    public override string ToString() => $"{Type.ToString().ToUpperInvariant()} {Name}";
}

/// <summary>One resource record of a type that is read. Names are as in <see cref="DnsQuestion"/>; "" is the root.</summary>
/// <param name="Ttl">Seconds.</param>
public abstract record DnsRecord(string Name, uint Ttl);

/// <summary>A or AAAA.</summary>
public sealed record AddressRecord(string Name, uint Ttl, IPAddress Address) : DnsRecord(Name, Ttl);

/// <summary>CNAME.</summary>
public sealed record AliasRecord(string Name, uint Ttl, string Target) : DnsRecord(Name, Ttl);

/// <summary>RFC 2782. A <paramref name="Target"/> of "" (the root) says that there is no such service.</summary>
public sealed record SrvRecord(string Name, uint Ttl, ushort Priority, ushort Weight, ushort Port, string Target) : DnsRecord(Name, Ttl);

/// <summary>RFC 3403 §4.</summary>
public sealed record NaptrRecord(
    string Name, uint Ttl, ushort Order, ushort Preference, string Flags, string Services, string Regexp, string Replacement) : DnsRecord(Name, Ttl);
