using static Gateway.Sip.NotifierActions;
using static Gateway.Sip.NotifierInput;
using static Gateway.Sip.NotifierState;

namespace Gateway.Sip;

/// <summary>Where a subscription stands for whoever notifies (RFC 6665 §4.2.2).</summary>
public enum NotifierState : byte
{
    /// <summary>A SUBSCRIBE is here and not answered. The figure's resp_wait is the moment between this and the next state.</summary>
    Initial,
    /// <summary>Nobody has said yet whether the subscriber may know.</summary>
    Pending,
    Active,
    /// <summary>The figure's terminated, while the last NOTIFY is to be sent or answered.</summary>
    Ending,
    /// <summary>Nothing of it is left.</summary>
    Over,
}

/// <summary>What can happen to a subscription on the notifier's side.</summary>
public enum NotifierInput : byte
{
    /// <summary>A first SUBSCRIBE of someone who may know.</summary>
    Granted,
    /// <summary>A first SUBSCRIBE that somebody has still to decide about.</summary>
    Asked,
    /// <summary>A first SUBSCRIBE with Expires 0: one look, no subscription (§4.4.3).</summary>
    Fetched,
    /// <summary>Who was asked agreed.</summary>
    Approved,
    /// <summary>A SUBSCRIBE in the dialog that prolongs it.</summary>
    Refreshed,
    /// <summary>A SUBSCRIBE in the dialog with Expires 0.</summary>
    Unsubscribed,
    /// <summary>What is watched has changed.</summary>
    Changed,
    /// <summary>Its time is over.</summary>
    Expired,
    /// <summary>We end it: forbidden now, the resource is gone, the server stops.</summary>
    Withdrawn,
    /// <summary>The last NOTIFY has its answer.</summary>
    LastAnswered,
    /// <summary>A NOTIFY was refused for good, not answered, or cannot be sent.</summary>
    NotifyFailed,
}

/// <summary>What a notifier does on an input, in the order of the bits.</summary>
[Flags]
public enum NotifierActions : ushort
{
    None = 0,
    /// <summary>200 to the SUBSCRIBE.</summary>
    Answer = 1 << 0,
    /// <summary>481: there is nothing to prolong.</summary>
    Refuse = 1 << 1,
    StopExpiry = 1 << 2,
    StartExpiry = 1 << 3,
    /// <summary>A NOTIFY with all that the subscriber may know; with nothing while it is pending.</summary>
    NotifyFull = 1 << 4,
    /// <summary>A NOTIFY with what changed, when the rate allows it.</summary>
    NotifyChange = 1 << 5,
    /// <summary>The NOTIFY that says terminated.</summary>
    NotifyLast = 1 << 6,
    /// <summary>It leaves its dialog.</summary>
    Remove = 1 << 7,
}

/// <summary>The notifier's side of a subscription (RFC 6665 §4.2), one row a line. A pure table: what is not written here changes nothing.</summary>
public static class NotifierTable
{
    public static (NotifierState State, NotifierActions Actions) Next(NotifierState state, NotifierInput input) => (state, input) switch
    {
        (Initial, Granted) => (Active, Answer | StartExpiry | NotifyFull),
        // §4.2.1.2: a NOTIFY follows at once, whether or not anybody has agreed.
        (Initial, Asked) => (Pending, Answer | StartExpiry | NotifyFull),
        (Initial, Fetched) => (Ending, Answer | NotifyLast),

        (Pending, Approved) => (Active, NotifyFull),
        (Active, Changed) => (Active, NotifyChange),

        (Pending or Active, Refreshed) => (state, Answer | StopExpiry | StartExpiry | NotifyFull),
        (Pending or Active, Unsubscribed) => (Ending, Answer | StopExpiry | NotifyLast),
        (Pending or Active, Expired) => (Ending, NotifyLast),
        (Pending or Active, Withdrawn) => (Ending, StopExpiry | NotifyLast),
        (Pending or Active, NotifyFailed) => (Over, StopExpiry | Remove),

        // What is ended stays ended; the subscriber makes a new one, in a new dialog.
        (Ending or Over, Refreshed or Unsubscribed) => (state, Refuse),
        (Ending, LastAnswered or NotifyFailed) => (Over, Remove),

        _ => (state, None),
    };
}
