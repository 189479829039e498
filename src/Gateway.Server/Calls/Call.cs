using System.Collections.Immutable;
using System.Text;
using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// One call through the gateway (RFC 7092): the caller's leg, the contacts that ring, and the one that answered. Every
/// event becomes an input of <see cref="CallTable"/>; what the table says is done here, in the order of its bits.
/// </summary>
internal sealed partial class Call : ITimerTarget, IForkOwner
{
    private readonly Queue<(CallInput Input, CallEnd? End, TimeSpan Now)> _inputs = [];
    private readonly Caller _by;
    private readonly ICallerSide _origin;
    private Invitation _invitation;
    private RoutePlan _plan;
    private readonly CallRecorder _recorder;
    private Fork? _fork;
    private bool _isRunning;
    private bool _isSettled;
    private CallEnd? _end;
    private byte[] _callerSdp = [];

    public Call(CallManager manager, ServerTransaction invite, SipRequest request, Caller caller, RoutePlan plan, string callee)
    {
        Manager = manager;
        _by = caller;
        _plan = plan;
        _recorder = new CallRecorder(manager.Services, caller, plan, callee);
        var leg = new InboundLeg(this, invite, request, caller);
        Caller = leg;
        _origin = leg;
        _invitation = leg.Invitation;
    }

    /// <summary>A call that we start for someone (RFC 3725).</summary>
    /// <param name="dialled">user@domain of whom to call, as the record names it.</param>
    /// <param name="display">The name that the caller's own phone shows while it rings.</param>
    public Call(CallManager manager, Caller.FromAccount caller, RoutePlan plan, string dialled, string display)
    {
        Manager = manager;
        _by = caller;
        _plan = plan;
        _recorder = new CallRecorder(manager.Services, caller, plan, dialled);
        var name = HeaderPolicy.DisplayName(Encoding.UTF8.GetBytes(caller.DisplayName));
        _invitation = new Invitation(caller, HeaderPolicy.NameAddress(name, caller.Aor), CallLimits.MaxForwards) { DisplayName = name };
        _origin = new Originator(this, caller, HeaderPolicy.NameAddress(HeaderPolicy.DisplayName(Encoding.UTF8.GetBytes(display)), dialled));
    }

    public CallManager Manager { get; }

    public LoopServices Services => Manager.Services;

    public CallState State { get; private set; }

    public Guid Id => _recorder.Record.Id;

    /// <summary>The side that called; null while a call that we start rings it.</summary>
    public CallLeg? Caller { get; private set; }

    /// <summary>The contact that answered; null before, and when a service did.</summary>
    public CallLeg? Callee { get; private set; }

    private bool IsAnswered => State is CallState.Answered or CallState.Confirmed;

    /// <summary>Takes the INVITE: 100, the caller's offer, and whatever the plan says.</summary>
    public void Start(TimeSpan now)
    {
        var caller = (InboundLeg)_origin;
        Services.Notes.Set(Id, _plan.Why);
        caller.Trying(now);
        if (Replaced is null) Admit(now);
        if (_plan is RoutePlan.Reject reject)
        {
            Refuse(OfReject(reject), now);
        }
        else if (_plan is RoutePlan.ToAccount { Bindings.Count: 0 } or RoutePlan.ToGroup { IsNobodyThere: true })
        {
            Refuse(new CallEnd(EndReason.Unavailable, 480) { Phrase = "Not Registered" }, now);
        }
        else if (caller.AsksTooMuch)
        {
            Refuse(new CallEnd(EndReason.NotAcceptable, 420), now);
        }
        else if (PrivacyWish.Read(caller.Request).Missing is { Length: > 0 } missing)
        {
            // RFC 3323 §5: whoever calls it critical is not called for without it.
            Refuse(new CallEnd(EndReason.NotAcceptable, 500) { Phrase = $"No Such Privacy {missing}" }, now);
        }
        else if (caller.SessionTimer.IsTooShort(caller.Request))
        {
            Refuse(new CallEnd(EndReason.NotAcceptable, 422), now);
        }
        else if (!caller.TryOpenDialog())
        {
            Refuse(new CallEnd(EndReason.Error, 400) { Phrase = "Bad Contact or From" }, now);
        }
        else if (!caller.TryOpenMedia())
        {
            Refuse(new CallEnd(EndReason.Overload, 503) { RetryAfter = CallLimits.RetryAfter }, now);
        }
        else if (TakeCallerOffer(caller, now))
        {
            Fire(_plan switch { RoutePlan.ToService => CallInput.ServicePlaced, RoutePlan.ToLocation => CallInput.Asked, _ => CallInput.Placed }, now);
        }
    }

    /// <summary>An input that can end the call, with the reason that it then ends for.</summary>
    public void End(CallInput input, CallEnd end, TimeSpan now) => Fire(input, now, end);

    /// <summary>An error of ours: the call ends with what can still be said (rule 4).</summary>
    public void Abort(TimeSpan now)
    {
        _inputs.Clear();
        _isRunning = false;
        _transfer?.Recover();
        if (State < CallState.Ending)
        {
            End(CallInput.Shutdown, new CallEnd(EndReason.Error, 500), now);
            return;
        }
        // The error came out of the ending itself: what it did not reach is dropped here.
        if (_isSettled) return;
        State = CallState.Ended;
        foreach (var leg in _legs) leg.Leave();
        foreach (var media in _media.Values) media.Close();
        WriteRecord();
        Settle();
    }

    private void Refuse(CallEnd end, TimeSpan now) => End(CallInput.Refused, end, now);

    /// <summary>Inputs run one after another: what an action causes waits until the action is done.</summary>
    private void Fire(CallInput input, TimeSpan now, CallEnd? end = null)
    {
        _inputs.Enqueue((input, end, now));
        if (_isRunning) return;
        _isRunning = true;
        while (_inputs.TryDequeue(out var next)) Step(next.Input, next.End, next.Now);
        _isRunning = false;
    }

    private void Step(CallInput input, CallEnd? end, TimeSpan now)
    {
        var before = State;
        var (next, actions) = CallTable.Next(before, input);
        State = next;
        if (next == CallState.Ending && before != CallState.Ending)
        {
            StopTimers();
            TellWatchers();
            _end = end ?? new CallEnd(EndReason.Error, 500);
            _recorder.Stop(_end, EndedBy(input), Cause(), before is CallState.Answered or CallState.Confirmed, now);
            Meter(now);
            _transfer?.Fire(TransferInput.CallEnds, now);
        }
        Run(actions, now);
        if (next != before) Services.Events.CallChanged(Snapshot);
    }

    private void Run(CallActions actions, TimeSpan now)
    {
        if (actions.HasFlag(CallActions.RingCaller)) RingCaller(now);
        if (actions.HasFlag(CallActions.TakeCaller)) TakeCaller(now);
        if (actions.HasFlag(CallActions.InviteContacts)) InviteContacts(now);
        if (actions.HasFlag(CallActions.ForwardProgress)) ForwardProgress(now);
        if (actions.HasFlag(CallActions.TakeAnswer)) TakeAnswer(now);
        if (actions.HasFlag(CallActions.CancelForks)) _fork?.CancelAll(State == CallState.Answering ? Callee : null, ForkReason, now);
        if (actions.HasFlag(CallActions.StartRecord)) StartRecord(now);
        if (actions.HasFlag(CallActions.AnswerCaller)) AnswerCaller(now);
        if (actions.HasFlag(CallActions.Reconcile)) OnBothThere(now);
        if (actions.HasFlag(CallActions.RejectCaller)) _origin.Reject(_end!, now);
        if (actions.HasFlag(CallActions.ByeCaller)) Caller?.HangUp(_end!.ReasonHeader, now);
        if (actions.HasFlag(CallActions.ByeCallee)) Callee?.HangUp(_end!.ReasonHeader, now);
        if (actions.HasFlag(CallActions.CloseMedia)) CloseAllMedia(now);
        if (actions.HasFlag(CallActions.WriteRecord)) WriteRecord();
        if (actions.HasFlag(CallActions.Settle)) Settle();
    }

    private string? ForkReason => State == CallState.Answering ? "SIP;cause=200;text=\"Call completed elsewhere\"" : _end?.ReasonHeader;

    private void Settle()
    {
        _isSettled = true;
        StopTimers();
        ForgetMedia();
        Discharge();
        foreach (var fork in _forks) fork.Leave();
        Manager.Forget(this);
        Unsave();
        var record = _recorder.Record;
        Services.Metrics.CallEnded(record.EndReason, record.TalkSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
    }
}
