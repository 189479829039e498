using System.Collections.Immutable;

namespace Gateway.Sip;

public enum DnsOutcome : byte
{
    /// <summary>There are records of the type asked for.</summary>
    Found,
    /// <summary>The name is there, but has no record of the type.</summary>
    NoRecords,
    /// <summary>The name does not exist.</summary>
    NoName,
    /// <summary>Nobody could say; <see cref="DnsAnswer.Detail"/> has why.</summary>
    Failed,
}

/// <summary>What came of one question: the records asked for with aliases followed, or why there are none.</summary>
/// <param name="Lifetime">How long it holds: the least TTL on the way to it, before clamping.</param>
public sealed record DnsAnswer(DnsOutcome Outcome, ImmutableArray<DnsRecord> Records, TimeSpan Lifetime)
{
    /// <summary>Of a failure: who did not answer or what was wrong, in words.</summary>
    public string Detail { get; init; } = "";

    /// <summary>It has expired, and no server could be reached for a new one (RFC 8767).</summary>
    public bool IsStale { get; init; }

    /// <summary>Set when the response ends in an alias whose own records it leaves out: ask for this name.</summary>
    public string? AskFor { get; init; }

    public static DnsAnswer Failure(string detail) => new(DnsOutcome.Failed, [], DnsLimits.FailureLifetime) { Detail = detail };

    public static DnsAnswer None(DnsOutcome outcome = DnsOutcome.NoRecords) => new(outcome, [], DnsLimits.NegativeLifetime);

    /// <summary>What a response to <paramref name="question"/> says. Aliases are followed inside it (RFC 1034 §3.6.2, RFC 6604 §3).</summary>
    public static DnsAnswer From(DnsResponse response, in DnsQuestion question)
    {
        if (response.Code is not (DnsCode.None or DnsCode.NoSuchName))
        {
            return Failure(Words(response.Code));
        }

        var name = question.Name;
        var ttl = uint.MaxValue;
        var aliases = 0;
        while (response.Answers.OfType<AliasRecord>().FirstOrDefault(record => record.Name == name) is { } alias)
        {
            if (++aliases > DnsLimits.Aliases)
            {
                return Failure($"{question.Name} is an alias of an alias too often, or of itself");
            }

            ttl = Math.Min(ttl, alias.Ttl);
            name = alias.Target;
        }

        var type = question.Type;
        var records = response.Answers.Where(record => record.Name == name && TypeOf(record) == type).ToImmutableArray();
        if (!records.IsEmpty)
        {
            return new DnsAnswer(DnsOutcome.Found, records, TimeSpan.FromSeconds(Math.Min(ttl, records.Min(record => record.Ttl))));
        }

        return Nothing(response, question, name, ttl, aliases > 0);
    }

    /// <summary>Two answers joined: <paramref name="target"/> is what the alias in this one points to.</summary>
    public DnsAnswer Through(DnsAnswer target) => target with { Lifetime = target.Lifetime < Lifetime ? target.Lifetime : Lifetime };

    private static DnsAnswer Nothing(DnsResponse response, in DnsQuestion question, string name, uint ttl, bool isAlias)
    {
        // RFC 2308 §2.1, §2.2: without a SOA a negative answer should not be kept; we keep it for a moment.
        var lifetime = response.NegativeTtl is { } negative ? TimeSpan.FromSeconds(Math.Min(negative, ttl)) : DnsLimits.NegativeLifetime;
        if (response.Code == DnsCode.NoSuchName)
        {
            return new DnsAnswer(DnsOutcome.NoName, [], lifetime);
        }

        if (isAlias && response.NegativeTtl is null)
        {
            return new DnsAnswer(DnsOutcome.NoRecords, [], TimeSpan.FromSeconds(ttl)) { AskFor = name };
        }

        // A server that neither knows nor asks for us points elsewhere (RFC 2308 §2.2.1); we do not walk the tree ourselves.
        return response.IsAuthoritative || response.NegativeTtl is not null
            ? new DnsAnswer(DnsOutcome.NoRecords, [], lifetime)
            : Failure($"does not look up {question.Name} for us (no recursion)");
    }

    private static DnsType TypeOf(DnsRecord record) => record switch
    {
        AddressRecord host => DnsName.IsIPv6(host.Address) ? DnsType.Aaaa : DnsType.A,
        AliasRecord => DnsType.Cname,
        SrvRecord => DnsType.Srv,
        _ => DnsType.Naptr,
    };

    private static string Words(DnsCode code) => code switch
    {
        DnsCode.FormatError => "did not understand the question",
        DnsCode.ServerFailure => "failed to find out (SERVFAIL)",
        DnsCode.NotImplemented => "does not know this kind of question",
        DnsCode.Refused => "refused to answer us",
        _ => $"answered with error {(int)code}",
    };
}
