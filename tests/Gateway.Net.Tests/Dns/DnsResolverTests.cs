using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Net.Dns;
using Gateway.Sip;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Dns;

/// <summary>What the resolver remembers, for how long, and what it does when the servers are dead; the clock is moved by hand.</summary>
public sealed class DnsResolverTests : IDnsClient, IDisposable
{
    private readonly Meter _meter = new("Gateway.Net.Tests");
    private readonly ManualTime _time = new();
    private readonly DnsResolver _resolver;
    private readonly List<DnsQuestion> _asked = [];
    private Func<DnsQuestion, Task<DnsAnswer>> _server = _ => throw new InvalidOperationException("no server");

    public DnsResolverTests() =>
        _resolver = new DnsResolver(new HostsFile("/nonexistent", _time), this, new DnsMetrics(_meter), _time, NullLogger.Instance);

    public void Dispose() => _meter.Dispose();

    Task<DnsAnswer> IDnsClient.AskAsync(DnsQuestion question)
    {
        lock (_asked)
        {
            _asked.Add(question);
        }

        return _server(question);
    }

    [Theory]
    [InlineData(60, 60)]
    [InlineData(0, 5)] // not less than MinLifetime
    [InlineData(86_400, 3600)] // not more than MaxLifetime
    [Rfc(1035, "7.4")]
    public async Task An_answer_holds_for_its_ttl_within_bounds(int ttl, int seconds)
    {
        _server = _ => Task.FromResult(Found(ttl));
        await AskAsync();
        _time.Pass(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        await AskAsync();
        Assert.Single(_asked);
        _time.Pass(TimeSpan.FromTicks(1));
        Assert.False((await AskAsync()).IsStale);
        Assert.Equal(2, _asked.Count);
    }

    [Theory]
    [InlineData(DnsOutcome.NoName, 60, 60)]
    [InlineData(DnsOutcome.NoRecords, 86_400, 300)]
    [InlineData(DnsOutcome.Failed, 60, 2)]
    [Rfc(2308, "5")]
    [Rfc(2308, "7")]
    public async Task Nothing_is_remembered_too_but_not_for_long(DnsOutcome outcome, int ttl, int seconds)
    {
        _server = _ => Task.FromResult(new DnsAnswer(outcome, [], TimeSpan.FromSeconds(ttl)));
        await AskAsync();
        _time.Pass(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        Assert.Equal(outcome, (await AskAsync()).Outcome);
        Assert.Single(_asked);
        _time.Pass(TimeSpan.FromTicks(1));
        await AskAsync();
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task Many_who_ask_the_same_are_one_question()
    {
        var held = new TaskCompletionSource<DnsAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _server = _ => held.Task;
        var all = Enumerable.Range(0, 50).Select(_ => AskAsync()).ToList();
        held.SetResult(Found(60));
        Assert.All(await Task.WhenAll(all), answer => Assert.Equal(DnsOutcome.Found, answer.Outcome));
        Assert.Single(_asked);
    }

    [Fact]
    [Rfc(8767, "5")]
    public async Task Dead_servers_leave_the_expired_answer_for_an_hour_and_are_asked_again_now_and_then()
    {
        _server = _ => Task.FromResult(Found(60));
        await AskAsync();
        _server = _ => Task.FromResult(DnsAnswer.Failure("dead"));
        _time.Pass(TimeSpan.FromSeconds(61));

        var stale = await AskAsync();
        Assert.True(stale.IsStale);
        Assert.Equal(DnsOutcome.Found, stale.Outcome);
        Assert.Equal(2, _asked.Count);

        // Not asked for half a minute, then once.
        _time.Pass(DnsLimits.StaleRecheck - TimeSpan.FromTicks(1));
        Assert.True((await AskAsync()).IsStale);
        Assert.Equal(2, _asked.Count);
        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.True((await AskAsync()).IsStale);
        Assert.Equal(3, _asked.Count);

        // Back again.
        _time.Pass(DnsLimits.StaleRecheck);
        _server = _ => Task.FromResult(Found(60));
        Assert.False((await AskAsync()).IsStale);

        _server = _ => Task.FromResult(DnsAnswer.Failure("dead"));
        _time.Pass(TimeSpan.FromSeconds(60) + DnsLimits.StaleLifetime);
        Assert.Equal(DnsOutcome.Failed, (await AskAsync()).Outcome);
    }

    [Fact]
    public async Task A_name_that_is_gone_is_gone_although_it_was_known()
    {
        _server = _ => Task.FromResult(Found(60));
        await AskAsync();
        _time.Pass(TimeSpan.FromSeconds(61));
        _server = _ => Task.FromResult(DnsAnswer.None(DnsOutcome.NoName));
        Assert.Equal(DnsOutcome.NoName, (await AskAsync()).Outcome);
    }

    [Fact]
    public async Task An_error_of_ours_is_a_failed_answer_and_the_next_question_is_asked()
    {
        Assert.Equal(DnsOutcome.Failed, (await AskAsync()).Outcome);
        _time.Pass(DnsLimits.FailureLifetime);
        _server = _ => Task.FromResult(Found(60));
        Assert.Equal(DnsOutcome.Found, (await AskAsync()).Outcome);
    }

    [Fact]
    public async Task Questions_under_way_are_bounded()
    {
        var held = new TaskCompletionSource<DnsAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _server = _ => held.Task;
        var open = Enumerable.Range(0, 256).Select(i => _resolver.AskAsync(new DnsQuestion($"n{i}.example", DnsType.A))).ToList();
        var one = await AskAsync();
        Assert.Equal(DnsOutcome.Failed, one.Outcome);
        Assert.Contains("too many", one.Detail, StringComparison.Ordinal);
        held.SetResult(Found(60));
        await Task.WhenAll(open);
        Assert.Equal(DnsOutcome.Found, (await AskAsync()).Outcome);
    }

    [Fact]
    public void The_cache_is_bounded_and_what_is_used_stays()
    {
        var cache = new DnsCache(100);
        for (var i = 0; i < 1000; i++)
        {
            cache.Set(new DnsQuestion($"n{i}", DnsType.A), Found(60), TimeSpan.Zero);
            Assert.NotNull(cache.Get(new DnsQuestion("n0", DnsType.A), TimeSpan.Zero));
        }

        Assert.Equal(100, cache.Count);
        Assert.Null(cache.Get(new DnsQuestion("n1", DnsType.A), TimeSpan.Zero));
    }

    private Task<DnsAnswer> AskAsync() => _resolver.AskAsync(new DnsQuestion("a.example", DnsType.A));

    private static DnsAnswer Found(int ttl) =>
        new(DnsOutcome.Found, [new AddressRecord("a.example", (uint)ttl, IPAddress.Parse("192.0.2.1"))], TimeSpan.FromSeconds(ttl));
}
