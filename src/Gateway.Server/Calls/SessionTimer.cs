using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The session timer of one leg (RFC 4028). Refreshes of ours go at half the time, by UPDATE where the peer allows it, else
/// by re-INVITE. A phone or trunk whose session is not refreshed in time is hung up; of a browser the media watchdog knows better.
/// </summary>
internal sealed partial class SessionTimer(CallLeg leg) : ITimerTarget
{
    private const int RefreshTimer = 1;
    private const int ExpiryTimer = 2;

    /// <summary>How often a peer may find our interval too short.</summary>
    private const int MostRaises = 3;

    private static readonly TimeSpan Later = TimeSpan.FromSeconds(10);

    private uint _seconds;
    private uint _least;
    private int _raises;
    private bool _isUpdateRefused;
    private ClientTransaction? _refresh;
    private TimerHandle _refreshTimer;
    private TimerHandle _expiryTimer;

    public SessionRole Role { get; private set; }

    /// <summary>UPDATE stands in its Allow.</summary>
    public bool AllowsUpdate { get; private set; }

    private LoopServices Services => leg.Services;

    /// <summary>What the peer's INVITE, or its answer to ours, says that it takes.</summary>
    public void Learn(SipMessage message) => AllowsUpdate = message.ListHas(HeaderId.Allow, "UPDATE"u8);

    // As the UAS of an INVITE or UPDATE.

    /// <summary>A phone or trunk asks for less than anyone may: 422 (§9).</summary>
    public bool IsTooShort(SipRequest request) => Judge(request, out _).IsTooShort;

    /// <summary>Adds what a 2xx to an INVITE or UPDATE has to say of its timer.</summary>
    public void Answer(SipWriter writer, SipRequest request, TimeSpan now)
    {
        Stop();
        var (role, isTooShort) = Judge(request, out var asked);
        if (role == SessionRole.None || isTooShort) return;
        if (request.TryGetNumber(HeaderId.MinSE, out var least) && least > _least && least <= SessionRules.Longest) _least = least;
        var seconds = asked?.Seconds ?? Math.Max(SessionRules.Asked, _least);
        new SessionExpires(seconds, role == SessionRole.Ours ? SessionRefresher.Uas : SessionRefresher.Uac).Write(writer);
        // §9: the UAC is told that it has to refresh.
        if (role == SessionRole.Theirs) writer.Header(HeaderId.Require, OptionTags.Timer);
        Start(role, seconds, now);
    }

    // As the UAC.

    /// <summary>Asks for a timer in a first INVITE.</summary>
    public void Ask(SipWriter writer)
    {
        if (_seconds == 0) _seconds = SessionRules.Asked;
        Role = SessionRole.Ours;
        Write(writer);
    }

    /// <summary>Keeps the timer going in an INVITE or UPDATE of ours: one that did not name it would end it (§7.4).</summary>
    public void Write(SipWriter writer)
    {
        if (Role == SessionRole.None) return;
        new SessionExpires(_seconds, Role == SessionRole.Ours ? SessionRefresher.Uac : SessionRefresher.Uas).Write(writer);
        if (_least > 0) writer.Header(HeaderId.MinSE, _least);
    }

    /// <summary>A 2xx to an INVITE or UPDATE of ours: the peer may lengthen it, take the refreshing over, or want none.</summary>
    public void TakeAnswer(SipResponse response, TimeSpan now)
    {
        Stop();
        if (!TryRead(response, out var agreed)) return;
        var role = agreed.Refresher == SessionRefresher.Uas ? SessionRole.Theirs : SessionRole.Ours;
        if (role == SessionRole.Theirs || agreed.Seconds is >= SessionRules.Least and <= SessionRules.Longest) Start(role, agreed.Seconds, now);
    }

    /// <summary>A 422: true when the same request may be sent with the interval that it names (§7.3).</summary>
    public bool TryRaise(SipResponse response)
    {
        if (response.StatusCode != 422 || !response.TryGetNumber(HeaderId.MinSE, out var least)) return false;
        if (least <= _seconds || least > SessionRules.Longest || _raises++ >= MostRaises) return false;
        _seconds = _least = least;
        return true;
    }

    /// <returns>True when the response was to a refresh of ours by UPDATE.</returns>
    public bool TakeResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction != _refresh) return false;
        if (response.IsProvisional) return true;
        _refresh = null;
        switch (response.StatusCode)
        {
            case 481 or 408:
                return false;
            case < 300:
                leg.Dialog!.Refresh(response);
                TakeAnswer(response, now);
                break;
            case 405 or 501:
                _isUpdateRefused = true;
                Refresh(now);
                break;
            case 422 when TryRaise(response):
                Refresh(now);
                break;
            default:
                ArmRefresh(now + (response.TryGetNumber(HeaderId.RetryAfter, out var seconds) && seconds is > 0 and < 60 ? TimeSpan.FromSeconds(seconds) : Later));
                break;
        }
        return true;
    }

    /// <summary>A refresh that did not get through is tried again, if the dialog outlives it.</summary>
    public void TakeFailure(ClientTransaction transaction)
    {
        if (transaction == _refresh) _refresh = null;
    }

    /// <summary>The refresh was sent again with credentials.</summary>
    public void Replaced(ClientTransaction old, ClientTransaction repeated)
    {
        if (_refresh == old) _refresh = repeated;
    }

    public void Stop()
    {
        Services.Timers.Cancel(_refreshTimer);
        Services.Timers.Cancel(_expiryTimer);
        Role = SessionRole.None;
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => leg.Call.Manager.Run(leg.Call, (This: this, kind), now, static (state, now) =>
    {
        if (state.kind == RefreshTimer) state.This.Refresh(now);
        else state.This.Expire(now);
    });

    private (SessionRole Role, bool IsTooShort) Judge(SipRequest request, out SessionExpires? asked)
    {
        asked = TryRead(request, out var read) ? read : null;
        return SessionRules.Answer(leg.Flow.IsWebSocket, request.ListHas(HeaderId.Supported, "timer"u8), asked, leg.Terms.AsksForTimer);
    }

    private void Start(SessionRole role, uint seconds, TimeSpan now)
    {
        (Role, _seconds, _since) = (role, seconds, now);
        if (role == SessionRole.Ours) ArmRefresh(now + TimeSpan.FromSeconds(seconds / 2.0));
        // A day or more is never.
        if (!leg.Flow.IsWebSocket && seconds <= SessionRules.Longest) _expiryTimer = Services.Timers.Schedule(now + SessionRules.Expiry(seconds), this, ExpiryTimer);
    }

    private void Refresh(TimeSpan now)
    {
        if (Role != SessionRole.Ours || leg.IsHungUp) return;
        // It must not cross an INVITE that is under way, and cannot go to a browser that is away.
        if (!leg.IsConfirmed || !leg.CanSend || leg.Reinvite.IsBusy || _refresh is not null)
        {
            ArmRefresh(now + Later);
        }
        else if (AllowsUpdate && !_isUpdateRefused)
        {
            var writer = leg.Begin(SipMethod.Update, out var branch);
            writer.Header(HeaderId.Contact, leg.Contact);
            writer.Header(HeaderId.Supported, OptionTags.Timer);
            Write(writer);
            writer.NoBody();
            _refresh = leg.Send(SipMethod.Update, branch, now);
            ArmRefresh(now + TimeSpan.FromSeconds(_seconds / 2.0));
        }
        else
        {
            // §7.4: the session as it is, in an offer that changes nothing.
            leg.Reinvite.TrySend(default, leg.Media?.Told ?? Sdp.MediaDirection.SendRecv, now);
            ArmRefresh(now + Later);
        }
    }

    private void Expire(TimeSpan now)
    {
        if (Role == SessionRole.None || leg.IsHungUp) return;
        Stop();
        leg.Call.OnSessionExpired(leg, now);
    }

    private void ArmRefresh(TimeSpan due)
    {
        Services.Timers.Cancel(_refreshTimer);
        _refreshTimer = Services.Timers.Schedule(due, this, RefreshTimer);
    }

    private static bool TryRead(SipMessage message, out SessionExpires asked)
    {
        asked = default;
        return message.TryGet(HeaderId.SessionExpires, out var value) && SessionExpires.TryParse(value, out asked) && asked.Seconds > 0;
    }
}
