namespace Gateway.Server.Events;

/// <summary>The sizes, counts and waits of subscriptions that no operator sets.</summary>
internal static class EventLimits
{
    /// <summary>Subscriptions that share one dialog.</summary>
    public const int PerDialog = 16;

    /// <summary>Characters of the id of an Event header.</summary>
    public const int EventId = 128;

    /// <summary>Media types of an Accept header that are looked at.</summary>
    public const int Accepted = 32;

    /// <summary>RFC 6665 §4.2.1.1: who asks for an hour or more is never told that it is too short.</summary>
    public static readonly TimeSpan NeverTooShort = TimeSpan.FromHours(1);

    /// <summary>Seconds in Retry-After when there are too many.</summary>
    public const uint RetryAfter = 60;
}
