using System.Net;
using Gateway.Server.Widgets;
using Gateway.Testing;

namespace Gateway.Server.Tests.Widgets;

public sealed class WidgetCountTests
{
    private static readonly DateTimeOffset s_now = WidgetFixtures.Now;

    private static CountVerdict Count(WidgetCounts counts, Widget widget, string address, DateTimeOffset at) => counts.TryCount(widget, IPAddress.Parse(address), at, out _);

    [Fact, Threat(28)]
    public void One_address_gets_its_calls_of_the_hour_and_no_more()
    {
        var counts = new WidgetCounts();
        var widget = WidgetFixtures.Shop(shop => shop with { MaxCallsPerAddressPerHour = 2 });

        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "198.51.100.1", s_now));
        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "198.51.100.1", s_now.AddMinutes(10)));
        Assert.Equal(CountVerdict.Address, counts.TryCount(widget, IPAddress.Parse("::ffff:198.51.100.1"), s_now.AddMinutes(20), out var wait));
        Assert.Equal(TimeSpan.FromMinutes(40), wait);
        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "198.51.100.2", s_now.AddMinutes(20)));
        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "198.51.100.1", s_now.AddMinutes(60)));
    }

    [Fact, Threat(28)]
    public void An_IPv6_subscriber_is_one_address_however_many_he_has()
    {
        var counts = new WidgetCounts();
        var widget = WidgetFixtures.Shop(shop => shop with { MaxCallsPerAddressPerHour = 1 });

        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "2001:db8:1:2::1", s_now));
        Assert.Equal(CountVerdict.Address, Count(counts, widget, "2001:db8:1:2:ffff::9", s_now));
        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "2001:db8:1:3::1", s_now));
    }

    [Fact, Threat(28)]
    public void A_day_has_its_limit_and_refusals_do_not_count()
    {
        var counts = new WidgetCounts();
        var widget = WidgetFixtures.Shop(shop => shop with { MaxCallsPerDay = 2, MaxCallsPerAddressPerHour = 1 });

        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "198.51.100.1", s_now));
        Assert.Equal(CountVerdict.Address, Count(counts, widget, "198.51.100.1", s_now));
        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "198.51.100.2", s_now));
        Assert.Equal(CountVerdict.Day, counts.TryCount(widget, IPAddress.Parse("198.51.100.3"), s_now, out var wait));
        Assert.Equal(TimeSpan.FromHours(12), wait);
        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "198.51.100.3", s_now.AddHours(12)));
    }

    [Fact]
    public void What_was_called_before_a_restart_counts()
    {
        var counts = new WidgetCounts();
        var widget = WidgetFixtures.Shop(shop => shop with { MaxCallsPerDay = 3 });

        counts.Restore(widget.Id, 2, s_now);

        Assert.Equal(CountVerdict.Ok, Count(counts, widget, "198.51.100.1", s_now));
        Assert.Equal(CountVerdict.Day, Count(counts, widget, "198.51.100.2", s_now));
    }

    [Fact, Threat(28)]
    public void Any_number_of_addresses_takes_bounded_memory()
    {
        var counts = new WidgetCounts(mostAddresses: 100);
        var widget = WidgetFixtures.Shop(shop => shop with { MaxCallsPerDay = 1_000_000 });

        for (var i = 0; i < 1000; i++) Count(counts, widget, $"10.0.{i / 256}.{i % 256}", s_now);

        Assert.Equal(100, counts.Addresses);
    }

    [Fact, Threat(28)]
    public void Asking_itself_is_limited()
    {
        var counts = new WidgetCounts();
        var address = IPAddress.Parse("198.51.100.1");
        for (var i = 0; i < WidgetCounts.AttemptsPerMinute; i++) Assert.True(counts.TryAttempt(address, s_now, out _));

        Assert.False(counts.TryAttempt(address, s_now.AddSeconds(20), out var wait));
        Assert.Equal(TimeSpan.FromSeconds(40), wait);
        Assert.True(counts.TryAttempt(address, s_now.AddSeconds(60), out _));
    }
}
