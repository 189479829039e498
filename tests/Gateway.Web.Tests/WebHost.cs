using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using Gateway.Net.Sip;
using Gateway.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Web.Tests;

/// <summary>The real host on real Kestrel and a free port, with a data folder of its own; only the loops are the test's.</summary>
internal sealed partial class WebHost : IAsyncDisposable
{
    private static int s_lastPort = 20_000 + (Environment.ProcessId % 100 * 50);

    private readonly WebApplication _app;
    private readonly string _data;

    private WebHost(WebApplication app, string data)
    {
        _app = app;
        _data = data;
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Passwords = app.Services.GetRequiredService<FirstStart>().NewPasswords.ToDictionary(made => made.User, made => made.Password);
    }

    public RecordingHost Loops { get; private init; } = null!;

    /// <summary>https://127.0.0.1:port</summary>
    public Uri Url { get; }

    public IReadOnlyDictionary<string, string> Passwords { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<WebHost> StartAsync(params string[] settings)
    {
        var data = Directory.CreateTempSubdirectory("gateway-web-").FullName;
        var loops = new RecordingHost();
        string[] args =
        [
            "--listen", "127.0.0.1", "--https-port", "0", "--sip-port", "0", "--sips-port", "0", "--media-port", FreeUdpPort(), "--rtp-ports", "36000-36199", "--data", data,
            "--Gateway:Web:StartPage=false", "--Gateway:Web:ApiRequestsPerMinute=1000000", "--demo", .. settings.Select(setting => "--Gateway:" + setting),
        ];
        var app = await GatewayApp.BuildAsync(args, builder => builder.Services.Replace(ServiceDescriptor.Singleton<ISipConnectionHost>(loops)));
        await app.StartAsync();
        return new WebHost(app, data) { Loops = loops };
    }

    /// <summary>A client with its own cookies that takes the development certificate and follows no redirects.</summary>
    public HttpClient Client()
    {
        var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
            AllowAutoRedirect = false,
        };
        return new HttpClient(handler) { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(20) };
    }

    /// <summary>Signs in on the page, as a person does.</summary>
    public static async Task<HttpResponseMessage> SignInAsync(HttpClient client, string user, string password, string query = "")
    {
        var page = await client.GetStringAsync("/login" + query);
        return await client.PostAsync("/login" + query, new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "login",
            ["__RequestVerificationToken"] = FormToken().Match(page).Groups[1].Value,
            ["Form.User"] = user,
            ["Form.Password"] = password,
        }));
    }

    public async Task<HttpClient> SignedInAsync(string user = "alice")
    {
        var client = Client();
        var response = await SignInAsync(client, user, Passwords[user]);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return client;
    }

    /// <summary>The token that a page of ours carries for its phone.</summary>
    public static async Task<HttpRequestMessage> PhoneSessionRequestAsync(HttpClient client)
    {
        var page = await client.GetStringAsync("/");
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/phone/session");
        request.Headers.Add("RequestVerificationToken", WebUtility.HtmlDecode(PhoneToken().Match(page).Groups[1].Value));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return request;
    }

    public async Task<ClientWebSocket> ConnectAsync(Version? http = null, string? origin = null, string? subprotocol = "sip")
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = http ?? HttpVersion.Version11;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        if (subprotocol is not null)
        {
            socket.Options.AddSubProtocol(subprotocol);
        }

        var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        await socket.ConnectAsync(new UriBuilder(Url) { Scheme = "wss", Path = "/ws" }.Uri, new HttpMessageInvoker(handler), Limit());
        return socket;
    }

    public static CancellationToken Limit(double seconds = 10) => new CancellationTokenSource(TimeSpan.FromSeconds(seconds)).Token;

    /// <summary>Reads until the socket closes: its code, or 1006 when it ends without one.</summary>
    public static async Task<int> CloseCodeAsync(ClientWebSocket socket)
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer, Limit());
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    // As browsers do (RFC 6455 §5.5.1).
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Limit());
                    return (int)result.CloseStatus!;
                }
            }
        }
        catch (WebSocketException)
        {
            return socket.CloseStatus is { } status ? (int)status : 1006;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Below the range that the system picks from, so that no other socket of these tests gets it meanwhile.</summary>
    private static string FreeUdpPort()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref s_lastPort);
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port.ToString(CultureInfo.InvariantCulture);
            }
            catch (SocketException)
            {
                // Someone else's: the next one.
            }
        }
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();

    [GeneratedRegex("antiforgery=\"([^\"]+)\"")]
    private static partial Regex PhoneToken();
}

/// <summary>One host for the tests that leave it as they found it.</summary>
public sealed class WebHostFixture : IAsyncLifetime
{
    internal WebHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await WebHost.StartAsync();

    public async ValueTask DisposeAsync() => await Host.DisposeAsync();
}
