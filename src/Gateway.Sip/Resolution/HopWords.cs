using System.Collections.Immutable;

namespace Gateway.Sip;

/// <summary>How the steps of a search read.</summary>
internal static class HopWords
{
    private const int Shown = 6;

    public static string Of(SipTransport transport) => transport.ToString().ToUpperInvariant();

    public static string Of(in Hop hop) => $"{Of(hop.Transport)} {hop.Remote}";

    public static string Of(in DnsQuestion question, DnsAnswer answer) => question + ": " + answer.Outcome switch
    {
        DnsOutcome.Found => List(answer.Records) + (answer.IsStale ? " (expired; the DNS servers do not answer)" : ""),
        DnsOutcome.NoName => "no such name",
        DnsOutcome.NoRecords => "none",
        _ => answer.Detail,
    };

    public static string Naptr(in DnsQuestion question, DnsAnswer answer, ImmutableArray<NaptrChoice> choices) =>
        Of(question, answer) + (answer.Outcome == DnsOutcome.Found && choices.IsEmpty ? "; none is a SIP service that can be used" : "");

    private static string List(ImmutableArray<DnsRecord> records) =>
        string.Join(", ", records.Take(Shown).Select(Of)) + (records.Length > Shown ? $" and {records.Length - Shown} more" : "");

    private static string Of(DnsRecord record) => record switch
    {
        AddressRecord host => host.Address.ToString(),
        SrvRecord { Target.Length: 0 } => "no such service",
        SrvRecord srv => $"{srv.Target}:{srv.Port} (priority {srv.Priority}, weight {srv.Weight})",
        NaptrRecord naptr => $"{naptr.Services} {naptr.Replacement} (order {naptr.Order}, preference {naptr.Preference})",
        AliasRecord alias => alias.Target,
        _ => record.Name,
    };
}
