using System.Diagnostics.Metrics;
using Gateway.Sip;

namespace Gateway.Server.Observability;

/// <summary>Counters of the proxy (meter Gateway.Server). Thread-safe; tags are bounded.</summary>
public sealed class ProxyMetrics(Meter meter)
{
    private readonly Counter<long> _forwarded = meter.CreateCounter<long>("gateway.proxy.forwarded", "{request}", "Requests that were forwarded, by sip.method.");
    private readonly Counter<long> _modes = meter.CreateCounter<long>("gateway.call.modes", "{call}", "Calls that were placed, by mode: proxy or bridge.");
    private readonly Counter<long> _paths = meter.CreateCounter<long>("gateway.proxy.paths", "{call}", "Answered proxied calls, by path: stays or leaves.");

    public void Forwarded(SipMethod method) => _forwarded.Add(1, new KeyValuePair<string, object?>("sip.method", ServerMetrics.NameOf(method)));

    public void Placed(bool isProxied) => _modes.Add(1, new KeyValuePair<string, object?>("mode", isProxied ? "proxy" : "bridge"));

    public void Answered(bool stays) => _paths.Add(1, new KeyValuePair<string, object?>("path", stays ? "stays" : "leaves"));
}
