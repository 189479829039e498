using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using Gateway.Net.Media;
using Gateway.Net.Sip;
using Gateway.Net.Sip.Streams;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Gateway.Web.Administration;
using Gateway.Web.Api;
using Gateway.Web.Hubs;
using Gateway.Web.Live;
using Gateway.Web.Security;
using Gateway.Web.Sip;
using Gateway.Web.Webhooks;
using Gateway.Web.Widgets;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Web.Setup;

/// <summary>Everything that the host consists of.</summary>
internal static class GatewayServices
{
    public static void AddGateway(this WebApplicationBuilder builder, GatewaySettings settings, FirstStart start)
    {
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Net);
        services.AddSingleton(settings.Server with { Realm = start.Realm });
        services.AddSingleton(settings.Web);
        services.AddSingleton(start);
        services.AddSingleton(start.Database.Accounts);
        services.AddSingleton(start.Database.Calls);
        services.AddSingleton(start.Database.Bindings);
        services.AddSingleton(start.Database.Configuration);
        services.AddSingleton(start.Database.Audit);
        services.AddSingleton(start.Database.Contacts);
        services.AddSingleton(start.Database.KeyUses);
        services.AddSingleton(start.Database.Webhooks);
        services.AddSingleton(_ => Directory(start));
        services.AddSingleton(provider => new SetupDoor(provider.GetRequiredService<AccountDirectory>(), start.SetupCode));
        services.AddSingleton(OpenFileBudget.OfProcess());
        services.AddSingleton<ConfigurationDirectory>();
        services.AddSingleton<TrunkBoard>();
        services.AddSingleton<CallCaps>();
        services.AddSingleton(provider => Host(provider, settings, start));
        services.AddSingleton<ISipConnectionHost>(provider => provider.GetRequiredService<GatewayHost>());
        services.AddHostedService<GatewayService>();
        services.AddHostedService<MemoryTrim>();
        services.AddHostedService<RecordRetention>();
        services.AddSingleton<Registrations>();
        services.AddSingleton<Restart>();
        services.AddSingleton<IHostLifetime, SignalLifetime>();
        services.AddSingleton<SettingsDesk>();
        services.AddSingleton(new CertificateDesk(settings.Web, TimeProvider.System));
        services.AddSingleton(new Figures());
        services.AddSingleton(new ProcessFigures());
        services.AddSingleton<CallRates>();
        services.AddSingleton<GatewayEvents>();
        services.AddSingleton<IGatewayEvents>(provider => provider.GetRequiredService<GatewayEvents>());

        services.AddAdministration();
        services.AddApiDescription();
        services.AddMonitor();
        services.AddWebhooks();
        builder.AddSipSockets(settings);
        services.AddWidgets(settings, start);
        builder.AddSignIn(settings, start);
        builder.AddHttps(settings);
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddProblemDetails();
        services.AddHealthChecks().AddCheck<LoopsHealth>("loops").AddCheck<StoreHealth>("store").AddCheck<LocationHealth>("location");
        services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
    }

    private static GatewayHost Host(IServiceProvider provider, GatewaySettings settings, FirstStart start) =>
        new(settings.Net, provider.GetRequiredService<ServerOptions>(), new GatewayHostServices
        {
            Accounts = provider.GetRequiredService<AccountDirectory>(),
            Bindings = start.Database.Bindings,
            RunningCalls = start.Database.RunningCalls,
            Calls = new ObservedCallLog(start.Database.Calls, provider.GetRequiredService<GatewayEvents>()),
            Events = provider.GetRequiredService<IGatewayEvents>(),
            Configuration = provider.GetRequiredService<ConfigurationDirectory>(),
            Trunks = provider.GetRequiredService<TrunkBoard>(),
            Caps = provider.GetRequiredService<CallCaps>(),
            Media = tell => new MediaRelay(
                settings.Net, tell, logging: provider.GetRequiredService<ILoggerFactory>()),
            Visits = provider.GetRequiredService<WidgetVisits>(),
            Tokens = new BearerToken(start.TokenKey, "sip", RandomNumberGenerator.Create()),
            GruuKey = HMACSHA256.HashData(start.TokenKey, "gruu"u8),
            RouteKey = HMACSHA256.HashData(start.TokenKey, "route"u8),
            Logging = provider.GetRequiredService<ILoggerFactory>(),
            Location = settings.Location,
            SipTimers = settings.Timers,
            Time = provider.GetRequiredService<TimeProvider>(),
            Files = provider.GetRequiredService<OpenFileBudget>(),
            SipCertificate = SipCertificates(provider, settings).Choose,
        });

    /// <summary>SIP over TLS shows the certificate of the web host unless it has its own.</summary>
    private static CertificateFolder SipCertificates(IServiceProvider provider, GatewaySettings settings) => new(
        settings.Net.CertificateFolder is { Length: > 0 } own ? own : settings.Web.CertificateFolder,
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway.Net.Sip"));

    private static AccountDirectory Directory(FirstStart start)
    {
        var directory = new AccountDirectory();
        directory.Replace(start.Accounts);
        return directory;
    }

    private static void AddSipSockets(this WebApplicationBuilder builder, GatewaySettings settings)
    {
        builder.Services.AddSingleton(new OriginPolicy(settings.Server.Aliases, settings.Web.HttpsPort, settings.Web.AllowedOrigins));
        builder.Services.AddSingleton<ConnectionCaps>();
        builder.Services.AddSingleton(new SocketAdmission(settings.Web.MaxSockets, settings.Web.MaxSocketsPerAddress));
        builder.Services.AddSingleton<SipSockets>();
    }

    private static void AddSignIn(this WebApplicationBuilder builder, GatewaySettings settings, FirstStart start)
    {
        var services = builder.Services;
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<SignIn>();
        services.AddSingleton(provider => new TokenIssuer(
            new BearerToken(start.TokenKey, "sip", RandomNumberGenerator.Create()), settings.Web.TokenLifetime, provider.GetRequiredService<TimeProvider>()));
        services.AddDataProtection().SetApplicationName(DataProtectionSecrets.ApplicationName).PersistKeysToFileSystem(DataProtectionSecrets.KeysOf(settings.Web.DataFolder));
        ApiKeyAuthentication.AddCookieOrApiKey(services).AddCookie(options =>
        {
            options.Cookie.Name = "__Host-gateway";
            options.Cookie.HttpOnly = true;
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.ExpireTimeSpan = settings.Web.SignInLifetime;
            options.SlidingExpiration = true;
            options.LoginPath = "/login";
            options.AccessDeniedPath = "/denied";
            options.Events.OnValidatePrincipal = context => context.HttpContext.RequestServices.GetRequiredService<SignIn>().ValidateAsync(context);
            options.Events.OnRedirectToLogin = context => AnswerAsync(context, StatusCodes.Status401Unauthorized);
            options.Events.OnRedirectToAccessDenied = context => AnswerAsync(context, StatusCodes.Status403Forbidden);
        });
        services.AddAuthorization(Access.AddPolicies);
        services.AddApiRates(settings.Web);
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, LiveSession>();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "__Host-gateway-form";
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            options.Cookie.SameSite = SameSiteMode.Strict;
        });
    }

    /// <summary>Where programs come, not people.</summary>
    private static readonly string[] s_programs = ["/api", "/hubs", "/openapi"];

    /// <summary>Programs get a status, people the sign-in page.</summary>
    private static async Task AnswerAsync(Microsoft.AspNetCore.Authentication.RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        if (s_programs.Any(root => context.Request.Path.StartsWithSegments(root, StringComparison.Ordinal)))
        {
            context.Response.StatusCode = status;
            await Results.Problem(statusCode: status, detail: status == 401 ? "Sign in first." : "Your account may not do this.").ExecuteAsync(context.HttpContext);
            return;
        }

        context.Response.Redirect(context.RedirectUri);
    }

    private static void AddHttps(this WebApplicationBuilder builder, GatewaySettings settings)
    {
        // Made when there is none; what stands in the folder later is taken up without a restart.
        DevelopmentCertificate.LoadOrCreate(settings.Web.CertificateFolder, CertificateAddresses(settings), DateTimeOffset.UtcNow).Dispose();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
            kestrel.Limits.MaxConcurrentConnections = settings.Web.MaxSockets + 1000L;
            foreach (var address in settings.Net.Listen)
            {
                kestrel.Listen(address, settings.Web.HttpsPort, Https);
            }

            if (settings.Net.Listen.Count == 0)
            {
                kestrel.ListenAnyIP(settings.Web.HttpsPort, Https);
            }
        });

        void Https(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            var certificates = new CertificateFolder(settings.Web.CertificateFolder, TimeProvider.System, listen.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway.Web"));
            // Before the handshake, which is what costs.
            var caps = listen.ApplicationServices.GetRequiredService<ConnectionCaps>();
            listen.Use(next => connection => caps.RunAsync(connection, next));
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = TimeSpan.FromSeconds(10),
                OnConnection = handshake => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificates.Choose(handshake.ClientHelloInfo.ServerName),
                    // RFC 9325 §3.1.1, whatever the system would still speak.
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                }),
            });
        }
    }

    private static IPAddress[] CertificateAddresses(GatewaySettings settings) =>
        [.. GatewaySettings.OwnAddresses(settings.Net).Append(settings.Net.PublicAddress).OfType<IPAddress>()];
}
