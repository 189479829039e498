using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Bench.Load;

/// <summary>The gateway as a process of its own, on free ports of loopback, with a data folder that goes with it.</summary>
internal sealed class GatewayChild : IDisposable
{
    private const int RtpFirst = 42000;
    private const int RtpLast = 59999;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _data;
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private GatewayChild(string data, int accounts, string cores)
    {
        _data = data;
        var https = FreePort(SocketType.Stream);
        var sip = FreePort(SocketType.Dgram);
        Url = new Uri($"wss://127.0.0.1:{Text(https)}/ws");
        Sip = new IPEndPoint(IPAddress.Loopback, sip);
        string[] command =
        [
            "dotnet", Assembly(), "--listen", "127.0.0.1", "--https-port", Text(https), "--sip-port", Text(sip), "--sips-port", "0",
            "--media-port", Text(FreePort(SocketType.Dgram)), "--rtp-ports", $"{Text(RtpFirst)}-{Text(RtpLast)}", "--data", data, "--demo",
        ];
        // taskset executes the command in its own place: the process id stays.
        command = cores.Length > 0 ? ["taskset", "-c", cores, .. command] : command;
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // All browsers of the load come from one address, which the limits of a real host would not allow.
        start.Environment["Gateway__Web__MaxSocketsPerAddress"] = Text(accounts + 1000);
        start.Environment["Gateway__Web__MaxSockets"] = Text(accounts + 1000);
        start.Environment["Gateway__Server__UnprovedPerSecond"] = "1000000";
        start.Environment["Gateway__Server__MaxCalls"] = Text(accounts + 1000);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Url { get; }

    public IPEndPoint Sip { get; }

    public int Pid => _process.Id;

    public static async Task<GatewayChild> StartAsync(int accounts, string cores)
    {
        var data = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
        await BenchAccounts.CreateAsync(data, accounts, "gateway");
        var child = new GatewayChild(data, accounts, cores);
        try
        {
            await child.WaitAsync();
            return child;
        }
        catch
        {
            child.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private async Task WaitAsync()
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var http = new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{Text(Url.Port)}") };
        var ready = new Uri("/health/ready", UriKind.Relative);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < StartLimit && !_process.HasExited; await Task.Delay(100))
        {
            try
            {
                using var answer = await http.GetAsync(ready);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        throw new InvalidOperationException("The gateway did not start:\n" + Output());
    }

    private void Note(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    private string Output()
    {
        lock (_output)
        {
            return _output.ToString();
        }
    }

    /// <summary>The built host of the same configuration as this tool.</summary>
    private static string Assembly()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var root = framework.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "src", "Gateway.Web", "bin", framework.Parent.Name, framework.Name, "Gateway.Web.dll");
    }

    private static int FreePort(SocketType type)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        for (var port = 23000 + (Environment.ProcessId % 500 * 8); ; port++)
        {
            try
            {
                if (s_taken.Add(port))
                {
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                    return port;
                }
            }
            catch (SocketException)
            {
                // Someone else's; the next.
            }
        }
    }

    private static readonly HashSet<int> s_taken = [];

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
