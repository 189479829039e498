using System.Net;
using Gateway.Testing;
using Gateway.Web.Tests.Api;

namespace Gateway.Web.Tests.Setup;

/// <summary>Location sources as an operator meets them: settings, a rule that asks, the dry run, and the health page.</summary>
[Row(57)]
public sealed class LocationTests
{
    [Fact]
    public async Task A_rule_asks_ENUM_and_the_dry_run_says_what_it_answered_and_how_long_it_took()
    {
        await using var knot = await Knot.StartAsync("e164.test", """
            3.2.1.0.3.9.4 NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:bob@localhost!" .
            4.2.1.0.3.9.4 NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:info@open.test!" .
            5.2.1.0.3.9.4 NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:info@strange.test!" .
            """);
        await using var host = await WebHost.StartAsync(
            $"Net:DnsServers={knot.Address}", "Location:Sources=enum", "Location:EnumDomains=e164.test", "Location:OpenDomains=open.test", "Location:AskUnknown=false", "Location:Timeout=00:00:05");
        using var client = await host.ApiClientAsync();
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync("PUT", "/api/v1/numbers", new { countryCode = "49" }, "\"0\"")).StatusCode);
        var alice = (await (await client.GetAsync("/api/v1/accounts?q=alice")).JsonAsync())["items"]![0]!.AsObject().Id();
        async Task<(string? Outcome, string? Target, string Steps)> TryAsync(string number)
        {
            var answer = await (await client.SendAsync("POST", "/api/v1/routes/dry-run", new { kind = "account", caller = alice, number })).JsonAsync();
            return ((string?)answer["outcome"], (string?)answer["target"], string.Join('\n', answer["steps"]!.AsArray().Select(step => (string?)step)));
        }

        // Without a rule nobody is asked: the settings say so.
        Assert.Equal(("reject", ""), ((await TryAsync("+4930123")).Outcome, (await TryAsync("+4930123")).Target));
        await client.MakeAsync("routes", new { name = "ENUM", pattern = "+", to = new { kind = "locate" } });

        var inside = await TryAsync("+4930123");
        Assert.Equal("account", inside.Outcome);
        Assert.Matches(@"enum: 1 answer \(\d+ ms\)\nenum: NAPTR 10 10 E2U\+sip: sip:bob@localhost", inside.Steps);
        Assert.Contains("enum: 1 answer (remembered)", (await TryAsync("+4930123")).Steps, StringComparison.Ordinal);
        Assert.Equal("trunk", (await TryAsync("+4930124")).Outcome);
        var strange = await TryAsync("+4930125");
        Assert.Equal("reject", strange.Outcome);
        Assert.Contains("strange.test is no trunk's and no open domain", strange.Steps, StringComparison.Ordinal);

        var ready = await (await client.GetAsync("/health/ready")).JsonAsync();
        Assert.Equal("healthy", (string?)ready["checks"]!.AsArray().Single(check => (string?)check!["name"] == "location")!["status"]);
    }

    [Fact]
    public async Task A_directory_that_is_dead_is_on_the_health_page_and_costs_nobody_else_anything()
    {
        await using var host = await WebHost.StartAsync(
            "Location:Sources=ldap", "Location:LdapServer=ldap://127.0.0.1:9", "Location:LdapBase=dc=example,dc=org", "Location:NegativeCacheTime=00:00:00");
        using var client = await host.ApiClientAsync();
        var alice = (await (await client.GetAsync("/api/v1/accounts?q=alice")).JsonAsync())["items"]![0]!.AsObject().Id();
        for (var i = 0; i < 6; i++)
        {
            var answer = await (await client.SendAsync("POST", "/api/v1/routes/dry-run", new { kind = "account", caller = alice, number = $"nobody{i}" })).JsonAsync();
            Assert.Equal(404, (int)answer["status"]!);
            Assert.Contains(answer["steps"]!.AsArray(), step => ((string?)step)!.Contains(i < 5 ? "127.0.0.1:9 cannot be reached (ConnectionRefused)" : "not asked for another", StringComparison.Ordinal));
        }

        var ready = await client.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        var check = (await ready.JsonAsync())["checks"]!.AsArray().Single(check => (string?)check!["name"] == "location")!;
        Assert.Equal("degraded", (string?)check["status"]);
        Assert.Contains("ldap (127.0.0.1:9 cannot be reached", (string?)check["reason"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_a_rule_may_ask_and_only_whom_there_is()
    {
        await using var host = await WebHost.StartAsync();
        using var client = await host.ApiClientAsync();
        var unknown = await client.SendAsync("POST", "/api/v1/routes", new { name = "x", pattern = "+", to = new { kind = "locate", sources = (string[])["fax"], group = "nobody" } });
        Assert.Equal(["to.sources", "to.group"], (await unknown.ProblemAsync(HttpStatusCode.BadRequest)).Keys.OrderDescending());
        var widget = await client.SendAsync("POST", "/api/v1/widgets", new { name = "w", origins = (string[])["https://a.example"], to = new { kind = "locate" } });
        Assert.Contains("to", await widget.ProblemAsync(HttpStatusCode.BadRequest));
    }
}
