using System.Collections.Immutable;
using Gateway.Server.Routing;

namespace Gateway.Server.Widgets;

/// <summary>Reads windows of the week in a time zone: is it open now, and when does it open next.</summary>
public static class OpeningHours
{
    private const int DaysAhead = 8;

    /// <summary>No windows: always open. A zone that this machine does not know counts as UTC.</summary>
    public static bool IsOpen(ImmutableArray<TimeWindow> windows, string zone, DateTimeOffset utcNow)
    {
        if (windows.IsDefaultOrEmpty) return true;
        var local = TimeZoneInfo.ConvertTime(utcNow, Zone(zone));
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        return windows.Any(window => Contains(window, local.DayOfWeek, time));
    }

    /// <summary>The next opening after now; null when it is always open or never opens.</summary>
    public static DateTimeOffset? NextOpening(ImmutableArray<TimeWindow> windows, string zone, DateTimeOffset utcNow)
    {
        if (windows.IsDefaultOrEmpty) return null;
        var place = Zone(zone);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(utcNow, place).DateTime);
        DateTimeOffset? next = null;
        for (var day = 0; day < DaysAhead; day++)
        {
            var date = today.AddDays(day);
            foreach (var window in windows.Where(window => OnDay(window, date.DayOfWeek)))
            {
                var at = Instant(date.ToDateTime(window.From), place);
                if (at > utcNow && (next is null || at < next)) next = at;
            }
        }

        return next;
    }

    public static bool IsZone(string zone) => TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _);

    private static bool Contains(TimeWindow window, DayOfWeek day, TimeOnly time)
    {
        if (window.To == default) return OnDay(window, day) && time >= window.From;
        if (window.From < window.To) return OnDay(window, day) && time >= window.From && time < window.To;
        // Past midnight: the morning belongs to the day before.
        return (OnDay(window, day) && time >= window.From) || (OnDay(window, (DayOfWeek)(((int)day + 6) % 7)) && time < window.To);
    }

    private static bool OnDay(TimeWindow window, DayOfWeek day) => window.Days.IsDefaultOrEmpty || window.Days.Contains(day);

    /// <summary>A local time that the change to summer time skips counts from the moment after the gap.</summary>
    private static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private static TimeZoneInfo Zone(string zone) => TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc;
}
