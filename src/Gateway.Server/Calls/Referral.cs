using System.Globalization;
using System.Text;
using Gateway.Server.Events;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// What a REFER wants to hear (RFC 3515 §2.4.4): how the call to the target goes, as a subscription of the package refer. What
/// changes while a NOTIFY is on its way is told by the next one; the last one has the final status.
/// </summary>
internal sealed class Referral : IEventView
{
    private readonly IEventDialog _dialog;
    private readonly EventSubscription? _subscription;
    private int _status = 100;
    private string _phrase = "Trying";

    /// <param name="dialog">That of the REFER.</param>
    /// <param name="id">The CSeq of the REFER, by which its NOTIFYs are told from another's (§2.4.6, BROWSER C8).</param>
    /// <param name="isSilent">The REFER asked for no subscription (RFC 4488).</param>
    public Referral(SubscriptionManager manager, IEventDialog dialog, uint id, bool isSilent)
    {
        _dialog = dialog;
        if (isSilent) return;
        _subscription = new EventSubscription(manager, dialog, manager.Refer, id.ToString(CultureInfo.InvariantCulture), "", null, this);
    }

    /// <summary>Its last NOTIFY was answered, or nobody wants any.</summary>
    public bool IsOver => _subscription is null or { IsOver: true };

    /// <summary>Hears once that nothing is left to be told.</summary>
    public Action<TimeSpan>? Told { get; set; }

    /// <summary>§2.4.4: the first NOTIFY leaves as soon as the REFER is accepted.</summary>
    public void Begin(TimeSpan now)
    {
        if (_subscription is null) return;
        _dialog.Subscriptions.Add(_subscription);
        _subscription.Take(NotifierInput.Granted, now, lasts: _subscription.Package.DefaultExpires);
    }

    public void Notify(int status, string phrase, bool isLast, TimeSpan now)
    {
        var isNew = status != _status;
        (_status, _phrase) = (status, phrase);
        if (isLast && IsOver)
        {
            Finish(now);
        }
        else if (isLast)
        {
            _subscription!.Ended = Finish;
            // §2.4.5: noresource says that there is nothing more to come.
            _subscription.Withdraw(EndedBecause.NoResource, now);
        }
        else if (isNew)
        {
            _subscription?.Take(NotifierInput.Changed, now);
        }
    }

    public EventDocument Write(EventNotice notice, TimeSpan now) =>
        new(ReferPackage.DocumentType, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"SIP/2.0 {_status} {_phrase}\r\n")));

    private void Finish(TimeSpan now)
    {
        var told = Told;
        Told = null;
        told?.Invoke(now);
    }
}
