using System.Collections.Immutable;

namespace Gateway.Server.Routing;

/// <summary>Whether a moment lies in one of some windows, read as a wall clock of an IANA zone shows it: summer time follows. Pure.</summary>
public static class TimeWindows
{
    /// <summary>True for no windows at all: always.</summary>
    /// <param name="zone">IANA name; one that is not known here is read as UTC (it was refused when it was saved).</param>
    public static bool Contains(ImmutableArray<TimeWindow> windows, string zone, DateTimeOffset moment)
    {
        if (windows.IsDefaultOrEmpty)
        {
            return true;
        }

        var local = TryFindZone(zone, out var found) ? TimeZoneInfo.ConvertTime(moment, found) : moment.ToUniversalTime();
        foreach (var window in windows)
        {
            if (Contains(window, local.DateTime))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Only names of the IANA database: what works on one machine works on all.</summary>
    public static bool TryFindZone(string zone, out TimeZoneInfo found)
    {
        found = TimeZoneInfo.Utc;
        if (zone.Length is 0 or > 64)
        {
            return false;
        }

        if (zone == "UTC")
        {
            return true;
        }

        var isKnown = TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known) && known.HasIanaId;
        found = isKnown ? known! : TimeZoneInfo.Utc;
        return isKnown;
    }

    private static bool Contains(TimeWindow window, DateTime local)
    {
        var time = TimeOnly.FromDateTime(local);
        if (window.To == TimeOnly.MinValue || window.From < window.To)
        {
            return IsDay(window, local.DayOfWeek) && time >= window.From && (window.To == TimeOnly.MinValue || time < window.To);
        }

        // Past midnight: the day is the one on which the window opened.
        return (IsDay(window, local.DayOfWeek) && time >= window.From)
            || (IsDay(window, local.AddDays(-1).DayOfWeek) && time < window.To);
    }

    private static bool IsDay(TimeWindow window, DayOfWeek day) => window.Days.IsDefaultOrEmpty || window.Days.Contains(day);
}
