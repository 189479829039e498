using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Net.Sip;
using Gateway.Server.Ports;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Dns;

/// <summary>
/// Finds next hops for the loops (RFC 3263): drives one <see cref="HopSearch"/> for each question, away from the loop, and
/// posts its answer there within two seconds, with what is known by then.
/// </summary>
public sealed class NextHopFinder : INextHops
{
    private readonly DnsResolver _resolver;
    private readonly HopRules _rules;
    private readonly DnsMetrics _metrics;
    private readonly FailedHops _failed;
    private readonly RandomNumberGenerator _random;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal NextHopFinder(DnsResolver resolver, HopRules rules, FailedHops failed, DnsMetrics metrics, RandomNumberGenerator random, TimeProvider time, ILogger logger)
    {
        _failed = failed;
        _resolver = resolver;
        _rules = rules;
        _metrics = metrics;
        _random = random;
        _time = time;
        _logger = logger;
    }

    /// <summary>The finder of a host, with the system's files and the option Gateway:Net:DnsServers.</summary>
    internal static NextHopFinder Create(NetOptions net, NetMetrics metrics, RandomNumberGenerator random, TimeProvider time, ILogger logger)
    {
        var counters = new DnsMetrics(metrics.Meter);
        var servers = new DnsServers(net.DnsServers, "/etc/resolv.conf", time, logger);
        var client = new DnsClient(servers, new DnsExchange(random, counters), time, logger);
        var failed = new FailedHops(net.FailedHopTime, time);
        counters.Observe(failed);
        return new NextHopFinder(new DnsResolver(new HostsFile("/etc/hosts", time), client, counters, time, logger), RulesOf(net), failed, counters, random, time, logger);
    }

    /// <summary>The answers that the search is made of, for whoever else asks DNS: one cache for all.</summary>
    internal DnsResolver Names => _resolver;

    public void Find(NextHopQuery query, ILoopScheduler loop, Action<NextHops> done) => _ = Task.Run(async () =>
    {
        var found = await FindAsync(query).ConfigureAwait(false);
        loop.Post(() => done(found));
    });

    public void Failed(NextHop hop, TimeSpan? retryAfter = null)
    {
        ArgumentNullException.ThrowIfNull(hop);
        _failed.Add(hop, retryAfter);
    }

    public void Answered(NextHop hop)
    {
        ArgumentNullException.ThrowIfNull(hop);
        _failed.Remove(hop);
    }

    /// <summary>The same for callers that may wait, such as "test this trunk". Never throws.</summary>
    public async Task<NextHops> FindAsync(NextHopQuery query)
    {
        var began = _time.GetTimestamp();
        try
        {
            var search = new HopSearch(new HopQuery(query.Host, query.Port, query.Transport, query.IsSecure), _rules, _random);
            var result = await SearchAsync(search, began).ConfigureAwait(false);
            var name = query.Host.Trim('[', ']').TrimEnd('.');
            return _failed.Last(new NextHops([.. result.Hops.Select(hop => new NextHop(hop.Transport, hop.Remote, name))], result.Error) { Steps = result.Steps });
        }
        catch (Exception e)
        {
            DnsLog.Fault(_logger, e);
            return new NextHops([], "The search ended by an error of the gateway; its log has more");
        }
        finally
        {
            _metrics.Searched(_time.GetElapsedTime(began));
        }
    }

    private async Task<HopResult> SearchAsync(HopSearch search, long began)
    {
        var known = new Dictionary<DnsQuestion, DnsAnswer>();
        var open = new Dictionary<Task<DnsAnswer>, DnsQuestion>();
        var asked = new HashSet<DnsQuestion>();
        while (true)
        {
            var step = search.Next(known);
            if (step.Result is { } result)
            {
                return result;
            }

            var left = DnsLimits.SearchPatience - _time.GetElapsedTime(began);
            foreach (var question in step.Questions.Where(asked.Add))
            {
                if (left <= TimeSpan.Zero || asked.Count > DnsLimits.Questions)
                {
                    known[question] = DnsAnswer.Failure(left <= TimeSpan.Zero ? "there was no time left to ask" : "it would take too many questions");
                }
                else
                {
                    open.Add(_resolver.AskAsync(question), question);
                }
            }

            await HearAsync(open, known, began).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for one answer or for the end of patience, which is an answer too.</summary>
    private async Task HearAsync(Dictionary<Task<DnsAnswer>, DnsQuestion> open, Dictionary<DnsQuestion, DnsAnswer> known, long began)
    {
        if (open.Count == 0)
        {
            return;
        }

        var type = open.Values.Min(Rank);
        var patience = type switch { 0 => DnsLimits.NaptrPatience, 1 => DnsLimits.SrvPatience, _ => DnsLimits.SearchPatience };
        var left = patience - _time.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
        {
            using var stop = new CancellationTokenSource();
            await Task.WhenAny(open.Keys.Append<Task>(Task.Delay(left, _time, stop.Token))).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
        }

        var isOver = _time.GetElapsedTime(began) >= patience;
        foreach (var (task, question) in open.ToList())
        {
            if (task.IsCompleted)
            {
                known[question] = await task.ConfigureAwait(false);
                open.Remove(task);
            }
            else if (isOver && Rank(question) == type)
            {
                known[question] = DnsAnswer.Failure($"no answer within {patience.TotalSeconds:0.#} s");
                open.Remove(task);
            }
        }
    }

    /// <summary>What is given up first.</summary>
    private static int Rank(DnsQuestion question) => question.Type switch { DnsType.Naptr => 0, DnsType.Srv => 1, _ => 2 };

    /// <summary>Only families that the gateway listens on are of use; IPv6 goes first where a global address of ours says that it works (RFC 6724).</summary>
    private static HopRules RulesOf(NetOptions net)
    {
        var own = ListenAddresses.Of(net);
        var v6 = own.Where(address => address.AddressFamily == AddressFamily.InterNetworkV6).ToList();
        return new HopRules(
            UsesIPv4: own.Any(address => address.AddressFamily == AddressFamily.InterNetwork),
            UsesIPv6: v6.Count > 0,
            PrefersIPv6: v6.Exists(address => !IPAddress.IsLoopback(address) && !address.IsIPv6UniqueLocal));
    }
}
