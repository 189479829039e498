using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>Whose turn it is to refresh a session.</summary>
internal enum SessionRole : byte
{
    /// <summary>No timer runs.</summary>
    None,
    Ours,
    Theirs,
}

/// <summary>What a UAS makes of a request for a session timer, one row a line (RFC 4028 §9, table 2).</summary>
internal static class SessionRules
{
    /// <summary>The smallest interval that we take, and the longest that we run (a day: longer is never).</summary>
    public const uint Least = SessionExpires.Floor;

    public const uint Longest = 86400;

    /// <summary>What we ask of trunks, in seconds.</summary>
    public const uint Asked = 1800;

    /// <param name="isBrowser">A browser is never refused (BROWSER C4), and refreshes by itself unless it says otherwise.</param>
    /// <param name="knowsTimer">Supported: timer.</param>
    /// <param name="asked">The interval that was asked for; null when none was.</param>
    /// <param name="wants">We ask this side for a timer of our own will.</param>
    public static (SessionRole Role, bool IsTooShort) Answer(bool isBrowser, bool knowsTimer, SessionExpires? asked, bool wants) => (isBrowser, knowsTimer, asked) switch
    {
        // Without the extension on the peer's side only we could refresh, and it would not miss us.
        (_, false, _) => (SessionRole.None, false),
        (_, true, null) => (wants ? SessionRole.Ours : SessionRole.None, false),
        (false, true, { Seconds: < Least }) => (SessionRole.None, true),
        (true, true, { Seconds: < Least, Refresher: SessionRefresher.Uas }) => (SessionRole.None, false),
        (_, true, { Refresher: SessionRefresher.Uac }) => (SessionRole.Theirs, false),
        (_, true, { Refresher: SessionRefresher.Uas, Seconds: > Longest }) => (SessionRole.None, false),
        (_, true, { Refresher: SessionRefresher.Uas }) => (SessionRole.Ours, false),
        (true, true, _) => (SessionRole.Theirs, false),
        // Left to us: we refresh, and so learn early of a peer that is gone.
        (false, true, { Seconds: <= Longest }) => (SessionRole.Ours, false),
        _ => (SessionRole.Theirs, false),
    };

    /// <summary>How long before its end a session without a refresh is given up: 32 s, or a third of a short one (§10).</summary>
    public static TimeSpan Expiry(uint seconds) => TimeSpan.FromSeconds(seconds - Math.Min(32, seconds / 3.0));
}
