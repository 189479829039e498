using System.Diagnostics;
using Npgsql;

namespace Gateway.Storage.Tests;

/// <summary>
/// A PostgreSQL server for this test run alone: its own folder, a Unix socket and no port. It starts with the first test that
/// wants it and ends with the process.
/// </summary>
internal sealed class PostgresServer : IDisposable
{
    private static readonly Lazy<PostgresServer> s_shared = new(() => new PostgresServer());

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-pg-").FullName;
    private Process _server;
    private int _databases;

    public PostgresServer()
    {
        Own(_folder);
        var made = Start("initdb", "-D", Data, "-A", "trust", "-U", "gateway", "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8");
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        _server = StartServer();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    public static PostgresServer Shared => s_shared.Value;

    private string Data => Path.Combine(_folder, "data");

    /// <returns>Its connection string.</returns>
    public string NewDatabase()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        using var connection = new NpgsqlConnection(ConnectionTo("postgres"));
        connection.Open();
        using var command = new NpgsqlCommand($"create database {name}", connection);
        command.ExecuteNonQuery();
        return ConnectionTo(name);
    }

    /// <summary>Stops the server as its administrator would, cutting all connections.</summary>
    public void Stop()
    {
        using var signal = Process.Start("kill", ["-INT", _server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        Assert.True(_server.WaitForExit(TimeSpan.FromSeconds(20)));
    }

    public void StartAgain() => _server = StartServer();

    public void Dispose()
    {
        if (!_server.HasExited)
        {
            Stop();
        }

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string ConnectionTo(string database) => $"Host={_folder};Database={database};Username=gateway;Pooling=true;Maximum Pool Size=4";

    private Process StartServer()
    {
        var server = Start("postgres", "-D", Data, "-k", _folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=300", "-c", "logging_collector=off");
        var until = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var probe = new NpgsqlConnection(ConnectionTo("postgres") + ";Pooling=false");
                probe.Open();
                return server;
            }
            catch (NpgsqlException) when (!server.HasExited && until.Elapsed < TimeSpan.FromSeconds(30))
            {
                Thread.Sleep(50);
            }
        }
    }

    /// <summary>PostgreSQL refuses to run as root: it then runs as nobody.</summary>
    private static Process Start(string program, params string[] arguments)
    {
        var folder = Directory.EnumerateDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last();
        string[] command = [Path.Combine(folder, "bin", program), .. arguments];
        if (Environment.IsPrivilegedProcess)
        {
            command = ["/usr/bin/setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", .. command];
        }

        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        start.Environment["LC_ALL"] = "C.UTF-8";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void Own(string folder)
    {
        if (Environment.IsPrivilegedProcess)
        {
            using var chown = Process.Start("chown", ["nobody:nogroup", folder]);
            chown.WaitForExit();
        }
    }
}
