using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// One branch of a response context: the copy of the request for one target, its client transaction, timer C, and the ways
/// that are tried one after another (next hops of RFC 3263, further flows of a device).
/// </summary>
internal sealed class ContextBranch : IClientTransactionOwner, ITimerTarget
{
    private readonly ResponseContext _context;
    private ImmutableArray<NextHop> _hops = [];
    private int _hop;
    private ClientTransaction? _transaction;
    private TimerHandle _timerC;
    private int _status;
    private bool _isTooLarge;

    public ContextBranch(ResponseContext context, ProxyTarget target, uint breadth)
    {
        _context = context;
        Target = target;
        Breadth = breadth;
    }

    /// <summary>Whom it asks; another flow of the same device after the first led nowhere.</summary>
    public ProxyTarget Target { get; private set; }

    /// <summary>Its part of the Max-Breadth; free for others once it has its final response.</summary>
    public uint Breadth { get; }

    public BranchState State { get; private set; }

    public bool IsPending => State < BranchState.Answered;

    /// <summary>The way that it took last; null before.</summary>
    public Flow? Flow { get; private set; }

    private LoopServices Services => _context.Services;

    public void Start(TimeSpan now)
    {
        if (Target.Flow is not null)
        {
            Fire(BranchInput.Send, now);
            return;
        }

        Fire(BranchInput.Resolve, now);
        if (!NextHopUri.TryRead(Target.Route.NextHop, out var query) || Services.NextHops is null)
        {
            Lost(404, now);
            return;
        }

        Services.NextHops.Find(query, Services.Scheduler, found => _context.Guard((Branch: this, found), Services.Now(), static (state, now) => state.Branch.OnHops(state.found, now)));
    }

    public void Cancel(TimeSpan now) => Fire(BranchInput.Cancel, now);

    // A way that was given up has ended its transaction: what still comes by it is not passed up.
    void IClientTransactionOwner.OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction == _transaction)
        {
            _context.Guard((Branch: this, response), now, static (state, now) => state.Branch.OnResponse(state.response, now));
        }
    }

    void IClientTransactionOwner.OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (transaction == _transaction)
        {
            _context.Guard((Branch: this, failure), now, static (state, now) => state.Branch.OnFailure(state.failure, now));
        }
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => _context.Guard(this, now, static (branch, now) => branch.OnTimerC(now));

    private void OnHops(NextHops found, TimeSpan now)
    {
        if (State != BranchState.Resolving)
        {
            return;
        }

        _hops = found.Hops;
        if (_hops.IsEmpty || Services.Connector is null)
        {
            // §16.6 step 7: as if the next hop had answered 503; a name that is none is nobody.
            Lost(503, now);
            return;
        }

        Fire(BranchInput.Send, now);
    }

    private void OnResponse(SipResponse response, TimeSpan now)
    {
        var status = response.StatusCode;
        if (status >= 300 && MayTryAnother(status, isOurs: false) && TryAnother(now))
        {
            return;
        }

        Report(status switch
        {
            100 => BranchInput.Trying,
            < 200 => BranchInput.Provisional,
            < 300 => BranchInput.Success,
            _ => BranchInput.Refusal,
        }, now, response);
    }

    private void OnFailure(TransactionFailure failure, TimeSpan now)
    {
        _status = failure == TransactionFailure.Timeout ? 408 : 503;
        if (MayTryAnother(_status, isOurs: true) && TryAnother(now))
        {
            return;
        }

        if (failure == TransactionFailure.Transport && _isTooLarge)
        {
            // RFC 3428 §8, ROWS 68: said, not lost in silence.
            _status = 513;
        }
        else if (failure == TransactionFailure.Transport && Target.Binding is not null)
        {
            // RFC 5626 §5.3: its flow is gone (430), which to a caller means that the phone cannot be reached now.
            _status = 480;
        }

        Fire(failure == TransactionFailure.Timeout ? BranchInput.Timeout : BranchInput.TransportError, now);
    }

    private void OnTimerC(TimeSpan now)
    {
        _status = 408;
        Fire(BranchInput.TimerC, now);
    }

    private void Lost(int status, TimeSpan now)
    {
        _status = status;
        Fire(BranchInput.NoWay, now);
    }

    private bool MayTryAnother(int status, bool isOurs) =>
        State is BranchState.Calling or BranchState.Proceeding && _context.IsAsking
        && (_hop + 1 < _hops.Length ? status == 503 || isOurs : Target.Fallback is not null && Registrar.Target.MayTryNextFlow(status, isOurs));

    private bool TryAnother(TimeSpan now)
    {
        if (_hop + 1 < _hops.Length)
        {
            _hop++;
        }
        else
        {
            Target = Target.Fallback!;
        }

        Fire(BranchInput.HopFailed, now);
        return true;
    }

    private void Fire(BranchInput input, TimeSpan now) => Report(input, now, null);

    private void Report(BranchInput input, TimeSpan now, SipResponse? response)
    {
        var (next, actions) = BranchTable.Next(State, input);
        State = next;
        if (actions.HasFlag(BranchActions.StopC))
        {
            Services.Timers.Cancel(_timerC);
        }

        if (actions.HasFlag(BranchActions.Send))
        {
            Send(now);
        }

        if (actions.HasFlag(BranchActions.StartC) && _context.IsInvite)
        {
            Services.Timers.Cancel(_timerC);
            _timerC = Services.Timers.Schedule(now + Services.SipTimers.C, this, 0);
        }

        if (actions.HasFlag(BranchActions.SendCancel) && _transaction is not null)
        {
            Services.Transactions.Cancel(_transaction, _context.CancelReason, now);
        }

        if (actions.HasFlag(BranchActions.Report))
        {
            _context.OnReport(this, response!, now);
        }

        if (actions.HasFlag(BranchActions.Fail))
        {
            _context.OnFailed(this, response, input == BranchInput.Cancel ? 487 : _status, now);
        }
    }

    /// <summary>RFC 3261 §16.6: the copy, and the client transaction that carries it.</summary>
    private void Send(TimeSpan now)
    {
        var flow = Target.Flow ?? Services.Connector!.Open(_hops[_hop]);
        Flow = flow;
        var branch = ProxyBranch.Make(Services.Transactions.NewBranch(), _context.LoopHash);
        ForwardedMessage.Write(Services.Writer, _context.Request, _context.EditsFor(this, flow, branch, now));
        // RFC 3428 §8: outside a session a MESSAGE takes a transport that minds congestion, or does not leave.
        var isMessage = _context.Request is { Method: SipMethod.Message, ToTag.IsEmpty: true };
        _isTooLarge = isMessage && flow.Transport == SipTransport.Udp && Services.Writer.Written.Length > SipLimits.DatagramRequest;
        if (_isTooLarge && !Services.Transport.TryReliable(flow, out _))
        {
            _status = 513;
            Fire(BranchInput.TransportError, now);
            return;
        }

        _transaction = Services.Transactions.Send(_context.Request.Method, branch, Services.Writer.Written, flow, this, now, isMessage);
    }
}
