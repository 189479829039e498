using Gateway.Sdp;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The caller's side of a call that we start (click-to-dial). Its own contacts ring first, with an offer of ours; as the media
/// ends here too, the other side is called as in any call and nothing is offered twice: flow I of RFC 3725 §4.1 with the
/// gateway's own media between.
/// </summary>
internal sealed class Originator : ICallerSide, IForkOwner
{
    private readonly Call _call;
    private readonly Caller.FromAccount _caller;
    private readonly Fork _contacts;

    /// <param name="whom">The From that the caller's own phone shows: whom it is about to call.</param>
    public Originator(Call call, Caller.FromAccount caller, string whom)
    {
        _call = call;
        _caller = caller;
        _contacts = new Fork(call, this, new Invitation(caller, whom, CallLimits.MaxForwards) { Role = LegRole.Caller });
    }

    public SipRequest? Invite => null;

    public bool IsDelayedOffer => false;

    public bool HasRung { get; private set; }

    public void Ring(TimeSpan now) => _contacts.Invite(
        new RoutePlan.ToAccount(_caller.Account, _caller.Aor, _call.Services.Bindings.Published.Get(_caller.Aor)), GatewayCodecs.All, now);

    /// <summary>One contact has the call; the others stop ringing.</summary>
    public void Keep(CallLeg leg, TimeSpan now) => _contacts.CancelAll(leg, "SIP;cause=200;text=\"Call completed elsewhere\"", now);

    /// <summary>Early media is joined already; without any the caller hears a ringing tone.</summary>
    public void Progress(int status, byte[]? sdp, TimeSpan now)
    {
        if (status == 180) HasRung = true;
        else if (status is 181 or 182) return;
        if (!_call.HasEarlyMedia && _call.Caller?.Media is { IsClosed: false } media) _call.Services.Media.JoinService(media.Id, MediaService.Ringback);
    }

    /// <summary>There is no INVITE to answer: who answered our own is connected.</summary>
    public void Accept(byte[] sdp, TimeSpan now) => _call.OnOriginConnected(now);

    public void Reject(CallEnd end, TimeSpan now)
    {
        var reason = end.ReasonHeader ?? ReasonView.Format("SIP", end.Status, SipStatus.ReasonOf(end.Status));
        _contacts.CancelAll(_call.Caller, reason, now);
        _call.Caller?.HangUp(reason, now);
    }

    void IForkOwner.OnProgress(OutboundLeg leg, int status, TimeSpan now) => _call.OnOriginRings();

    void IForkOwner.OnAnswered(OutboundLeg leg, TimeSpan now) => _call.OnOriginAnswered(leg, now);

    void IForkOwner.OnAllFailed(CallEnd end, TimeSpan now) => _call.End(CallInput.AllFailed, end, now);

    void IForkOwner.OnContactLost(OutboundLeg leg)
    {
    }
}
