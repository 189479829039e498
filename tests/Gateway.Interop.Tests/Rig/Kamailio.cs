using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Interop.Tests.Rig;

/// <summary>
/// A PBX: Kamailio with a registrar in memory, digest for registrations and calls, and extensions that call each other. It
/// stays in the way of the signalling (Record-Route); the sound goes from end to end.
/// </summary>
internal sealed class Kamailio : IAsyncDisposable
{
    /// <summary>Its domain and digest realm.</summary>
    public const string Domain = "pbx.example";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-kamailio-").FullName;
    private PeerProcess? _process;

    private Kamailio(int port) => Port = port;

    /// <summary>UDP and TCP on 127.0.0.1; the next one is TLS.</summary>
    public int Port { get; }

    /// <summary>PEM of its certificate, which is its own authority and names <see cref="Domain"/> only.</summary>
    public string Authority { get; private init; } = "";

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>What it wrote, a line for each request.</summary>
    public string Log => _process?.Output ?? "";

    public static string PasswordOf(string extension) => "pw-" + extension;

    /// <param name="port">The first of two from <see cref="FreePorts"/>.</param>
    /// <param name="trunk">host:port that numbers with a plus go to, without registration.</param>
    public static async Task<Kamailio> StartAsync(int port, string trunk)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + Domain, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Domain);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        var pbx = new Kamailio(port) { Authority = certificate.ExportCertificatePem() };
        await File.WriteAllTextAsync(Path.Combine(pbx._folder, "tls.pem"), pbx.Authority + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        var config = Path.Combine(pbx._folder, "kamailio.cfg");
        await File.WriteAllTextAsync(config, Config(pbx.Port, trunk, pbx._folder));
        string[] arguments = ["-f", config, "-DD", "-E", "-m", "32", "-M", "4", "-n", "2", "-Y", pbx._folder, "-P", Path.Combine(pbx._folder, "pid")];
        pbx._process = PeerProcess.Start("kamailio", arguments, pbx._folder);
        await pbx._process.WaitForOutputAsync("PBX is ready", TimeSpan.FromSeconds(15));
        Assert.False(pbx._process.HasExited, "kamailio ended at once\n" + pbx.Log);
        return pbx;
    }

    /// <summary>A desk phone that is an extension of it.</summary>
    public PhoneSettings Phone(string extension) =>
        new(extension) { Password = PasswordOf(extension), Domain = Domain, Registrar = Address };

    public Task SawAsync(string words, TimeSpan? limit = null) =>
        Eventually.True(() => Log.Contains(words, StringComparison.Ordinal), limit, () => Log, $"kamailio says '{words}'");

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

    private static string Config(int port, string trunk, string folder) => $$"""
        debug=1
        log_stderror=yes
        children=2
        tcp_children=1
        auto_aliases=no
        alias="{{Domain}}"
        listen=udp:127.0.0.1:{{port}}
        listen=tcp:127.0.0.1:{{port}}
        enable_tls=yes
        listen=tls:127.0.0.1:{{port + 1}}
        mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "rr.so"
        loadmodule "pv.so"
        loadmodule "maxfwd.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "usrloc.so"
        loadmodule "registrar.so"
        loadmodule "auth.so"
        loadmodule "xlog.so"
        loadmodule "tls.so"
        modparam("tls", "tls_method", "TLSv1.2+")
        modparam("tls", "certificate", "{{folder}}/tls.pem")
        modparam("tls", "private_key", "{{folder}}/tls.pem")
        modparam("usrloc", "db_mode", 0)
        modparam("registrar", "max_contacts", 5)
        modparam("rr", "append_fromtag", 1)

        request_route {
            xlog("L_ALERT", "PBX got $rm $ru from $fu by $proto $si:$sp\n");
            if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
            if (has_totag()) {
                if (loose_route()) { t_relay(); exit; }
                if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
                sl_send_reply("404", "Not Here");
                exit;
            }
            if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
            if (is_method("OPTIONS")) { sl_send_reply("200", "Here"); exit; }
            t_check_trans();
            $var(pass) = "pw-" + $au;
            if (is_method("REGISTER")) {
                if (!pv_www_authenticate("{{Domain}}", "$var(pass)", "0")) { www_challenge("{{Domain}}", "1"); exit; }
                if ($au != $tU) { sl_send_reply("403", "Not Your Extension"); exit; }
                consume_credentials();
                save("location");
                xlog("L_ALERT", "PBX registered $tU at $(ct{s.substr,0,120})\n");
                exit;
            }
            if ($fd == "{{Domain}}") {
                if (!pv_proxy_authenticate("{{Domain}}", "$var(pass)", "0")) { proxy_challenge("{{Domain}}", "1"); exit; }
                consume_credentials();
            }
            record_route();
            if ($rU =~ "^\+") {
                $ru = "sip:" + $rU + "@{{trunk}}";
                t_relay();
                exit;
            }
            if (!lookup("location")) { sl_send_reply("404", "No Such Extension"); exit; }
            t_relay();
        }

        reply_route { xlog("L_ALERT", "PBX got $rs $rr for $rm from $si:$sp\n"); }

        event_route[core:worker-one-init] { xlog("L_ALERT", "PBX is ready\n"); }
        """;
}
