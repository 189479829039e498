using System.Globalization;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// A REFER that is not carried out here but handed to the other side of the call, which calls the target by itself, with its
/// own rights. Toward that side we are the subscriber of RFC 6665 §4.1 (<see cref="SubscriberTable"/>); what it tells is told on.
/// </summary>
internal sealed class PassedReferral(CallLeg near, CallLeg far, ServerTransaction asked, ReferTo target) : ITimerTarget
{
    private ClientTransaction? _sent;
    private uint _number;
    private Referral? _referral;
    private SubscriberState _state;
    private TimerHandle _timer;
    private bool _isAnswered;
    private bool _isSilent;

    public bool IsOver => _state == SubscriberState.Terminated;

    private LoopServices Services => far.Services;

    private SipRequest Request => asked.Request;

    public void Send(TimeSpan now)
    {
        asked.RetainRequest();
        var writer = far.Begin(SipMethod.Refer, out var branch);
        _number = far.Dialog!.LocalSequence;
        writer.Header(HeaderId.Contact, far.Contact);
        writer.Header(HeaderId.ReferTo, $"<{target.Target}>");
        // RFC 3892 §2.1: who refers is whom we know; what it writes of itself is not passed on.
        writer.Header(HeaderId.ReferredBy, $"<{HeaderPolicy.Uri(near.Aor)}>");
        _isSilent = ReferRequests.IsSilent(Request);
        if (_isSilent)
        {
            writer.Header(HeaderId.ReferSub, "false");
            writer.Header(HeaderId.Supported, OptionTags.NoReferSub);
        }
        writer.NoBody();
        _sent = far.Send(SipMethod.Refer, branch, now);
        Take(SubscriberInput.Subscribe, now);
    }

    /// <returns>True when the response was to this REFER.</returns>
    public bool TakeResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction != _sent) return false;
        if (response.IsProvisional) return true;
        _sent = null;
        if (response.IsSuccess)
        {
            Accept(now);
            // RFC 4488 §4: no NOTIFY will come.
            if (_isSilent || (response.TryGet(HeaderId.ReferSub, out var wanted) && Ascii.EqualsIgnoreCase(wanted.Trim(" \t"u8), "false"u8))) Take(SubscriberInput.Gone, now);
            return true;
        }
        Take(SubscriberInput.Gone, now);
        // Who does not know REFER cannot be asked: then it is done here.
        if (response.StatusCode is 405 or 420 or 501) Answer(() => ReferRequests.Execute(near, asked, Request, target, now));
        else Answer(() => ReferRequests.Refuse(near, asked, Request, ReferRequests.Because(FinalStatusOf(response.StatusCode), SipStatus.ReasonOf(FinalStatusOf(response.StatusCode))), now));
        return response.StatusCode is not (481 or 408);
    }

    public bool TakeFailure(ClientTransaction transaction, TimeSpan now)
    {
        if (transaction != _sent) return false;
        Stop(now);
        return true;
    }

    public void Replaced(ClientTransaction old, ClientTransaction repeated)
    {
        if (_sent != old) return;
        _sent = repeated;
        _number = far.Dialog!.LocalSequence;
    }

    /// <returns>False for a NOTIFY of another subscription.</returns>
    public bool TakeNotify(ServerTransaction transaction, SipRequest notify, TimeSpan now)
    {
        if (IsOver || !notify.TryGet(HeaderId.Event, out var value) || !EventView.TryParse(value, out var told) || !told.Is("refer"u8)
            // RFC 3515 §2.4.6: the first REFER of a dialog need not be named.
            || (!told.Id.IsEmpty && !Ascii.Equals(told.Id, _number.ToString(CultureInfo.InvariantCulture)))) return false;
        if (!notify.TryGet(HeaderId.SubscriptionState, out var said) || !SubscriptionStateView.TryParse(said, out var state))
        {
            Replies.Send(Services, transaction, notify, 400, now, "Bad Subscription-State Header Field");
            return true;
        }
        Replies.Send(Services, transaction, notify, 200, now);
        // A NOTIFY may overtake the 202 (RFC 6665 §4.1.2.4).
        Accept(now);
        if (TryReadFragment(notify.Body, out var status, out var phrase))
        {
            _referral!.Notify(status, phrase, isLast: status >= 200 || state.IsTerminated, now);
        }
        else if (state.IsTerminated)
        {
            _referral!.Notify(480, SipStatus.ReasonOf(480), isLast: true, now);
        }
        Take(state.IsTerminated ? SubscriberInput.NotifyTerminated : state.IsPending ? SubscriberInput.NotifyPending : SubscriberInput.NotifyActive, now);
        return true;
    }

    /// <summary>The other side is gone, or says nothing: whoever referred hears that nobody knows.</summary>
    public void Stop(TimeSpan now)
    {
        if (IsOver) return;
        _sent = null;
        Take(SubscriberInput.Gone, now);
        if (!_isAnswered) Answer(() => ReferRequests.Refuse(near, asked, Request, ReferRequests.Because(480, SipStatus.ReasonOf(480)), now));
        else _referral?.Notify(480, SipStatus.ReasonOf(480), isLast: true, now);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now) => far.Call.Manager.Run(far.Call, this, now, static (one, now) =>
    {
        one._referral?.Notify(408, SipStatus.ReasonOf(408), isLast: true, now);
        one.Take(SubscriberInput.TimerN, now);
    });

    private void Take(SubscriberInput input, TimeSpan now)
    {
        (_state, var actions) = SubscriberTable.Next(_state, input);
        if (actions.HasFlag(SubscriberActions.StopN) || actions.HasFlag(SubscriberActions.End)) Services.Timers.Cancel(_timer);
        if (actions.HasFlag(SubscriberActions.StartN)) _timer = Services.Timers.Schedule(now + Services.SipTimers.T1x64, this, 0);
        // What rings for longer than any call may is not waited for.
        if (actions.HasFlag(SubscriberActions.Schedule))
        {
            Services.Timers.Cancel(_timer);
            _timer = Services.Timers.Schedule(now + far.Call.Manager.Subscriptions.Refer.MaxExpires, this, 0);
        }
    }

    private void Accept(TimeSpan now) => Answer(() => _referral = ReferRequests.Accept(near, asked, Request, now));

    private void Answer(Action step)
    {
        if (_isAnswered) return;
        _isAnswered = true;
        if (!near.IsGone && !asked.IsTerminated) step();
        else _referral = new Referral(near.Call.Manager.Subscriptions, near.Events, 0, isSilent: true);
    }

    /// <summary>The status line of a message/sipfrag (RFC 3515 §2.4.5).</summary>
    private static bool TryReadFragment(ReadOnlySpan<byte> body, out int status, out string phrase)
    {
        (status, phrase) = (0, "");
        if (!body.StartsWith("SIP/2.0 "u8) || body.Length < 11 || !int.TryParse(body.Slice(8, 3), NumberStyles.None, CultureInfo.InvariantCulture, out status) || status is < 100 or > 699) return false;
        var end = body.IndexOfAny((byte)'\r', (byte)'\n');
        phrase = HeaderPolicy.DisplayName((end < 0 ? body : body[..end])[11..]);
        if (phrase.Length == 0) phrase = SipStatus.ReasonOf(status);
        return true;
    }

    private static int FinalStatusOf(int status) => status is 403 or 480 or 486 or 491 or 603 ? status : status >= 600 ? 603 : 480;
}
