using System.Globalization;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>A SUBSCRIBE that waits for its answer.</summary>
/// <param name="Expires">The time that is granted; 0 ends it.</param>
internal readonly record struct Subscribing(ServerTransaction Transaction, SipRequest Request, TimeSpan Expires);

/// <summary>
/// One subscription that we notify (RFC 6665 §4.2): runs what <see cref="NotifierTable"/> says, one NOTIFY at a time. What
/// changes while a NOTIFY is on its way, or sooner than the package's rate allows, is told together afterwards.
/// </summary>
internal sealed class EventSubscription : ITimerTarget
{
    private const int ExpiryTimer = 1;
    private const int RateTimer = 2;

    private readonly SubscriptionManager _manager;
    private readonly IEventDialog _dialog;
    private EventNotice _wanted;
    private ClientTransaction? _sent;
    private bool _isLastSent;
    private bool _isGranted;
    private TimeSpan _due;
    private TimeSpan _earliest;
    private string _reason = EndedBecause.Timeout;
    private uint? _retryAfter;
    private TimerHandle _expiry;
    private TimerHandle _rate;

    /// <param name="id">Of the Event header; empty for none.</param>
    /// <param name="watcher">Account or trunk that it counts for; null when it counts for nobody (a REFER's).</param>
    public EventSubscription(SubscriptionManager manager, IEventDialog dialog, IEventPackage package, string id, string resource, Guid? watcher, IEventView view)
    {
        _manager = manager;
        _dialog = dialog;
        Package = package;
        Id = id;
        Resource = resource;
        Watcher = watcher;
        View = view;
    }

    public IEventPackage Package { get; }

    public string Id { get; }

    /// <summary>The package's name for what is watched.</summary>
    public string Resource { get; }

    public Guid? Watcher { get; }

    public IEventView View { get; }

    public NotifierState State { get; private set; }

    /// <summary>Nothing more is told: the last NOTIFY was answered, or nobody wants any.</summary>
    public bool IsOver => State == NotifierState.Over;

    /// <summary>Hears once that it is over.</summary>
    public Action<TimeSpan>? Ended { get; set; }

    private LoopServices Services => _dialog.Services;

    /// <summary>Who was asked agrees.</summary>
    public void Approve(TimeSpan now) => Take(NotifierInput.Approved, now);

    /// <summary>Ends it from our side.</summary>
    /// <param name="reason">One of <see cref="EndedBecause"/>.</param>
    /// <param name="retryAfter">Seconds after which to come back, with probation and giveup.</param>
    public void Withdraw(string reason, TimeSpan now, uint? retryAfter = null)
    {
        if (State is NotifierState.Pending or NotifierState.Active) (_reason, _retryAfter) = (reason, retryAfter);
        if (reason == EndedBecause.Rejected) _isGranted = false;
        Take(NotifierInput.Withdrawn, now);
    }

    public void Take(NotifierInput input, TimeSpan now, Subscribing? asked = null, TimeSpan lasts = default)
    {
        var (next, actions) = NotifierTable.Next(State, input);
        State = next;
        if (input is NotifierInput.Granted or NotifierInput.Fetched or NotifierInput.Approved) _isGranted = true;
        if (actions.HasFlag(NotifierActions.Answer) && asked is { } request) Answer(request, now);
        if (actions.HasFlag(NotifierActions.Refuse) && asked is { } late) Refuse(late, now);
        if (actions.HasFlag(NotifierActions.StopExpiry)) Services.Timers.Cancel(_expiry);
        if (actions.HasFlag(NotifierActions.StartExpiry))
        {
            _due = now + (asked?.Expires ?? lasts);
            _expiry = Services.Timers.Schedule(_due, this, ExpiryTimer);
        }
        if (actions.HasFlag(NotifierActions.NotifyFull)) Want(EventNotice.Full);
        if (actions.HasFlag(NotifierActions.NotifyChange)) Want(EventNotice.Change);
        if (actions.HasFlag(NotifierActions.NotifyLast)) Want(EventNotice.Last);
        if (actions.HasFlag(NotifierActions.Remove)) Remove(now);
        else Tell(now);
    }

    public bool IsOf(ClientTransaction transaction) => _sent == transaction;

    public void Replaced(ClientTransaction old, ClientTransaction repeated)
    {
        if (_sent == old) _sent = repeated;
    }

    public void OnResponse(SipResponse response, TimeSpan now)
    {
        if (response.IsProvisional) return;
        _sent = null;
        if (_isLastSent) Take(NotifierInput.LastAnswered, now);
        else if (EndsSubscription(response.StatusCode)) Take(NotifierInput.NotifyFailed, now);
        else Tell(now);
    }

    /// <summary>§4.2.2: who does not answer (timer F) or cannot be reached is not told any more.</summary>
    public void OnFailure(bool mayReturn, TimeSpan now)
    {
        _sent = null;
        if (mayReturn && !_isLastSent) Want(EventNotice.Full);
        else Take(NotifierInput.NotifyFailed, now);
    }

    public void Resume(TimeSpan now) => Tell(now);

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => _manager.Run(this, (Subscription: this, kind), now, static (state, now) =>
    {
        if (state.kind == ExpiryTimer) state.Subscription.Take(NotifierInput.Expired, now);
        else state.Subscription.Tell(now);
    });

    /// <summary>
    /// RFC 6665 §4.2.2 names these. 408 is what an element on the way says when its timer F fires, and 491 to 500 leave the
    /// subscription as it is (RFC 5057 §5.1).
    /// </summary>
    public static bool EndsSubscription(int status) => status is 404 or 405 or 408 or 410 or 416 or (>= 480 and <= 485) or 489 or 501 or 604;

    private void Want(EventNotice notice) => _wanted = notice > _wanted ? notice : _wanted;

    private void Answer(in Subscribing asked, TimeSpan now)
    {
        SipResponses.Begin(Services.Writer, asked.Request, asked.Transaction.Flow, 200, null, asked.Transaction.Tag);
        Services.Writer.Header(HeaderId.Contact, _dialog.Contact);
        Services.Writer.Header(HeaderId.Expires, (uint)asked.Expires.TotalSeconds);
        Services.Writer.NoBody();
        Services.Transactions.Respond(asked.Transaction, Services.Writer.Written, now);
    }

    private void Refuse(in Subscribing asked, TimeSpan now)
    {
        SipResponses.Begin(Services.Writer, asked.Request, asked.Transaction.Flow, 481);
        Services.Writer.NoBody();
        Services.Transactions.Respond(asked.Transaction, Services.Writer.Written, now);
    }

    private void Tell(TimeSpan now)
    {
        if (_wanted == EventNotice.None || _sent is not null || State == NotifierState.Over) return;
        if (!_dialog.CanSend)
        {
            // A change waits for the peer to come back; the end of it does not.
            if (_wanted == EventNotice.Last) Take(NotifierInput.NotifyFailed, now);
            return;
        }
        if (_wanted == EventNotice.Change && now < _earliest)
        {
            Services.Timers.Cancel(_rate);
            _rate = Services.Timers.Schedule(_earliest, this, RateTimer);
            return;
        }
        Notify(_wanted, now);
    }

    private void Notify(EventNotice notice, TimeSpan now)
    {
        _wanted = EventNotice.None;
        _earliest = now + Package.Interval;
        _isLastSent = notice == EventNotice.Last;
        var document = _isGranted ? View.Write(notice, now) : EventDocument.None;
        var writer = _dialog.Begin(SipMethod.Notify, out var branch);
        writer.Header(HeaderId.Contact, _dialog.Contact);
        writer.Header(HeaderId.Event, Id.Length == 0 ? Package.Name : $"{Package.Name};id={Id}");
        writer.Header(HeaderId.SubscriptionState, StateValue(now));
        if (document.Type.Length == 0) writer.NoBody();
        else writer.Body(System.Text.Encoding.ASCII.GetBytes(document.Type), document.Body);
        _sent = _dialog.Send(SipMethod.Notify, branch, now);
    }

    private string StateValue(TimeSpan now)
    {
        if (State == NotifierState.Ending)
        {
            return _retryAfter is { } seconds
                ? string.Create(CultureInfo.InvariantCulture, $"terminated;reason={_reason};retry-after={seconds}")
                : $"terminated;reason={_reason}";
        }
        var left = Math.Max(0, (long)(_due - now).TotalSeconds);
        return string.Create(CultureInfo.InvariantCulture, $"{(State == NotifierState.Pending ? "pending" : "active")};expires={left}");
    }

    private void Remove(TimeSpan now)
    {
        Services.Timers.Cancel(_expiry);
        Services.Timers.Cancel(_rate);
        _wanted = EventNotice.None;
        _sent = null;
        _manager.Forget(this);
        _dialog.Subscriptions.Remove(this, now);
        var ended = Ended;
        Ended = null;
        ended?.Invoke(now);
    }
}
