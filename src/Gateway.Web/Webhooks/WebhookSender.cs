using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Web.Webhooks;

/// <summary>What became of one try.</summary>
/// <param name="Status">HTTP status; 0 when there was no answer.</param>
/// <param name="Error">What went wrong, in words; empty when the receiver took it.</param>
internal sealed record WebhookResult(bool Delivered, int Status, string Error, int Milliseconds);

/// <summary>
/// Sends one signed event. The name is looked up here, every address is checked, and the connection goes to the address that
/// was checked; redirects are not followed, nothing of the answer but its status is read.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    public const string SignatureHeader = "Gateway-Signature";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(5);

    private readonly HttpClient _client;
    private readonly WebOptions _options;
    private readonly TimeProvider _time;

    public WebhookSender(WebOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = s_connectLimit,
            // A name that leads elsewhere now is looked up again soon.
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            MaxResponseHeadersLength = 16,
            ConnectCallback = ConnectAsync,
        }) { Timeout = s_limit };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Gateway", typeof(WebhookSender).Assembly.GetName().Version?.ToString(3) ?? "0"));
    }

    /// <summary>t=unix seconds,v1=hex of HMAC-SHA256 over "t.body" with the secret.</summary>
    public static string Sign(string secret, DateTimeOffset at, string body)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{seconds}.{body}"));
        return $"t={seconds},v1={Convert.ToHexStringLower(mac)}";
    }

    public async Task<WebhookResult> SendAsync(Webhook hook, string eventId, string eventType, string body, CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url)
            {
                Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            };
            // Signed anew with each try: receivers refuse old times, and a try may come hours later.
            request.Headers.Add(SignatureHeader, Sign(hook.Secret.Reveal(), _time.GetUtcNow(), body));
            request.Headers.Add("Gateway-Event", eventType);
            request.Headers.Add("Gateway-Event-Id", eventId);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            return new WebhookResult(response.IsSuccessStatusCode, status, status switch
            {
                >= 200 and < 300 => "",
                >= 300 and < 400 => $"The receiver answered {status}: redirects are not followed, write its real address.",
                _ => $"The receiver answered {status}.",
            }, Elapsed());
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new WebhookResult(false, 0, $"No answer within {s_limit.TotalSeconds} s.", Elapsed());
        }
        catch (HttpRequestException e)
        {
            return new WebhookResult(false, 0, (e.InnerException as WebhookAddressException)?.Message ?? Words(e), Elapsed());
        }

        int Elapsed() => (int)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    public void Dispose() => _client.Dispose();

    private static string Words(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "Its host name leads nowhere.",
        HttpRequestError.SecureConnectionError => $"TLS failed: {(e.InnerException ?? e).Message}",
        HttpRequestError.ConnectionError => $"It cannot be reached: {(e.InnerException ?? e).Message}",
        _ => e.Message,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancel).ConfigureAwait(false);
        if (!_options.WebhookPrivateAddresses && Array.Find(addresses, address => !WebhookAddresses.IsPublic(address)) is { } inside)
        {
            throw new WebhookAddressException($"It leads to {inside}, which is no public address (Gateway:Web:WebhookPrivateAddresses allows that).");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancel).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
