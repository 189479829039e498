using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Dispatch;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
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
public sealed class GatewayCore : ITransactionUser
{
    /// <summary>OPTIONS are free to ask and cost an answer: a phone asks a few times a minute.</summary>
    private const int OptionsPerSecond = 50;

    private const uint RetryAfterSeconds = 2;

    private readonly LoopServices _services;
    private readonly DigestGuard _guard;
    private readonly Registrar.Registrar _registrar;
    private readonly SourceLimiter _unproved;
    private readonly SourceLimiter _options;
    private readonly MergedRequests _merged;
    private readonly RefusalReport _refusals;
    private readonly TrunkInbound _inbound;

    public GatewayCore(LoopServices services)
    {
        _services = services;
        services.Transactions = new TransactionLayer(services.SipTimers, services.Transport, this, services.Timers, services.Random, services.Loop);
        _guard = new DigestGuard(services);
        _registrar = new Registrar.Registrar(services, MoveFlow);
        _unproved = new SourceLimiter(services.Options.UnprovedPerSecond, 2.0 * services.Options.UnprovedPerSecond);
        _options = new SourceLimiter(OptionsPerSecond, 2 * OptionsPerSecond);
        _merged = new MergedRequests(services.SipTimers.T1x64);
        _refusals = new RefusalReport(services.Timers, services.Logger);
        _inbound = new TrunkInbound(services);
        Trunks = new TrunkManager(services);
        Calls = new CallManager(services, new RoutePlanner(services));
    }

    public CallManager Calls { get; }

    /// <summary>The trunks as far as this loop runs them.</summary>
    public TrunkManager Trunks { get; }

    public BindingTable Bindings => _services.Bindings;

    public TransactionLayer Transactions => _services.Transactions;

    /// <summary>A parsed message from any transport; the lease stays the caller's.</summary>
    public void Receive(SipMessage message, in Flow flow, TimeSpan now)
    {
        if (message is SipRequest { ToTag.IsEmpty: true, Method: not SipMethod.Cancel } && flow.Connection != 0 && !_services.IsOpen(flow))
        {
            // Nobody is there to hear the answer, and nobody would end what it starts. What a dialog's side still said (an
            // ACK, a BYE) counts.
            _services.Metrics.Refused("flow_closed");
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

    /// <summary>The configuration as it stands now, at the start and after each change.</summary>
    public void Configure(TimeSpan now) => Trunks.Configure(_services.Configuration.Current, now);

    /// <summary>Bindings that the store knew before a restart, those of this loop only.</summary>
    public void Restore(IEnumerable<Binding> bindings, TimeSpan now) => _registrar.Restore(bindings, now);

    /// <summary>Takes an account's bindings out: it was removed, disabled, or given another password.</summary>
    public void RemoveBindings(string aor) => _registrar.RemoveAll(aor);

    /// <summary>Where a number would go for a caller, and why; nothing is called and nothing counted.</summary>
    public DryRunAnswer DryRun(DryRunQuestion question) => Calls.Routes.DryRun(question);

    public void FlowClosed(in Flow flow, TimeSpan now)
    {
        _services.Flows.Closed(flow);
        Transactions.FlowFailed(flow, now);
        _registrar.FlowClosed(flow, now);
        Trunks.OnFlowClosed(flow, now);
        Calls.OnFlowClosed(flow, now);
    }

    /// <summary>An ICMP error for a datagram of ours; <paramref name="quoted"/> is the beginning of it, as far as the error held it.</summary>
    public void Unreachable(in Flow flow, ReadOnlySpan<byte> quoted, TimeSpan now) => Transactions.Unreachable(flow, quoted, now);

    /// <summary>Another loop's registrar saw a device on a new flow.</summary>
    public void FlowMoved(in Flow old, in Flow current, TimeSpan now) => Calls.OnFlowMoved(old, current, now);

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
            InDialog(transaction, request, now);
            return;
        }

        var verdict = RequestChecks.Outside(request);
        if (verdict.Status != 0)
        {
            Refuse(transaction, request, verdict, now);
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

    public void OnAck(SipRequest ack, in Flow flow, TimeSpan now) => Calls.OnAck(ack, flow, now);

    public void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now) => Calls.OnCancel(invite, cancel, now);

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) =>
        (transaction.User as IClientTransactionOwner)?.OnResponse(transaction, response, now);

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now) =>
        (transaction.User as IClientTransactionOwner)?.OnFailure(transaction, failure, now);

    public void OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now)
    {
        // A refused INVITE has nothing left to end: its call went with the refusal.
    }

    private void InDialog(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        var verdict = RequestChecks.Inside(request);
        if (verdict.Status != 0)
        {
            Refuse(transaction, request, verdict, now);
        }
        else if (!Calls.OnInDialog(transaction, request, _guard.Sender(request, transaction.Flow, now), now))
        {
            // §12.2.2: a tag that names no dialog of ours.
            Refuse(transaction, request, new CheckVerdict(481, "no_dialog"), now);
        }
    }

    /// <summary>The token at the socket's opening was the authentication: who calls, and whom, stands in it.</summary>
    private void FromWidget(ServerTransaction transaction, SipRequest request, WidgetSession session, TimeSpan now)
    {
        if (!_merged.TryAdd(request, now))
        {
            Refuse(transaction, request, new CheckVerdict(482, "merged"), now);
            return;
        }

        Calls.OnInvite(transaction, request, new Caller.FromWidget(session, $"{session.Widget.PublicId}@{_services.Options.Realm}"), now);
    }

    private void Authenticated(ServerTransaction transaction, SipRequest request, TimeSpan now)
    {
        if (request.Method == SipMethod.Register && !IsOurDomain(request))
        {
            // §10.3 step 1: bindings of other domains are not ours to keep, and we forward nothing.
            Refuse(transaction, request, new CheckVerdict(403, "foreign_domain", "Not Our Domain"), now);
            return;
        }

        var flow = transaction.Flow;
        var match = request.Method == SipMethod.Register ? null : _inbound.Identify(request, flow, now);
        var answer = match is null ? _guard.Check(request, flow, now) : _guard.CheckTrunk(request, match.Trunk, flow, now);
        _services.Metrics.Authentication(answer.Label);
        if (answer.Decision != GuardDecision.Accept)
        {
            Deny(transaction, request, answer, now);
            return;
        }

        // Only what is proved is remembered: a stranger cannot fill the table, and a retry after a 401 may keep its CSeq.
        if (!_merged.TryAdd(request, now))
        {
            Refuse(transaction, request, new CheckVerdict(482, "merged"), now);
            return;
        }

        if (match is null)
        {
            Handle(transaction, request, answer.Account!, now);
        }
        else
        {
            HandleTrunk(transaction, request, match, now);
        }
    }

    private void Handle(ServerTransaction transaction, SipRequest request, Account account, TimeSpan now)
    {
        switch (request.Method)
        {
            case SipMethod.Register:
                _registrar.OnRegister(transaction, request, account, now);
                break;
            case SipMethod.Invite:
                Calls.OnInvite(transaction, request, new Caller.FromAccount(account, _guard.AorOf(account), account.DisplayName), now);
                break;
            default:
                HandleOther(transaction, request, isKnown: false, now);
                break;
        }
    }

    private void HandleTrunk(ServerTransaction transaction, SipRequest request, TrunkMatch match, TimeSpan now)
    {
        if (request.Method != SipMethod.Invite)
        {
            HandleOther(transaction, request, isKnown: true, now);
        }
        else if (!_inbound.IsForUs(match, request))
        {
            // THREATS 29: a trunk reaches its numbers here, and no host elsewhere through us.
            Refuse(transaction, request, new CheckVerdict(403, "trunk_relay", "Not Our Domain"), now);
        }
        else
        {
            Calls.OnInvite(transaction, request, TrunkInbound.CallerOf(match, request), now, match.Dialled);
        }
    }

    /// <param name="isKnown">A trunk asks for its own Contact, or for a number of which its routes would know.</param>
    private void HandleOther(ServerTransaction transaction, SipRequest request, bool isKnown, TimeSpan now)
    {
        switch (request.Method)
        {
            case SipMethod.Options:
                AnswerOptions(transaction, request, stateless: false, now, isKnown);
                break;
            case SipMethod.Refer:
                // THREATS 42: a call is handed on by one of its sides, inside its dialog.
                Refuse(transaction, request, new CheckVerdict(403, "refer", "Only Inside A Call"), now);
                break;
            case SipMethod.Subscribe:
                // RFC 6665 §4.2.1.1: no event package is served yet.
                Refuse(transaction, request, new CheckVerdict(489, "event"), now);
                break;
            case SipMethod.Notify:
                // RFC 6665 §4.1.3: we subscribed to nothing.
                Refuse(transaction, request, new CheckVerdict(481, "no_subscription"), now);
                break;
            default:
                Refuse(transaction, request, new CheckVerdict(405, "method"), now);
                break;
        }
    }

    private void Deny(ServerTransaction transaction, SipRequest request, GuardAnswer answer, TimeSpan now)
    {
        if (!_unproved.Take(transaction.Flow.Remote.Address, now))
        {
            Refuse(transaction, request, new CheckVerdict(503, "rate"), now);
            return;
        }

        switch (answer.Decision)
        {
            case GuardDecision.Impostor:
                Refuse(transaction, request, new CheckVerdict(403, "impostor", "That Identity Is Not Yours"), now);
                break;
            case GuardDecision.Wait:
                Refuse(transaction, request, new CheckVerdict(403, "slowed_down", "Too Many Wrong Passwords"), now, answer.RetryAfter);
                break;
            case GuardDecision.WrongUri:
                Refuse(transaction, request, new CheckVerdict(400, "digest_uri", "Digest Is For Another URI"), now);
                break;
            default:
                Begin(transaction, request, 401);
                _guard.WriteChallenges(_services.Writer, request, answer.Decision == GuardDecision.Stale, now);
                _services.Writer.NoBody();
                Transactions.RespondStateless(transaction, _services.Writer.Written);
                break;
        }
    }

    /// <summary>§11.2: what we can do. The answer to a stranger is as short as the one to a friend.</summary>
    private void AnswerOptions(ServerTransaction transaction, SipRequest request, bool stateless, TimeSpan now, bool isKnown = false)
    {
        if (!_options.Take(transaction.Flow.Remote.Address, now))
        {
            Refuse(transaction, request, new CheckVerdict(503, "rate"), now);
            return;
        }

        var known = isKnown || IsForUs(request) || (request.TryGetUri(out var uri) && Calls.Routes.Plan(s_nobody, uri, now) is not RoutePlan.Reject);
        Begin(transaction, request, known ? 200 : 404);
        _services.Writer.Header(HeaderId.Allow, Capabilities.Allow);
        _services.Writer.Header(HeaderId.Accept, Capabilities.Accept);
        _services.Writer.Header(HeaderId.AcceptEncoding, "identity");
        _services.Writer.Header(HeaderId.AcceptLanguage, "en");
        _services.Writer.Header(HeaderId.Supported, Capabilities.Supported);
        _services.Writer.NoBody();
        if (stateless)
        {
            Transactions.RespondStateless(transaction, _services.Writer.Written);
        }
        else
        {
            Transactions.Respond(transaction, _services.Writer.Written, now);
        }
    }

    private static readonly Caller s_nobody = new Caller.FromAccount(
        new Account { Id = default, DomainId = default, User = "", Ha1Md5 = "", Ha1Sha256 = "", PasswordHash = "" }, "", "");

    /// <summary>A refusal ends what it answers: but for an INVITE, whose ACK is waited for, no state stays.</summary>
    private void Refuse(ServerTransaction transaction, SipRequest request, CheckVerdict verdict, TimeSpan now, TimeSpan retryAfter = default)
    {
        _services.Metrics.Refused(verdict.Label);
        _refusals.Add(verdict.Label, now);
        Begin(transaction, request, verdict.Status, verdict.Reason);
        RequestChecks.WriteHelp(_services.Writer, request, verdict.Status);
        if (retryAfter > TimeSpan.Zero || verdict.Status == 503)
        {
            _services.Writer.Header(HeaderId.RetryAfter, Math.Max(RetryAfterSeconds, (uint)Math.Ceiling(retryAfter.TotalSeconds)));
        }

        _services.Writer.NoBody();
        if (verdict.Status == 503)
        {
            Transactions.RespondStateless(transaction, _services.Writer.Written);
        }
        else
        {
            Transactions.Respond(transaction, _services.Writer.Written, now);
        }
    }

    private void Begin(ServerTransaction transaction, SipRequest request, int status, string? reason = null) =>
        SipResponses.Begin(_services.Writer, request, transaction.Flow, status, reason, transaction.Tag);

    /// <summary>The Request-URI is the server itself, not a user of it.</summary>
    private bool IsForUs(SipRequest request) =>
        request.TryGetUri(out var uri) && uri.Scheme != SipScheme.Tel && uri.User.IsEmpty && _services.Hosts.Contains(uri.Host);

    private bool IsOurDomain(SipRequest request) => request.TryGetUri(out var uri) && _services.Hosts.Contains(uri.Host);

    private void MoveFlow(Flow old, Flow current, TimeSpan now)
    {
        Calls.OnFlowMoved(old, current, now);
        _services.FlowMoved?.Invoke(old, current);
    }
}
