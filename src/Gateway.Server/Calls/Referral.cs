using System.Globalization;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// The subscription that a REFER makes (RFC 3515 §2.4.4): tells the one who referred by NOTIFY how the call to the target
/// goes, one NOTIFY at a time, the last one with the final status.
/// </summary>
/// <param name="leg">The dialog of the REFER.</param>
/// <param name="id">The CSeq of the REFER, by which its NOTIFYs are told from another's (BROWSER C8).</param>
/// <param name="isSilent">The REFER asked for no subscription (RFC 4488).</param>
internal sealed class Referral(CallLeg leg, uint id, bool isSilent)
{
    private const int Expires = 120;

    private readonly Queue<(int Status, string Phrase, bool IsLast)> _waiting = [];
    private ClientTransaction? _sent;
    private bool _isOver = isSilent;
    private int _last;

    /// <summary>Its last NOTIFY was answered, or nobody wants any.</summary>
    public bool IsOver => _sent is null && (_isOver || _last >= 200);

    /// <summary>Hears once that nothing is left to be told.</summary>
    public Action<TimeSpan>? Told { get; set; }

    public void Notify(int status, string phrase, bool isLast, TimeSpan now)
    {
        if (!_isOver && status != _last)
        {
            _last = status;
            _waiting.Enqueue((status, phrase, isLast));
        }
        SendNext(now);
        if (isLast && _sent is null) Finish(now);
    }

    /// <returns>True when the response was to a NOTIFY of this subscription: whatever it says, the dialog goes on (RFC 5057 §5.3).</returns>
    public bool TakeResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction != _sent) return false;
        if (response.IsProvisional) return true;
        // RFC 6665 §4.2.2: a refused NOTIFY ends the subscription.
        Answered(response.IsSuccess, now);
        return true;
    }

    /// <summary>Our request was sent again with credentials.</summary>
    public void Replaced(ClientTransaction old, ClientTransaction repeated)
    {
        if (_sent == old) _sent = repeated;
    }

    public bool TakeFailure(ClientTransaction transaction, TimeSpan now)
    {
        if (transaction != _sent) return false;
        Answered(false, now);
        return true;
    }

    private void Answered(bool isAccepted, TimeSpan now)
    {
        _sent = null;
        if (!isAccepted) _isOver = true;
        if (_isOver) _waiting.Clear();
        SendNext(now);
        if (_sent is null && (_isOver || _last >= 200)) Finish(now);
    }

    private void SendNext(TimeSpan now)
    {
        if (_sent is not null || !_waiting.TryDequeue(out var next)) return;
        if (!leg.IsConfirmed || leg.IsHungUp || leg.IsFlowDown)
        {
            _isOver = true;
            _waiting.Clear();
            return;
        }
        var writer = leg.Begin(SipMethod.Notify, out var branch);
        writer.Header(HeaderId.Contact, leg.Contact);
        writer.Header(HeaderId.Event, string.Create(CultureInfo.InvariantCulture, $"refer;id={id}"));
        // RFC 3515 §2.4.5: noresource says that there is nothing more to come.
        writer.Header(HeaderId.SubscriptionState, next.IsLast ? "terminated;reason=noresource" : string.Create(CultureInfo.InvariantCulture, $"active;expires={Expires}"));
        writer.Body("message/sipfrag;version=2.0"u8, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"SIP/2.0 {next.Status} {next.Phrase}\r\n")));
        _sent = leg.Send(SipMethod.Notify, branch, now);
    }

    private void Finish(TimeSpan now)
    {
        var told = Told;
        Told = null;
        told?.Invoke(now);
    }
}
