using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Net.Location;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Location;

/// <summary>What stands between a loop and a source: memory, joining, the number of questions at once, time, and the circuit breaker.</summary>
[Row(57)]
public sealed class GuardedSourceTests : ILocationClient, ILoopScheduler, IDisposable
{
    private readonly Meter _meter = new("Gateway.Net.Tests.Guard");
    private readonly ShiftedTime _time = new();
    private readonly BlockingCollection<Action> _posted = [];
    private readonly ConcurrentQueue<string> _asked = new();
    private Func<LocationQuestion, CancellationToken, Task<LocationAnswer>> _answer = (question, _) => Task.FromResult(Found(question.User));

    string ILocationClient.Name => "played";

    public void Dispose() => _meter.Dispose();

    public bool Takes(LocationQuestion question) => true;

    public Task<LocationAnswer> AskAsync(LocationQuestion question, CancellationToken cancel)
    {
        _asked.Enqueue(question.User);
        return _answer(question, cancel);
    }

    public bool Post(Action work)
    {
        _posted.Add(work);
        return true;
    }

    [Fact]
    public async Task An_answer_is_remembered_for_its_time_and_whoever_asks_gets_it()
    {
        var source = Guard(new LocationOptions { CacheTime = TimeSpan.FromSeconds(60), NegativeCacheTime = TimeSpan.FromSeconds(10) });
        Assert.False((await source.AskAsync(Question("ada"))).IsRemembered);
        Assert.True((await source.AskAsync(Question("ADA") with { Caller = "other" })).IsRemembered);
        _time.Pass(TimeSpan.FromSeconds(61));
        Assert.False((await source.AskAsync(Question("ada"))).IsRemembered);

        _answer = (_, _) => Task.FromResult(LocationAnswer.NotFound);
        await source.AskAsync(Question("nobody"));
        await source.AskAsync(Question("nobody"));
        _time.Pass(TimeSpan.FromSeconds(11));
        await source.AskAsync(Question("nobody"));
        Assert.Equal(["ada", "ada", "nobody", "nobody"], _asked);

        // The source may say that it holds for less.
        _answer = (_, _) => Task.FromResult(Found("x") with { Lifetime = TimeSpan.FromSeconds(5) });
        await source.AskAsync(Question("short"));
        _time.Pass(TimeSpan.FromSeconds(6));
        Assert.False((await source.AskAsync(Question("short"))).IsRemembered);
    }

    [Fact]
    public async Task The_same_question_at_the_same_time_is_asked_once()
    {
        var gate = new TaskCompletionSource();
        _answer = async (question, _) =>
        {
            await gate.Task;
            return Found(question.User);
        };
        var source = Guard(new LocationOptions());
        var many = Enumerable.Range(0, 20).Select(_ => source.AskAsync(Question("ada"))).ToList();
        gate.SetResult();
        Assert.All(await Task.WhenAll(many), answer => Assert.Equal(LocationOutcome.Found, answer.Outcome));
        Assert.Single(_asked);
    }

    [Fact]
    [Threat(16)]
    public async Task A_source_that_hangs_holds_so_many_questions_and_the_next_one_is_told_at_once()
    {
        // It does not even hear that nobody waits any more.
        var never = new TaskCompletionSource<LocationAnswer>();
        _answer = (_, _) => never.Task;
        var source = Guard(new LocationOptions { MaxQuestions = 3, Timeout = TimeSpan.FromMilliseconds(150) });
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => source.AskAsync(Question($"u{i}"))));
        Assert.All(answers, answer => Assert.Equal("no answer within 0.2 s", answer.Detail));
        Assert.Equal(3, source.UnderWay);
        Assert.Equal("3 questions are under way already", (await source.AskAsync(Question("u4"))).Detail);
        Assert.Equal(3, _asked.Count);

        never.SetResult(LocationAnswer.NotFound);
        while (source.UnderWay > 0)
        {
            await Task.Yield();
        }

        _answer = (question, _) => Task.FromResult(Found(question.User));
        Assert.Equal(LocationOutcome.Found, (await source.AskAsync(Question("u4"))).Outcome);
    }

    [Fact]
    public async Task After_failures_in_a_row_it_is_left_alone_then_one_question_tries_and_its_answer_decides()
    {
        _answer = (_, _) => Task.FromResult(LocationAnswer.Failure("broken"));
        var source = Guard(new LocationOptions());
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("", source.Trouble);
            Assert.Equal("broken", (await source.AskAsync(Question($"u{i}"))).Detail);
        }

        Assert.Equal("broken", source.Trouble);
        Assert.Equal("not asked for another 10 s, as it failed again and again: broken", (await source.AskAsync(Question("u6"))).Detail);
        Assert.Equal(5, _asked.Count);

        _time.Pass(GuardedSource.Rest);
        await source.AskAsync(Question("u7"));
        Assert.Equal(6, _asked.Count);
        Assert.StartsWith("not asked for another", (await source.AskAsync(Question("u8"))).Detail, StringComparison.Ordinal);

        _time.Pass(GuardedSource.Rest);
        var gate = new TaskCompletionSource();
        _answer = async (question, _) =>
        {
            await gate.Task;
            return Found(question.User);
        };
        var trying = source.AskAsync(Question("u9"));
        Assert.StartsWith("not asked for another 0 s", (await source.AskAsync(Question("u10"))).Detail, StringComparison.Ordinal);
        gate.SetResult();
        Assert.Equal(LocationOutcome.Found, (await trying).Outcome);
        Assert.Equal("", source.Trouble);
        Assert.Equal(LocationOutcome.Found, (await source.AskAsync(Question("u11"))).Outcome);
    }

    [Fact]
    public async Task An_answer_that_has_expired_is_better_than_none_for_a_while()
    {
        var source = Guard(new LocationOptions { CacheTime = TimeSpan.FromSeconds(10), StaleTime = TimeSpan.FromMinutes(10) });
        await source.AskAsync(Question("ada"));
        _answer = (_, _) => throw new InvalidOperationException("a bug of ours");
        _time.Pass(TimeSpan.FromMinutes(5));
        var stale = await source.AskAsync(Question("ada"));
        Assert.True(stale is { Outcome: LocationOutcome.Found, IsStale: true });
        _time.Pass(TimeSpan.FromMinutes(6));
        Assert.Equal("an error of the gateway; its log has more", (await source.AskAsync(Question("ada"))).Detail);
    }

    [Fact]
    public void The_loop_never_waits_and_the_answer_comes_as_a_message_to_it()
    {
        using var gate = new ManualResetEventSlim();
        _answer = (question, _) =>
        {
            // Blocks whoever calls, as a bad library would.
            gate.Wait(CancellationToken.None);
            return Task.FromResult(Found(question.User));
        };
        var source = Guard(new LocationOptions());
        LocationAnswer? heard = null;
        source.Ask(Question("ada"), this, answer => heard = answer);
        Assert.Empty(_posted);
        gate.Set();
        _posted.Take()();
        Assert.Equal(LocationOutcome.Found, heard!.Outcome);
    }

    private GuardedSource Guard(LocationOptions options) => new(this, options, new LocationMetrics(_meter), _time, NullLogger.Instance);

    private static LocationQuestion Question(string user) => new(user, null, "gw.example", "ada@gw.example");

    private static LocationAnswer Found(string user) => new(LocationOutcome.Found, [new LocationTarget.Address(new SipUri(SipScheme.Sip, user, "voip.example"))]);

    /// <summary>The real clock, put forward; its timers are real.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        private long _shift;

        public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref _shift);

        public void Pass(TimeSpan time) => Interlocked.Add(ref _shift, (long)(time.TotalSeconds * TimestampFrequency));
    }
}
