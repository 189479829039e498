using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Dns;

/// <summary>
/// Answers questions from this machine's names, from the cache, or from the servers, one question at a time for each name
/// and type. An answer that has expired is better than none when the servers are dead (RFC 8767).
/// </summary>
internal sealed class DnsResolver(HostsFile hosts, IDnsClient client, DnsMetrics metrics, TimeProvider time, ILogger logger)
{
    private const int CacheCapacity = 4096;

    /// <summary>Questions under way at once; more fail. Callers may choose names, and must not choose how many sockets we have.</summary>
    private const int MostOpen = 256;

    private readonly Lock _gate = new();
    private readonly DnsCache _cache = new(CacheCapacity);
    private readonly Dictionary<DnsQuestion, Task<DnsAnswer>> _open = [];
    private readonly long _origin = time.GetTimestamp();

    private TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>Never throws. Ends after the life of a question at the latest.</summary>
    public async Task<DnsAnswer> AskAsync(DnsQuestion question)
    {
        if (hosts.Find(question) is { } own)
        {
            metrics.Answer(own.Outcome, "hosts");
            return own;
        }

        var cached = Begin(question, out var asking);
        if (asking is null)
        {
            metrics.Answer(cached!.Outcome, cached.IsStale ? "stale" : "cache");
            return cached;
        }

        if (cached is null)
        {
            var answer = await asking.ConfigureAwait(false);
            metrics.Answer(answer.Outcome, "network");
            return answer;
        }

        await Task.WhenAny(asking, Task.Delay(DnsLimits.StalePatience, time)).ConfigureAwait(false);
        var fresh = asking.IsCompletedSuccessfully && asking.Result.Outcome != DnsOutcome.Failed ? asking.Result : null;
        metrics.Answer((fresh ?? cached).Outcome, fresh is null ? "stale" : "network");
        return fresh ?? cached;
    }

    /// <summary>What is there at once, and the question to the servers that is needed besides: the one under way or a new one.</summary>
    private DnsAnswer? Begin(DnsQuestion question, out Task<DnsAnswer>? asking)
    {
        lock (_gate)
        {
            var now = Now;
            var cached = _cache.Get(question, now);
            asking = null;
            if (cached is not null && (!cached.IsStale || !_cache.IsDue(question, now)))
            {
                return cached;
            }

            if (_open.TryGetValue(question, out asking))
            {
                return cached;
            }

            if (_open.Count >= MostOpen)
            {
                return cached ?? DnsAnswer.Failure("too many names are being looked up at this moment");
            }

            asking = _open[question] = Task.Run(() => FetchAsync(question));
            return cached;
        }
    }

    private async Task<DnsAnswer> FetchAsync(DnsQuestion question)
    {
        DnsAnswer answer;
        try
        {
            answer = await client.AskAsync(question).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            DnsLog.Fault(logger, e);
            answer = DnsAnswer.Failure("an error of the gateway; its log has more");
        }

        lock (_gate)
        {
            _open.Remove(question);
            if (answer.Outcome == DnsOutcome.Failed)
            {
                _cache.SetFailed(question, answer, Now);
            }
            else
            {
                _cache.Set(question, answer, Now);
            }
        }

        return answer;
    }
}
