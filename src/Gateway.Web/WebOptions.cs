using System.Net;

namespace Gateway.Web;

/// <summary>The web host: HTTPS, sign-in and the WebSocket endpoint (section "Gateway:Web").</summary>
public sealed record WebOptions
{
    /// <summary>TCP port of the softphone, the console and SIP over WebSocket.</summary>
    public int HttpsPort { get; init; } = 8443;

    /// <summary>Folder of the certificate; a development one is made there when it is empty.</summary>
    public string CertificateFolder { get; init; } = "";

    /// <summary>Folder of the database and of the keys that protect cookies.</summary>
    public string DataFolder { get; init; } = "data";

    /// <summary>Origins besides our own that may open a SIP WebSocket, each exactly as a browser sends it.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Reverse proxies whose X-Forwarded-For and -Proto count: addresses or prefixes such as 10.0.0.0/8.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>Open SIP WebSockets at most.</summary>
    public int MaxSockets { get; init; } = 10_000;

    /// <summary>Open SIP WebSockets of one address at most (IPv6: of one /64).</summary>
    public int MaxSocketsPerAddress { get; init; } = 500;

    /// <summary>A socket that nobody has authenticated on is closed after this.</summary>
    public TimeSpan UnauthenticatedLifetime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a WebSocket is asked whether it still lives.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>A ping that is not answered for this long ends the connection.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a SIP token of the softphone is good; it gets a new one before every REGISTER.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How hard the proof of work of a widget's captcha is: leading zero bits, each one more doubles the work (16 is about a second on a slow phone).</summary>
    public int CaptchaBits { get; init; } = 16;

    /// <summary>A signed-in page that is not used for this long must sign in again.</summary>
    public TimeSpan SignInLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Requests to the REST API per minute, of one API key, account or address.</summary>
    public int ApiRequestsPerMinute { get; init; } = 1200;

    /// <summary>Webhooks may lead to addresses that are not public: to other machines inside, and to this one.</summary>
    public bool WebhookPrivateAddresses { get; init; }

    /// <summary>An account that gets a new password at this start, shown in the terminal.</summary>
    public string ResetPassword { get; init; } = "";

    /// <summary>Make the accounts alice and bob at the first start and show their passwords, to try things with.</summary>
    public bool Demo { get; init; }

    /// <summary>Print the start page in the terminal.</summary>
    public bool StartPage { get; init; } = true;

    internal IEnumerable<string> Complaints()
    {
        if (HttpsPort is < 0 or > 65535)
        {
            yield return "HttpsPort: a port is 0 to 65535 (flag --https-port).";
        }

        foreach (var origin in AllowedOrigins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.GetLeftPart(UriPartial.Authority) != origin)
            {
                yield return $"AllowedOrigins: '{origin}' is not an origin such as https://phone.example.org.";
            }
        }

        foreach (var proxy in TrustedProxies)
        {
            if (!Setup.TrustedProxies.TryParse(proxy, out _))
            {
                yield return $"TrustedProxies: '{proxy}' is not an address or a prefix such as 10.0.0.0/8.";
            }
        }

        if (MaxSockets < 1 || MaxSocketsPerAddress < 1)
        {
            yield return "MaxSockets and MaxSocketsPerAddress: at least 1.";
        }

        if (UnauthenticatedLifetime < TimeSpan.FromSeconds(1) || PingInterval < TimeSpan.FromSeconds(1) || PingTimeout < TimeSpan.FromSeconds(1))
        {
            yield return "UnauthenticatedLifetime, PingInterval and PingTimeout: at least 00:00:01.";
        }

        if (CaptchaBits is < 1 or > 24)
        {
            yield return "CaptchaBits: 1 to 24.";
        }

        if (ApiRequestsPerMinute is < 60 or > 10_000_000)
        {
            yield return "ApiRequestsPerMinute: 60 to 10000000.";
        }

        if (TokenLifetime < TimeSpan.FromSeconds(10) || TokenLifetime > TimeSpan.FromHours(1))
        {
            yield return "TokenLifetime: 00:00:10 to 01:00:00.";
        }
    }
}
