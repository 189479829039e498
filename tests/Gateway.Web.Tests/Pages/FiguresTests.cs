using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Web.Live;

namespace Gateway.Web.Tests.Pages;

public sealed class FiguresTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    [Fact]
    public void Sums_are_kept_for_each_set_of_tags_and_foreign_meters_are_not_heard()
    {
        using var figures = new Figures();
        using var own = new Meter("Gateway.Test." + Guid.NewGuid().ToString("N"));
        using var foreign = new Meter("Foreign");
        var requests = own.CreateCounter<long>("test.requests", "{request}", "Requests.");
        var active = own.CreateUpDownCounter<long>("test.active");
        var times = own.CreateHistogram<double>("test.duration", "s");
        own.CreateObservableGauge("test.depth", () => 7);
        foreign.CreateCounter<int>("test.foreign").Add(1);

        requests.Add(2, new KeyValuePair<string, object?>("sip.method", "INVITE"));
        requests.Add(3, new KeyValuePair<string, object?>("sip.method", "INVITE"));
        requests.Add(1, new KeyValuePair<string, object?>("sip.method", "a\"b\n"));
        active.Add(4);
        active.Add(-1);
        times.Record(0.5);
        times.Record(1.5);

        var text = figures.ToPrometheus();
        Assert.Contains("# HELP test_requests_total Requests.\n# TYPE test_requests_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains("test_requests_total{sip_method=\"INVITE\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("test_requests_total{sip_method=\"a\\\"b\\n\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE test_active gauge\ntest_active 3\n", text, StringComparison.Ordinal);
        Assert.Contains("test_depth 7\n", text, StringComparison.Ordinal);
        Assert.Contains("test_duration_count 2\n", text, StringComparison.Ordinal);
        Assert.Contains("test_duration_sum 2\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("foreign", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scraper_on_this_machine_reads_them()
    {
        using var client = fixture.Host.Client();

        var response = await client.GetAsync("/metrics");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
    }
}
