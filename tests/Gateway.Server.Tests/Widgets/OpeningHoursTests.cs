using System.Collections.Immutable;
using System.Globalization;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;

namespace Gateway.Server.Tests.Widgets;

public sealed class OpeningHoursTests
{
    private static readonly ImmutableArray<DayOfWeek> s_week = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday];
    private static readonly ImmutableArray<TimeWindow> s_office = [new TimeWindow { Days = s_week, From = new TimeOnly(9, 0), To = new TimeOnly(17, 0) }];

    private static DateTimeOffset At(string utc) => DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    [Theory]
    [InlineData("2026-05-04T06:59:59", false)]
    [InlineData("2026-05-04T07:00:00", true)]
    [InlineData("2026-05-04T14:59:59", true)]
    [InlineData("2026-05-04T15:00:00", false)]
    [InlineData("2026-05-09T10:00:00", false)]
    // In winter the same clock on the wall is an hour later in UTC.
    [InlineData("2026-01-05T07:30:00", false)]
    [InlineData("2026-01-05T08:00:00", true)]
    public void Hours_are_read_in_their_zone(string utc, bool open) => Assert.Equal(open, OpeningHours.IsOpen(s_office, "Europe/Berlin", At(utc)));

    [Theory]
    [InlineData("2026-05-04T23:00:00", true)]
    [InlineData("2026-05-05T01:59:00", true)]
    [InlineData("2026-05-05T02:00:00", false)]
    [InlineData("2026-05-04T01:00:00", false)]
    public void A_window_may_pass_midnight(string utc, bool open) =>
        Assert.Equal(open, OpeningHours.IsOpen([new TimeWindow { Days = [DayOfWeek.Monday], From = new TimeOnly(22, 0), To = new TimeOnly(2, 0) }], "UTC", At(utc)));

    [Fact]
    public void Midnight_as_the_end_is_the_end_of_the_day()
    {
        ImmutableArray<TimeWindow> evening = [new TimeWindow { Days = [DayOfWeek.Monday], From = new TimeOnly(18, 0) }];

        Assert.True(OpeningHours.IsOpen(evening, "UTC", At("2026-05-04T23:59:59")));
        Assert.False(OpeningHours.IsOpen(evening, "UTC", At("2026-05-05T00:00:00")));
    }

    [Fact]
    public void Without_windows_it_is_always_open_and_never_opens()
    {
        Assert.True(OpeningHours.IsOpen([], "UTC", At("2026-05-04T00:00:00")));
        Assert.Null(OpeningHours.NextOpening([], "UTC", At("2026-05-04T00:00:00")));
    }

    [Theory]
    [InlineData("2026-05-04T06:00:00", "2026-05-04T07:00:00")]
    [InlineData("2026-05-04T16:00:00", "2026-05-05T07:00:00")]
    [InlineData("2026-05-08T16:00:00", "2026-05-11T07:00:00")]
    public void The_next_opening_is_found(string now, string opens) => Assert.Equal(At(opens), OpeningHours.NextOpening(s_office, "Europe/Berlin", At(now)));

    [Fact]
    public void An_opening_that_summer_time_skips_is_the_moment_after_the_gap() =>
        Assert.Equal(At("2026-03-29T01:00:00"), OpeningHours.NextOpening([new TimeWindow { Days = [DayOfWeek.Sunday], From = new TimeOnly(2, 30), To = new TimeOnly(5, 0) }], "Europe/Berlin", At("2026-03-28T23:00:00")));
}
