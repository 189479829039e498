using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Gateway.Interop.Tests.Rig;

/// <summary>The gateway as a process of its own, on free ports and in a data folder of its own: what a user starts.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    /// <summary>Enough pairs for calls at 20 a second, each port resting a while before it is lent again.</summary>
    private const int RtpPorts = 1000;

    private readonly Dictionary<string, string> _environment;
    private PeerProcess? _process;
    private int? _files;

    private GatewayProcess(Dictionary<string, string> environment) => _environment = environment;

    public string Data { get; } = Directory.CreateTempSubdirectory("gateway-data-").FullName;

    public int HttpsPort { get; } = FreePorts.Take();

    public int SipPort { get; } = FreePorts.Take();

    public int SipsPort { get; } = FreePorts.Take();

    public int MediaPort { get; } = FreePorts.Take(2);

    public int RtpFirst { get; } = FreePorts.Take(RtpPorts);

    public int Id => _process!.Id;

    public string Log => _process?.Output ?? "";

    public bool HasExited => _process!.HasExited;

    /// <summary>https://localhost:port</summary>
    public string Url => $"https://localhost:{HttpsPort}";

    public string Registrar => $"127.0.0.1:{SipPort}";

    /// <summary>The demo accounts printed at the first start: user and password.</summary>
    public IReadOnlyList<(string User, string Password)> Accounts { get; private set; } = [];

    public (string User, string Password) Alice => Accounts[0];

    public (string User, string Password) Bob => Accounts[1];

    /// <param name="settings">Configuration by environment, e.g. Gateway__Server__RingLimit=00:00:03.</param>
    public static async Task<GatewayProcess> StartAsync(params (string Key, string Value)[] settings)
    {
        var gateway = new GatewayProcess(settings.GroupBy(setting => setting.Key).ToDictionary(group => group.Key, group => group.Last().Value));
        await gateway.StartAgainAsync();
        return gateway;
    }

    /// <summary>Starts it in a network of its own; it is reached only from inside.</summary>
    public static Task<GatewayProcess> StartInAsync(NetworkNamespace network, params (string Key, string Value)[] settings) => StartInAsync(network.Inside, settings);

    /// <summary>Starts it at the near end of a bad cable.</summary>
    public static Task<GatewayProcess> StartInAsync(LossyNetwork network, params (string Key, string Value)[] settings) =>
        StartInAsync((program, words) => network.Inside(isFar: false, program, words), settings);

    private static async Task<GatewayProcess> StartInAsync(Func<string, IEnumerable<string>, (string File, IEnumerable<string> Arguments)> inside, (string Key, string Value)[] settings)
    {
        var gateway = new GatewayProcess(settings.ToDictionary(setting => setting.Key, setting => setting.Value));
        var (file, arguments) = inside("dotnet", gateway.Arguments([]));
        gateway._process = PeerProcess.Start(file, arguments, environment: gateway._environment);
        await gateway._process.WaitForOutputAsync("Shown this once", TimeSpan.FromSeconds(30));
        gateway.ReadAccounts();
        return gateway;
    }

    /// <summary>Starts it with a limit of open files.</summary>
    public static async Task<GatewayProcess> StartWithFilesAsync(int files, params (string Key, string Value)[] settings)
    {
        var gateway = new GatewayProcess(settings.ToDictionary(setting => setting.Key, setting => setting.Value)) { _files = files };
        await gateway.StartAgainAsync();
        return gateway;
    }

    /// <summary>Starts it (again) on the same ports and data.</summary>
    public async Task StartAgainAsync()
    {
        _process = _files is { } files
            ? PeerProcess.Start("sh", ["-c", $"ulimit -n {Number(files)}; exec \"$0\" \"$@\"", "dotnet", .. Arguments(["127.0.0.1"])], environment: _environment)
            : PeerProcess.Start("dotnet", Arguments(["127.0.0.1"]), environment: _environment);

        using var http = Http();
        await Eventually.True(async () =>
        {
            Assert.False(_process.HasExited, "the gateway ended at once\n" + Log);
            try
            {
                return (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(30), () => Log);

        ReadAccounts();
    }

    /// <summary>A client that takes the development certificate.</summary>
    public HttpClient Http()
    {
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        return new HttpClient(handler) { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <summary>SIGKILL: nothing is said to anyone.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(TimeSpan.FromSeconds(5));
        await _process.DisposeAsync();
    }

    /// <summary>SIGTERM, as systemd and docker send it; <see cref="ExitAsync"/> waits for what it leads to.</summary>
    public Task TerminateAsync() => _process!.SignalAsync(15);

    /// <summary>The exit code, once it has ended by itself.</summary>
    public async Task<int> ExitAsync(TimeSpan limit)
    {
        await _process!.WaitForExitAsync(limit);
        return _process.ExitCode;
    }

    /// <summary>SIGINT, as Ctrl-C; gives the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await _process!.SignalAsync(2);
        await _process.WaitForExitAsync(TimeSpan.FromSeconds(40));
        return _process.ExitCode;
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentMemory() =>
        long.Parse(File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    /// <summary>The domain of the accounts.</summary>
    public const string Realm = "gateway";

    /// <summary>Takes all bindings of an account out, so that a test meets only its own phones.</summary>
    public async Task ForgetAsync((string User, string Password) account)
    {
        using var phone = new RawSip(SipPort);
        var call = Guid.NewGuid().ToString("N");
        string Request(int sequence, string authorization) =>
            $"""
            REGISTER sip:{Registrar} SIP/2.0
            Via: SIP/2.0/UDP 127.0.0.1:{phone.Port};branch=z9hG4bK{call}{sequence};rport
            Max-Forwards: 70
            From: <sip:{account.User}@{Registrar}>;tag=forget
            To: <sip:{account.User}@{Registrar}>
            Call-ID: {call}
            CSeq: {sequence} REGISTER
            Contact: *
            Expires: 0
            {authorization}Content-Length: 0


            """;
        phone.Send(Request(1, ""));
        var challenge = await phone.FinalAsync();
        phone.Send(Request(2, Digest.Answer(challenge, "REGISTER", $"sip:{Registrar}", account.User, account.Password) + "\n"));
        Assert.StartsWith("SIP/2.0 200", await phone.FinalAsync(), StringComparison.Ordinal);
    }

    public PhoneSettings Phone((string User, string Password) account) =>
        new(account.User) { Password = account.Password, Domain = Registrar, Registrar = Registrar };

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        Directory.Delete(Data, recursive: true);
    }

    private IEnumerable<string> Arguments(string[] addresses) =>
    [
        Assembly("Gateway.Web"), .. addresses.SelectMany(address => new[] { "--listen", address }), "--https-port", Number(HttpsPort),
        "--sip-port", Number(SipPort), "--sips-port", Number(SipsPort), "--media-port", Number(MediaPort), "--rtp-ports", $"{RtpFirst}-{RtpFirst + RtpPorts - 1}", "--data", Data, "--demo",
    ];

    private void ReadAccounts()
    {
        if (Accounts.Count == 0)
        {
            Accounts = [.. PrintedAccount().Matches(Log).Select(match => (match.Groups["user"].Value, match.Groups["password"].Value))];
            Assert.True(Accounts.Count >= 2, "no demo accounts printed\n" + Log);
        }
    }

    /// <summary>The built host, of the same configuration as these tests.</summary>
    private static string Assembly(string project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var root = framework.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "src", project, "bin", framework.Parent.Name, framework.Name, project + ".dll");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"account\s+(?<user>\S+)\s+password\s+(?<password>\S+)", RegexOptions.IgnoreCase)]
    private static partial Regex PrintedAccount();
}
