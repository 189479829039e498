using System.Net;
using System.Net.Http.Headers;
using Gateway.Net.Sip;
using Gateway.Testing;
using Gateway.Web.Tests.Api;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Setup;

/// <summary>What probes and scrapers read.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Ready_says_so_and_says_why_when_it_is_not()
    {
        await using var host = await WebHost.StartAsync();
        using var client = host.Client();

        var live = await (await client.GetAsync("/health/live")).JsonAsync();
        var ready = await (await client.GetAsync("/health/ready")).JsonAsync();
        await host.Services.GetRequiredService<GatewayHost>().StopAsync(default);
        var stopped = await client.GetAsync("/health/ready");

        Assert.Equal("healthy", (string?)live["status"]);
        Assert.Equal(["loops", "store", "location"], ready["checks"]!.AsArray().Select(check => (string?)check!["name"]));
        Assert.Equal("healthy", (string?)ready["status"]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, stopped.StatusCode);
        var loops = (await stopped.JsonAsync())["checks"]![0]!;
        Assert.Equal(("unhealthy", true), ((string?)loops["status"], ((string?)loops["reason"])!.Contains("SIP loop", StringComparison.Ordinal)));
    }

    [Fact, Row(38)]
    public async Task A_gateway_that_drains_tells_load_balancers_to_go_elsewhere()
    {
        await using var host = await WebHost.StartAsync();
        using var client = host.Client();
        await host.Services.GetRequiredService<GatewayHost>().DrainAsync(default);

        var ready = await client.GetAsync("/health/ready");
        var live = await client.GetAsync("/health/live");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (ready.StatusCode, live.StatusCode));
        Assert.Contains("Draining", (string?)(await ready.JsonAsync())["checks"]![0]!["reason"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scraper_with_a_key_reads_gauges_from_anywhere()
    {
        await using var host = await WebHost.StartAsync();
        using var admin = await host.ApiClientAsync();
        var key = await admin.MakeAsync("api-keys", new { name = "prometheus" });
        using var scraper = host.Client();
        scraper.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)key["key"]!);

        var text = await scraper.GetStringAsync("/metrics");

        foreach (var name in new[] { "gateway_media_legs", "gateway_monitor_listeners", "gateway_trunk_count" })
        {
            Assert.Contains($"# TYPE {name} ", text, StringComparison.Ordinal);
        }
    }
}
