using Gateway.Server.Trunks;

namespace Gateway.Web.Hubs;

/// <summary>One event of the monitor in its envelope.</summary>
/// <param name="Sequence">Rises by one with every event, also over restarts never falls; what a client subscribes anew with.</param>
/// <param name="Type">One of <see cref="MonitorEvents"/>.</param>
/// <param name="Data">By type: a call, a call record, a registration, a trunk, the figures.</param>
internal sealed record MonitorEvent(long Sequence, DateTimeOffset At, string Type, object Data);

/// <summary>The types of events.</summary>
internal static class MonitorEvents
{
    /// <summary>First of a subscription that goes on where the client left off (data: resumed true), or that begins now (false).</summary>
    public const string Subscribed = "subscribed";

    /// <summary>First of a subscription that cannot go on where the client left off: take a snapshot.</summary>
    public const string TooOld = "too-old";

    public const string CallStarted = "call.started";
    public const string CallRinging = "call.ringing";
    public const string CallAnswered = "call.answered";

    /// <summary>Held, resumed, transferred, another codec.</summary>
    public const string CallChanged = "call.changed";

    /// <summary>With the call's record.</summary>
    public const string CallEnded = "call.ended";

    public const string RegistrationChanged = "registration.changed";
    public const string TrunkChanged = "trunk.changed";

    /// <summary>Every few seconds; not kept for those who come back, and without a number of its own.</summary>
    public const string Stats = "stats";
}

/// <param name="Resumed">All events since the client's sequence number follow.</param>
internal sealed record SubscriptionStart(bool Resumed, string Word);

/// <param name="Contacts">How many devices are registered for it now.</param>
internal sealed record RegistrationEvent(string Aor, int Contacts);

internal sealed record TrunkEvent(Guid Id, string Name, TrunkStatus Status);

/// <summary>The figures of the moment.</summary>
/// <param name="CallsPerMinute">Calls that began in the last minute.</param>
/// <param name="AnswerRatio">Answered ones among the calls that ended in the last five minutes, 0 to 1; null when none ended.</param>
internal sealed record MonitorStats(int Calls, int Registrations, int TrunksUp, int TrunksDown, int CallsPerMinute, double? AnswerRatio);
