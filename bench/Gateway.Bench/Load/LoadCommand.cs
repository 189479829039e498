using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using Gateway.Net.Dtls;

namespace Gateway.Bench.Load;

/// <summary>
/// "load": N browsers (SIP over WSS, ICE, DTLS, SRTP) call one phone (UDP, RTP) through a gateway, phase by phase, and each
/// phase is charged with the on-CPU time of the gateway's process.
/// </summary>
internal sealed class LoadCommand : IAsyncDisposable
{
    private static readonly TimeSpan SecureLimit = TimeSpan.FromSeconds(20);

    private readonly LoadOptions _options;
    private readonly Uri _url;
    private readonly int _pid;
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly DtlsIdentity _identity;
    private readonly MediaPump _pump;
    private readonly PhoneLine _phone;
    private readonly BrowserLine[] _lines;
    private readonly MediaPair?[] _pairs;

    private LoadCommand(LoadOptions options, Uri url, IPEndPoint sip, int pid)
    {
        _options = options;
        _url = url;
        _pid = pid;
        _identity = new DtlsIdentity(options.Profile);
        _pump = new MediaPump(_identity, options.Sleeps);
        _lines = [.. Enumerable.Range(0, options.Calls).Select(i => new BrowserLine(BenchAccounts.User(i), _random))];
        _pairs = new MediaPair?[options.Calls];
        _phone = new PhoneLine(sip, Answer);
    }

    public static async Task<int> RunAsync(LoadOptions options)
    {
        using var child = options.Url is null ? await GatewayChild.StartAsync(options.Calls, options.ServerCores) : null;
        await using var load = new LoadCommand(
            options, child?.Url ?? options.Url!, child?.Sip ?? IPEndPoint.Parse(options.Sip), child?.Pid ?? options.Pid);
        return await load.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _phone.Dispose();
        foreach (var line in _lines)
        {
            await line.DisposeAsync();
        }

        _pump.Dispose();
        _identity.Dispose();
        _random.Dispose();
    }

    private async Task<int> RunAsync()
    {
        _phone.Register();
        var registered = await MeasureAsync(i => _lines[i].RegisterAsync(_url), _options.Calls);
        Report("register-wss", registered).Print();

        for (var done = 0; done < _options.WarmCalls; done += _options.Calls)
        {
            var count = Math.Min(_options.Calls, _options.WarmCalls - done);
            await MeasureAsync(SetUpAsync, count);
            await MeasureAsync(HangUpAsync, count);
        }

        await Task.Delay(1000);
        var before = ServerProcess.ResidentKiB(_pid);
        var setUp = await MeasureAsync(SetUpAsync, _options.Calls);
        Report("setup", setUp).Add("parallel", _options.Parallel).Print();

        var bad = await MediaAsync(before);
        Report("hangup", await MeasureAsync(HangUpAsync, _options.Calls)).Print();
        return bad ? 1 : 0;
    }

    private async Task<bool> MediaAsync(long residentBefore)
    {
        await _pump.StartSendingAsync();
        await Task.Delay(TimeSpan.FromSeconds(_options.Warm));
        var cpu = ServerProcess.CpuNanoseconds(_pid);
        var clock = Stopwatch.StartNew();
        _pump.Measures = true;
        await Task.Delay(TimeSpan.FromSeconds(_options.Seconds));
        _pump.Measures = false;
        var seconds = clock.Elapsed.TotalSeconds;
        cpu = ServerProcess.CpuNanoseconds(_pid) - cpu;
        await Task.Delay(500); // the last of the window come home
        await _pump.StopSendingAsync();

        var totals = _pump.Totals;
        new Result(_options.Label + "-media")
            .Add("calls", _options.Calls)
            .Add("profile", _options.Profile)
            .Add("pps", totals.Sent / seconds, 0)
            .Add("srv_cpu_us_per_pkt", cpu / 1e3 / Math.Max(1, totals.Received))
            .Add("srv_core_pct", cpu / 1e7 / seconds, 1)
            .Add("loss_pct", 100.0 * (totals.Sent - totals.Received) / Math.Max(1, totals.Sent), 4)
            .Add("bad", totals.Bad)
            .Add("lat_p50_us", totals.Microseconds(0.5), 1)
            .Add("lat_p99_us", totals.Microseconds(0.99), 1)
            .Add("worst_late_ms", _pump.WorstLate.TotalMilliseconds, 1)
            .Add("rss_kib_per_call", (ServerProcess.ResidentKiB(_pid) - residentBefore) / (double)_options.Calls, 1)
            .Print();
        return totals.Bad > 0 || totals.Received == 0;
    }

    /// <summary>From INVITE to keys on both ends: what a person waits for.</summary>
    private async Task SetUpAsync(int call)
    {
        var pair = _pairs[call] = await _pump.OpenAsync(call);
        var answer = await _lines[call].CallAsync("phone", pair.Browser.Offer());
        await _pump.DoAsync(now => pair.Browser.Start(answer, now));
        await pair.Browser.Secure.WaitAsync(SecureLimit);
        pair.IsUp = true;
    }

    private async Task HangUpAsync(int call)
    {
        await _lines[call].HangUpAsync();
        await _pump.CloseAsync(_pairs[call]!);
        _pairs[call] = null;
    }

    /// <summary>The phone's part of a call, on its thread.</summary>
    private int Answer(int call, IPEndPoint gateway)
    {
        var pair = _pairs[call]!;
        pair.Phone.Start(gateway);
        return pair.Phone.Port.Local.Port;
    }

    private async Task<Phase> MeasureAsync(Func<int, Task> step, int count)
    {
        var milliseconds = new double[count];
        var cpu = ServerProcess.CpuNanoseconds(_pid);
        var wall = Stopwatch.StartNew();
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(_options.Parallel, count)).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < count;)
            {
                var one = Stopwatch.GetTimestamp();
                await step(i);
                milliseconds[i] = Stopwatch.GetElapsedTime(one).TotalMilliseconds;
            }
        }));
        var seconds = wall.Elapsed.TotalSeconds;
        return new Phase(count, ServerProcess.CpuNanoseconds(_pid) - cpu, seconds, [.. milliseconds]);
    }

    private Result Report(string phase, Phase measured) => new Result($"{_options.Label}-{phase}")
        .Add("n", measured.Count)
        .Add("srv_cpu_ms", measured.Cpu / 1e6 / measured.Count)
        .Add("per_s", measured.Count / measured.Seconds, 1)
        .Add("wall_p50_ms", Result.Percentile(measured.Milliseconds, 0.5), 2)
        .Add("wall_p99_ms", Result.Percentile(measured.Milliseconds, 0.99), 2);

    private sealed record Phase(int Count, long Cpu, double Seconds, List<double> Milliseconds);
}
