using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Gateway.Web.Widgets;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Widgets;

/// <summary>A host with widgets in its configuration, and a page of some origin that uses them.</summary>
internal static class WidgetRig
{
    public const string Shop = "https://shop.example";
    public const string Key = "0123456789abcdef0123456789abcdef";

    private static int s_number;

    /// <summary>A new widget for each test, so that none counts against another's limits.</summary>
    public static Widget Add(WebHost host, Func<Widget, Widget>? change = null)
    {
        using var random = RandomNumberGenerator.Create();
        var widget = new Widget
        {
            Id = Guid.CreateVersion7(),
            DomainId = Guid.AllBitsSet,
            Name = $"Shop {Interlocked.Increment(ref s_number)}",
            PublicId = PublicId.Mint(random),
            To = new Destination.ToService("echo"),
            Origins = [Shop],
            MaxCallsPerAddressPerHour = 1000,
            VisitorKey = new SecretText(Key),
            VisitorHeaders = ["Order-Id"],
        };
        widget = change?.Invoke(widget) ?? widget;
        Set(host, widget);
        return widget;
    }

    public static void Set(WebHost host, Widget widget) => host.Services.GetRequiredService<ConfigurationDirectory>().Set(widget);

    /// <summary>A client at an address of this machine that is the widget's own: the tests of one host do not use up each other's limits.</summary>
    private static HttpClient Visitor(WebHost host, string publicId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(publicId));
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(new IPAddress([127, hash[0], hash[1], (byte)(2 + (hash[2] % 250))]), 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = host.Url, Timeout = TimeSpan.FromSeconds(20) };
    }

    public static async Task<HttpResponseMessage> AskAsync(WebHost host, string publicId, object? body = null, string? origin = Shop)
    {
        using var client = Visitor(host, publicId);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/widgets/{publicId}/session") { Content = JsonContent.Create(body ?? new { }) };
        if (origin is not null) request.Headers.Add("Origin", origin);
        return await client.SendAsync(request);
    }

    public static async Task<JsonElement> SessionAsync(WebHost host, Widget widget, object? body = null)
    {
        using var response = await AskAsync(host, widget.PublicId, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonElement.Parse(text);
    }

    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.NotEqual("", problem.GetProperty("detail").GetString());
        return problem;
    }

    public static async Task<ClientWebSocket> ConnectAsync(WebHost host, string query, string? origin = Shop, string version = "1.1")
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("sip");
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        var url = new UriBuilder(host.Url) { Scheme = "wss", Path = "/ws/widget", Query = query }.Uri;
        await socket.ConnectAsync(url, new HttpMessageInvoker(handler), WebHost.Limit());
        return socket;
    }

    public static WidgetVisits Visits(WebHost host) => host.Services.GetRequiredService<WidgetVisits>();

    /// <summary>What the counters say of one refusal.</summary>
    public static async Task<double> CountAsync(WebHost host, string name, string type)
    {
        using var client = host.Client();
        var text = await client.GetStringAsync("/metrics");
        var line = text.Split('\n').FirstOrDefault(one => one.StartsWith($"{name}_total{{error_type=\"{type}\"}} ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The connection that the loops were given, and the flow of its visit.</summary>
    public static async Task<Flow> FlowOfAsync(WebHost host, JsonElement session)
    {
        await host.Loops.ConnectionAsync();
        var tickets = host.Services.GetRequiredService<WidgetTickets>();
        tickets.Read(session.GetProperty("resume").GetString(), TicketUse.Resume, DateTimeOffset.UtcNow, out var ticket);
        // The loops hear of the connection a moment before it has its visit.
        for (var limit = WebHost.Limit(); ; await Task.Delay(20, limit))
        {
            for (var connection = 1L; connection < 1000; connection++)
            {
                if (Visits(host).Of(new Flow(SipTransport.Wss, new IPEndPoint(IPAddress.Loopback, 0), 0, connection)) is { } visit && visit.Session.Id == ticket!.Session) return visit.Flow;
            }
        }
    }
}
