using System.Net;
using System.Text.Json;
using Gateway.Testing;

namespace Gateway.Web.Tests.Api;

/// <summary>Who may do what: strangers, roles, foreign pages.</summary>
public sealed class AccessTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    [Theory, InlineData("GET"), InlineData("POST")]
    public async Task Strangers_hear_401(string method)
    {
        using var client = _host.Client();

        await (await client.SendAsync(method, "/api/v1/trunks", method == "POST" ? "{}" : null)).ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("agent", HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    [InlineData("readOnly", HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    [InlineData("supervisor", HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    [InlineData("administrator", HttpStatusCode.OK, HttpStatusCode.Created)]
    public async Task A_role_decides_what_is_seen_and_changed(string role, HttpStatusCode read, HttpStatusCode write)
    {
        using var admin = await _host.ApiClientAsync();
        var user = "role-" + role.ToLowerInvariant();
        var account = await admin.MakeAsync("accounts", new { user, role });
        using var client = await SignInAsync(user, (string)account["password"]!);

        Assert.Equal(read, (await client.GetAsync("/api/v1/trunks")).StatusCode);
        Assert.Equal(write, (await client.SendAsync("POST", "/api/v1/groups", new { name = "by " + role })).StatusCode);
    }

    [Fact]
    public async Task Another_role_counts_at_once()
    {
        using var admin = await _host.ApiClientAsync();
        var account = await admin.MakeAsync("accounts", new { user = "climber", role = "agent" });
        using var client = await SignInAsync("climber", (string)account["password"]!);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/trunks")).StatusCode);

        await admin.SendAsync("PATCH", $"/api/v1/accounts/{account.Id()}", """{"role":"readOnly"}""", "*", "application/merge-patch+json");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/trunks")).StatusCode);

        await admin.SendAsync("PATCH", $"/api/v1/accounts/{account.Id()}", """{"role":"agent"}""", "*", "application/merge-patch+json");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/trunks")).StatusCode);

        await admin.SendAsync("PATCH", $"/api/v1/accounts/{account.Id()}", """{"enabled":false}""", "*", "application/merge-patch+json");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/trunks")).StatusCode);
    }

    [Fact]
    public async Task A_new_password_is_shown_once_and_ends_the_old_sessions()
    {
        using var admin = await _host.ApiClientAsync();
        var account = await admin.MakeAsync("accounts", new { user = "forgetful" });
        var first = (string)account["password"]!;
        Assert.Matches("^[2-9a-z]{4}(-[2-9a-z]{4}){3}$", first);
        Assert.False((await (await admin.GetAsync($"/api/v1/accounts/{account.Id()}")).JsonAsync()).ContainsKey("password"));
        using var client = await SignInAsync("forgetful", first);

        var changed = await admin.SendAsync("PATCH", $"/api/v1/accounts/{account.Id()}", """{"generatePassword":true}""", "*", "application/merge-patch+json");

        var second = (string)(await changed.JsonAsync())["password"]!;
        Assert.NotEqual(first, second);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/calls")).StatusCode);
        using var anew = await SignInAsync("forgetful", second);
    }

    [Fact]
    public async Task The_last_administrator_stays()
    {
        await using var host = await WebHost.StartAsync();
        using var admin = await host.ApiClientAsync();
        var alice = (await (await admin.GetAsync("/api/v1/accounts?q=alice")).JsonAsync())["items"]![0]!.AsObject();
        var path = $"/api/v1/accounts/{alice.Id()}";

        await (await admin.SendAsync("PATCH", path, """{"role":"agent"}""", "*", "application/merge-patch+json")).ProblemAsync(HttpStatusCode.Conflict);
        await (await admin.SendAsync("PATCH", path, """{"enabled":false}""", "*", "application/merge-patch+json")).ProblemAsync(HttpStatusCode.Conflict);
        await (await admin.SendAsync("DELETE", path, ifMatch: "*")).ProblemAsync(HttpStatusCode.Conflict);
    }

    [Theory, Threat(40)]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("")]
    public async Task A_foreign_page_changes_nothing_with_our_cookie(string origin)
    {
        using var client = await _host.SignedInAsync();
        if (origin.Length > 0)
        {
            client.DefaultRequestHeaders.Add("Origin", origin);
        }

        await (await client.SendAsync("POST", "/api/v1/groups", new { name = "csrf" })).ProblemAsync(HttpStatusCode.Forbidden);
        await (await client.SendAsync("DELETE", $"/api/v1/groups/{Guid.Empty}", ifMatch: "*")).ProblemAsync(HttpStatusCode.Forbidden);
        var seen = await client.GetStringAsync("/api/v1/groups?q=csrf");
        Assert.Empty(JsonDocument.Parse(seen).RootElement.GetProperty("items").EnumerateArray());
    }

    private async Task<HttpClient> SignInAsync(string user, string password)
    {
        var client = _host.Client();
        var response = await WebHost.SignInAsync(client, user, password);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        client.DefaultRequestHeaders.Add("Origin", _host.Url.GetLeftPart(UriPartial.Authority));
        return client;
    }
}
