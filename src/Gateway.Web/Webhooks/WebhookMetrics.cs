using System.Diagnostics.Metrics;
using Gateway.Web.Hubs;

namespace Gateway.Web.Webhooks;

/// <summary>Figures of webhooks and of the monitor (meter Gateway.Web); tags come from closed sets.</summary>
internal sealed class WebhookMetrics : IDisposable
{
    private readonly Meter _meter = new("Gateway.Web");
    private readonly Counter<long> _tries;

    public WebhookMetrics(MonitorFeed feed)
    {
        _tries = _meter.CreateCounter<long>("gateway.webhook.deliveries", "{delivery}", "Tries to deliver an event to a webhook, by result.");
        _meter.CreateObservableUpDownCounter("gateway.monitor.listeners", () => feed.Buffer.Listeners, "{listener}", "Clients that follow the monitor's events.");
    }

    public void Tried(WebhookResult result) => _tries.Add(1, new KeyValuePair<string, object?>("result", result.Delivered ? "delivered" : result.Status == 0 ? "unreachable" : "refused"));

    public void Dispose() => _meter.Dispose();
}
