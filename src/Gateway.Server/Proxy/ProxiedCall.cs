using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>
/// A call that we proxy: its record, its legs as far as they are seen, and whether its later requests pass us. It holds no
/// dialog: that is the phones' own.
/// </summary>
internal sealed partial class ProxiedCall : IContextOwner, ITimerTarget
{
    private const int LimitTimer = 1;
    private const int TouchTimer = 2;

    /// <summary>RFC 4028 §10: a refresh may be late by the time that its transaction takes.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(32);

    private readonly ProxyCore _core;
    private readonly CallRecorder _recorder;
    private readonly Flow _flow;
    private readonly ushort _callerTag;
    private readonly string _callId;
    private readonly LegHistory _caller;
    private readonly Dictionary<ContextBranch, (LegHistory History, RouteVerdict Verdict)> _legs = [];
    private readonly bool _isDirect;
    private ContextBranch? _answered;
    private byte[] _answeredTag = [];
    private CallEnd? _end;
    private string _endedBy = "gateway";
    private bool _hasSessionTimer;
    private TimerHandle _limit;
    private TimerHandle _touch;

    public ProxiedCall(ProxyCore core, ulong number, ServerTransaction transaction, SipRequest invite, Caller caller, RoutePlan plan, string dialled)
    {
        _core = core;
        Number = number;
        _flow = transaction.Flow;
        _callId = Encoding.Latin1.GetString(invite.CallId);
        _callerTag = RouteToken.TagHash(invite.FromTag);
        _isDirect = PeerAddresses.ContactIsSource(invite, _flow);
        _recorder = new CallRecorder(core.Services, caller, plan, dialled);
        _caller = new LegHistory(LegRole.Caller, caller.Aor, core.Services.Now());
        CallerAor = caller.Aor;
    }

    /// <summary>What its Route tokens name it by.</summary>
    public ulong Number { get; }

    public Guid Id => _recorder.Record.Id;

    public ProxiedCallState State { get; private set; }

    public string CallerAor { get; }

    /// <summary>user@domain of who answered; empty before.</summary>
    public string CalleeAor => _answered?.Target.Aor ?? "";

    /// <summary>The context of its first INVITE.</summary>
    public ResponseContext? Context { get; set; }

    private LoopServices Services => _core.Services;

    IReadOnlyList<string> IContextOwner.RecordRoute(ContextBranch branch, in Flow to, TimeSpan now)
    {
        var verdict = _core.PathOf(Context!.Request, _flow, branch.Target, to);
        var history = _legs.TryGetValue(branch, out var known) ? known.History : new LegHistory(LegRole.Callee, branch.Target.Aor, now);
        _legs[branch] = (history, verdict);
        if (!verdict.Stays)
        {
            return [];
        }

        var isDirect = branch.Target.Binding is { Path.Count: 0 } binding && PeerAddresses.IsAt(binding.Contact, to);
        return _core.RecordRouteOf(new RouteToken(Number, _callerTag, new RouteEnd(_flow, _isDirect), new RouteEnd(to, isDirect)), to);
    }

    void IContextOwner.OnForwarded(ContextBranch branch, SipResponse response, TimeSpan now)
    {
        if (!response.IsSuccess)
        {
            Fire(ProxiedCallInput.Progress, now);
            return;
        }

        if (_answered is not null)
        {
            return;
        }

        _answered = branch;
        _answeredTag = response.ToTag.ToArray();
        _caller.Answered(now);
        _legs[branch].History.Answered(now);
        ReadSessionTimer(response);
        Fire(_legs[branch].Verdict.Stays ? ProxiedCallInput.AnswerAndStay : ProxiedCallInput.AnswerAndLeave, now);
    }

    void IContextOwner.OnBranchFailed(ContextBranch branch, int status, SipResponse? response, TimeSpan now)
    {
        if (_legs.TryGetValue(branch, out var leg))
        {
            leg.History.Refused(status, response is null ? null : HeaderPolicy.DisplayName(response.ReasonPhrase), now);
        }
    }

    void IContextOwner.OnRefused(int status, bool isCancelled, TimeSpan now)
    {
        _end = isCancelled ? new CallEnd(EndReason.Cancel, 487) : new CallEnd(EndReason.OfStatus(status), status);
        _endedBy = isCancelled ? LegRole.Caller : _legs.Count > 0 ? LegRole.Callee : "gateway";
        _caller.Refused(status, null, now);
        Fire(ProxiedCallInput.Refused, now);
    }

    void IContextOwner.OnAborted(TimeSpan now)
    {
        _end = new CallEnd(EndReason.Error, 500);
        Fire(ProxiedCallInput.Fault, now);
    }

    /// <summary>A request of its dialog goes by.</summary>
    public void OnRequest(SipRequest request, bool isFromCaller, TimeSpan now)
    {
        // Another dialog of a forked INVITE ends by a BYE of its own, and the call goes on.
        if (request.Method == SipMethod.Bye && (isFromCaller ? request.ToTag : request.FromTag).SequenceEqual(_answeredTag))
        {
            _endedBy = isFromCaller ? LegRole.Caller : LegRole.Callee;
            _end = new CallEnd(isFromCaller ? EndReason.Caller : EndReason.Callee, 200);
            Fire(ProxiedCallInput.Bye, now);
        }
    }

    /// <summary>A 2xx to a re-INVITE or an UPDATE goes by: the session is refreshed.</summary>
    public void OnRefreshed(SipResponse response, TimeSpan now)
    {
        if (State == ProxiedCallState.Connected)
        {
            ReadSessionTimer(response);
            Watch(now);
        }
    }

    /// <summary>Ends what still rings; false when the phones talk, and only they can end it.</summary>
    public bool TryHangUp(string reason, TimeSpan now)
    {
        if (State >= ProxiedCallState.Connected || Context is null)
        {
            return false;
        }

        Context.Guard((Context, reason), now, static (state, now) => state.Context.Stop(ReasonView.Format("SIP", 487, state.reason), now));
        return true;
    }

    /// <summary>The gateway stops: what talks goes on without us.</summary>
    public void Shutdown(TimeSpan now)
    {
        _end = new CallEnd(EndReason.Shutdown, 503);
        Fire(ProxiedCallInput.Shutdown, now);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now)
    {
        try
        {
            if (kind == TouchTimer)
            {
                _recorder.Touch();
                _touch = Services.Timers.Schedule(now + CallLimits.TouchInterval, this, TouchTimer);
            }
            else
            {
                _end = new CallEnd(EndReason.SessionExpired, 408);
                Fire(_hasSessionTimer ? ProxiedCallInput.SessionExpired : ProxiedCallInput.TooLong, now);
            }
        }
        catch (Exception error)
        {
            _core.Forget(this);
            _core.Fault(error);
        }
    }

    private void Fire(ProxiedCallInput input, TimeSpan now)
    {
        var (next, actions) = ProxiedCallTable.Next(State, input);
        var before = State;
        State = next;
        if (actions.HasFlag(ProxiedCallActions.StartRecord))
        {
            // The answer waits for no store: a proxy forwards a 2xx at once (RFC 3261 §16.7 step 5).
            _recorder.Path(_legs[_answered!].Verdict.Reason);
            _recorder.Answer(_answered!.Target.Aor, null, null, LegRecords(now), now, static _ => { });
        }

        if (actions.HasFlag(ProxiedCallActions.WatchSession))
        {
            Watch(now);
            _touch = Services.Timers.Schedule(now + CallLimits.TouchInterval, this, TouchTimer);
        }

        if (actions.HasFlag(ProxiedCallActions.EndRecord))
        {
            Close(_end ?? new CallEnd(EndReason.Error, 500), _endedBy, before == ProxiedCallState.Connected, now);
        }
        else if (actions.HasFlag(ProxiedCallActions.EndUnobserved))
        {
            _recorder.StopUnobserved(now);
            Close(new CallEnd(EndReason.Unobserved, 200), "unknown", true, now);
        }

        if (next != before)
        {
            Services.Events.CallChanged(Snapshot);
        }
    }

    private void Close(CallEnd end, string by, bool answered, TimeSpan now)
    {
        Services.Timers.Cancel(_limit);
        Services.Timers.Cancel(_touch);
        _recorder.Stop(end, by, null, answered, now);
        _caller.Ended(now);
        foreach (var leg in _legs.Values)
        {
            leg.History.Ended(now);
        }

        var record = _recorder.Record;
        Services.Metrics.CallEnded(record.EndReason, record.TalkSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        _core.Forget(this);
        _recorder.Write(null, null, LegRecords(now), () => Services.Events.CallChanged(Snapshot));
    }

    /// <summary>A call whose BYE is lost must not stay for ever (ROWS 36).</summary>
    private void Watch(TimeSpan now)
    {
        Services.Timers.Cancel(_limit);
        var wait = _hasSessionTimer ? _session + s_grace : Services.Options.LongestProxiedCall;
        _limit = Services.Timers.Schedule(now + wait, this, LimitTimer);
    }

    private TimeSpan _session;

    private void ReadSessionTimer(SipResponse response)
    {
        _hasSessionTimer = response.TryGet(HeaderId.SessionExpires, out var value) && SessionExpires.TryParse(value, out var session) && session.Seconds > 0
            && (_session = TimeSpan.FromSeconds(session.Seconds)) > TimeSpan.Zero;
    }
}
