using System.Collections.Immutable;
using System.Net;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Dns;

/// <summary>Has a question answered by servers, whatever becomes of them.</summary>
internal interface IDnsClient
{
    /// <summary>Never throws; a failure is an answer.</summary>
    Task<DnsAnswer> AskAsync(DnsQuestion question);
}

/// <summary>
/// Asks one server after the other, the next one soon and without giving up on those before: the first good answer counts.
/// So a dead server costs a third of a second once, and a slow one is still heard.
/// </summary>
internal sealed class DnsClient(DnsServers servers, DnsExchange exchange, TimeProvider time, ILogger logger) : IDnsClient
{
    private const int FewestTries = 3;
    private const int MostTries = 8;

    /// <summary>From one try to the next, the last for all that follow.</summary>
    private static readonly TimeSpan[] s_waits = [TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(800)];

    private int _silent;

    public async Task<DnsAnswer> AskAsync(DnsQuestion question)
    {
        using var life = new CancellationTokenSource(DnsLimits.QuestionLife, time);
        var answer = await AskAsync(question, 0, life.Token).ConfigureAwait(false);
        await life.CancelAsync().ConfigureAwait(false);
        return answer;
    }

    private async Task<DnsAnswer> AskAsync(DnsQuestion question, int aliases, CancellationToken life)
    {
        var answer = await AskServersAsync(question, life).ConfigureAwait(false);
        if (answer.AskFor is not { } target)
        {
            return answer;
        }

        return aliases < DnsLimits.Aliases
            ? answer.Through(await AskAsync(question with { Name = target }, aliases + 1, life).ConfigureAwait(false))
            : DnsAnswer.Failure($"{question.Name} is an alias of an alias too often");
    }

    private async Task<DnsAnswer> AskServersAsync(DnsQuestion question, CancellationToken life)
    {
        var order = servers.InOrder();
        var plan = new Queue<IPEndPoint>(Enumerable.Range(0, Math.Clamp(order.Length * 2, FewestTries, MostTries)).Select(i => order[i % order.Length]));
        var open = new Dictionary<Task<DnsExchanged>, IPEndPoint>();
        var failures = new Dictionary<IPEndPoint, string>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(life);
        for (var tries = 0; ; )
        {
            // One that has said no, or is not there, is not asked a second time.
            while (plan.TryPeek(out var done) && failures.ContainsKey(done))
            {
                plan.Dequeue();
            }

            if (plan.TryDequeue(out var next))
            {
                open.Add(exchange.AskAsync(next, question, end.Token), next);
                tries++;
            }

            var wait = plan.Count > 0 ? s_waits[Math.Min(tries, s_waits.Length) - 1] : Timeout.InfiniteTimeSpan;
            var first = open.Count > 0 ? await FirstAsync(open.Keys, wait, end.Token).ConfigureAwait(false) : null;
            if (life.IsCancellationRequested || (first is null && open.Count == 0))
            {
                return Nobody(order, failures);
            }

            if (first is null)
            {
                continue;
            }

            open.Remove(first, out var server);
            var (response, failure) = await first.ConfigureAwait(false);
            var answer = response is not null ? DnsAnswer.From(response, question) : DnsAnswer.Failure(failure);
            if (answer.Outcome != DnsOutcome.Failed)
            {
                Heard(server!, open.Values);
                await end.CancelAsync().ConfigureAwait(false);
                return answer;
            }

            // The next is asked at once.
            failures[server!] = answer.Detail;
            servers.Silent(server!);
        }
    }

    /// <summary>The first exchange that is over; null when the wait, or the life of the question, is over before.</summary>
    private async Task<Task<DnsExchanged>?> FirstAsync(IEnumerable<Task<DnsExchanged>> open, TimeSpan wait, CancellationToken end)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(end);
        var done = await Task.WhenAny(open.Append(Task.Delay(wait, time, stop.Token))).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        return done as Task<DnsExchanged>;
    }

    private void Heard(IPEndPoint server, IEnumerable<IPEndPoint> stillAsked)
    {
        servers.Answered(server);
        foreach (var other in stillAsked.Where(other => !other.Equals(server)))
        {
            servers.Silent(other);
        }

        if (Interlocked.Exchange(ref _silent, 0) != 0)
        {
            DnsLog.Back(logger);
        }
    }

    private DnsAnswer Nobody(ImmutableArray<IPEndPoint> order, Dictionary<IPEndPoint, string> failures)
    {
        var detail = failures.Count == 0
            ? $"no answer from the DNS server{(order.Length > 1 ? "s" : "")} {string.Join(", ", order)}"
            : string.Join("; ", order.Select(server => $"DNS server {server} {failures.GetValueOrDefault(server, "does not answer")}"));
        foreach (var server in order)
        {
            servers.Silent(server);
        }

        if (failures.Count < order.Length && Interlocked.Exchange(ref _silent, 1) == 0)
        {
            DnsLog.Silent(logger, detail);
        }

        return DnsAnswer.Failure(detail);
    }
}
