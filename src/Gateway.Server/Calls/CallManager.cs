using System.Text;
using Gateway.Server.Events;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>All calls of one loop: finds the call of a message or a media event and hands it on. The dispatcher calls it.</summary>
public sealed partial class CallManager
{
    private readonly Dictionary<Guid, Call> _calls = [];
    private readonly Dictionary<Guid, WidgetSession> _visits = [];

    /// <param name="subscriptions">Of the same loop; null for one of its own.</param>
    public CallManager(LoopServices services, RoutePlanner routes, SubscriptionManager? subscriptions = null)
    {
        Services = services;
        Subscriptions = subscriptions ?? new SubscriptionManager(services);
        Routes = routes;
        LegIds = new LegIds(services.Loop);
    }

    /// <summary>Calls that are not over, their records unwritten.</summary>
    public int Count => _calls.Count;

    /// <summary>Errors of ours that ended a call.</summary>
    public long Faults { get; private set; }

    /// <summary>Hears of every error of ours, for the log.</summary>
    public Action<Exception>? Faulted { get; set; }

    internal LoopServices Services { get; }

    internal RoutePlanner Routes { get; }

    internal SubscriptionManager Subscriptions { get; }

    internal LegIndex Index { get; } = new();

    internal LegIds LegIds { get; }

    /// <summary>A new INVITE (no To tag) from an authenticated caller.</summary>
    /// <param name="dialled">The number or user that is called, when the Request-URI says it in a trunk's way; null to read it there.</param>
    public void OnInvite(ServerTransaction transaction, SipRequest invite, Caller caller, TimeSpan now, string? dialled = null)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(invite);
        ArgumentNullException.ThrowIfNull(caller);
        var isOthers = Proxy is not null && (invite.Has(HeaderId.Join) || invite.Has(HeaderId.Replaces)) && NamedDialogs.IsOthers(invite);
        if (invite.Has(HeaderId.Join) && !isOthers)
        {
            Joining.Handle(this, transaction, invite, caller, now);
            return;
        }
        if (invite.Has(HeaderId.Replaces) && !isOthers)
        {
            Takeover.Handle(this, transaction, invite, caller, now);
            return;
        }
        var named = dialled is null ? null : Encoding.UTF8.GetBytes(HeaderPolicy.Uri($"{dialled}@{Services.Options.Realm}"));
        SipUriView target;
        if (named is null ? !invite.TryGetUri(out target) : !SipUriView.TryParse(named, out target))
        {
            Replies.Send(Services, transaction, invite, 416, now, tag: transaction.Tag);
            return;
        }
        var plan = Routes.Plan(caller, target, now);
        dialled = Dialled(plan, target);
        if (PlaceProxied(transaction, invite, caller, ref plan, dialled, now)) return;
        if (isOthers) Replies.Send(Services, transaction, invite, 481, now, "No Such Dialog", transaction.Tag);
        else if (MayBridge?.Invoke(transaction, invite, now) != false) Place(transaction, invite, caller, plan, dialled, now);
    }

    /// <summary>Starts a call where the plan leads, or refuses the INVITE for what it asks of us.</summary>
    /// <param name="replaced">The side of another call that the caller wants to take the place of; null for a call of its own.</param>
    internal void Place(ServerTransaction transaction, SipRequest invite, Caller caller, RoutePlan plan, string dialled, TimeSpan now, CallLeg? replaced = null)
    {
        if (IsFull && plan is not RoutePlan.ToTrunks { Class: NumberClass.Emergency })
        {
            Replies.RetryLater(Services, transaction, invite, 503, CallLimits.RetryAfter, now, tag: transaction.Tag);
            return;
        }
        if (Services.Loops.HasPassed(Encoding.Latin1.GetString(invite.CallId), plan))
        {
            plan = new RoutePlan.Reject(482, "Loop Detected") { Label = "loop", Why = plan.Why };
        }
        var call = new Call(this, transaction, invite, caller, plan, dialled) { Replaced = replaced };
        _calls.Add(call.Id, call);
        if (caller is Caller.FromWidget visitor)
        {
            _visits.Add(call.Id, visitor.Session);
            Services.Visits.Begin(visitor.Session);
        }
        Services.Metrics.CallStarted();
        Run(call, call, now, static (call, now) => call.Start(now));
    }

    /// <summary>A request inside a dialog (To tag): false when no call knows the dialog, and the dispatcher answers 481.</summary>
    /// <param name="sender">The account that the flow is authenticated for, or null: BYE and the like must come from the dialog's own side.</param>
    public bool OnInDialog(ServerTransaction transaction, SipRequest request, string? sender, TimeSpan now)
    {
        if (Index.Find(request.ToTag) is not { } leg || !leg.Owns(request, transaction.Flow, sender)) return false;
        Run(leg.Call, (leg, transaction, request), now, static (state, now) =>
        {
            state.leg.SeenAt(state.transaction.Flow);
            InDialogRequests.Handle(state.leg, state.transaction, state.request, now);
        });
        return true;
    }

    /// <summary>The ACK of a 2xx: never answered, never challenged; its dialog and its number make it count.</summary>
    public void OnAck(SipRequest ack, in Flow flow, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(ack);
        if (Index.Find(ack.ToTag) is not { } leg || !leg.IsDialogOf(ack)) return;
        Run(leg.Call, (leg, ack), now, static (state, now) => state.leg.OnAck(state.ack, now));
    }

    public void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(invite);
        if (invite.User is not InboundLeg leg) return;
        Run(leg.Call, (leg.Call, cancel), now, static (state, now) => state.Call.OnCancel(state.cancel, now));
    }

    public void OnMedia(MediaEvent happened, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(happened);
        if (Index.Find(happened.Leg) is not { } call)
        {
            LeadAfter(happened);
            return;
        }
        Run(call, (call, happened), now, static (state, now) => state.call.OnMedia(state.happened, now));
    }

    /// <summary>A device re-registered from elsewhere: its dialogs move to the new flow, and what was ringing there rings again.</summary>
    public void OnFlowMoved(in Flow old, in Flow current, TimeSpan now)
    {
        var target = current;
        foreach (var leg in Index.On(old))
        {
            Run(leg.Call, (leg, target), now, static (state, now) => state.leg.MoveTo(state.target, now));
        }
    }

    /// <summary>A connection closed and has not come back yet: the grace time of its calls begins.</summary>
    public void OnFlowClosed(in Flow flow, TimeSpan now)
    {
        foreach (var leg in Index.On(flow)) Run(leg.Call, leg, now, static (leg, now) => leg.OnFlowClosed(now));
    }

    /// <summary>The gateway stops: every call gets its BYE or final answer and its record.</summary>
    public void HangUpAll(string reason, TimeSpan now)
    {
        var end = new CallEnd(EndReason.Shutdown, 503) { ReasonHeader = $"SIP;cause=503;text=\"{HeaderPolicy.DisplayName(Encoding.UTF8.GetBytes(reason))}\"" };
        foreach (var call in _calls.Values.ToArray())
        {
            Run(call, (call, end), now, static (state, now) => state.call.End(CallInput.Shutdown, state.end, now));
        }
    }

    /// <summary>The details of one call with fresh figures of its media.</summary>
    /// <param name="done">Runs on this loop, at once or within half a second; with null when there is no such call.</param>
    public void Describe(Guid id, Action<CallSnapshot?> done, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(done);
        if (_calls.TryGetValue(id, out var call)) Run(call, (call, done), now, static (state, now) => state.call.Describe(state.done, now));
        else done(Proxy?.Find(id));
    }

    public IReadOnlyList<CallSnapshot> Snapshot() => [.. _calls.Values.Select(call => call.Snapshot), .. Proxy?.Snapshot() ?? []];

    /// <summary>Runs a step of a call; an error of ours ends that one call and no other (rule 4).</summary>
    internal void Run<T>(Call call, T state, TimeSpan now, Action<T, TimeSpan> step)
    {
        try
        {
            step(state, now);
            call.Stepped(now);
        }
        catch (Exception error)
        {
            Fault(call, error, now);
        }
    }

    internal void Forget(Call call) => Forget(call.Id);

    private void Forget(Guid id)
    {
        _calls.Remove(id);
        // A visit is good for one call.
        if (_visits.Remove(id, out var session)) Services.Visits.End(session);
    }

    private void Fault(Call call, Exception error, TimeSpan now)
    {
        Faults++;
        Faulted?.Invoke(error);
        try
        {
            call.Abort(now);
        }
        catch (Exception second)
        {
            Faulted?.Invoke(second);
            Forget(call.Id);
        }
    }

    private string Dialled(RoutePlan plan, in SipUriView target) => plan switch
    {
        RoutePlan.ToAccount account => account.Aor,
        _ => $"{(target.User.IsEmpty ? "" : target.ToUri().User + "@")}{Services.Options.Realm}",
    };
}
