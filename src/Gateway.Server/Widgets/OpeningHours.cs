using System.Collections.Immutable;
using Gateway.Server.Routing;

namespace Gateway.Server.Widgets;

/// <summary>Reads windows of the week in a time zone: is it open now, and when does it open next.</summary>
public static class OpeningHours
{
    private const int DaysAhead = 8;

    /// <summary>No windows: always open. A zone that this machine does not know counts as UTC.</summary>
    public static bool IsOpen(ImmutableArray<TimeWindow> windows, string zone, DateTimeOffset utcNow) => TimeWindows.Contains(windows, zone, utcNow);

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

    public static bool IsZone(string zone) => TimeWindows.TryFindZone(zone, out _);

    private static bool OnDay(TimeWindow window, DayOfWeek day) => window.Days.IsDefaultOrEmpty || window.Days.Contains(day);

    /// <summary>A local time that the change to summer time skips counts from the moment after the gap.</summary>
    private static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private static TimeZoneInfo Zone(string zone) => TimeWindows.TryFindZone(zone, out var found) ? found : TimeZoneInfo.Utc;
}
