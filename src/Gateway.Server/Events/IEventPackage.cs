using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Events;

/// <summary>
/// One event package (RFC 6665 §5): what can be watched, by whom, and in what form it is told. The engine does the rest:
/// dialogs, times, rates, retries. A package is one object per loop and is asked on that loop only.
/// </summary>
internal interface IEventPackage
{
    /// <summary>The token in Event and Allow-Events, e.g. reg.</summary>
    string Name { get; }

    /// <summary>Media types that its NOTIFYs can have; the first is meant when SUBSCRIBE has no Accept.</summary>
    IReadOnlyList<string> Types { get; }

    /// <summary>The time of a subscription that asks for none.</summary>
    TimeSpan DefaultExpires { get; }

    /// <summary>A shorter time is answered 423 (never more than an hour, RFC 6665 §4.2.1.1).</summary>
    TimeSpan MinExpires { get; }

    /// <summary>A longer time is cut to this.</summary>
    TimeSpan MaxExpires { get; }

    /// <summary>Least time between two NOTIFYs of one subscription that only tell of changes.</summary>
    TimeSpan Interval { get; }

    /// <summary>Whether a watcher may know, and the name of what it watches. Never waits: who has to be asked makes it pending.</summary>
    /// <param name="target">The Request-URI.</param>
    EventVerdict Authorise(Caller watcher, in SipUriView target);

    /// <summary>What one subscription is told.</summary>
    /// <param name="type">The one of <see cref="Types"/> that the subscriber takes.</param>
    IEventView Open(string resource, Caller watcher, string type);
}

/// <summary>What one subscription is told of its resource: it counts versions and keeps what has changed since the last NOTIFY.</summary>
internal interface IEventView
{
    /// <summary>The body of the NOTIFY that is written now.</summary>
    EventDocument Write(EventNotice notice, TimeSpan now);
}

/// <summary>Why a NOTIFY is written.</summary>
internal enum EventNotice : byte
{
    None,
    /// <summary>Something changed: what did is enough.</summary>
    Change,
    /// <summary>A SUBSCRIBE asked: everything.</summary>
    Full,
    /// <summary>The subscription is over: everything, or nothing where that says it all.</summary>
    Last,
}

/// <param name="Type">Content-Type; empty for a NOTIFY without a body.</param>
internal readonly record struct EventDocument(string Type, byte[] Body)
{
    public static EventDocument None { get; } = new("", []);
}

internal enum EventDecision : byte
{
    Granted,
    /// <summary>Somebody has to be asked: see <see cref="EventSubscription.Approve"/>.</summary>
    Pending,
    Refused,
}

/// <param name="Resource">The name of what is watched, the same for every spelling of its address.</param>
/// <param name="Status">Of the refusal.</param>
internal readonly record struct EventVerdict(EventDecision Decision, string Resource, int Status = 0, string? Reason = null)
{
    public static EventVerdict Grant(string resource) => new(EventDecision.Granted, resource);

    public static EventVerdict Ask(string resource) => new(EventDecision.Pending, resource);

    public static EventVerdict Refuse(int status, string? reason = null) => new(EventDecision.Refused, "", status, reason);
}

/// <summary>Why a subscription ends, as Subscription-State says it (RFC 6665 §4.1.3).</summary>
internal static class EndedBecause
{
    /// <summary>Subscribe again at once: it has to move, e.g. because this node stops.</summary>
    public const string Deactivated = "deactivated";

    /// <summary>Subscribe again later.</summary>
    public const string Probation = "probation";

    /// <summary>The watcher may not know (any more): do not come back.</summary>
    public const string Rejected = "rejected";

    public const string Timeout = "timeout";

    /// <summary>Nobody decided in time.</summary>
    public const string GiveUp = "giveup";

    /// <summary>What was watched does not exist (any more).</summary>
    public const string NoResource = "noresource";

    /// <summary>It will never change again.</summary>
    public const string Invariant = "invariant";
}
