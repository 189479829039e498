namespace Gateway.Interop.Tests.Rig;

/// <summary>
/// An edge proxy: Kamailio in front of the gateway. Phones register and call through it, it adds Path to their registrations
/// (RFC 3327) and stays in the way of their dialogs. It knows no users and asks for no passwords.
/// </summary>
internal sealed class KamailioEdge : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-edge-").FullName;
    private PeerProcess? _process;

    private KamailioEdge(int port) => Port = port;

    /// <summary>UDP on 127.0.0.1.</summary>
    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>What it wrote, a line for each request and answer.</summary>
    public string Log => _process?.Output ?? "";

    /// <param name="gateway">host:port.</param>
    public static async Task<KamailioEdge> StartAsync(string gateway)
    {
        var edge = new KamailioEdge(FreePorts.Take());
        var config = Path.Combine(edge._folder, "kamailio.cfg");
        await File.WriteAllTextAsync(config, Config(edge.Port, gateway));
        string[] arguments = ["-f", config, "-DD", "-E", "-m", "32", "-M", "4", "-n", "2", "-Y", edge._folder, "-P", Path.Combine(edge._folder, "pid")];
        edge._process = PeerProcess.Start("kamailio", arguments, edge._folder);
        await edge._process.WaitForOutputAsync("EDGE is ready", TimeSpan.FromSeconds(20));
        return edge;
    }

    public Task SawAsync(string words, TimeSpan? limit = null) =>
        Eventually.True(() => Log.Contains(words, StringComparison.Ordinal), limit, () => Log, $"the edge proxy says '{words}'");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // SIGTERM to the first process takes its children with it.
            if (!_process.HasExited)
            {
                await _process.SignalAsync(15);
                await _process.WaitForExitAsync(TimeSpan.FromSeconds(10));
            }

            await _process.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static string Config(int port, string gateway) => $$"""
        debug=1
        log_stderror=yes
        children=2
        auto_aliases=no
        disable_tcp=yes
        listen=udp:127.0.0.1:{{port}}
        mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "rr.so"
        loadmodule "pv.so"
        loadmodule "maxfwd.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "path.so"
        loadmodule "xlog.so"
        modparam("rr", "append_fromtag", 1)

        request_route {
            xlog("L_ALERT", "EDGE got $rm $ru from $si:$sp route $hdr(Route)\n");
            if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
            if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
            if (has_totag()) {
                if (loose_route()) { t_relay(); exit; }
                if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
                sl_send_reply("404", "Not Here");
                exit;
            }
            t_check_trans();
            if (is_method("REGISTER")) {
                add_path();
                $du = "sip:{{gateway}}";
                t_relay();
                exit;
            }
            record_route();
            loose_route();
            if ($sp != {{gateway[(gateway.IndexOf(':', StringComparison.Ordinal) + 1)..]}}) { $du = "sip:{{gateway}}"; }
            t_relay();
        }

        reply_route { xlog("L_ALERT", "EDGE got $rs for $rm from $si:$sp\n"); }

        event_route[core:worker-one-init] { xlog("L_ALERT", "EDGE is ready\n"); }
        """;
}
