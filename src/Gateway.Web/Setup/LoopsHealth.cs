using Gateway.Net.Sip;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Web.Setup;

/// <summary>Ready means that every loop and listener is alive: one that died takes calls with it and must be noticed.</summary>
internal sealed class LoopsHealth(GatewayHost host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(host.IsHealthy ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("A SIP loop, a listener or a media loop has ended."));
}
