using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Gateway.Server.Ports;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Api;

/// <summary>Keys of programs: shown once, hashed at rest, bounded by scope, time and rate.</summary>
public sealed class ApiKeyTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    [Theory]
    [InlineData("read", HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    [InlineData("calls", HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    [InlineData("admin", HttpStatusCode.Forbidden, HttpStatusCode.Created)]
    public async Task A_key_does_what_its_scopes_say(string scope, HttpStatusCode read, HttpStatusCode write)
    {
        using var admin = await _host.ApiClientAsync();
        var key = await admin.MakeAsync("api-keys", new { name = "for " + scope, scopes = new[] { scope } });
        using var client = With((string)key["key"]!);

        // No Origin, no cookie, no form token: a program needs none of them.
        Assert.Equal(read, (await client.GetAsync("/api/v1/trunks")).StatusCode);
        Assert.Equal(write, (await client.SendAsync("POST", "/api/v1/groups", new { name = "by key of " + scope })).StatusCode);
        Assert.Equal("key:for " + scope, (string?)(await (await client.GetAsync("/api/v1/me")).JsonAsync())["name"]);
    }

    [Fact]
    public async Task A_key_is_shown_once_and_stored_as_a_hash()
    {
        using var admin = await _host.ApiClientAsync();
        var made = await admin.MakeAsync("api-keys", new { name = "once" });
        var key = (string)made["key"]!;
        Assert.Matches("^gwk_[A-Za-z0-9_-]{40}$", key);
        using var client = With(key);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/groups")).StatusCode);

        var shown = await (await admin.GetAsync($"/api/v1/api-keys/{made.Id()}")).Content.ReadAsStringAsync();
        var stored = await _host.Services.GetRequiredService<IConfigurationStore>().LoadAsync<Administration.ApiKey>(default);

        Assert.DoesNotContain(key, shown, StringComparison.Ordinal);
        Assert.Equal(key[..8], (string?)JsonNode.Parse(shown)!["hint"]);
        Assert.NotNull(JsonNode.Parse(shown)!["lastUsedAt"]);
        Assert.DoesNotContain(stored, one => one.Value.ToString().Contains(key[4..], StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disabled_deleted_expired_or_invented_key_opens_nothing()
    {
        using var admin = await _host.ApiClientAsync();
        var made = await admin.MakeAsync("api-keys", new { name = "short life", expiresAt = DateTimeOffset.UtcNow.AddSeconds(2) });
        var other = await admin.MakeAsync("api-keys", new { name = "switched" });
        using var expiring = With((string)made["key"]!);
        using var switched = With((string)other["key"]!);
        using var invented = With("gwk_" + new string('A', 40));
        Assert.Equal(HttpStatusCode.OK, (await expiring.GetAsync("/api/v1/me")).StatusCode);

        await (await invented.GetAsync("/api/v1/me")).ProblemAsync(HttpStatusCode.Unauthorized);
        await admin.SendAsync("PATCH", $"/api/v1/api-keys/{other.Id()}", """{"enabled":false}""", "*", "application/merge-patch+json");
        await (await switched.GetAsync("/api/v1/me")).ProblemAsync(HttpStatusCode.Unauthorized);
        await admin.SendAsync("DELETE", $"/api/v1/api-keys/{other.Id()}", ifMatch: "*");
        await (await switched.GetAsync("/api/v1/me")).ProblemAsync(HttpStatusCode.Unauthorized);
        await Task.Delay(TimeSpan.FromSeconds(2.1));
        await (await expiring.GetAsync("/api/v1/me")).ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_that_asks_too_often_must_wait_and_others_need_not()
    {
        await using var host = await WebHost.StartAsync("Web:ApiRequestsPerMinute=120");
        using var admin = await host.ApiClientAsync();
        var key = await admin.MakeAsync("api-keys", new { name = "eager" });
        using var client = host.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)key["key"]!);
        HttpResponseMessage last;
        var sent = 0;
        do
        {
            last = await client.GetAsync("/api/v1/me");
        }
        while (last.StatusCode == HttpStatusCode.OK && ++sent < 200);

        await last.ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.Equal(TimeSpan.FromSeconds(1), last.Headers.RetryAfter?.Delta);
        Assert.InRange(sent, 24, 40);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/v1/me")).StatusCode);
    }

    [Fact, Threat(39)]
    public async Task Every_change_is_in_the_audit_log_without_secrets()
    {
        using var admin = await _host.ApiClientAsync();
        var trunk = await admin.MakeAsync("trunks", new { name = "audited", host = "192.0.2.77", type = "registering", user = "u", password = "hush-hush-1" });
        await admin.SendAsync("PATCH", $"/api/v1/trunks/{trunk.Id()}", """{"port":5071,"password":"hush-hush-2"}""", "*", "application/merge-patch+json");
        await admin.SendAsync("DELETE", $"/api/v1/trunks/{trunk.Id()}", ifMatch: "*");

        var text = await admin.GetStringAsync($"/api/v1/audit?object={trunk.Id()}");
        var entries = JsonNode.Parse(text)!["items"]!.AsArray();

        Assert.Equal(["delete", "update", "create"], entries.Select(entry => (string?)entry!["action"]));
        Assert.All(entries, entry => Assert.Equal(("alice", "127.0.0.1", "trunks"), ((string?)entry!["actor"], (string?)entry["remote"], (string?)entry["kind"])));
        Assert.Equal("port: 0 → 5071; password entered", (string?)entries[1]!["summary"]);
        Assert.DoesNotContain("hush-hush", text, StringComparison.Ordinal);
    }

    private HttpClient With(string key)
    {
        var client = _host.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }
}
