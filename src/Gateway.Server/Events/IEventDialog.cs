using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>The dialog that a subscription lives in: one of its own, or that of a call (RFC 6665 §4.5.2).</summary>
internal interface IEventDialog
{
    LoopServices Services { get; }

    /// <summary>False while the peer's connection is away: what is to be told waits.</summary>
    bool CanSend { get; }

    /// <summary>The value of our Contact header field.</summary>
    string Contact { get; }

    SubscriptionList Subscriptions { get; }

    /// <summary>Starts a request in the loop's writer.</summary>
    SipWriter Begin(SipMethod method, out string branch);

    /// <summary>Sends what <see cref="Begin"/> started, once it is ended; its answer comes by <see cref="SubscriptionList"/>.</summary>
    ClientTransaction Send(SipMethod method, string branch, TimeSpan now);

    /// <summary>The last subscription has left.</summary>
    void OnEmpty(TimeSpan now);
}

/// <summary>The subscriptions of one dialog: who an answer, and a SUBSCRIBE inside the dialog, belongs to.</summary>
internal sealed class SubscriptionList(IEventDialog dialog)
{
    private readonly List<EventSubscription> _all = [];

    public int Count => _all.Count;

    /// <summary>RFC 6665 §4.4.1: package and id say which one of a dialog is meant.</summary>
    public EventSubscription? Find(in EventView asked)
    {
        foreach (var one in _all)
        {
            if (asked.Is(Encoding.ASCII.GetBytes(one.Package.Name)) && Ascii.Equals(asked.Id, one.Id)) return one;
        }
        return null;
    }

    public void Add(EventSubscription one) => _all.Add(one);

    public void Remove(EventSubscription one, TimeSpan now)
    {
        if (_all.Remove(one) && _all.Count == 0) dialog.OnEmpty(now);
    }

    /// <returns>True when the response was to a NOTIFY of ours: whatever it says, other usages of the dialog go on (RFC 5057 §5.3).</returns>
    public bool TakeResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        foreach (var one in _all)
        {
            if (one.IsOf(transaction))
            {
                one.OnResponse(response, now);
                return true;
            }
        }
        return false;
    }

    /// <param name="mayReturn">The connection broke and its peer may come back: what was on its way is said again then.</param>
    public bool TakeFailure(ClientTransaction transaction, bool mayReturn, TimeSpan now)
    {
        foreach (var one in _all)
        {
            if (one.IsOf(transaction))
            {
                one.OnFailure(mayReturn, now);
                return true;
            }
        }
        return false;
    }

    /// <summary>A request of ours was sent again with credentials.</summary>
    public void Replaced(ClientTransaction old, ClientTransaction repeated)
    {
        foreach (var one in _all) one.Replaced(old, repeated);
    }

    /// <summary>The peer's connection is back: what waited is said.</summary>
    public void Resume(TimeSpan now)
    {
        foreach (var one in _all.ToArray()) one.Resume(now);
    }

    /// <summary>The dialog is gone: nothing more can be said.</summary>
    public void Drop(TimeSpan now)
    {
        foreach (var one in _all.ToArray())
        {
            one.Ended = null;
            one.Take(NotifierInput.NotifyFailed, now);
        }
    }

    public EventSubscription[] ToArray() => [.. _all];
}
