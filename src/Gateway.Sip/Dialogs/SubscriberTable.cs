using static Gateway.Sip.SubscriberActions;
using static Gateway.Sip.SubscriberInput;
using static Gateway.Sip.SubscriberState;

namespace Gateway.Sip;

/// <summary>Where a subscription stands for whoever subscribed (RFC 6665 §4.1.2).</summary>
public enum SubscriberState : byte
{
    Initial,
    /// <summary>SUBSCRIBE (or a REFER that implies it) is out, no NOTIFY has come.</summary>
    NotifyWait,
    Pending,
    Active,
    Terminated,
}

/// <summary>What can happen to a subscription on the subscriber's side.</summary>
public enum SubscriberInput : byte
{
    /// <summary>The user wants it.</summary>
    Subscribe,
    /// <summary>NOTIFY with Subscription-State pending, active, terminated.</summary>
    NotifyPending,
    NotifyActive,
    NotifyTerminated,
    /// <summary>2xx to our SUBSCRIBE.</summary>
    Accepted,
    /// <summary>An answer after which there is no subscription: 404, 405, 410, 416, 480 to 485, 489, 501, 604 (§4.1.2.2).</summary>
    Gone,
    /// <summary>Any other refusal, or none at all.</summary>
    Refused,
    /// <summary>64*T1 without a NOTIFY (§4.1.2.4).</summary>
    TimerN,
    /// <summary>Time to prolong it.</summary>
    RefreshDue,
    /// <summary>Its time ran out.</summary>
    Expired,
    /// <summary>The user wants it no more.</summary>
    Unsubscribe,
}

/// <summary>What a subscriber does on an input, in the order of the bits.</summary>
[Flags]
public enum SubscriberActions : ushort
{
    None = 0,
    /// <summary>200 to the NOTIFY.</summary>
    Answer = 1 << 0,
    /// <summary>481 to the NOTIFY.</summary>
    Refuse = 1 << 1,
    StopN = 1 << 2,
    /// <summary>SUBSCRIBE with the wanted Expires.</summary>
    Send = 1 << 3,
    /// <summary>SUBSCRIBE with Expires 0.</summary>
    SendZero = 1 << 4,
    StartN = 1 << 5,
    /// <summary>Takes the time that is left, and sets out to refresh before it is over.</summary>
    Schedule = 1 << 6,
    /// <summary>The user hears the state.</summary>
    Tell = 1 << 7,
    /// <summary>The user hears that it is over.</summary>
    End = 1 << 8,
}

/// <summary>The subscriber's side of a subscription (RFC 6665 §4.1), one row a line. A pure table: what is not written here changes nothing.</summary>
public static class SubscriberTable
{
    public static (SubscriberState State, SubscriberActions Actions) Next(SubscriberState state, SubscriberInput input) => (state, input) switch
    {
        (Initial, Subscribe) => (NotifyWait, Send | StartN),

        (NotifyWait or Pending, NotifyPending) => (Pending, Answer | StopN | Schedule | Tell),
        (NotifyWait or Pending or Active, NotifyActive) => (Active, Answer | StopN | Schedule | Tell),
        // No notifier goes back from active; one that does is believed all the same.
        (Active, NotifyPending) => (Pending, Answer | StopN | Schedule | Tell),
        (NotifyWait or Pending or Active, NotifyTerminated) => (Terminated, Answer | StopN | Tell | End),

        // The NOTIFY decides; what the 2xx says of the time counts until one comes.
        (Pending or Active, Accepted) => (state, Schedule),
        (NotifyWait, Gone or Refused) => (Terminated, StopN | End),
        (Pending or Active, Gone) => (Terminated, StopN | End),
        // §4.1.2.2: it is still valid for the time that was agreed.
        (Pending or Active, Refused) => (state, StopN),

        (NotifyWait or Pending or Active, TimerN) => (Terminated, End),
        (Pending or Active, RefreshDue) => (state, Send | StartN),
        (Pending or Active, Expired) => (Terminated, StopN | End),
        // §4.1.2.3: a last NOTIFY answers it.
        (NotifyWait, Unsubscribe) => (Terminated, StopN | End),
        (Pending or Active, Unsubscribe) => (NotifyWait, SendZero | StartN),

        (Initial or Terminated, NotifyPending or NotifyActive or NotifyTerminated) => (state, Refuse),

        _ => (state, None),
    };
}
