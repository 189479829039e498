using Gateway.Server.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Location;

/// <summary>
/// A location source as the loops see it: answers from memory, one question at a time for each number, so many under way at once
/// and no more, each within its time, and none to a source that has just failed again and again. Thread-safe.
/// </summary>
internal sealed class GuardedSource : ILocationSource
{
    private const int Remembered = 4096;
    private const int FailuresInARow = 5;

    /// <summary>How long a source that failed again and again is left alone.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly ILocationClient _client;
    private readonly LocationOptions _options;
    private readonly LocationMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly LocationMemory _memory;
    private readonly CircuitBreaker _breaker = new(FailuresInARow, Rest);
    private readonly Dictionary<(string User, string? E164, string Domain), Task<LocationAnswer>> _open = [];
    private readonly long _origin;
    private int _underWay;
    private string _lastFailure = "";

    public GuardedSource(ILocationClient client, LocationOptions options, LocationMetrics metrics, TimeProvider time, ILogger logger)
    {
        _client = client;
        _options = options;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _memory = new LocationMemory(options, Remembered);
        _origin = time.GetTimestamp();
    }

    public string Name => _client.Name;

    /// <summary>Why it is not asked at this moment, in words; empty when it is.</summary>
    public string Trouble
    {
        get
        {
            lock (_gate)
            {
                return _breaker.IsOpen ? _lastFailure : "";
            }
        }
    }

    /// <summary>Questions that the source works on, those that nobody waits for any more among them.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    public bool Takes(LocationQuestion question) => _client.Takes(question);

    public void Ask(LocationQuestion question, ILoopScheduler loop, Action<LocationAnswer> done) => _ = Task.Run(async () =>
    {
        var answer = await AskAsync(question).ConfigureAwait(false);
        loop.Post(() => done(answer));
    });

    /// <summary>Never throws; ends within the time that the settings give.</summary>
    public async Task<LocationAnswer> AskAsync(LocationQuestion question)
    {
        LocationAnswer answer;
        try
        {
            answer = Begin(question, out var asking) ?? await asking!.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LocationLog.Fault(_logger, Name, e);
            answer = LocationAnswer.Failure("an error of the gateway; its log has more");
        }

        _metrics.Answered(Name, answer);
        return answer;
    }

    /// <summary>What can be said at once; else null, and the question that is under way for it.</summary>
    private LocationAnswer? Begin(LocationQuestion question, out Task<LocationAnswer>? asking)
    {
        asking = null;
        lock (_gate)
        {
            var now = Now;
            if (_memory.Get(question, now) is { } known)
            {
                return known;
            }

            var key = (question.User, question.E164, question.Domain);
            if (_open.TryGetValue(key, out asking))
            {
                return null;
            }

            if (_underWay >= _options.MaxQuestions)
            {
                return _memory.GetStale(question, now) ?? LocationAnswer.Failure($"{_underWay} questions are under way already");
            }

            if (!_breaker.TryEnter(now))
            {
                return _memory.GetStale(question, now)
                    ?? LocationAnswer.Failure($"not asked for another {Math.Ceiling(_breaker.RestsFor(now).TotalSeconds):0} s, as it failed again and again: {_lastFailure}");
            }

            _underWay++;
            asking = _open[key] = Task.Run(() => FetchAsync(question, key));
            return null;
        }
    }

    private async Task<LocationAnswer> FetchAsync(LocationQuestion question, (string User, string? E164, string Domain) key)
    {
        var began = _time.GetTimestamp();
        using var life = new CancellationTokenSource(_options.Timeout, _time);
        // Apart: a client that blocks must not block the clock that watches it.
        var token = life.Token;
        var work = Task.Run(() => WorkAsync(question, token), CancellationToken.None);
        LocationAnswer answer;
        try
        {
            answer = await work.WaitAsync(_options.Timeout, _time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            answer = LocationAnswer.Failure($"no answer within {_options.Timeout.TotalSeconds:0.#} s");
        }

        answer = answer with { Took = _time.GetElapsedTime(began) };
        lock (_gate)
        {
            _open.Remove(key);
            return Settle(question, answer);
        }
    }

    /// <summary>Its place is free when the source is done with it, not when the caller has gone: a source that hangs must not collect work.</summary>
    private async Task<LocationAnswer> WorkAsync(LocationQuestion question, CancellationToken cancel)
    {
        try
        {
            return await _client.AskAsync(question, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return LocationAnswer.Failure($"no answer within {_options.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception e)
        {
            LocationLog.Fault(_logger, Name, e);
            return LocationAnswer.Failure("an error of the gateway; its log has more");
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private LocationAnswer Settle(LocationQuestion question, LocationAnswer answer)
    {
        var now = Now;
        if (answer.Outcome != LocationOutcome.Failed)
        {
            if (_breaker.IsOpen)
            {
                LocationLog.Back(_logger, Name);
            }

            _breaker.Succeeded();
            _memory.Set(question, answer, now);
            return answer;
        }

        var wasOpen = _breaker.IsOpen;
        _lastFailure = answer.Detail;
        _breaker.Failed(now);
        if (!wasOpen && _breaker.IsOpen)
        {
            LocationLog.Left(_logger, Name, answer.Detail);
        }

        return _memory.GetStale(question, now) is { } stale ? stale with { Took = answer.Took } : answer;
    }
}
