using System.Net;
using System.Text.Json.Nodes;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Api;

/// <summary>Call records: filters, pages, own calls only, and a CSV that a spreadsheet cannot run.</summary>
public sealed class CallRecordsApiTests(CallRecordsApiTests.Recorded fixture) : IClassFixture<CallRecordsApiTests.Recorded>
{
    private static readonly DateTimeOffset s_start = new(2026, 5, 4, 8, 0, 0, TimeSpan.Zero);
    private static readonly Guid s_trunk = Guid.CreateVersion7();

    private readonly WebHost _host = fixture.Host;

    /// <summary>A host with seven calls, three of them begun in the same millisecond.</summary>
    public sealed class Recorded : IAsyncLifetime
    {
        internal WebHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Host = await WebHost.StartAsync();
            var log = Host.Services.GetRequiredService<ICallLog>();
            CallRecord[] records =
            [
                Call(0, "alice@gateway", "bob@gateway"), Call(0, "bob@gateway", "alice@gateway"), Call(0, "carol@gateway", "dave"),
                Call(10, "carol@gateway", "+4930123") with { Trunk = s_trunk, EndReason = "busy", AnsweredAt = null },
                Call(20, "100%_'; drop table calls; --@gateway", "bob@gateway"),
                Call(30, "=HYPERLINK(\"http://evil.example\")", "@SUM(1)"),
                Call(40, "evil\r\n+1,2@gateway", "-1+1") with { EndReason = "caller" },
            ];
            foreach (var record in records)
            {
                var written = new TaskCompletionSource();
                log.End(record, () => written.TrySetResult());
                await written.Task.WaitAsync(TimeSpan.FromSeconds(10));
            }
        }

        public async ValueTask DisposeAsync() => await Host.DisposeAsync();

        private static CallRecord Call(int second, string caller, string callee) => new()
        {
            Id = Guid.CreateVersion7(), DomainId = Guid.Empty, NodeId = "node-1", Caller = caller, Callee = callee,
            StartedAt = s_start.AddSeconds(second), AnsweredAt = s_start.AddSeconds(second + 2), EndedAt = s_start.AddSeconds(second + 5), Status = 200, EndReason = "callee",
        };
    }

    [Theory]
    [InlineData("", 7)]
    [InlineData("?account=alice", 2)]
    [InlineData("?account=ALICE", 0)]
    [InlineData("?reason=busy", 1)]
    [InlineData("?answered=false", 1)]
    [InlineData("?answered=true", 6)]
    [InlineData("?from=2026-05-04T08:00:20Z", 3)]
    [InlineData("?to=2026-05-04T08:00:20Z", 4)]
    [InlineData("?from=2026-05-04T10:00:10%2B02:00&to=2026-05-04T08:00:11Z", 1)]
    [InlineData("?text=CAROL", 2)]
    [InlineData("?text=4930", 1)]
    public async Task Filters_find_what_they_say(string query, int count)
    {
        using var client = await _host.ApiClientAsync();

        Assert.Equal(count, (await ItemsAsync(client, query)).Count);
    }

    [Theory, Threat(40)]
    [InlineData("%", 1)]
    [InlineData("_", 1)]
    [InlineData("'; drop table calls; --", 1)]
    [InlineData("' or '1'='1", 0)]
    [InlineData("!", 0)]
    public async Task Characters_of_sql_stand_for_themselves(string text, int count)
    {
        using var client = await _host.ApiClientAsync();

        Assert.Equal(count, (await ItemsAsync(client, "?text=" + Uri.EscapeDataString(text))).Count);
        Assert.Empty(await ItemsAsync(client, "?account=" + Uri.EscapeDataString("x' or 1=1 --")));
        Assert.Equal(7, (await ItemsAsync(client, "")).Count);
    }

    [Fact]
    public async Task The_trunk_and_one_record_are_found()
    {
        using var client = await _host.ApiClientAsync();

        var record = Assert.Single(await ItemsAsync(client, $"?trunk={s_trunk}"))!.AsObject();

        Assert.Equal("+4930123", (string?)record["callee"]);
        Assert.Equal(record.Id(), (await (await client.GetAsync($"/api/v1/call-records/{record.Id()}")).JsonAsync()).Id());
        await (await client.GetAsync($"/api/v1/call-records/{Guid.Empty}")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory, InlineData("from=yesterday", "from"), InlineData("trunk=7", "trunk"), InlineData("answered=maybe", "answered"), InlineData("cursor=AAAA", "cursor"), InlineData("colour=red", "colour")]
    public async Task A_bad_filter_is_named(string query, string field)
    {
        using var client = await _host.ApiClientAsync();

        Assert.Contains(field, await (await client.GetAsync("/api/v1/call-records?" + query)).ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Pages_neither_skip_nor_repeat_calls_of_the_same_millisecond()
    {
        using var client = await _host.ApiClientAsync();
        List<string> seen = [];
        var path = "/api/v1/call-records?limit=2";
        while (path is not null)
        {
            var page = await (await client.GetAsync(path)).JsonAsync();
            seen.AddRange(page["items"]!.AsArray().Select(item => (string)item!["id"]!));
            path = page["next"] is { } next ? $"/api/v1/call-records?limit=2&cursor={next}" : null;
        }

        Assert.Equal(7, seen.Count);
        Assert.Equal(7, seen.Distinct().Count());
    }

    [Fact]
    public async Task An_agent_sees_the_own_calls_only()
    {
        using var bob = await _host.ApiClientAsync("bob");

        var items = await ItemsAsync(bob, "?account=carol");

        // bob called alice; bob was dialled twice.
        Assert.Equal(3, items.Count);
        Assert.All(items, item => Assert.Contains("bob", item!.ToJsonString(), StringComparison.Ordinal));
        var carols = Assert.Single((await ItemsAsync(await _host.ApiClientAsync(), "?reason=busy")))!.AsObject();
        await (await bob.GetAsync($"/api/v1/call-records/{carols.Id()}")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact, Threat(40)]
    public async Task A_csv_holds_no_formulas()
    {
        using var client = await _host.ApiClientAsync();

        var response = await client.GetAsync("/api/v1/call-records.csv");
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/csv", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("attachment", response.Content.Headers.ContentDisposition!.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("id,started_at,", text.TrimStart('\uFEFF'), StringComparison.Ordinal);
        Assert.Contains("\"'=HYPERLINK(\"\"http://evil.example\"\")\",account,'@SUM(1),", text, StringComparison.Ordinal);
        Assert.Contains("\"evil\r\n+1,2@gateway\",account,'-1+1,", text, StringComparison.Ordinal);
        Assert.Contains(",'+4930123,", text, StringComparison.Ordinal);
        Assert.Contains("2026-05-04T08:00:30.000Z", text, StringComparison.Ordinal);
    }

    private static async Task<JsonArray> ItemsAsync(HttpClient client, string query) =>
        (await (await client.GetAsync("/api/v1/call-records" + query)).JsonAsync())["items"]!.AsArray();
}
