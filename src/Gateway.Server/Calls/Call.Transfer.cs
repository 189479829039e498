using System.Collections.Immutable;
using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>What a transfer asks of its call: who may begin one, a side that takes another's place, and a side that comes from another call.</summary>
internal sealed partial class Call
{
    private readonly List<Fork> _forks = [];
    private Transfer? _transfer;

    /// <summary>Both sides talk and no transfer is under way.</summary>
    public bool MayTransfer => State == CallState.Confirmed && _transfer is null && Caller is not null && Callee is not null;

    /// <summary>Where the call leads while nobody has answered; null before and after.</summary>
    public RoutePlan? RingingPlan => State is CallState.Trying or CallState.Ringing ? _plan : null;

    /// <summary>A contact of ours rings and nobody has answered: another device may take it from there.</summary>
    public bool MayPickUp(OutboundLeg ringing) => State is CallState.Trying or CallState.Ringing && Caller is not null && ringing.IsAlive && _fork?.Legs.Contains(ringing) == true;

    /// <summary>What whoever takes a side's place can talk.</summary>
    private ImmutableArray<CodecDescription> CodecsForSuccessor(CallLeg replaced) =>
        IsAnswered ? CodecsFor(replaced) : Caller?.Media is { Offered: { } offered } ? offered.Codecs : GatewayCodecs.All;

    /// <summary>The other side of a leg; null when it talks to a service, or is no side any more.</summary>
    public CallLeg? FarSide(CallLeg leg) => Other(leg);

    /// <summary>Whether the caps of whoever transfers allow one more call; it is counted then, until the transfer fails or the call ends.</summary>
    public RoutePlan.Reject? Charge(Caller caller, RoutePlan plan)
    {
        // Who is counted for this call already is not counted twice.
        if (IsCharged(caller)) return Services.Caps.Remaining(caller, plan, Services.UtcNow()) == TimeSpan.Zero ? new RoutePlan.Reject(403, "No Minutes Left Today") : null;
        if (Services.Caps.TryBegin(caller, Services.UtcNow(), plan) is { } refused) return refused;
        _charges.Add(new ChargedTransfer(caller, plan) { IsCounted = true });
        return null;
    }

    public void StartTransfer(CallLeg transferor, Caller caller, RoutePlan plan, Referral? referral, TimeSpan now)
    {
        _transfer = new Transfer(this, transferor, Other(transferor)!, caller, plan, referral);
        _transfer.Start(now);
    }

    /// <summary>Joins the far side of the transferor with the far side of its other call, which ends.</summary>
    public void StartAttendedTransfer(CallLeg transferor, CallLeg consultation, Caller caller, Referral? referral, TimeSpan now)
    {
        var other = consultation.Call;
        var target = other.Other(consultation)!;
        _transfer = new Transfer(this, transferor, Other(transferor)!, caller, s_joined, referral);
        other.HandOver(target, this, now);
        _transfer.Start(target, now);
        other.End(consultation == other.Caller ? CallInput.CallerBye : CallInput.CalleeBye, new CallEnd(EndReason.Transfer, 480), now);
    }

    /// <summary>The side of another call whose place the caller takes as soon as it is connected (RFC 3891).</summary>
    public CallLeg? Replaced { get; init; }

    /// <summary>The target, or a service when there is none, takes the place of the transferor.</summary>
    public void Replace(Transfer transfer, CallLeg? target, TimeSpan now)
    {
        if (Caller == transfer.Transferor) Caller = target;
        else if (Callee == transfer.Transferor) Callee = target;
        var transferee = transfer.Transferee;
        if (transferee.Media is { IsClosed: false } near)
        {
            if (target?.Media is { } far) Services.Media.Join(near.Id, far.Id);
            else if (transfer.Plan is RoutePlan.ToService service) Services.Media.JoinService(near.Id, service.Service);
        }
        ForkOf(transfer.Transferor)?.Leave();
        _forks.Add(transfer.Fork);
        _codecOffers = 0;
        transferee.Refused = null;
        transferee.IsParked = false;
        if (transfer.Plan is not RoutePlan.Reject) StartMeter(transfer.Caller, transfer.Plan, now);
        _recorder.Transferred(target?.Trunk);
        WatchMedia();
        Services.Events.CallChanged(Snapshot);
        Reconcile(now);
    }

    /// <summary>The transfer came to nothing: the two sides are as they were.</summary>
    public void GiveBack(Transfer transfer)
    {
        if (transfer.Transferor.Media is { IsClosed: false } near && transfer.Transferee.Media is { IsClosed: false } far) Services.Media.Join(near.Id, far.Id);
    }

    public void Finished(Transfer transfer, TimeSpan now)
    {
        if (_transfer == transfer) _transfer = null;
        Services.Metrics.CallTransferred(transfer.State == TransferState.Done);
        if (transfer.State == TransferState.Failed)
        {
            transfer.Fork.Leave();
            Uncharge(transfer.Caller, transfer.Plan);
            Reconcile(now);
        }
        if (IsAnswered) Services.Events.CallChanged(Snapshot);
    }

    private void OnBothThere(TimeSpan now)
    {
        if (Replaced is { } replaced) replaced.Call.Replace(replaced, this, now);
        else OnRenegotiated(now);
    }

    /// <summary>The caller of another call, which it was made for, takes the place of one of our sides.</summary>
    private void Replace(CallLeg replaced, Call other, TimeSpan now)
    {
        if (replaced is OutboundLeg ringing && MayPickUp(ringing) && other.Caller is { } successor)
        {
            // To the caller it is the answer; the other contacts stop ringing.
            other.HandOver(successor, this, now);
            Callee = successor;
            Fire(CallInput.Answer, now);
            other.End(CallInput.CallerBye, new CallEnd(EndReason.Transfer, 480), now);
            return;
        }
        if (!MayTransfer || Other(replaced) is not { } far || other.Caller is not { } target)
        {
            other.End(CallInput.Shutdown, new CallEnd(EndReason.NotFound, 481), now);
            return;
        }
        _transfer = new Transfer(this, replaced, far, other._by, s_joined, null);
        other.HandOver(target, this, now);
        _transfer.Start(target, now);
        other.End(CallInput.CallerBye, new CallEnd(EndReason.Transfer, 480), now);
    }

    /// <summary>Gives a side of this call, with its media and what it costs, to another call; here its record ends.</summary>
    private void HandOver(CallLeg leg, Call to, TimeSpan now)
    {
        Meter(now);
        _departed[leg] = RecordOf(leg) with { EndedAt = _recorder.At(now) };
        if (Caller == leg) Caller = null;
        else Callee = null;
        if (leg.Media is { Statistics: null } media)
        {
            Services.Media.Part(media.Id);
            _media.Remove(media.Id);
            _unreported--;
            Manager.Index.Remove(media.Id);
            to._media.Add(media.Id, media);
            to._unreported++;
            Manager.Index.Add(media.Id, to);
        }
        if (ForkOf(leg) is { } fork)
        {
            to._forks.Add(fork);
            if (!_forks.Remove(fork)) _fork = null;
        }
        HandOverCharges(to, now);
        leg.Join(to, now);
    }

    /// <summary>True when the lost side was handing the call on: the call goes on without it.</summary>
    private bool IsLeftByTransfer(CallLeg leg, TimeSpan now)
    {
        if (_transfer?.TakesEndOf(leg, now) != true) return false;
        leg.HangUp(null, now);
        return true;
    }

    private Fork? ForkOf(CallLeg leg) =>
        leg is not OutboundLeg contact ? null : _fork?.Legs.Contains(contact) == true ? _fork : _forks.Find(fork => fork.Legs.Contains(contact));

    private static readonly RoutePlan s_joined = new RoutePlan.Reject(0, "");
}
