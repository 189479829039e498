using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Gateway.Interop.Tests.Rig;

/// <summary>
/// A baresip phone without a sound card: it plays a tone, records what it hears, and is driven over its control port
/// (netstrings with JSON).
/// </summary>
internal sealed class Baresip : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _control;
    private readonly List<JsonElement> _events = [];
    private PeerProcess? _process;
    private TcpClient? _socket;
    private Task? _reading;

    private Baresip(string folder, int port, int control)
    {
        _folder = folder;
        Port = port;
        _control = control;
    }

    /// <summary>Its SIP port on 127.0.0.1.</summary>
    public int Port { get; }

    public string Log => _process?.Output ?? "";

    public IReadOnlyList<string> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events.Select(e => e.TryGetProperty("type", out var type) ? type.GetString()! : "").Where(type => type.Length > 0)];
            }
        }
    }

    /// <param name="account">user:password@domain registered at <paramref name="registrar"/>; or only a user when there is no registrar.</param>
    public static async Task<Baresip> StartAsync(PhoneSettings settings)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-phone-").FullName;
        var phone = new Baresip(folder, FreePorts.Take(), FreePorts.Take());
        Directory.CreateDirectory(Path.Combine(folder, "sound"));
        Wave.Tone(settings.Tone, TimeSpan.FromSeconds(120), settings.Rate).Save(Path.Combine(folder, "tone.wav"));
        await File.WriteAllTextAsync(Path.Combine(folder, "config"), phone.Config(settings));
        await File.WriteAllTextAsync(Path.Combine(folder, "accounts"), phone.Account(settings) + "\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "contacts"), "");
        string[] arguments = ["-f", folder, "-s"];
        if (settings.Network is { } network)
        {
            // Its control port is out of reach there: it answers by itself and the log says the rest.
            var (file, inside) = network.Inside("baresip", arguments);
            phone._process = PeerProcess.Start(file, inside, folder);
        }
        else
        {
            phone._process = PeerProcess.Start("baresip", arguments, folder);
            await phone.ConnectAsync();
        }

        if (settings.Registrar is not null && settings.AwaitRegistration)
        {
            // Its first REGISTER may be answered before the control port is open: the log knows, events may not.
            await Eventually.True(() => phone.Log.Contains(" binding", StringComparison.Ordinal), TimeSpan.FromSeconds(15), () => phone.Log, "the phone is registered");
        }

        return phone;
    }

    public Task DialAsync(string uri) => CommandAsync("dial", uri);

    public Task AcceptAsync() => CommandAsync("accept");

    public Task HangUpAsync() => CommandAsync("hangup");

    public Task HoldAsync() => CommandAsync("hold");

    public Task ResumeAsync() => CommandAsync("resume");

    public Task DigitAsync(char digit) => CommandAsync("sndcode", digit.ToString());

    public async Task CommandAsync(string command, string parameters = "")
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new { command, @params = parameters, token = "t" });
        var stream = _socket!.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{json.Length}:"));
        await stream.WriteAsync(json);
        await stream.WriteAsync(","u8.ToArray());
    }

    /// <summary>Waits for an event such as CALL_ESTABLISHED, CALL_CLOSED, CALL_INCOMING, REGISTER_OK.</summary>
    public Task WaitAsync(string type, TimeSpan? limit = null, int count = 1) =>
        Eventually.True(() => Events.Count(name => name == type) >= count, limit, () => string.Join(' ', Events) + "\n" + Log, $"phone event {type}");

    /// <summary>The parameter of the last event of a type, e.g. the reason of CALL_CLOSED.</summary>
    public string LastParameter(string type)
    {
        lock (_events)
        {
            return _events.LastOrDefault(e => e.TryGetProperty("type", out var t) && t.GetString() == type) is { ValueKind: JsonValueKind.Object } last
                && last.TryGetProperty("param", out var parameter) ? parameter.GetString() ?? "" : "";
        }
    }

    /// <summary>The digits that it was sent, in order, once each.</summary>
    public string Digits
    {
        get
        {
            lock (_events)
            {
                return string.Concat(_events
                    .Where(e => e.TryGetProperty("type", out var type) && type.GetString() == "CALL_DTMF_START")
                    .Select(e => e.GetProperty("param").GetString()));
            }
        }
    }

    /// <summary>What it heard in its newest call.</summary>
    public Wave Recording()
    {
        var file = Directory.EnumerateFiles(Path.Combine(_folder, "sound"), "*dec.wav").OrderBy(File.GetCreationTimeUtc).LastOrDefault();
        Assert.True(file is not null, "the phone recorded nothing\n" + Log);
        return Wave.Load(file!);
    }

    /// <summary>As <c>kill -9</c>: no BYE, no unregister.</summary>
    public void Vanish() => _process!.Kill();

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } && _socket is not null)
        {
            try
            {
                await CommandAsync("quit");
                await _process.WaitForExitAsync(TimeSpan.FromSeconds(3));
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
            {
            }
        }

        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _socket?.Dispose();
        if (_reading is not null)
        {
            await _reading;
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string Config(PhoneSettings settings)
    {
        var rtp = FreePorts.Take(40);
        string[] modules = ["g711", "g722", "opus", "aufile", "sndfile", "uuid", "stun", "turn", "ice", "srtp", "dtls_srtp"];
        string[] applications = ["contact", "menu", "ctrl_tcp"];
        return $"""
            poll_method epoll
            sip_listen 127.0.0.1:{Port}
            call_local_timeout 120
            call_max_calls 8
            audio_path /usr/share/baresip
            audio_source aufile,{_folder}/tone.wav
            audio_player aufile,{_folder}/play.wav
            audio_alert aufile,{_folder}/alert.wav
            ausrc_srate {settings.Rate}
            auplay_srate {settings.Rate}
            ausrc_channels 1
            auplay_channels 1
            audio_txmode thread
            rtp_ports {rtp}-{rtp + 38}
            rtcp_mux yes
            jitter_buffer_delay 5-10
            net_interface 127.0.0.1
            opus_stereo no
            opus_sprop_stereo no
            module_path /usr/lib/baresip/modules
            {string.Join('\n', modules.Select(name => $"module {name}.so"))}
            module_tmp account.so
            {string.Join('\n', applications.Select(name => $"module_app {name}.so"))}
            snd_path {_folder}/sound
            ctrl_tcp_listen 127.0.0.1:{_control}
            {(settings.Authority is null ? "" : $"sip_cafile {settings.Authority}\nsip_verify_server yes")}
            """ + "\n";
    }

    private string Account(PhoneSettings settings)
    {
        var tail = $";answermode={(settings.AutoAnswer ? "auto" : "manual")};audio_codecs={settings.Codecs}{settings.Extra}";
        return settings.Registrar is null
            ? $"<sip:{settings.User}@127.0.0.1:{Port}>;regint=0{tail}"
            : $"<sip:{settings.User}@{settings.Domain}>;auth_user={settings.User};auth_pass={settings.Password};outbound=\"sip:{settings.Registrar};transport={settings.Transport}\";regint={settings.RegistrationInterval}{tail}";
    }

    private async Task ConnectAsync()
    {
        await Eventually.True(async () =>
        {
            try
            {
                _socket = new TcpClient();
                await _socket.ConnectAsync("127.0.0.1", _control);
                return true;
            }
            catch (SocketException)
            {
                _socket?.Dispose();
                return false;
            }
        }, detail: () => Log);
        _reading = ReadAsync();
    }

    private async Task ReadAsync()
    {
        var pending = new List<byte>();
        var buffer = new byte[8192];
        try
        {
            while (true)
            {
                var got = await _socket!.GetStream().ReadAsync(buffer);
                if (got == 0)
                {
                    return;
                }

                pending.AddRange(buffer.AsSpan(0, got));
                while (TakeNetstring(pending) is { } json)
                {
                    lock (_events)
                    {
                        _events.Add(json);
                    }
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private static JsonElement? TakeNetstring(List<byte> pending)
    {
        var colon = pending.IndexOf((byte)':');
        if (colon < 1 || !int.TryParse(Encoding.ASCII.GetString([.. pending[..colon]]), out var length) || pending.Count < colon + length + 2)
        {
            return null;
        }

        var json = pending.GetRange(colon + 1, length).ToArray();
        pending.RemoveRange(0, colon + length + 2);
        return JsonDocument.Parse(Encoding.UTF8.GetString(json)).RootElement.Clone();
    }
}

/// <summary>How a phone is set up.</summary>
internal sealed record PhoneSettings(string User)
{
    public string Password { get; init; } = "";
    public string Domain { get; init; } = "127.0.0.1";

    /// <summary>host:port; null for a phone that registers nowhere.</summary>
    public string? Registrar { get; init; }

    /// <summary>udp, tcp or tls; tls wants the registrar's TLS port.</summary>
    public string Transport { get; init; } = "udp";

    /// <summary>The authority that the server's certificate is checked with; null to take any.</summary>
    public string? Authority { get; init; }

    public bool AwaitRegistration { get; init; } = true;
    public int RegistrationInterval { get; init; } = 300;
    public double Tone { get; init; } = 1000;
    public int Rate { get; init; } = 8000;
    public string Codecs { get; init; } = "PCMU/8000/1,PCMA/8000/1";
    public bool AutoAnswer { get; init; } = true;
    public string Extra { get; init; } = "";

    /// <summary>The network to live in; null for the machine's own.</summary>
    public NetworkNamespace? Network { get; init; }
}
