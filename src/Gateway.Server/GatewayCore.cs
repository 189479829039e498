using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Dispatch;
using Gateway.Server.Events;
using Gateway.Server.FrontEnd;
using Gateway.Server.Observability;
using Gateway.Server.Overload;
using Gateway.Server.Ports;
using Gateway.Server.Proxy;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;

namespace Gateway.Server;

/// <summary>
/// The dispatcher of one loop and its transaction user: whose request is it, what is asked, who handles it. The loop (Net)
/// feeds it; it owns the registrar, the routes and the calls.
/// </summary>
public sealed partial class GatewayCore : ITransactionUser
{
    /// <summary>OPTIONS are free to ask and cost an answer: a phone asks a few times a minute.</summary>
    private const int OptionsPerSecond = 50;

    /// <summary>Messages and the like that one address may send on: people write slowly, an office behind a NAT does not.</summary>
    private const int RelayedPerSecond = 50;

    private const uint RetryAfterSeconds = 2;

    private readonly LoopServices _services;
    private readonly DigestGuard _guard;
    private readonly Registrar.Registrar _registrar;
    private readonly SourceLimiter _unproved;
    private readonly SourceLimiter _options;
    private readonly SourceLimiter _relayed;
    private readonly MergedRequests _merged;
    private readonly RefusalReport _refusals;
    private readonly TrunkInbound _inbound;
    private readonly StatelessProxy? _front;
    private readonly RequestRanks _ranks;

    public GatewayCore(LoopServices services)
    {
        _services = services;
        services.Transactions = new TransactionLayer(services.SipTimers, services.Transport, this, services.Timers, services.Random, services.Loop);
        _guard = new DigestGuard(services);
        _registrar = new Registrar.Registrar(services, MoveFlow);
        _unproved = new SourceLimiter(services.Options.UnprovedPerSecond, 2.0 * services.Options.UnprovedPerSecond);
        _options = new SourceLimiter(OptionsPerSecond, 2 * OptionsPerSecond);
        _relayed = new SourceLimiter(RelayedPerSecond, 4 * RelayedPerSecond);
        _merged = new MergedRequests(services.SipTimers.T1x64);
        _refusals = new RefusalReport(services.Timers, services.Logger);
        _inbound = new TrunkInbound(services);
        Trunks = new TrunkManager(services);
        Proxy = new ProxyCore(services) { Sender = (request, flow, now) => _guard.Sender(request, flow, now) };
        Subscriptions = new SubscriptionManager(services);
        Calls = new CallManager(services, new RoutePlanner(services), Subscriptions) { Proxy = Proxy, MayBridge = MayBridge };
        Subscriptions.Serve(new RegPackage(services, Subscriptions));
        Overload = new OverloadControl(services.Options.OverloadDelay);
        _ranks = new RequestRanks(services.Options.Realm, services.Accounts, services.Bindings.Published, services.Configuration);
        Transactions.Refuses = IsTooMuch;
        _front = services.Options.Role == ServerRole.Stateless ? new StatelessProxy(services) : null;
    }

    /// <summary>Who watches what on this loop.</summary>
    public SubscriptionManager Subscriptions { get; }

    public CallManager Calls { get; }

    /// <summary>What goes through without being ours.</summary>
    public ProxyCore Proxy { get; }

    /// <summary>The trunks as far as this loop runs them.</summary>
    public TrunkManager Trunks { get; }

    public BindingTable Bindings => _services.Bindings;

    public TransactionLayer Transactions => _services.Transactions;

    /// <summary>A parsed message from any transport; the lease stays the caller's.</summary>
    public void Receive(SipMessage message, in Flow flow, TimeSpan now)
    {
        if (_front is not null)
        {
            _front.Receive(message, flow, now);
            return;
        }

        if (message is SipRequest { ToTag.IsEmpty: true, Method: not SipMethod.Cancel } && flow.Connection != 0 && !_services.IsOpen(flow))
        {
            // Nobody is there to hear the answer, and nobody would end what it starts. What a dialog's side still said (an
            // ACK, a BYE) counts.
            _services.Metrics.Refused("flow_closed");
            return;
        }

        if (message is SipRequest && _services.Map.Moved.Find(message.ToTag) is { } loop && loop != _services.Loop && _services.Neighbours is { } neighbours)
        {
            // It was on its way here when its dialog went to another loop.
            neighbours.Forward(loop, message.Retain(), flow);
            return;
        }

        Transactions.Receive(message, flow, now);
    }

    /// <summary>Bytes that are no message but whose sender can be answered (400, 505, 513).</summary>
    public void ReceiveBad(SipRequest? partial, in SipParseError error, in Flow flow, TimeSpan now)
    {
        _services.Metrics.Refused(error.Label);
        _refusals.Add(error.Label, now);
        if (partial is null || error.StatusCode == 0 || !_unproved.Take(flow.Remote.Address, now))
        {
            return;
        }

        Transactions.AnswerStateless(partial, flow, error.StatusCode, error.Reason);
    }

    /// <summary>How much new work this loop turns away now.</summary>
    public OverloadControl Overload { get; }

    /// <summary>
    /// In each turn of the loop: what waits decides how much new work is taken, and what upstream neighbours are told of it
    /// (RFC 7339).
    /// </summary>
    /// <param name="waited">How long the oldest new request waits by now.</param>
    /// <param name="isMemoryShort">Nothing new is taken.</param>
    public void Weigh(TimeSpan waited, bool isMemoryShort, TimeSpan now)
    {
        Overload.IsPressed = isMemoryShort;
        Overload.Sample(waited, now);
        _services.Writer.Feedback = Transactions.Feedback = Overload.Feedback;
    }

    private bool IsTooMuch(SipRequest request)
    {
        if (Overload.Shed == 0 || Overload.Admits(_ranks.Of(request), request.CallId))
        {
            return false;
        }

        _services.Metrics.Refused("overload");
        return true;
    }

    /// <summary>The configuration as it stands now, at the start and after each change.</summary>
    public void Configure(TimeSpan now) => Trunks.Configure(_services.Configuration.Current, now);

    /// <summary>Bindings that the store knew before a restart, those of this loop only.</summary>
    public void Restore(IEnumerable<Binding> bindings, TimeSpan now) => _registrar.Restore(bindings, now);

    /// <summary>Takes an account's bindings out: it was removed, disabled, or given another password.</summary>
    public void RemoveBindings(string aor) => _registrar.RemoveAll(aor);

    /// <summary>Where a number would go for a caller, and why; nothing is called and nothing counted.</summary>
    public DryRunAnswer DryRun(DryRunQuestion question) => Calls.Routes.DryRun(question);

    /// <summary>The same with location sources asked as for a call; the answer comes on this loop, at once where nobody is asked.</summary>
    public void DryRun(DryRunQuestion question, Action<DryRunAnswer> done) => Calls.Routes.DryRun(question, done, _services.Now());

    public void FlowClosed(in Flow flow, TimeSpan now)
    {
        _services.Flows.Closed(flow);
        Transactions.FlowFailed(flow, now);
        _registrar.FlowClosed(flow, now);
        Trunks.OnFlowClosed(flow, now);
        Calls.OnFlowClosed(flow, now);
        Subscriptions.OnFlowClosed(flow, now);
    }

    /// <summary>An ICMP error for a datagram of ours; <paramref name="quoted"/> is the beginning of it, as far as the error held it.</summary>
    public void Unreachable(in Flow flow, ReadOnlySpan<byte> quoted, TimeSpan now) => Transactions.Unreachable(flow, quoted, now);

    /// <summary>Another loop's registrar saw a device on a new flow.</summary>
    public void FlowMoved(in Flow old, in Flow current, TimeSpan now)
    {
        Calls.OnFlowMoved(old, current, now);
        Subscriptions.OnFlowMoved(old, current, now);
    }

    public void OnMedia(MediaEvent happened, TimeSpan now) => Calls.OnMedia(happened, now);

    public void OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        _services.Metrics.Request(request.Method);
        var visit = _services.Visits.Of(transaction.Flow);
        if (visit is not null && WidgetGate.Check(visit, request, transaction.Flow, _services.Configuration.Current) is { Status: not 0 } closed)
        {
            Refuse(transaction, request, closed, now);
            return;
        }

        if (!request.ToTag.IsEmpty && request.Method != SipMethod.Register)
        {
            if (Proxy.TryForward(transaction, request, now)) return;
            InDialog(transaction, request, now);
            return;
        }

        var verdict = RequestChecks.Outside(request);
        if (verdict.Status == 0 && Proxy.IsLoop(request)) verdict = new CheckVerdict(482, "loop");
        if (verdict.Status == 0 && !Proxy.MayTake(request, transaction.Flow) && !ProxyCore.MayRelay(request)) verdict = RequestChecks.AsUserAgent(request);
        if (verdict.Status != 0)
        {
            Refuse(transaction, request, verdict, now);
            return;
        }

        if (_services.Drain.TurnsAway(request))
        {
            Refuse(transaction, request, new CheckVerdict(503, "draining"), now, _services.Drain.Rest(now) + Spread());
            return;
        }

        switch (request.Method)
        {
            case SipMethod.Options when IsForUs(request):
                AnswerOptions(transaction, request, stateless: true, now);
                break;
            case SipMethod.Bye or SipMethod.Update or SipMethod.Info or SipMethod.Prack:
                // §12.2.2: methods of a dialog, without one.
                Refuse(transaction, request, new CheckVerdict(481, "no_dialog"), now);
                break;
            case SipMethod.Invite when visit is not null:
                FromWidget(transaction, request, visit.Session, now);
                break;
            default:
                Authenticated(transaction, request, now);
                break;
        }
    }

    public void OnAck(SipRequest ack, in Flow flow, TimeSpan now)
    {
        if (!Proxy.TryForwardAck(ack, flow, now)) Calls.OnAck(ack, flow, now);
    }

    public void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now)
    {
        if (!Proxy.OnCancel(invite, cancel, now)) Calls.OnCancel(invite, cancel, now);
    }

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) =>
        (transaction.User as IClientTransactionOwner)?.OnResponse(transaction, response, now);

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now) =>
        (transaction.User as IClientTransactionOwner)?.OnFailure(transaction, failure, now);

    public void OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now)
    {
        // A refused INVITE has nothing left to end: its call went with the refusal.
    }

    private void MoveFlow(Flow old, Flow current, TimeSpan now)
    {
        FlowMoved(old, current, now);
        _services.FlowMoved?.Invoke(old, current);
    }
}
