using System.Net;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Resolution;

/// <summary>DNS on paper: answers from lines as in a zone file ("name TYPE data"), and notes what was asked.</summary>
internal sealed class PlayedZone
{
    private readonly Dictionary<DnsQuestion, List<DnsRecord>> _records = [];
    private readonly HashSet<string> _names = [];

    public PlayedZone(string lines)
    {
        foreach (var line in lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var (name, type) = (words[0], Enum.Parse<DnsType>(words[1], ignoreCase: true));
            _names.Add(name);
            if (!_records.TryGetValue(new DnsQuestion(name, type), out var list))
            {
                _records[new DnsQuestion(name, type)] = list = [];
            }

            string Last() => words[^1].TrimEnd('.');
            ushort Number(int at) => ushort.Parse(words[at], System.Globalization.CultureInfo.InvariantCulture);
            list.Add(type switch
            {
                DnsType.Srv => new SrvRecord(name, 60, Number(2), Number(3), Number(4), Last()),
                DnsType.Naptr => new NaptrRecord(name, 60, Number(2), Number(3), words[4].Trim('"'), words[5].Trim('"'), words[6].Trim('"'), Last()),
                _ => new AddressRecord(name, 60, IPAddress.Parse(Last())),
            });
        }
    }

    /// <summary>In the order of asking.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Questions that begin so get no answer.</summary>
    public List<string> Dead { get; } = [];

    public DnsAnswer Answer(DnsQuestion question)
    {
        Asked.Add(question.ToString());
        return Dead.Exists(start => question.ToString().StartsWith(start, StringComparison.Ordinal)) ? DnsAnswer.Failure("no answer from the DNS server 192.0.2.53:53")
            : _records.TryGetValue(question, out var records) ? new DnsAnswer(DnsOutcome.Found, [.. records], TimeSpan.FromSeconds(60))
            : DnsAnswer.None(_names.Any(name => name == question.Name || name.EndsWith("." + question.Name, StringComparison.Ordinal)) ? DnsOutcome.NoRecords : DnsOutcome.NoName);
    }

    /// <summary>Runs a search to its end; answers come one by one, in the order that <paramref name="shuffle"/> gives.</summary>
    public HopResult Search(HopQuery query, HopRules? rules = null, int seed = 1, Random? shuffle = null)
    {
        var search = new HopSearch(query, rules ?? new HopRules(PrefersIPv6: false), new SeededRandom(seed));
        var known = new Dictionary<DnsQuestion, DnsAnswer>();
        var open = new List<DnsQuestion>();
        for (var turn = 0; turn < 500; turn++)
        {
            var step = search.Next(known);
            if (step.Result is { } result)
            {
                return result;
            }

            open.AddRange(step.Questions.Where(question => !open.Contains(question)));
            Assert.NotEmpty(open);
            var next = open[shuffle?.Next(open.Count) ?? 0];
            open.Remove(next);
            known[next] = Answer(next);
        }

        throw new InvalidOperationException("the search does not end");
    }
}
