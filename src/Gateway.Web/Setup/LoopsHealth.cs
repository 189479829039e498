using Gateway.Net.Sip;
using Gateway.Server.Ports;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Web.Setup;

/// <summary>Ready means that every loop and listener is alive: one that died takes calls with it and must be noticed.</summary>
internal sealed class LoopsHealth(GatewayHost host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(host.Drain is { } drain ? HealthCheckResult.Unhealthy($"Draining: the gateway is about to stop and waits for {drain.Calls} calls; new ones are turned away.")
            : host.IsHealthy ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("A SIP loop, a listener or a media loop has ended."));
}

/// <summary>Calls go on without the database, and their records wait for it: a store that does not answer is a warning, not an end.</summary>
internal sealed class StoreHealth(ICallLog log) : IHealthCheck
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await log.ListAsync(new CallQuery(Limit: 1), cancellationToken).WaitAsync(s_limit, cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return HealthCheckResult.Degraded($"The database does not answer within {s_limit.TotalSeconds} s: running calls go on, records wait in memory.");
        }
    }
}

/// <summary>Calls to what is known here go on without location sources: one that fails is a warning.</summary>
internal sealed class LocationHealth(GatewayHost host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(host.LocationTroubles is { Count: > 0 } troubles
            ? HealthCheckResult.Degraded($"Left alone for a while, as it failed again and again: {string.Join("; ", troubles.Select(one => $"{one.Name} ({one.Trouble})"))}.")
            : HealthCheckResult.Healthy());
}

/// <summary>/health/live and /health/ready: a status for probes, and the reasons for people.</summary>
internal static class HealthRoutes
{
    private sealed record Check(string Name, string Status, string? Reason);

    private sealed record Health(string Status, IReadOnlyList<Check> Checks);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(new Health(
        Word(report.Status), [.. report.Entries.Select(entry => new Check(entry.Key, Word(entry.Value.Status), entry.Value.Description))]), context.RequestAborted);

    private static string Word(HealthStatus status) => status.ToString().ToLowerInvariant();
}
