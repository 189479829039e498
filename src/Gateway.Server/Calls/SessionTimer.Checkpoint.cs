namespace Gateway.Server.Calls;

/// <summary>A running session timer as plain values, and made of them.</summary>
internal sealed partial class SessionTimer
{
    private TimeSpan _since;

    /// <summary>A refresh of ours by UPDATE has no answer yet.</summary>
    public bool IsRefreshing => _refresh is not null;

    /// <summary>Null when no timer runs.</summary>
    public SessionCheckpoint? ToCheckpoint(Func<TimeSpan, DateTimeOffset> at) =>
        Role == SessionRole.None ? null : new SessionCheckpoint(Role == SessionRole.Ours, _seconds, _least, AllowsUpdate, _isUpdateRefused, at(_since));

    /// <summary>Goes on where another loop, or an earlier process, left off: what should have happened meanwhile happens now.</summary>
    /// <param name="since">The last refresh, on the loop's clock.</param>
    public void Resume(SessionCheckpoint from, TimeSpan since, TimeSpan now)
    {
        if (from.Seconds is 0 or > SessionRules.Longest) return;
        (AllowsUpdate, _isUpdateRefused, _least) = (from.AllowsUpdate, from.IsUpdateRefused, from.Least);
        Start(from.IsOurs ? SessionRole.Ours : SessionRole.Theirs, from.Seconds, since < now ? since : now);
        if (from.IsOurs && since + TimeSpan.FromSeconds(from.Seconds / 2.0) < now) ArmRefresh(now);
        // Whoever should have refreshed a process that was not there gets the time for it once more.
        if (!leg.Flow.IsWebSocket && since + SessionRules.Expiry(from.Seconds) < now + Later) ArmExpiry(now + Later);
    }

    private void ArmExpiry(TimeSpan due)
    {
        Services.Timers.Cancel(_expiryTimer);
        _expiryTimer = Services.Timers.Schedule(due, this, ExpiryTimer);
    }
}
