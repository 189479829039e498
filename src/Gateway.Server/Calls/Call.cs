using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// One call through the gateway (RFC 7092): the caller's leg, the contacts that ring, and the one that answered. Every
/// event becomes an input of <see cref="CallTable"/>; what the table says is done here, in the order of its bits.
/// </summary>
internal sealed partial class Call : ITimerTarget
{
    private readonly Queue<(CallInput Input, CallEnd? End, TimeSpan Now)> _inputs = [];
    private readonly RoutePlan _plan;
    private readonly Fork? _fork;
    private readonly CallRecorder _recorder;
    private bool _isRunning;
    private bool _isSettled;
    private CallEnd? _end;
    private byte[] _callerSdp = [];

    public Call(CallManager manager, ServerTransaction invite, SipRequest request, Caller caller, RoutePlan plan, string callee)
    {
        Manager = manager;
        _plan = plan;
        Caller = new InboundLeg(this, invite, request, caller.Aor);
        CallerIdentity = HeaderPolicy.Caller(request, caller.DisplayName, caller.Aor);
        MaxForwards = request.TryGetNumber(HeaderId.MaxForwards, out var left) && left is > 0 and <= 255 ? left - 1 : 69;
        _recorder = new CallRecorder(manager.Services, caller.DomainId, caller.Aor, callee);
        if (plan is RoutePlan.ToAccount account) _fork = new Fork(this, account.Aor);
    }

    public CallManager Manager { get; }

    public LoopServices Services => Manager.Services;

    public CallState State { get; private set; }

    public Guid Id => _recorder.Record.Id;

    public InboundLeg Caller { get; }

    /// <summary>The contact that answered; null before, and when a service did.</summary>
    public OutboundLeg? Callee { get; private set; }

    /// <summary>The From that called sides see, without a tag.</summary>
    public string CallerIdentity { get; }

    public uint MaxForwards { get; }

    public CallSnapshot Snapshot
    {
        get
        {
            var record = _recorder.Record;
            var name = State switch
            {
                CallState.New or CallState.Trying => "trying",
                CallState.Ringing => "ringing",
                CallState.Answering => "answering",
                CallState.Answered or CallState.Confirmed => IsOnHold ? "held" : "connected",
                _ => "ended",
            };
            return new CallSnapshot(record.Id, record.Caller, record.Callee, name, record.StartedAt, record.AnsweredAt, record.Codec);
        }
    }

    private bool IsAnswered => State is CallState.Answered or CallState.Confirmed;

    private bool IsOnHold => Caller.Media is { Will: not MediaDirection.SendRecv } || Callee?.Media is { Will: not MediaDirection.SendRecv };

    /// <summary>Takes the INVITE: 100, the caller's offer, and whatever the plan says.</summary>
    public void Start(TimeSpan now)
    {
        Caller.Trying(now);
        if (_plan is RoutePlan.Reject reject)
        {
            Refuse(new CallEnd(EndReason.OfStatus(reject.Status), reject.Status) { Phrase = reject.Reason }, now);
        }
        else if (_plan is RoutePlan.ToAccount { Bindings.Count: 0 })
        {
            Refuse(new CallEnd(EndReason.Unavailable, 480) { Phrase = "Not Registered" }, now);
        }
        else if (!Caller.TryOpenDialog())
        {
            Refuse(new CallEnd(EndReason.Error, 400) { Phrase = "Bad Contact or From" }, now);
        }
        else if (!Caller.TryOpenMedia())
        {
            Refuse(new CallEnd(EndReason.Overload, 503) { RetryAfter = CallLimits.RetryAfter }, now);
        }
        else if (TakeCallerOffer(now))
        {
            Fire(_fork is null ? CallInput.ServicePlaced : CallInput.Placed, now);
        }
    }

    /// <summary>An input that can end the call, with the reason that it then ends for.</summary>
    public void End(CallInput input, CallEnd end, TimeSpan now) => Fire(input, now, end);

    /// <summary>An error of ours: the call ends with what can still be said (rule 4).</summary>
    public void Abort(TimeSpan now)
    {
        _inputs.Clear();
        _isRunning = false;
        if (State < CallState.Ending)
        {
            End(CallInput.Shutdown, new CallEnd(EndReason.Error, 500), now);
            return;
        }
        // The error came out of the ending itself: what it did not reach is dropped here.
        if (_isSettled) return;
        State = CallState.Ended;
        Caller.Leave();
        foreach (var leg in _fork?.Legs ?? []) leg.Leave();
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
            _end = end ?? new CallEnd(EndReason.Error, 500);
            _recorder.Stop(_end, before is CallState.Answered or CallState.Confirmed);
        }
        Run(actions, now);
        if (next != before) Services.Events.CallChanged(Snapshot);
    }

    private void Run(CallActions actions, TimeSpan now)
    {
        if (actions.HasFlag(CallActions.InviteContacts)) InviteContacts(now);
        if (actions.HasFlag(CallActions.ForwardProgress)) ForwardProgress(now);
        if (actions.HasFlag(CallActions.TakeAnswer)) TakeAnswer(now);
        if (actions.HasFlag(CallActions.CancelForks)) _fork?.CancelAll(State == CallState.Answering ? Callee : null, ForkReason, now);
        if (actions.HasFlag(CallActions.StartRecord)) StartRecord(now);
        if (actions.HasFlag(CallActions.AnswerCaller)) AnswerCaller(now);
        if (actions.HasFlag(CallActions.RejectCaller)) Caller.Reject(_end!, now);
        if (actions.HasFlag(CallActions.ByeCaller)) Caller.HangUp(_end!.ReasonHeader, now);
        if (actions.HasFlag(CallActions.ByeCallee)) Callee?.HangUp(_end!.ReasonHeader, now);
        if (actions.HasFlag(CallActions.CloseMedia)) CloseAllMedia(now);
        if (actions.HasFlag(CallActions.WriteRecord)) WriteRecord();
        if (actions.HasFlag(CallActions.Settle)) Settle();
    }

    private string? ForkReason => State == CallState.Answering ? "SIP;cause=200;text=\"Call completed elsewhere\"" : _end?.ReasonHeader;

    /// <summary>The pages read ended calls from the store, so they are told again when it has this one.</summary>
    private void WriteRecord() =>
        _recorder.Write(Caller.Media?.Statistics, Callee?.Media?.Statistics, () => Services.Events.CallChanged(Snapshot));

    private void Settle()
    {
        _isSettled = true;
        StopTimers();
        ForgetMedia();
        Manager.Forget(this);
        var record = _recorder.Record;
        Services.Metrics.CallEnded(record.EndReason, record.EndedAt - record.AnsweredAt);
    }
}
