using System.Diagnostics.Metrics;
using Gateway.Sip;

namespace Gateway.Net.Dns;

/// <summary>Counters of name resolution (meter Gateway.Net). Tags are bounded: never a name or an address.</summary>
internal sealed class DnsMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _queries;
    private readonly Counter<long> _answers;
    private readonly Counter<long> _ignored;
    private readonly Histogram<double> _search;

    public DnsMetrics(Meter meter)
    {
        _meter = meter;
        _queries = meter.CreateCounter<long>("gateway.dns.queries", "{query}", "Queries sent to DNS servers, by network.transport.");
        _answers = meter.CreateCounter<long>("gateway.dns.answers", "{answer}", "Questions answered, by outcome and source (cache, network, stale, hosts).");
        _ignored = meter.CreateCounter<long>("gateway.dns.ignored", "{datagram}", "Datagrams that were no answer to our query, by error.type: a server in trouble, or somebody who guesses.");
        _search = meter.CreateHistogram<double>("gateway.dns.search.duration", "s", "Time from the question for next hops to its answer.");
    }

    public void Observe(FailedHops failed) =>
        _meter.CreateObservableUpDownCounter("gateway.dns.failed_hops", () => failed.Count, "{hop}", "Next hops that failed lately and are tried last.");

    public void Query(string transport) => _queries.Add(1, new KeyValuePair<string, object?>("network.transport", transport));

    public void Answer(DnsOutcome outcome, string source) =>
        _answers.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString().ToLowerInvariant()), new KeyValuePair<string, object?>("source", source));

    public void Ignored(string label) => _ignored.Add(1, new KeyValuePair<string, object?>("error.type", label));

    public void Searched(TimeSpan took) => _search.Record(took.TotalSeconds);
}
