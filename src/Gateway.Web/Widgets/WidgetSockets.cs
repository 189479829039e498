using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.WebSockets;
using Gateway.Net.Sip;
using Gateway.Server.Configuration;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Gateway.Web.Sip;

namespace Gateway.Web.Widgets;

/// <summary>
/// The endpoint <c>/ws/widget</c>: takes a token for a new visit, or a resume credential for one whose call lives, and ties
/// the socket to that visit before its first message can arrive.
/// </summary>
internal sealed class WidgetSockets : IDisposable
{
    /// <summary>After its call a socket gets this long to say good-bye.</summary>
    private static readonly TimeSpan s_afterCall = TimeSpan.FromSeconds(3);

    private readonly WebOptions _options;
    private readonly ConfigurationDirectory _configuration;
    private readonly WidgetTickets _tickets;
    private readonly WidgetVisits _visits;
    private readonly SocketAdmission _admission;
    private readonly ISipConnectionHost _host;
    private readonly WidgetMetrics _metrics;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly ILogger<WidgetSockets> _logger;
    private readonly SpentTickets _spent;
    private readonly ConcurrentDictionary<Guid, WebSocketConnection> _open = new();

    public WidgetSockets(WebOptions options, ConfigurationDirectory configuration, WidgetTickets tickets, WidgetVisits visits, SpentTickets spent, SocketAdmission admission,
        ISipConnectionHost host, WidgetMetrics metrics, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<WidgetSockets> logger)
    {
        (_options, _configuration, _tickets, _visits, _spent, _admission) = (options, configuration, tickets, visits, spent, admission);
        (_host, _metrics, _lifetime, _time, _logger) = (host, metrics, lifetime, time, logger);
        _visits.Over += OnOver;
    }

    public void Dispose() => _visits.Over -= OnOver;

    public async Task AcceptAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains("sip"))
        {
            await SipSockets.RefuseAsync(context, "This address is for widgets: SIP over WebSocket (RFC 7118), subprotocol sip, with a token.").ConfigureAwait(false);
            return;
        }

        var remote = new IPEndPoint(context.Connection.RemoteIpAddress ?? IPAddress.None, context.Connection.RemotePort);
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = "sip",
            KeepAliveInterval = _options.PingInterval,
            KeepAliveTimeout = _options.PingTimeout,
        }).ConfigureAwait(false);

        var origin = context.Request.Headers.Origin.ToString();
        var (session, isResumed, refusal) = Check(context.Request, origin);
        if (refusal is null && !_admission.TryEnter(remote.Address)) refusal = new Refusal("too-many", SocketLimits.CloseRate);
        if (refusal is not null)
        {
            await RefuseAsync(socket, origin, refusal).ConfigureAwait(false);
            return;
        }

        try
        {
            await RunAsync(socket, remote, session!, isResumed, origin, context).ConfigureAwait(false);
        }
        finally
        {
            _admission.Leave(remote.Address);
        }
    }

    private sealed record Refusal(string Label, int Code);

    private (WidgetSession? Session, bool IsResumed, Refusal? Refusal) Check(HttpRequest request, string origin)
    {
        if (_lifetime.ApplicationStopping.IsCancellationRequested) return (null, false, new Refusal("stopping", SocketLimits.CloseRestart));
        var now = _time.GetUtcNow();
        var isResumed = request.Query.ContainsKey("resume");
        // Who has a call here may come back to it.
        if (_host.IsDraining && !isResumed) return (null, false, new Refusal("stopping", SocketLimits.CloseRestart));
        var use = isResumed ? TicketUse.Resume : TicketUse.Call;
        var fault = _tickets.Read(request.Query[isResumed ? "resume" : "token"], use, now, out var ticket);
        if (fault != TicketFault.None) return Refused(fault switch { TicketFault.Expired => "token-expired", TicketFault.WrongUse => "token-use", _ => "token-forged" });
        if (!string.Equals(ticket!.Origin, origin, StringComparison.Ordinal)) return Refused("origin", SocketLimits.CloseOrigin);
        if (isResumed) return _visits.Find(ticket.Session) is { } visit ? (visit.Session, true, null) : Refused("call-over");

        // What an earlier run gave may have been used there: this one cannot know.
        if (ticket.Expires - (long)WidgetTickets.CallLifetime.TotalSeconds < _spent.Since.ToUnixTimeSeconds()) return Refused("token-expired");
        var widget = _configuration.Current.Widgets.FirstOrDefault(one => one.Id == ticket.Widget);
        if (widget is not { IsEnabled: true } || !WidgetDesk.Admits(widget, origin)) return Refused("disabled", SocketLimits.CloseOrigin);
        if (WidgetTicket.FingerprintOf(widget.To) != ticket.Destination) return Refused("destination");
        // Last, so that what is refused for another reason does not use it up.
        if (!_spent.TrySpend(ticket.Session, ticket.Expires, now)) return Refused("token-used");
        return (new WidgetSession
        {
            Id = ticket.Session,
            Widget = widget,
            Origin = ticket.Origin,
            Visitor = ticket.Visitor,
            Language = ticket.Language,
            Page = ticket.Page,
            MaxSeconds = ticket.MaxSeconds,
        }, false, null);

        (WidgetSession?, bool, Refusal?) Refused(string label, int code = SocketLimits.CloseUnauthenticated) => (null, isResumed, new Refusal(label, code));
    }

    private Task RefuseAsync(WebSocket socket, string origin, Refusal refusal)
    {
        _metrics.SocketRefused(refusal.Label);
        WidgetLog.SocketRefused(_logger, origin.Length > 200 ? origin[..200] : origin, refusal.Label);
        return SipSockets.CloseAsync(socket, refusal.Code, refusal.Label);
    }

    private async Task RunAsync(WebSocket socket, IPEndPoint remote, WidgetSession session, bool isResumed, string origin, HttpContext context)
    {
        WebSocketConnection? connection = null;
        var host = new VisitHost(this, session, flow => isResumed ? TakeOver(session, flow, connection!) : Admit(session, flow, connection!));
        connection = new WebSocketConnection(socket, remote, context.Request.IsHttps, host, context.RequestAborted);
        using var patience = isResumed ? null : _time.CreateTimer(_ => CloseUnused(session, connection), null, _options.UnauthenticatedLifetime, Timeout.InfiniteTimeSpan);
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _open.TryRemove(new KeyValuePair<Guid, WebSocketConnection>(session.Id, connection));
        }
    }

    private bool Admit(WidgetSession session, in Flow flow, WebSocketConnection connection)
    {
        if (!_visits.TryAdmit(session, flow))
        {
            _metrics.SocketRefused("busy");
            connection.Close(SocketLimits.CloseRate, "busy");
            return false;
        }

        _open[session.Id] = connection;
        _metrics.Admitted();
        WidgetLog.Connected(_logger, session.Widget.PublicId, session.Id);
        return true;
    }

    private bool TakeOver(WidgetSession session, in Flow flow, WebSocketConnection connection)
    {
        if (_visits.Move(session.Id, flow) is not { } old)
        {
            _metrics.SocketRefused("call-over");
            connection.Close(SocketLimits.CloseUnauthenticated, "call-over");
            return false;
        }

        if (_open.TryGetValue(session.Id, out var before)) before.Close(SocketLimits.CloseSuperseded, "superseded");
        _open[session.Id] = connection;
        _host.Moved(old, flow);
        _metrics.Resumed();
        WidgetLog.Resumed(_logger, session.Widget.PublicId, session.Id);
        return true;
    }

    private void CloseUnused(WidgetSession session, WebSocketConnection connection)
    {
        if (_visits.Find(session.Id) is not null) return;
        _metrics.SocketRefused("unused");
        connection.Close(SocketLimits.CloseUnused, "no call in time");
    }

    private void OnOver(WidgetVisit visit)
    {
        if (!_open.TryGetValue(visit.Session.Id, out var connection)) return;
        // The last answers are still on their way out.
        _ = Task.Delay(s_afterCall, _time).ContinueWith(_ => connection.Close(SocketLimits.CloseNormal, "call over"), TaskScheduler.Default);
    }

    /// <summary>Stands between the socket and the loops: the visit is tied to the flow before the first message passes.</summary>
    private sealed class VisitHost(WidgetSockets sockets, WidgetSession session, Func<Flow, bool> enter) : ISipConnectionHost
    {
        private bool _isIn;

        public Flow Opened(ISipConnection connection)
        {
            var flow = sockets._host.Opened(connection);
            _isIn = enter(flow);
            return flow;
        }

        public void Received(in Flow flow, ReadOnlySpan<byte> message)
        {
            if (_isIn) sockets._host.Received(flow, message);
        }

        public void Closed(in Flow flow)
        {
            sockets._host.Closed(flow);
            if (_isIn) sockets._visits.Closed(flow);
        }

        public void Moved(in Flow old, in Flow current) => throw new NotSupportedException($"The visit {session.Id} moves by itself.");
    }
}
