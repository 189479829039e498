namespace Gateway.Server.Calls;

/// <summary>Why a call ended: the reason of its record, the status of its caller, and what the other sides are told.</summary>
/// <param name="Reason">One of <see cref="EndReason"/>.</param>
/// <param name="Status">The final status of the caller's INVITE when it has none yet.</param>
internal sealed record CallEnd(string Reason, int Status)
{
    public string? Phrase { get; init; }

    /// <summary>Seconds, for 480, 486 and 503.</summary>
    public uint? RetryAfter { get; init; }

    /// <summary>The text of a Warning header with code 304 or 399 (RFC 3261 §20.43).</summary>
    public string? Warning { get; init; }

    /// <summary>A Reason header's value (RFC 3326) for the BYE and CANCEL that follow.</summary>
    public string? ReasonHeader { get; init; }
}

/// <summary>The end reasons of records: bounded, so that they may label a metric.</summary>
internal static class EndReason
{
    public const string Caller = "caller";
    public const string Callee = "callee";
    public const string Cancel = "cancel";
    public const string Busy = "busy";
    public const string Declined = "declined";
    public const string NoAnswer = "no-answer";
    public const string Unavailable = "unavailable";
    public const string NotFound = "not-found";
    public const string Forbidden = "forbidden";
    public const string NotAcceptable = "not-acceptable";
    public const string Overload = "overload";
    public const string Silence = "silence";
    public const string Consent = "consent";
    public const string Media = "media";
    public const string FlowLost = "flow-lost";
    public const string SessionExpired = "session-expired";
    public const string NoAck = "no-ack";
    /// <summary>Its last side went over to another call (an attended transfer).</summary>
    public const string Transfer = "transfer";

    /// <summary>Someone hung up by the console or the API.</summary>
    public const string Operator = "operator";

    /// <summary>The end of a proxied call that we were not told of.</summary>
    public const string Unobserved = "unobserved";

    public const string TimeLimit = "time-limit";
    public const string Shutdown = "shutdown";
    public const string Error = "error";

    /// <summary>The process ended without a word while the call was on, and the next one could not go on with it.</summary>
    public const string Restart = "restart";

    /// <summary>The reason of a call that never was answered, from the status its caller got.</summary>
    public static string OfStatus(int status) => status switch
    {
        486 or 600 => Busy,
        603 or 607 or 608 => Declined,
        404 or 410 or 484 or 604 or 416 => NotFound,
        403 => Forbidden,
        408 or 487 => NoAnswer,
        488 or 606 or 415 => NotAcceptable,
        480 => Unavailable,
        503 => Overload,
        _ => Error,
    };
}
