using System.Globalization;

namespace Gateway.Interop.Tests.Rig;

/// <summary>A scripted phone: sipp with a scenario of ours, to its end.</summary>
internal sealed class Sipp : IAsyncDisposable
{
    private readonly PeerProcess _process;
    private readonly string _folder;

    private Sipp(PeerProcess process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    /// <summary>The keys by which a scenario is an account: the user of its URIs, and the digest credentials.</summary>
    public static (string Key, string Value)[] Keys((string User, string Password) account) => [("user", account.User), ("au", account.User), ("ap", account.Password)];

    /// <param name="scenario">Name of a file in Scenarios, without .xml.</param>
    /// <param name="remote">host:port of the gateway.</param>
    /// <param name="through">Played at the far end of this network.</param>
    /// <param name="isPatient">What is not in the scenario (a repeat after a slow answer) is passed over; what has to come is still waited for.</param>
    public static Sipp Start(string scenario, string remote, int calls = 1, double rate = 10, int? port = null, bool tcp = false, bool isPatient = false, LossyNetwork? through = null, params (string Key, string Value)[] keys)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-sipp-").FullName;
        var local = port ?? FreePorts.Take();
        List<string> arguments =
        [
            remote, "-sf", Path.Combine(AppContext.BaseDirectory, "Scenarios", scenario + ".xml"), "-i", through is null ? "127.0.0.1" : LossyNetwork.FarAddress, "-p", Text(local),
            "-m", Text(calls), "-r", rate.ToString(CultureInfo.InvariantCulture), "-nostdin", "-timeout", "90", "-timeout_error",
            "-mp", Text(FreePorts.Take(4)), "-trace_err", "-error_file", Path.Combine(folder, "errors.log"), "-skip_rlimit",
        ];
        if (tcp)
        {
            // One connection for all calls, as a PBX does it.
            arguments.AddRange(["-t", "t1"]);
        }

        if (isPatient)
        {
            arguments.AddRange(["-default_behaviors", "all,-abortunexp"]);
        }

        foreach (var (key, value) in keys)
        {
            if (key is "au" or "ap" or "s")
            {
                arguments.AddRange(["-" + key, value]);
            }
            else
            {
                arguments.AddRange(["-key", key, value]);
            }
        }

        var (file, words) = through?.Inside(isFar: true, "sipp", arguments) ?? ("sipp", arguments);
        return new Sipp(PeerProcess.Start(file, words, folder), folder, local);
    }

    /// <summary>Waits for the end and fails with sipp's own words unless every call went as scripted.</summary>
    public async Task SucceedAsync(TimeSpan? limit = null)
    {
        try
        {
            await _process.WaitForExitAsync(limit ?? TimeSpan.FromSeconds(60));
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"sipp does not end\n{Story()}");
        }

        Assert.True(_process.ExitCode == 0, $"sipp ended with {_process.ExitCode}\n{Story()}");
    }

    /// <summary>Waits for the end, however the calls went.</summary>
    public Task EndAsync(TimeSpan limit) => _process.WaitForExitAsync(limit);

    /// <summary>SIGKILL: the machine is gone, its ports closed.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Its errors, and the end of what it printed.</summary>
    public string Story()
    {
        var errors = Path.Combine(_folder, "errors.log");
        var output = _process.Output;
        return $"{(File.Exists(errors) ? File.ReadAllText(errors) : "")}\n{output[Math.Max(0, output.Length - 2500)..]}";
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
