using System.Globalization;
using Gateway.Server.Routing;

namespace Gateway.Server.Tests.Routing;

/// <summary>Hours of the week as a wall clock shows them: summer time, midnight, the end of the day.</summary>
public sealed class TimeWindowsTests
{
    private static readonly DayOfWeek[] s_workdays = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday];

    private static TimeWindow Window(string from, string to, params DayOfWeek[] days) => new()
    {
        From = TimeOnly.Parse(from, CultureInfo.InvariantCulture), To = TimeOnly.Parse(to, CultureInfo.InvariantCulture), Days = [.. days],
    };

    private static bool IsIn(TimeWindow window, string zone, string utc) =>
        TimeWindows.Contains([window], zone, DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));

    [Theory]
    // 2026-01-05 is a Monday; Berlin is one hour before UTC in winter, two in summer.
    [InlineData("2026-01-05T07:59:59", false)]
    [InlineData("2026-01-05T08:00:00", true)]
    [InlineData("2026-01-05T16:59:59", true)]
    [InlineData("2026-01-05T17:00:00", false)]
    [InlineData("2026-01-04T10:00:00", false)]
    [InlineData("2026-07-06T06:59:59", false)]
    [InlineData("2026-07-06T07:00:00", true)]
    [InlineData("2026-07-06T15:59:59", true)]
    [InlineData("2026-07-06T16:00:00", false)]
    public void Office_hours_follow_summer_time(string utc, bool open) =>
        Assert.Equal(open, IsIn(Window("09:00", "18:00", s_workdays), "Europe/Berlin", utc));

    [Theory]
    // Friday 22:00 to 06:00 ends on Saturday.
    [InlineData("2026-01-09T21:59:59", false)]
    [InlineData("2026-01-09T22:00:00", true)]
    [InlineData("2026-01-10T05:59:59", true)]
    [InlineData("2026-01-10T06:00:00", false)]
    [InlineData("2026-01-10T22:00:00", false)]
    [InlineData("2026-01-09T05:00:00", false)]
    public void A_night_belongs_to_the_day_it_began(string utc, bool open) =>
        Assert.Equal(open, IsIn(Window("22:00", "06:00", DayOfWeek.Friday), "UTC", utc));

    [Theory]
    [InlineData("00:00", "00:00", "2026-01-05T00:00:00", true)]
    [InlineData("00:00", "00:00", "2026-01-05T23:59:59", true)]
    [InlineData("00:00", "00:00", "2026-01-06T00:00:00", false)]
    [InlineData("18:00", "00:00", "2026-01-05T23:59:59", true)]
    [InlineData("18:00", "00:00", "2026-01-06T00:00:00", false)]
    [InlineData("08:00", "08:00", "2026-01-06T07:59:59", true)]
    [InlineData("08:00", "08:00", "2026-01-05T07:59:59", false)]
    public void Midnight_is_the_end_of_the_day(string from, string to, string utc, bool open) =>
        Assert.Equal(open, IsIn(Window(from, to, DayOfWeek.Monday), "UTC", utc));

    [Fact]
    public void In_the_night_of_the_change_the_clock_on_the_wall_counts()
    {
        // 2026-03-29, 02:00 becomes 03:00 in Berlin: 02:30 never is. 2026-10-25, 03:00 becomes 02:00: 02:30 is twice.
        var window = Window("02:30", "03:30", DayOfWeek.Sunday);
        Assert.False(IsIn(window, "Europe/Berlin", "2026-03-29T00:59:59"));
        Assert.True(IsIn(window, "Europe/Berlin", "2026-03-29T01:00:00"));
        Assert.False(IsIn(window, "Europe/Berlin", "2026-03-29T01:30:00"));
        Assert.True(IsIn(window, "Europe/Berlin", "2026-10-25T00:30:00"));
        Assert.False(IsIn(window, "Europe/Berlin", "2026-10-25T01:00:00"));
        Assert.True(IsIn(window, "Europe/Berlin", "2026-10-25T01:30:00"));
    }

    [Fact]
    public void The_day_is_the_one_of_the_zone() =>
        Assert.True(IsIn(Window("00:00", "06:00", DayOfWeek.Tuesday), "Asia/Shanghai", "2026-01-05T20:00:00"));

    [Fact]
    public void No_window_is_always_and_no_days_are_all_days()
    {
        Assert.True(TimeWindows.Contains([], "UTC", DateTimeOffset.UnixEpoch));
        Assert.True(TimeWindows.Contains(default, "UTC", DateTimeOffset.UnixEpoch));
        Assert.True(IsIn(Window("09:00", "10:00"), "UTC", "2026-01-04T09:30:00"));
    }

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("UTC", true)]
    [InlineData("W. Europe Standard Time", false)]
    [InlineData("Mars/Olympus", false)]
    [InlineData("", false)]
    [InlineData("../../etc/passwd", false)]
    public void Zones_have_IANA_names(string zone, bool known) => Assert.Equal(known, TimeWindows.TryFindZone(zone, out _));
}
