using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing;

/// <summary>A real DNS server: Knot with one zone, from a folder of its own on a port of its own, ended by its pid.</summary>
public sealed class Knot : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-knot-").FullName;
    private Process? _process;

    private Knot(int port) => Address = new IPEndPoint(IPAddress.Loopback, port);

    public IPEndPoint Address { get; }

    /// <param name="records">Lines of a zone file, relative to <paramref name="domain"/>.</param>
    public static async Task<Knot> StartAsync(string domain, string records)
    {
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var knot = new Knot(((IPEndPoint)udp.LocalEndPoint!).Port);
        udp.Close();
        await File.WriteAllTextAsync(Path.Combine(knot._folder, "zone"), $"""
            $ORIGIN {domain}.
            $TTL 60
            @ SOA ns admin 1 3600 600 86400 30
            @ NS ns
            ns A 127.0.0.1
            {records}

            """);
        await File.WriteAllTextAsync(Path.Combine(knot._folder, "knot.conf"), $"""
            server:
                rundir: "{knot._folder}"
                listen: [ 127.0.0.1@{knot.Address.Port} ]
                udp-workers: 1
                tcp-workers: 1
                background-workers: 1
            log:
              - target: stdout
                any: info
            database:
                storage: "{knot._folder}"
            zone:
              - domain: {domain}
                file: "{knot._folder}/zone"
                zonefile-sync: -1
                journal-content: none

            """);
        await knot.RunAsync();
        return knot;
    }

    /// <summary>SIGKILL, as a server that is gone.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task RunAsync()
    {
        _process = Process.Start(new ProcessStartInfo("knotd", ["-c", Path.Combine(_folder, "knot.conf")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = "";
        void Hear(object sender, DataReceivedEventArgs line)
        {
            said += line.Data + "\n";
            if (line.Data is null || line.Data.Contains("server started", StringComparison.Ordinal))
            {
                output.TrySetResult();
            }
        }

        _process.OutputDataReceived += Hear;
        _process.ErrorDataReceived += (_, line) => said += line.Data + "\n";
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await output.Task.WaitAsync(TimeSpan.FromSeconds(20));
        if (!said.Contains("server started", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("knotd does not run:\n" + said);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
