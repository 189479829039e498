using System.Diagnostics.Metrics;

namespace Gateway.Web.Widgets;

/// <summary>Counters of widgets (meter Gateway.Web); tags come from closed sets, never from visitors.</summary>
internal sealed class WidgetMetrics : IDisposable
{
    private readonly Meter _meter = new("Gateway.Web");
    private readonly Counter<long> _sessions;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _sockets;
    private readonly Counter<long> _socketsRefused;
    private readonly Counter<long> _resumed;

    public WidgetMetrics()
    {
        _sessions = _meter.CreateCounter<long>("gateway.widget.sessions", "{session}", "Sessions given to widgets.");
        _refused = _meter.CreateCounter<long>("gateway.widget.refused", "{request}", "Sessions refused to widgets, by error.type.");
        _sockets = _meter.CreateCounter<long>("gateway.widget.sockets", "{connection}", "Sockets of widgets that were admitted.");
        _socketsRefused = _meter.CreateCounter<long>("gateway.widget.sockets_refused", "{connection}", "Sockets of widgets that were refused or closed, by error.type.");
        _resumed = _meter.CreateCounter<long>("gateway.widget.resumed", "{connection}", "Sockets that took over a running call.");
    }

    public void Given() => _sessions.Add(1);

    public void Refused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("error.type", code));

    public void Admitted() => _sockets.Add(1);

    public void SocketRefused(string label) => _socketsRefused.Add(1, new KeyValuePair<string, object?>("error.type", label));

    public void Resumed() => _resumed.Add(1);

    public void Dispose() => _meter.Dispose();
}
