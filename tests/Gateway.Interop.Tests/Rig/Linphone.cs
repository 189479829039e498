using System.Globalization;

namespace Gateway.Interop.Tests.Rig;

/// <summary>
/// A linphonec phone without a sound card: it plays a tone and records what it hears, and is told what to do on its standard
/// input. It writes its settings anew when it ends, so each run gets a folder of its own.
/// </summary>
internal sealed class Linphone : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-linphone-").FullName;
    private PeerProcess? _process;

    private Linphone()
    {
    }

    public string Log => _process?.Output ?? "";

    /// <param name="transport">udp, tcp or tls.</param>
    /// <param name="port">Of the gateway, for that transport.</param>
    public static async Task<Linphone> StartAsync((string User, string Password) account, string transport, int port, int tone)
    {
        var phone = new Linphone();
        Directory.CreateDirectory(Path.Combine(phone._folder, "home", ".local", "share", "linphone"));
        Wave.Tone(tone, TimeSpan.FromSeconds(60), 8000).Save(Path.Combine(phone._folder, "tone.wav"));
        await File.WriteAllTextAsync(Path.Combine(phone._folder, "rc"), Settings(account, transport, port));
        phone._process = PeerProcess.Start("linphonec", ["-c", Path.Combine(phone._folder, "rc"), "-d", "0"], phone._folder,
            new Dictionary<string, string> { ["HOME"] = Path.Combine(phone._folder, "home") });
        await phone.SaysAsync("registered, identity");
        await phone.DoAsync("soundcard use files");
        await phone.DoAsync($"record {phone.Recording}");
        await phone.DoAsync($"play {Path.Combine(phone._folder, "tone.wav")}");
        return phone;
    }

    /// <summary>A WAV file of what it hears.</summary>
    public string Recording => Path.Combine(_folder, "heard.wav");

    public async Task DoAsync(string command)
    {
        await _process!.SayAsync(command);
        await Task.Delay(100);
    }

    /// <summary>Waits for its words. It writes when it is spoken to, so it is asked again and again how it is.</summary>
    public Task SaysAsync(string words) => Eventually.True(async () =>
    {
        await DoAsync("status register");
        return Log.Contains(words, StringComparison.Ordinal);
    }, TimeSpan.FromSeconds(15), () => Log, $"linphonec says '{words}'");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // Without auto_net_state_mon=0 it listens nowhere on a machine without a network; without reg_route it asks DNS for the domain.
    private static string Settings((string User, string Password) account, string transport, int port)
    {
        var own = FreePorts.Take();
        string Port(string of) => of == transport ? own.ToString(CultureInfo.InvariantCulture) : "-1";
        return $"""
            [sip]
            sip_port={Port("udp")}
            sip_tcp_port={Port("tcp")}
            sip_tls_port={Port("tls")}
            bind_address=127.0.0.1
            auto_net_state_mon=0
            use_ipv6=0
            ipv6_migration_done=1
            default_proxy=0
            register_only_when_network_is_up=0
            guess_hostname=0
            contact="{account.User}" <sip:{account.User}@127.0.0.1:{own}>
            verify_server_certs=0
            verify_server_cn=0
            [net]
            mtu=1300
            [rtp]
            audio_rtp_port={FreePorts.Take(4)}
            [sound]
            echocancellation=0
            [video]
            enabled=0
            capture=0
            display=0
            [proxy_0]
            reg_proxy=<sip:127.0.0.1:{port};transport={transport}>
            reg_route=<sip:127.0.0.1:{port};transport={transport};lr>
            reg_identity=sip:{account.User}@{GatewayProcess.Realm}
            reg_expires=300
            reg_sendregister=1
            publish=0
            [auth_info_0]
            username={account.User}
            userid={account.User}
            passwd={account.Password}
            realm={GatewayProcess.Realm}
            domain={GatewayProcess.Realm}

            """;
    }
}
