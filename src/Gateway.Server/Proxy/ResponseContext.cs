using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// One request that is proxied statefully (RFC 3261 §16.2): its server transaction, the targets, a branch for each that was
/// asked, and the choice among their responses (§16.7). What happens when stands in <see cref="ContextTable"/>.
/// </summary>
internal sealed class ResponseContext : ITimerTarget
{
    private const int RingTimer = 1;

    private readonly ProxyCore _core;
    private readonly IContextOwner _owner;
    private readonly TargetQueue _targets = new();
    private readonly List<ContextBranch> _branches = [];
    private readonly BestResponse _best;
    private readonly Queue<(ContextInput Input, ContextBranch? Branch, SipResponse? Response)> _inputs = [];
    private SipRequest? _request;
    private TimerHandle _ringTimer;
    private bool _isRunning;
    private bool _isCancelled;

    public ResponseContext(ProxyCore core, ServerTransaction transaction, SipRequest request, IContextOwner owner)
    {
        _core = core;
        _owner = owner;
        Transaction = transaction;
        LoopHash = LoopDetection.HashOf(request);
        _request = transaction.RetainRequest();
        _best = new BestResponse(core.Services.Options.Realm);
        transaction.User = this;
    }

    public LoopServices Services => _core.Services;

    public ServerTransaction Transaction { get; }

    public bool IsInvite => Transaction.Method == SipMethod.Invite;

    /// <summary>The request as it came; gone when nothing is left to forward.</summary>
    public SipRequest Request => _request ?? throw new InvalidOperationException("The context has ended.");

    /// <summary>The second part of the branches of its copies (RFC 5393 §4.2.1).</summary>
    public ulong LoopHash { get; }

    public ContextState State { get; private set; }

    /// <summary>How long one group of targets rings while others wait, and the last one; null for as long as timer C lets it.</summary>
    public (TimeSpan Serial, TimeSpan Last)? Ringing { get; init; }

    /// <summary>Asks somebody else where a 3xx points (RFC 3261 §16.5); null to hand it to the caller.</summary>
    public Func<ResponseContext, ContextBranch, SipResponse, IReadOnlyList<ProxyTarget>>? Recursion { get; init; }

    /// <summary>The Reason of the CANCELs that leave now (RFC 3326).</summary>
    public string? CancelReason { get; private set; }

    public bool IsOver => State is ContextState.Refused or ContextState.Answered && !_branches.Exists(static branch => branch.IsPending);

    /// <summary>Whoever led nowhere may still be asked another way.</summary>
    public bool IsAsking => State == ContextState.Proceeding;

    private uint Breadth { get; set; }

    /// <summary>Asks the first group of targets.</summary>
    /// <param name="breadth">The Max-Breadth that came, as far as we let it (RFC 5393 §5.3.3).</param>
    public void Start(IEnumerable<IEnumerable<ProxyTarget>> groups, uint breadth, TimeSpan now)
    {
        Breadth = breadth;
        foreach (var group in groups)
        {
            _targets.Add(group);
        }

        Fire(_targets.Count > 0 ? ContextInput.Start : ContextInput.Exhausted, now);
    }

    /// <summary>The caller's CANCEL; its own transaction has answered it.</summary>
    public void Cancel(SipRequest cancel, TimeSpan now)
    {
        _isCancelled = true;
        CancelReason = cancel.TryGet(HeaderId.Reason, out var reason) ? System.Text.Encoding.UTF8.GetString(reason) : null;
        Fire(ContextInput.Cancel, now);
    }

    /// <summary>Nobody waits for the answer any more, for a reason of ours: what rings is cancelled.</summary>
    public void Stop(string? reason, TimeSpan now)
    {
        CancelReason = reason;
        Fire(ContextInput.Cancel, now);
    }

    /// <summary>A branch has a 1xx above 100, or a 2xx.</summary>
    public void OnReport(ContextBranch branch, SipResponse response, TimeSpan now)
    {
        Fire(response.IsSuccess ? ContextInput.Success : ContextInput.Provisional, now, branch, response);
        if (response.IsSuccess)
        {
            CheckDone(now);
        }
    }

    /// <summary>A branch has its final response, or what acts as one.</summary>
    /// <param name="response">Null when the status is ours.</param>
    public void OnFailed(ContextBranch branch, SipResponse? response, int status, TimeSpan now)
    {
        status = response is not null ? Collect(branch, response) : status;
        // Cancelled for having rung too long, not by the caller: it acts as a time-out (§16.8).
        if (status == 487 && !_isCancelled && State == ContextState.Proceeding)
        {
            status = 408;
        }

        if (response is null || status != response.StatusCode)
        {
            _best.Add(status);
        }

        _owner.OnBranchFailed(branch, response?.StatusCode ?? status, response, now);
        if (status >= 600)
        {
            Fire(ContextInput.Global, now);
        }

        CheckDone(now);
    }

    /// <summary>Runs a step of this context; an error of ours ends it and nothing else.</summary>
    public void Guard<T>(T state, TimeSpan now, Action<T, TimeSpan> step)
    {
        try
        {
            step(state, now);
        }
        catch (Exception error)
        {
            Abort(now);
            _core.Fault(error);
        }
    }

    /// <summary>What one copy changes (§16.6 steps 1 to 8).</summary>
    public RequestEdits EditsFor(ContextBranch branch, in Flow flow, string branchId, TimeSpan now) => new()
    {
        Transport = flow.Transport,
        SentBy = Services.Transport.SentBy(flow),
        Branch = branchId,
        Route = branch.Target.Route,
        Source = Transaction.Flow,
        RecordRoute = _owner.RecordRoute(branch, flow, now),
        MaxBreadth = branch.Breadth,
        Realm = Services.Options.Realm,
        // THREATS 21: both sides are phones of ours, and what they assert of anybody is worth nothing to others.
        Remove = HeaderStrip.FromUntrusted,
    };

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => Guard(this, now, static (context, now) => context.Fire(ContextInput.RingLimit, now));

    /// <returns>The status that it counts as; 0 when others are asked instead.</returns>
    private int Collect(ContextBranch branch, SipResponse response)
    {
        if (response.StatusCode is >= 300 and < 400 && State == ContextState.Proceeding && Recursion?.Invoke(this, branch, response) is { Count: > 0 } more)
        {
            _targets.Add(more);
            return 0;
        }

        return _best.Add(response);
    }

    /// <summary>Inputs run one after another: what an action causes waits until the action is done.</summary>
    private void Fire(ContextInput input, TimeSpan now, ContextBranch? branch = null, SipResponse? response = null)
    {
        _inputs.Enqueue((input, branch, response));
        if (_isRunning)
        {
            return;
        }

        _isRunning = true;
        while (_inputs.TryDequeue(out var next))
        {
            var (state, actions) = ContextTable.Next(State, next.Input);
            State = state;
            Run(actions, next.Branch, next.Response, now);
        }

        _isRunning = false;
    }

    private void Run(ContextActions actions, ContextBranch? branch, SipResponse? response, TimeSpan now)
    {
        if (actions.HasFlag(ContextActions.ForwardProvisional) || actions.HasFlag(ContextActions.ForwardSuccess))
        {
            _owner.OnForwarded(branch!, response!, now);
            Respond(response!, [], now);
        }

        if (actions.HasFlag(ContextActions.DropTargets))
        {
            _targets.Clear();
        }

        if (actions.HasFlag(ContextActions.CancelBranches))
        {
            CancelBranches(now);
        }

        if (actions.HasFlag(ContextActions.AskTargets))
        {
            AskTargets(now);
        }

        if (actions.HasFlag(ContextActions.ForwardBest))
        {
            ForwardBest(now);
        }
    }

    private void AskTargets(TimeSpan now)
    {
        var next = _targets.Next((int)Math.Min(Breadth, int.MaxValue));
        if (next.Count == 0)
        {
            // RFC 5393 §5.3.3: there is no room for even one.
            _best.Add(440);
            _targets.Clear();
            Fire(ContextInput.Exhausted, now);
            return;
        }

        var (share, rest) = Math.DivRem(Breadth, (uint)next.Count);
        var first = _branches.Count;
        for (var i = 0; i < next.Count; i++)
        {
            _branches.Add(new ContextBranch(this, next[i], share + (i < rest ? 1u : 0u)));
        }

        // Two steps: a branch that fails at once must not look like the last one.
        foreach (var branch in _branches[first..])
        {
            branch.Start(now);
        }

        Services.Timers.Cancel(_ringTimer);
        if (IsInvite && Ringing is { } limits)
        {
            _ringTimer = Services.Timers.Schedule(now + (_targets.Count > 0 ? limits.Serial : limits.Last), this, RingTimer);
        }
    }

    private void CancelBranches(TimeSpan now)
    {
        if (State == ContextState.Answered)
        {
            // RFC 3326 §2: the phones that rang too need not show a missed call.
            CancelReason = "SIP;cause=200;text=\"Call completed elsewhere\"";
        }

        foreach (var branch in _branches.ToArray())
        {
            if (IsInvite && branch.IsPending)
            {
                branch.Cancel(now);
            }
        }
    }

    private void CheckDone(TimeSpan now)
    {
        if (_branches.Exists(static branch => branch.IsPending))
        {
            return;
        }

        if (State is ContextState.Proceeding or ContextState.Stopping)
        {
            Fire(_targets.Count > 0 ? ContextInput.Idle : ContextInput.Exhausted, now);
        }
        else if (State == ContextState.Answered)
        {
            End();
        }
    }

    /// <summary>§16.7 steps 6 to 9.</summary>
    private void ForwardBest(TimeSpan now)
    {
        var status = _isCancelled && _best.Response is null ? 487 : _best.Status == 0 ? 480 : _best.Status;
        // What was cancelled for a 6xx, or came from a server that is too busy, says nothing of us.
        status = status switch { 503 => 500, 430 => 480, _ => status };
        if (!IsInvite && status == 408)
        {
            // RFC 4320 §4.1: it would come too late for anyone.
            _owner.OnRefused(0, _isCancelled, now);
        }
        else if (_best.Response is { } response && response.StatusCode == status)
        {
            _owner.OnRefused(status, _isCancelled, now);
            Respond(response, _best.OtherChallenges(), now);
        }
        else
        {
            _owner.OnRefused(status, _isCancelled, now);
            SipResponses.Begin(Services.Writer, Request, Transaction.Flow, status, null, Transaction.Tag);
            Services.Writer.NoBody();
            Services.Transactions.Respond(Transaction, Services.Writer.Written, now);
        }

        End();
    }

    private void Respond(SipResponse response, IReadOnlyList<AddedHeader> added, TimeSpan now)
    {
        var edits = new ResponseEdits { Add = added, ToStream = Transaction.Flow.IsReliable, Remove = HeaderStrip.FromUntrusted };
        ForwardedMessage.Write(Services.Writer, response, edits);
        Services.Transactions.Respond(Transaction, Services.Writer.Written, now);
    }

    private void End()
    {
        Services.Timers.Cancel(_ringTimer);
        _targets.Clear();
        _request = null;
        _core.Forget(this);
    }

    /// <summary>An error of ours: what can still be said is said.</summary>
    private void Abort(TimeSpan now)
    {
        _inputs.Clear();
        _isRunning = false;
        var wasOpen = State < ContextState.Answered;
        State = wasOpen ? ContextState.Refused : State;
        foreach (var branch in _branches.ToArray())
        {
            if (IsInvite && branch.IsPending)
            {
                branch.Cancel(now);
            }
        }

        if (wasOpen && _request is { } request)
        {
            SipResponses.Begin(Services.Writer, request, Transaction.Flow, 500, null, Transaction.Tag);
            Services.Writer.NoBody();
            Services.Transactions.Respond(Transaction, Services.Writer.Written, now);
            _owner.OnAborted(now);
        }

        End();
    }
}
