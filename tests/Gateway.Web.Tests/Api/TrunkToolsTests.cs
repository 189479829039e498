using System.Net;
using System.Text.Json.Nodes;
using Gateway.Server.Trunks;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Api;

/// <summary>How trunks do, whether one works, and where a number would go.</summary>
public sealed class TrunkToolsTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    [Fact]
    public async Task The_status_of_a_trunk_is_what_its_watchers_wrote()
    {
        using var client = await _host.ApiClientAsync();
        // Disabled: nobody else writes its status, once the loops have heard of it.
        var trunk = await client.MakeAsync("trunks", new { name = "watched", host = "127.0.0.1", enabled = false });
        var host = _host.Services.GetRequiredService<Gateway.Net.Sip.GatewayHost>();
        await Task.WhenAll(host.Loops.Select(loop => loop.InvokeAsync(_ => true)));
        _host.Services.GetRequiredService<TrunkBoard>().Update(Guid.Parse(trunk.Id()), status => status with { State = TrunkState.Down, LastReason = "no answer to OPTIONS" });

        var one = await (await client.GetAsync($"/api/v1/trunks/{trunk.Id()}/status")).JsonAsync();
        var all = JsonNode.Parse(await client.GetStringAsync("/api/v1/trunks/status"))!.AsArray();

        Assert.Equal(("down", "no answer to OPTIONS"), ((string?)one["status"]!["state"], (string?)one["status"]!["lastReason"]));
        Assert.Contains(all, entry => (string?)entry!["name"] == "watched");
        await (await client.GetAsync($"/api/v1/trunks/{Guid.Empty}/status")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_test_of_a_trunk_ends_with_a_verdict_in_words()
    {
        using var client = await _host.ApiClientAsync();
        // The discard port: nobody answers, the kernel says so at once.
        var trunk = await client.MakeAsync("trunks", new { name = "dead end", host = "127.0.0.1", port = 9, transport = "udp", enabled = false });

        var result = await (await client.SendAsync("POST", $"/api/v1/trunks/{trunk.Id()}/test")).JsonAsync();

        Assert.Equal("failed", (string?)result["verdict"]);
        Assert.NotEmpty((string)result["text"]!);
        Assert.NotEmpty(result["steps"]!.AsArray());
        await (await client.SendAsync("POST", $"/api/v1/trunks/{Guid.Empty}/test")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_dry_run_says_where_a_number_goes_and_why()
    {
        using var client = await _host.ApiClientAsync();
        var alice = (await (await client.GetAsync("/api/v1/accounts?q=alice")).JsonAsync())["items"]![0]!.AsObject().Id();
        await client.MakeAsync("routes", new { name = "no one may", pattern = "+7999", order = -5, to = new { kind = "reject", status = 603, reason = "Not This" } });

        var inside = await (await client.SendAsync("POST", "/api/v1/routes/dry-run", new { kind = "account", caller = alice, number = "bob" })).JsonAsync();
        var refused = await (await client.SendAsync("POST", "/api/v1/routes/dry-run", new { kind = "account", caller = alice, number = "+79991" })).JsonAsync();

        Assert.Equal("account", (string?)inside["outcome"]);
        Assert.Equal(("reject", "no one may"), ((string?)refused["outcome"], (string?)refused["ruleName"]));
        Assert.NotEmpty(refused["steps"]!.AsArray());
        Assert.Contains("number", await (await client.SendAsync("POST", "/api/v1/routes/dry-run", new { kind = "account", caller = alice, number = " " })).ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Contains("kind", await (await client.SendAsync("POST", "/api/v1/routes/dry-run", """{"kind":"king","caller":"00000000-0000-0000-0000-000000000000","number":"1"}""")).ProblemAsync(HttpStatusCode.BadRequest));
        await (await client.SendAsync("POST", "/api/v1/routes/dry-run", """{"number":null,"kind":"account"}""")).ProblemAsync(HttpStatusCode.BadRequest);
    }
}
