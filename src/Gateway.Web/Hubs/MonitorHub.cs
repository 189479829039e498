using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using Gateway.Net.Sip;
using Gateway.Server.Calls;
using Gateway.Web.Administration;
using Gateway.Web.Api;
using Gateway.Web.Live;
using Gateway.Web.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace Gateway.Web.Hubs;

/// <summary>All that the monitor shows, at one moment: events after <paramref name="Sequence"/> change it.</summary>
internal sealed record MonitorSnapshot(
    long Sequence, IReadOnlyList<CallSnapshot> Calls, IReadOnlyList<RegistrationView> Registrations, IReadOnlyList<TrunkHealth> Trunks, MonitorStats Stats, IReadOnlyList<Minute> Minutes);

/// <summary>The live monitor over SignalR: events as they happen, for who may see everything. docs/api.md describes it.</summary>
[Authorize(Access.Read)]
internal sealed class MonitorHub(MonitorFeed feed, MonitorSnapshots snapshots, MonitorConnections connections, TimeProvider time) : Hub
{
    public override Task OnConnectedAsync()
    {
        connections.Add(Context);
        return base.OnConnectedAsync();
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        connections.Remove(Context);
        return base.OnDisconnectedAsync(exception);
    }

    /// <summary>Streams events. The first says whether it goes on where the client left off.</summary>
    /// <param name="since">Number of the last event that the client has; null to begin now.</param>
    public async IAsyncEnumerable<MonitorEvent> Subscribe(long? since, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var listener = feed.Buffer.Listen(since, time.GetUtcNow());
        while (true)
        {
            try
            {
                if (!await listener.Events.WaitToReadAsync(cancel).ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (TooSlowException e)
            {
                throw new HubException(e.Message);
            }

            while (listener.Events.TryRead(out var happened))
            {
                yield return happened;
            }
        }
    }

    /// <summary>The state that events change: taken first, and again whenever a subscription cannot be resumed.</summary>
    public Task<MonitorSnapshot> Snapshot() => snapshots.TakeAsync();
}

/// <summary>Takes snapshots: the number first, so that an event of meanwhile comes twice rather than never.</summary>
internal sealed class MonitorSnapshots(MonitorFeed feed, GatewayHost host, Registrations registrations, TrunkHealths trunks)
{
    private const int PlottedMinutes = 60;

    public async Task<MonitorSnapshot> TakeAsync()
    {
        var sequence = feed.Buffer.Last;
        return new MonitorSnapshot(
            sequence,
            await host.CallsAsync().ConfigureAwait(false),
            await registrations.ListAsync().ConfigureAwait(false),
            trunks.All(),
            await feed.StatsAsync().ConfigureAwait(false),
            feed.Minutes.Last(PlottedMinutes));
    }
}

/// <summary>Who is connected, so that a session whose account or key may no more is ended at once.</summary>
internal sealed class MonitorConnections
{
    private readonly ConcurrentDictionary<string, HubCallerContext> _open = new(StringComparer.Ordinal);

    public MonitorConnections(AccountAdministration accounts, ApiKeyAdministration keys)
    {
        accounts.Restricted += End;
        keys.Restricted += End;
    }

    public void Add(HubCallerContext context) => _open[context.ConnectionId] = context;

    public void Remove(HubCallerContext context) => _open.TryRemove(context.ConnectionId, out _);

    private void End(Guid owner)
    {
        foreach (var context in _open.Values.Where(context => context.User?.FindFirstValue(ClaimTypes.NameIdentifier) == owner.ToString()))
        {
            context.Abort();
        }
    }
}

/// <summary>Adds and maps the hub.</summary>
internal static class MonitorSetup
{
    private const string Path = "/hubs/monitor";
    private const int LongestMessage = 4096;

    public static void AddMonitor(this IServiceCollection services)
    {
        services.AddSingleton<MonitorFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<MonitorFeed>());
        services.AddSingleton<MonitorSnapshots>();
        services.AddSingleton<MonitorConnections>();
        services.AddSingleton<TrunkHealths>();
        services.AddSignalR()
            .AddJsonProtocol(options => ApiJson.Configure(options.PayloadSerializerOptions))
            .AddHubOptions<MonitorHub>(options =>
            {
                options.MaximumReceiveMessageSize = LongestMessage;
                options.EnableDetailedErrors = false;
            });
    }

    /// <summary>Cookies come with every request of a browser: only pages of ours may connect (THREATS 33, 40).</summary>
    public static void UseMonitorOrigins(this WebApplication app) => app.UseWhen(context => context.Request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal), hubs => hubs.Use(async (context, next) =>
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length > 0 && !string.Equals(origin, $"{context.Request.Scheme}://{context.Request.Host}", StringComparison.OrdinalIgnoreCase))
        {
            await Problems.Of(StatusCodes.Status403Forbidden, "foreign-page", "Only pages of this gateway may connect.").ExecuteAsync(context);
            return;
        }

        await next(context);
    }));

    public static void MapMonitor(this IEndpointRouteBuilder routes) => routes.MapHub<MonitorHub>(Path, options =>
    {
        // What waits in the buffers of a client that reads nothing.
        options.TransportMaxBufferSize = 256 * 1024;
        options.ApplicationMaxBufferSize = 16 * 1024;
        options.CloseOnAuthenticationExpiration = true;
    }).RequireRateLimiting(ApiRates.Policy);
}
