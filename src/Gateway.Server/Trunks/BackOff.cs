using System.Security.Cryptography;

namespace Gateway.Server.Trunks;

/// <summary>How long is waited after failures, and when a registration is refreshed; drawn anew each time, so that many trunks do not move in step.</summary>
internal static class BackOff
{
    private static readonly TimeSpan s_base = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_max = TimeSpan.FromMinutes(10);

    /// <summary>A registrar that is asked for more patience than this is not waited for that long.</summary>
    private static readonly TimeSpan s_longestAsked = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_shortestRefresh = TimeSpan.FromSeconds(5);

    /// <summary>RFC 5626 §4.5: the upper bound doubles with each failure, and the wait is between half of it and all of it.</summary>
    /// <param name="failures">In a row; 1 for the first.</param>
    /// <param name="asked">The Retry-After of the refusal, or zero.</param>
    public static TimeSpan After(int failures, TimeSpan asked, RandomNumberGenerator random)
    {
        var doublings = Math.Clamp(failures - 1, 0, 10);
        var bound = s_base * (1 << doublings);
        bound = bound < s_max ? bound : s_max;
        var wait = Between(bound / 2, bound, random);
        var least = asked < s_longestAsked ? asked : s_longestAsked;
        return wait > least ? wait : least;
    }

    /// <summary>Between 80 and 90 % of what was granted.</summary>
    public static TimeSpan Refresh(TimeSpan granted, RandomNumberGenerator random)
    {
        var wait = Between(granted * 0.8, granted * 0.9, random);
        return wait > s_shortestRefresh ? wait : s_shortestRefresh;
    }

    public static TimeSpan Between(TimeSpan from, TimeSpan to, RandomNumberGenerator random)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.GetBytes(bytes);
        return from + ((to - from) * (BitConverter.ToUInt32(bytes) / (double)uint.MaxValue));
    }
}
