using System.Collections.Concurrent;
using Gateway.Sip;

namespace Gateway.Server.Widgets;

/// <summary>How far a visit has come.</summary>
public enum VisitState : byte
{
    /// <summary>Admitted; no call yet.</summary>
    Fresh,
    Calling,
    /// <summary>Its one call is over.</summary>
    Over,
}

/// <summary>One admitted visitor and the socket he is on now.</summary>
public sealed class WidgetVisit(WidgetSession session, Flow flow)
{
    public WidgetSession Session { get; } = session;

    /// <summary>Where it is now; another after a reconnect.</summary>
    public Flow Flow { get; internal set; } = flow;

    public VisitState State { get; internal set; }

    /// <summary>False while the socket is gone and nobody has come back yet.</summary>
    public bool IsConnected { get; internal set; } = true;
}

/// <summary>
/// The visits of all widgets: which socket belongs to which, and what it may still do. A visit outlives its socket while its
/// call lives. Thread-safe: the web host admits, the loops ask.
/// </summary>
public sealed class WidgetVisits
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, WidgetVisit> _bySession = [];
    private readonly ConcurrentDictionary<long, WidgetVisit> _byConnection = new();

    /// <summary>A visit's one call is over; on the loop that ended it. Listeners hand on and return.</summary>
    public event Action<WidgetVisit>? Over;

    public int Count
    {
        get
        {
            lock (_gate) return _bySession.Count;
        }
    }

    /// <summary>The visit that this socket was admitted for; null for every other flow.</summary>
    public WidgetVisit? Of(in Flow flow) => flow.Connection != 0 && _byConnection.TryGetValue(flow.Connection, out var visit) ? visit : null;

    /// <summary>Visits of a widget that are not over.</summary>
    public int CountOf(Guid widget)
    {
        lock (_gate) return _bySession.Values.Count(visit => visit.Session.Widget.Id == widget);
    }

    /// <summary>False when the visit exists already or the widget has as many as it may.</summary>
    public bool TryAdmit(WidgetSession session, in Flow flow)
    {
        ArgumentNullException.ThrowIfNull(session);
        lock (_gate)
        {
            if (_bySession.Values.Count(visit => visit.Session.Widget.Id == session.Widget.Id) >= session.Widget.MaxCalls) return false;
            var visit = new WidgetVisit(session, flow);
            if (!_bySession.TryAdd(session.Id, visit)) return false;
            _byConnection[flow.Connection] = visit;
            return true;
        }
    }

    /// <summary>After a restart: a visit whose call goes on, and whose visitor is expected back.</summary>
    /// <param name="flow">The socket that it had.</param>
    public void Restore(WidgetSession session, in Flow flow)
    {
        ArgumentNullException.ThrowIfNull(session);
        lock (_gate) _bySession.TryAdd(session.Id, new WidgetVisit(session, flow) { State = VisitState.Calling, IsConnected = false });
    }

    /// <summary>Another socket takes the visit over; gives the flow that its dialogs are on, or null when there is nothing to take over.</summary>
    public Flow? Move(Guid session, in Flow flow)
    {
        lock (_gate)
        {
            if (!_bySession.TryGetValue(session, out var visit) || visit.State != VisitState.Calling) return null;
            var old = visit.Flow;
            visit.Flow = flow;
            visit.IsConnected = true;
            // The old socket stays a widget's until it is closed: it must not become anybody's.
            _byConnection[flow.Connection] = visit;
            return old;
        }
    }

    /// <summary>The visit that a resume credential names, while its call lives.</summary>
    public WidgetVisit? Find(Guid session)
    {
        lock (_gate) return _bySession.TryGetValue(session, out var visit) && visit.State == VisitState.Calling ? visit : null;
    }

    /// <summary>A socket closed, after its flow was told closed.</summary>
    public void Closed(in Flow flow)
    {
        lock (_gate)
        {
            if (!_byConnection.TryRemove(flow.Connection, out var visit) || visit.Flow.Connection != flow.Connection) return;
            visit.IsConnected = false;
            if (visit.State != VisitState.Calling) _bySession.Remove(visit.Session.Id);
        }
    }

    /// <summary>The visit's call begins.</summary>
    public void Begin(WidgetSession session) => Set(session, VisitState.Calling);

    /// <summary>The visit's call is over, and with it the visit.</summary>
    public void End(WidgetSession session) => Set(session, VisitState.Over);

    private void Set(WidgetSession session, VisitState state)
    {
        ArgumentNullException.ThrowIfNull(session);
        WidgetVisit? visit;
        lock (_gate)
        {
            if (!_bySession.TryGetValue(session.Id, out visit)) return;
            visit.State = state;
            if (state == VisitState.Over) _bySession.Remove(session.Id);
        }

        if (state == VisitState.Over) Over?.Invoke(visit);
    }
}
