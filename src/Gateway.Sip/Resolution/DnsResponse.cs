using System.Collections.Immutable;

namespace Gateway.Sip;

/// <summary>What a server said (RFC 1035 §4.1.1, with the extended codes of RFC 6891 §6.1.3 that matter).</summary>
public enum DnsCode : ushort
{
    None = 0,
    FormatError = 1,
    ServerFailure = 2,
    NoSuchName = 3,
    NotImplemented = 4,
    Refused = 5,
    BadVersion = 16,
}

/// <summary>Why bytes are no DNS response that can be used; each is a label of a counter.</summary>
public enum DnsParseError : byte
{
    None,
    /// <summary>It ends in the middle of something.</summary>
    Short,
    /// <summary>It is a query.</summary>
    NotResponse,
    /// <summary>Not exactly one question, or one of another class.</summary>
    Question,
    /// <summary>A name too long, with bytes that no host or service name has, or with pointers that do not lead back.</summary>
    Name,
    /// <summary>Record data that does not fit its type.</summary>
    Data,
    /// <summary>More records than <see cref="DnsLimits.Records"/>.</summary>
    TooMany,
}

/// <summary>One response, read: the answer section whole, of the authority section the SOA only (RFC 2308), of the additional one nothing.</summary>
/// <param name="Question">What it answers; to be compared with what was asked.</param>
/// <param name="IsTruncated">Ask again by TCP. Records of a truncated response are not read.</param>
/// <param name="IsAuthoritative">AA or RA: from a server that knows or asks for us, not one that points elsewhere.</param>
/// <param name="NegativeTtl">Seconds that "no such name" and "no such record" hold: the lesser of the SOA's TTL and MINIMUM; null without SOA.</param>
public sealed record DnsResponse(
    ushort Id, DnsQuestion Question, DnsCode Code, bool IsTruncated, bool IsAuthoritative, ImmutableArray<DnsRecord> Answers, uint? NegativeTtl);
