using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Net.Location;
using Gateway.Net.Sip;
using Gateway.Net.Sip.Streams;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Storage;
using Gateway.Testing;
using Gateway.Testing.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Sip;

/// <summary>A real host on loopback with a real database; only the media is played.</summary>
internal sealed class HostRig : IAsyncDisposable, IGatewayEvents
{
    public const string Realm = "gw.example";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-host-").FullName;
    private string _path;

    public HostRig() => _path = Path.Combine(_folder, "gateway.db");

    public GatewayHost Host { get; private set; } = null!;

    public GatewayDatabase Database { get; private set; } = null!;

    public AccountDirectory Accounts { get; } = new();

    public ServerOptions Server { get; init; } = new() { Realm = Realm, CallMode = Gateway.Server.Proxy.CallMode.Bridge };

    public NetOptions Net { get; init; } = new() { Listen = [IPAddress.Loopback], SipPort = 0 };

    public LocationOptions Location { get; init; } = new();

    public ServerCertificate? Certificate { get; init; }

    /// <summary>The media plane; a played one unless a test wants to hear something.</summary>
    public Func<Action<int, MediaEvent>, IMediaRelay> Media { get; init; } = _ => new FakeMediaRelay();

    /// <summary>Who is told of a registration throws: an error of ours in a turn of the loop.</summary>
    public bool Fails { get; set; }

    public ConfigurationDirectory Configuration { get; } = new();

    public TrunkBoard Trunks { get; } = new();

    public IPEndPoint Address => Host.Endpoints[0];

    public async Task StartAsync()
    {
        Database = await GatewayDatabase.OpenAsync(new StorageOptions { Path = _path }, NullLogger.Instance, TimeProvider.System, default);
        Host = new GatewayHost(Net, Server, new GatewayHostServices
        {
            Accounts = Accounts,
            Bindings = Database.Bindings,
            Calls = Database.Calls,
            RunningCalls = Database.RunningCalls,
            Events = this,
            Media = Media,
            SipCertificate = Certificate,
            Location = Location,
            Configuration = Configuration,
            Trunks = Trunks,
        });
        await Host.StartAsync(default);
    }

    /// <summary>A TCP port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public void AddAccount(string user) => Accounts.Set(new Account
    {
        Id = Guid.CreateVersion7(),
        DomainId = Guid.CreateVersion7(),
        User = user,
        Ha1Md5 = Digest.Ha1(DigestAlgorithm.Md5, user, Realm, "secret"),
        Ha1Sha256 = Digest.Ha1(DigestAlgorithm.Sha256, user, Realm, "secret"),
        PasswordHash = "",
    });

    /// <summary>Starts again from the files as a SIGKILL at this moment would leave them.</summary>
    public async Task RestartAfterKillAsync()
    {
        var copy = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("N"))).FullName;
        foreach (var file in Directory.EnumerateFiles(_folder, "gateway.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        await StopAsync();
        _path = Path.Combine(copy, "gateway.db");
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public void RegistrationChanged(string aor)
    {
        if (Fails)
        {
            throw new InvalidOperationException("an error of ours");
        }
    }

    public void CallChanged(CallSnapshot call)
    {
    }

    private async Task StopAsync()
    {
        await Host.DisposeAsync();
        await Database.DisposeAsync();
    }
}

/// <summary>A phone on a UDP socket of loopback.</summary>
internal sealed class UdpPhone : IDisposable
{
    private readonly Socket _socket;
    private readonly IPEndPoint _gateway;
    private readonly byte[] _buffer = new byte[65535];
    private uint _cseq;

    public UdpPhone(string user, IPEndPoint gateway, IPAddress? address = null)
    {
        User = user;
        _gateway = gateway;
        _socket = new Socket(gateway.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(address ?? (gateway.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback), 0));
    }

    public string User { get; }

    /// <summary>What came, to tell repeats.</summary>
    public HashSet<string> Seen { get; } = [];

    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    public void Send(string text) => Send(Encoding.UTF8.GetBytes(CoreHarness.Wire(text)));

    public void Send(ReadOnlySpan<byte> bytes) => _socket.SendTo(bytes, _gateway);

    public async Task<SentMessage> ReceiveAsync() => new(default, Encoding.UTF8.GetBytes(await ReceiveTextAsync()));

    public async Task<string> ReceiveTextAsync() => Encoding.UTF8.GetString(await ReceiveBytesAsync());

    public async Task<byte[]> ReceiveBytesAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var got = await _socket.ReceiveFromAsync(_buffer, SocketFlags.None, new IPEndPoint(_gateway.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0), limit.Token);
        Assert.Equal(_gateway, got.RemoteEndPoint);
        return _buffer[..got.ReceivedBytes];
    }

    public string Request(string method, string uri, string extra = "")
    {
        _cseq++;
        return $"""
            {method} {uri} SIP/2.0
            Via: SIP/2.0/UDP {Local};branch=z9hG4bK{User}{_cseq}{Local.Port};rport
            Max-Forwards: 70
            From: <sip:{User}@{HostRig.Realm}>;tag={User}
            To: <sip:{User}@{HostRig.Realm}>
            Call-ID: {User}-{Local.Port}
            CSeq: {_cseq} {method}
            Content-Length: 0
            {extra}
            """;
    }

    /// <param name="contact">Where the phone says that it is, when that is not where it sends from.</param>
    public async Task<SentMessage> RegisterAsync(int expires = 600, string? contact = null)
    {
        const string Uri = "sip:" + HostRig.Realm;
        contact = $"Contact: {contact ?? $"<sip:{User}@{Local}>"};expires={expires}";
        Send(Request("REGISTER", Uri, contact));
        var challenge = await ReceiveAsync();
        Assert.Equal(401, challenge.Status);
        Assert.True(DigestAnswer.TryAnswer(challenge.Response, new DigestLogin(User, "secret"), "REGISTER"u8, Uri, new SeededRandom(1), out _, out var authorization));
        Send(Request("REGISTER", Uri, $"{contact}\nAuthorization: {authorization}"));
        return await ReceiveAsync();
    }

    public void Dispose() => _socket.Dispose();
}
