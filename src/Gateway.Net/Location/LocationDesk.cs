using System.Collections.Immutable;
using Gateway.Net.Dns;
using Gateway.Net.Ldap;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Location;

/// <summary>The location sources that the settings name, each behind its guard; the host hands them to the loops and asks how they do.</summary>
internal sealed class LocationDesk
{
    private readonly ImmutableArray<GuardedSource> _guards;

    private LocationDesk(ImmutableArray<GuardedSource> guards, LocationOptions options)
    {
        _guards = guards;
        Sources = new LocationSources([.. guards.Cast<ILocationSource>()], options.AskUnknown, options.OpenDomains);
    }

    public LocationSources Sources { get; }

    /// <summary>What each source that is left alone fails for: its name and why, in words.</summary>
    public IReadOnlyList<(string Name, string Trouble)> Troubles => [.. _guards.Select(guard => (guard.Name, guard.Trouble)).Where(one => one.Trouble.Length > 0)];

    public static LocationDesk Create(LocationOptions options, DnsResolver names, NetMetrics metrics, TimeProvider time, ILogger logger)
    {
        var counters = new LocationMetrics(metrics.Meter);
        return new LocationDesk(
            [.. options.Sources.Select(name => new GuardedSource(ClientOf(name, options, names), options, counters, time, logger))], options);
    }

    private static ILocationClient ClientOf(string name, LocationOptions options, DnsResolver names) => name.ToLowerInvariant() switch
    {
        "ldap" => new LdapClient(options),
        _ => new EnumClient(names, options.EnumDomains),
    };
}
