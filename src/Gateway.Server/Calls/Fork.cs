using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Whom one invitation goes to: the contacts of an account or of a ring group, or trunks one after another. The first 2xx
/// wins, the rest are cancelled; when all refuse, the best answer is the caller's (RFC 3261 §16.7).
/// </summary>
internal sealed class Fork(Call call, IForkOwner owner, Invitation invitation)
{
    private readonly List<OutboundLeg> _legs = [];
    private ImmutableArray<CodecDescription> _codecs;
    private TrunkHunt? _hunt;
    private LocationSearch? _search;
    private ContactHunt? _contacts;
    private int _best;
    private uint? _retryAfter;
    private string? _reason;
    private bool _isCalleesAnswer;
    private bool _isOver;

    /// <summary>The Reason header of BYE and CANCEL toward targets that are not wanted any more.</summary>
    public string? EndHeader { get; private set; }

    public IReadOnlyList<OutboundLeg> Legs => _legs;

    /// <summary>What its INVITEs say.</summary>
    public Invitation Invitation { get; } = invitation;

    /// <summary>The best refusal so far, when it says more than that nobody answered; else null.</summary>
    public CallEnd? Refusal => FinalStatus.IsBetter(480, _best) ? Ended(_best) : null;

    /// <summary>Invites whom the plan names; a service or a refusal names nobody.</summary>
    public void Invite(RoutePlan plan, ImmutableArray<CodecDescription> codecs, TimeSpan now)
    {
        _codecs = codecs;
        switch (plan)
        {
            case RoutePlan.ToTrunks trunks:
                _hunt = new TrunkHunt(call, this, trunks);
                _hunt.NextTrunk(now);
                break;
            case RoutePlan.ToLocation asked:
                Locate(asked, now);
                break;
            case RoutePlan.ToGroup or RoutePlan.ToAccount:
                _contacts = new ContactHunt(call, this);
                _contacts.Start(plan, now);
                break;
        }
        // Two steps: a contact that fails at once must not look like the last one.
        foreach (var leg in _legs.ToArray()) leg.Invite(now);
        CheckAllFailed(now);
    }

    public OutboundLeg Add(LegTarget target, in Flow flow)
    {
        var leg = new OutboundLeg(call, this, target, flow, _codecs);
        _legs.Add(leg);
        return leg;
    }

    /// <summary>The device of a contact that rang came back by another connection: its new session is invited.</summary>
    public void RingAgain(OutboundLeg old, in Flow flow, TimeSpan now)
    {
        if (!_isOver) Add(old.Target.At(flow, call.Services), flow).Invite(now);
    }

    public void OnProgress(OutboundLeg leg, int status, TimeSpan now)
    {
        if (_isOver) return;
        _hunt?.Reached(leg);
        owner.OnProgress(leg, status, now);
    }

    /// <summary>What was heard of this contact is not to be heard any more.</summary>
    public void OnSilenced(OutboundLeg leg)
    {
        if (!_isOver) owner.OnContactLost(leg);
    }

    public void OnAnswered(OutboundLeg leg, TimeSpan now)
    {
        if (_isOver)
        {
            leg.HangUp(EndHeader, now);
            return;
        }
        _hunt?.Reached(leg);
        _hunt?.HandOver(leg);
        owner.OnAnswered(leg, now);
    }

    /// <summary>A target has said nothing yet, not even 100: if another can be asked, it is.</summary>
    public void OnSilent(OutboundLeg leg, TimeSpan now)
    {
        if (_hunt is not { HasNext: true }) return;
        // It cannot be cancelled before it says 1xx (RFC 3261 §9.1); its late 200 gets ACK and BYE.
        leg.Cancel(null, now);
        OnFailed(leg, new LegFailure(408, FailureCause.Silence), now);
    }

    public void OnFailed(OutboundLeg leg, LegFailure failure, TimeSpan now)
    {
        if (_isOver) return;
        Note(failure);
        owner.OnContactLost(leg);
        if (failure.Targets.Count > 0 && owner.OnRedirected(leg, failure, now) is { } elsewhere) _contacts?.Join(elsewhere, now);
        if (_hunt is not null)
        {
            if (_hunt.GoOn(leg, failure, now)) return;
        }
        else if (_contacts?.GoOn(leg, failure, now) == true)
        {
            return;
        }
        else if (FinalStatus.ToCaller(failure.Status) >= 600)
        {
            _contacts?.Stop();
            // §16.7 step 5: a 6xx speaks for the user, none of his contacts has to ring on. Others of a ring group do.
            foreach (var other in _legs.ToArray())
            {
                if (other.IsAlive && other.Aor.Equals(leg.Aor, StringComparison.OrdinalIgnoreCase)) other.Cancel(null, now);
            }
        }
        CheckAllFailed(now);
    }

    /// <summary>It has rung long enough: others are asked instead.</summary>
    public void GiveUp(OutboundLeg leg, TimeSpan now)
    {
        leg.Cancel(null, now);
        Note(new LegFailure(480, FailureCause.Silence));
        owner.OnContactLost(leg);
    }

    /// <summary>A refusal counts, whether it came from a leg or nobody could be asked at all.</summary>
    public void Note(LegFailure failure)
    {
        _isCalleesAnswer |= Failover.Next(failure) == Onward.Stop;
        var heard = FinalStatus.ToCaller(failure.Status);
        if (!FinalStatus.IsBetter(_best, heard)) return;
        _best = heard;
        _retryAfter = failure.RetryAfter;
        _reason = failure.Reason;
    }

    public void CheckAllFailed(TimeSpan now)
    {
        if (_isOver || _search is not null || _hunt is { IsLooking: true } || _contacts is { IsLooking: true }) return;
        foreach (var leg in _legs)
        {
            if (leg.IsAlive) return;
        }
        if (_contacts?.NextGroup(now) == true) return;
        owner.OnAllFailed(Ended(_best == 0 ? 480 : _best), now);
    }

    /// <summary>No more answers are wanted, but for the one that is kept.</summary>
    public void CancelAll(CallLeg? except, string? reason, TimeSpan now)
    {
        _isOver = true;
        EndHeader = reason;
        Leave();
        foreach (var leg in _legs.ToArray())
        {
            if (leg != except) leg.Cancel(reason, now);
        }
    }

    /// <summary>It is over for its owner: nobody else is asked. What answered keeps its channel for as long as it lives.</summary>
    public void Leave()
    {
        _hunt?.Stop();
        _contacts?.Stop();
        _search?.Stop();
    }

    private void Locate(RoutePlan.ToLocation asked, TimeSpan now)
    {
        _search = new LocationSearch(call.Services, call.Manager.Routes, Invitation.Caller, asked, found =>
            call.Manager.Run(call, (Fork: this, found), call.Services.Now(), static (state, now) => state.Fork.OnLocated(state.found, now)));
        _search.Start(now);
    }

    private void OnLocated(RoutePlan found, TimeSpan now)
    {
        _search = null;
        if (_isOver) return;
        switch (owner.OnLocated(found, now))
        {
            case RoutePlan.Reject refused:
                owner.OnAllFailed(new CallEnd(EndReason.OfStatus(refused.Status), refused.Status) { Phrase = refused.Reason }, now);
                break;
            case { } plan:
                Invite(plan, _codecs, now);
                break;
        }
    }

    private CallEnd Ended(int status) => new(EndReason.OfStatus(status), status) 
    {
        RetryAfter = _retryAfter,
        ReasonHeader = _reason,
        Phrase = _hunt is not null && !_isCalleesAnswer ? "No Trunk Took The Call" : null,
    };
}
