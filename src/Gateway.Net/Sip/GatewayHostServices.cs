using System.Net;
using System.Security.Cryptography;
using Gateway.Net.Dns;
using Gateway.Net.Location;
using Gateway.Net.Media;
using Gateway.Net.Sip.Streams;
using Gateway.Net.Tracing;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Dispatch;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Sip;

/// <summary>What the host is given by whoever builds it.</summary>
public sealed record GatewayHostServices
{
    public required AccountDirectory Accounts { get; init; }

    public required IBindingStore Bindings { get; init; }

    public required ICallLog Calls { get; init; }

    /// <summary>Where running calls are kept for the process after a crash.</summary>
    public ICallStore RunningCalls { get; init; } = NoCallStore.Instance;

    public required IGatewayEvents Events { get; init; }

    /// <summary>Makes the media plane; it tells what happens by the loop that owns the leg. Disposed with the host.</summary>
    public required Func<Action<int, MediaEvent>, IMediaRelay> Media { get; init; }

    /// <summary>Reads the tokens of our own browser client.</summary>
    public BearerToken? Tokens { get; init; }

    /// <summary>Seals temporary GRUUs (RFC 5627); 32 bytes that stay the same, or such URIs end with the process.</summary>
    public byte[] GruuKey { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>Signs the Route values of proxied dialogs; 32 bytes that stay the same, or such calls lose their BYE with the process.</summary>
    public byte[] RouteKey { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>Trunks, rules, groups and widgets, kept up to date by whoever owns the store.</summary>
    public ConfigurationDirectory Configuration { get; init; } = new();

    public TrunkBoard Trunks { get; init; } = new();

    public CallCaps Caps { get; init; } = new();

    /// <summary>Which certificate SIP over TLS shows for a server name; null to do without TLS. Asked at every handshake.</summary>
    public ServerCertificate? SipCertificate { get; init; }

    /// <summary>The visitors of widgets, admitted by the web host.</summary>
    public WidgetVisits Visits { get; init; } = new();

    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public RandomNumberGenerator Random { get; init; } = RandomNumberGenerator.Create();

    /// <summary>Who finds next hops; null for DNS.</summary>
    public INextHops? NextHops { get; init; }

    /// <summary>Who outside is asked where a number or user is.</summary>
    public LocationOptions Location { get; init; } = new();

    /// <summary>How many connections may be open at once, with those of the web host.</summary>
    public OpenFileBudget Files { get; init; } = OpenFileBudget.OfProcess();

    public SipTimers SipTimers { get; init; } = SipTimers.Default;
}
