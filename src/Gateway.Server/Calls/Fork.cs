using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The contacts of one call, all invited at once: the first 2xx wins, the rest are cancelled; when all refuse, the best
/// answer is the caller's (RFC 3261 §16.7). A ring group's contacts belong to several users.
/// </summary>
internal sealed class Fork(Call call, IForkOwner owner, Invitation invitation)
{
    private readonly List<OutboundLeg> _legs = [];
    private ImmutableArray<CodecDescription> _codecs;
    private int _best;
    private uint? _retryAfter;
    private bool _isOver;

    /// <summary>The Reason header of BYE and CANCEL toward contacts that are not wanted any more.</summary>
    public string? EndHeader { get; private set; }

    public IReadOnlyList<OutboundLeg> Legs => _legs;

    /// <summary>What its INVITEs say.</summary>
    public Invitation Invitation { get; } = invitation;

    public void Invite(IEnumerable<RoutePlan.ToAccount> users, ImmutableArray<CodecDescription> codecs, TimeSpan now)
    {
        _codecs = codecs;
        foreach (var user in users)
        {
            foreach (var binding in user.Bindings.Take(Math.Min(CallLimits.Forks, CallLimits.GroupForks - _legs.Count))) Add(user.Aor, binding, binding.Flow);
        }
        // Two steps: a contact that fails at once must not look like the last one.
        foreach (var leg in _legs.ToArray()) leg.Invite(now);
        CheckAllFailed(now);
    }

    /// <summary>The device of a contact that rang came back by another connection: its new session is invited.</summary>
    public void RingAgain(OutboundLeg old, in Flow flow, TimeSpan now)
    {
        if (_isOver) return;
        var current = flow;
        var binding = call.Services.Bindings.Published.Get(old.Aor).FirstOrDefault(known => known.Flow == current) ?? old.Binding;
        Add(old.Aor, binding, flow).Invite(now);
    }

    public void OnProgress(OutboundLeg leg, int status, TimeSpan now)
    {
        if (!_isOver) owner.OnProgress(leg, status, now);
    }

    public void OnAnswered(OutboundLeg leg, TimeSpan now)
    {
        if (_isOver)
        {
            leg.HangUp(EndHeader, now);
            return;
        }
        owner.OnAnswered(leg, now);
    }

    public void OnFailed(OutboundLeg leg, int status, uint? retryAfter, TimeSpan now)
    {
        if (_isOver) return;
        var heard = FinalStatus.ToCaller(status);
        if (FinalStatus.IsBetter(_best, heard))
        {
            _best = heard;
            _retryAfter = retryAfter;
        }
        owner.OnContactLost(leg);
        // §16.7 step 5: a 6xx speaks for the user: none of his contacts has to ring on. Others of a ring group do.
        if (heard >= 600)
        {
            foreach (var other in _legs.ToArray())
            {
                if (other.IsAlive && other.Aor.Equals(leg.Aor, StringComparison.OrdinalIgnoreCase)) other.Cancel(null, now);
            }
        }
        CheckAllFailed(now);
    }

    /// <summary>No more answers are wanted, but for the one that is kept.</summary>
    public void CancelAll(CallLeg? except, string? reason, TimeSpan now)
    {
        _isOver = true;
        EndHeader = reason;
        foreach (var leg in _legs.ToArray())
        {
            if (leg != except) leg.Cancel(reason, now);
        }
    }

    private OutboundLeg Add(string aor, Binding binding, in Flow flow)
    {
        var leg = new OutboundLeg(call, this, binding, flow, aor, _codecs);
        _legs.Add(leg);
        return leg;
    }

    private void CheckAllFailed(TimeSpan now)
    {
        foreach (var leg in _legs)
        {
            if (leg.IsAlive) return;
        }
        End(now);
    }

    private void End(TimeSpan now)
    {
        if (_isOver) return;
        var status = _best == 0 ? 480 : _best;
        owner.OnAllFailed(new CallEnd(EndReason.OfStatus(status), status) { RetryAfter = _retryAfter }, now);
    }
}
