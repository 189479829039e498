using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;

namespace Gateway.Bench.Load;

/// <summary>
/// "sockets": N idle browsers, each with a TLS connection and a WebSocket of its own and a registration, and what one of them
/// costs the gateway's process: resident memory and the collector's heap, after it has had time to give back what the
/// opening took.
/// </summary>
internal sealed class SocketsCommand : IAsyncDisposable
{
    /// <summary>The gateway trims its memory when it has been quiet for twenty seconds.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(30);

    private readonly GatewayChild _gateway;
    private readonly Version _http;
    private readonly int _count;
    private readonly int _parallel;
    private readonly bool _registers;
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly List<(BrowserLine Line, HttpMessageInvoker Way)> _open = [];

    private SocketsCommand(GatewayChild gateway, Version http, int count, int parallel, bool registers)
    {
        (_gateway, _http, _count, _parallel, _registers) = (gateway, http, count, parallel, registers);
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var arguments = new Arguments(args, "count", "http", "parallel", "bare");
        var count = arguments.Number("count", 1000);
        var http = arguments.Text("http", "1.1") switch
        {
            "1.1" => HttpVersion.Version11,
            "2" => HttpVersion.Version20,
            var other => throw new UsageException($"--http: '{other}' is not 1.1 or 2."),
        };
        using var gateway = await GatewayChild.StartAsync(accounts: count, cores: "");
        await using var sockets = new SocketsCommand(gateway, http, count, Math.Max(1, arguments.Number("parallel", 8)), !arguments.Has("bare"));
        await sockets.RunAsync();
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (line, way) in _open)
        {
            await line.DisposeAsync();
            way.Dispose();
        }

        _random.Dispose();
    }

    private async Task RunAsync()
    {
        // What the first hundred make the runtime load and compile is no cost of a connection.
        await OpenAsync(Math.Min(100, _count));
        await CloseAsync();
        await Task.Delay(s_quiet);
        var before = await LookAsync();

        var clock = Stopwatch.StartNew();
        await OpenAsync(_count);
        var took = clock.Elapsed;
        var busy = ServerProcess.ResidentKiB(_gateway.Pid);
        await Task.Delay(s_quiet);
        var after = await LookAsync();

        var cpu = ServerProcess.CpuSeconds(_gateway.Pid);
        await Task.Delay(s_idle);
        cpu = ServerProcess.CpuSeconds(_gateway.Pid) - cpu;
        new Result(_registers ? "sockets-registered" : "sockets")
            .Add("http", _http.ToString()).Add("count", _count).Add("open", _open.Count(one => one.Line.IsOpen))
            .Add("rss-kib", (double)(after.Resident - before.Resident) / _count, 1)
            .Add("heap-kib", (double)(after.Heap - before.Heap) / 1024 / _count, 1)
            .Add("rss-kib-when-opened", (double)(busy - before.Resident) / _count, 1)
            .Add("opened-per-s", _count / took.TotalSeconds, 0)
            .Add("idle-cpu-percent", cpu / s_idle.TotalSeconds * 100, 2)
            .Print();
    }

    private async Task OpenAsync(int count)
    {
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = _parallel }, async (i, _) =>
        {
            // A connection of its own for each, as each browser has: a shared handler would put all HTTP/2 streams on one.
            var way = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true } });
            var line = new BrowserLine(BenchAccounts.User(i), _random, _http);
            lock (_open)
            {
                _open.Add((line, way));
            }

            await line.OpenAsync(_gateway.Url, way);
            if (_registers)
            {
                await line.RegisterAsync();
            }
        });
    }

    private async Task CloseAsync()
    {
        foreach (var (line, way) in _open)
        {
            await line.DisposeAsync();
            way.Dispose();
        }

        _open.Clear();
    }

    private async Task<(long Resident, long Heap)> LookAsync()
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var http = new HttpClient(handler) { BaseAddress = new UriBuilder(_gateway.Url) { Scheme = "https", Path = "/" }.Uri };
        var figures = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        const string Heap = "gateway_process_heap ";
        var line = figures.Split('\n').FirstOrDefault(line => line.StartsWith(Heap, StringComparison.Ordinal));
        return (ServerProcess.ResidentKiB(_gateway.Pid), line is null ? 0 : (long)double.Parse(line.AsSpan(Heap.Length), CultureInfo.InvariantCulture));
    }
}
