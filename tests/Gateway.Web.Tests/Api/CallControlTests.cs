using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Gateway.Testing;

namespace Gateway.Web.Tests.Api;

/// <summary>Commands to calls as far as they go without a phone; Gateway.Interop.Tests goes on with phones.</summary>
public sealed class CallControlTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    [Fact]
    public async Task Who_has_no_phone_on_cannot_dial_by_click()
    {
        using var client = await _host.ApiClientAsync();

        var response = await client.SendAsync("POST", "/api/v1/calls", new { from = "alice", to = "bob" });

        Assert.Contains("urn:gateway:problem:call-refused", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
    }

    [Theory]
    [InlineData("""{"from":"nobody","to":"bob"}""", "from")]
    [InlineData("""{"from":"alice","to":" "}""", "to")]
    [InlineData("""{"from":"alice","to":"bob\r\nVia: x"}""", "to")]
    [InlineData("""{"from":"alice","to":"<sip:bob@x>"}""", "to")]
    [InlineData("""{"from":"alice","to":"bob","now":true}""", "now")]
    [InlineData("""{"from":"alice","to":7}""", "to"), Threat(22)]
    public async Task What_cannot_be_dialled_is_named(string body, string field)
    {
        using var client = await _host.ApiClientAsync();

        Assert.Contains(field, await (await client.SendAsync("POST", "/api/v1/calls", body)).ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task An_agent_starts_own_calls_only_and_a_reader_none()
    {
        using var bob = await _host.ApiClientAsync("bob");
        using var admin = await _host.ApiClientAsync();
        var key = await admin.MakeAsync("api-keys", new { name = "reads only" });
        using var reader = _host.Client();
        reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)key["key"]!);

        await (await bob.SendAsync("POST", "/api/v1/calls", new { from = "alice", to = "bob" })).ProblemAsync(HttpStatusCode.Forbidden);
        // Itself, named or not: refused only because no phone of it is on.
        await (await bob.SendAsync("POST", "/api/v1/calls", new { to = "alice" })).ProblemAsync(HttpStatusCode.Conflict);
        await (await reader.SendAsync("POST", "/api/v1/calls", new { from = "alice", to = "bob" })).ProblemAsync(HttpStatusCode.Forbidden);
        await (await reader.SendAsync("DELETE", $"/api/v1/calls/{Guid.NewGuid()}")).ProblemAsync(HttpStatusCode.Forbidden);
        await (await bob.SendAsync("DELETE", $"/api/v1/calls/{Guid.NewGuid()}")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_call_that_is_not_there_takes_no_commands()
    {
        using var client = await _host.ApiClientAsync();
        var path = $"/api/v1/calls/{Guid.NewGuid()}";

        await (await client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
        await (await client.SendAsync("DELETE", path)).ProblemAsync(HttpStatusCode.NotFound);
        await (await client.SendAsync("POST", path + "/hold", new { side = "caller", hold = true })).ProblemAsync(HttpStatusCode.NotFound);
        await (await client.SendAsync("POST", path + "/transfer", new { by = "callee", to = "bob" })).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Contains("to", await (await client.SendAsync("POST", path + "/transfer", new { by = "callee", to = "" })).ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Contains("side", await (await client.SendAsync("POST", path + "/hold", """{"side":"left"}""")).ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Settings_are_read_without_their_secrets()
    {
        using var client = await _host.ApiClientAsync();
        using var bob = await _host.ApiClientAsync("bob");

        var settings = await (await client.GetAsync("/api/v1/settings")).JsonAsync();

        Assert.Equal("1000000", (string?)settings["Web"]!["ApiRequestsPerMinute"]);
        Assert.Equal("127.0.0.1", (string?)settings["Net"]!["Listen"]);
        Assert.False(settings["Web"]!.AsObject().ContainsKey("ResetPassword"));
        Assert.False(settings["Storage"]!.AsObject().ContainsKey("ConnectionString"));
        await (await bob.GetAsync("/api/v1/settings")).ProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Settings_of_the_next_start_are_checked_before_they_are_kept()
    {
        await using var host = await WebHost.StartAsync();
        using var client = await host.ApiClientAsync();

        var saved = await client.SendAsync("POST", "/api/v1/settings/next", new Dictionary<string, string> { ["Gateway:Web:SignInLifetime"] = "08:00:00" });
        var wrong = await client.SendAsync("POST", "/api/v1/settings/next", new Dictionary<string, string> { ["Gateway:Web:SignInLifetime"] = "soon" });
        var closed = await client.SendAsync("POST", "/api/v1/settings/next", new Dictionary<string, string> { ["Gateway:Web:HttpsPort"] = "1" });

        Assert.Equal(HttpStatusCode.OK, saved.StatusCode);
        Assert.Contains("Gateway:Web:SignInLifetime", await wrong.ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Contains("Gateway:Web:HttpsPort", await closed.ProblemAsync(HttpStatusCode.BadRequest));
        var next = JsonNode.Parse(await client.GetStringAsync("/api/v1/settings/next"))!.AsArray().First(setting => (string?)setting!["key"] == "Gateway:Web:SignInLifetime")!;
        Assert.Equal(("08:00:00", true), ((string?)next["value"], (bool)next["isPending"]!));
        Assert.Contains("SignInLifetime", await client.GetStringAsync("/api/v1/audit?kind=settings"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_snippet_of_a_widget_names_it_and_checks_its_script()
    {
        using var client = await _host.ApiClientAsync();
        var widget = await client.MakeAsync("widgets", new { name = "snippet", to = new { kind = "service", service = "echo" }, origins = new[] { "https://shop.example" }, label = "\"><script>" });

        var response = await client.GetAsync($"/api/v1/widgets/{widget.Id()}/snippet");

        await (await client.GetAsync($"/api/v1/widgets/{Guid.Empty}/snippet")).ProblemAsync(HttpStatusCode.NotFound);
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            // Built without Node: said so.
            await response.ProblemAsync(HttpStatusCode.Conflict);
            return;
        }

        var html = await response.Content.ReadAsStringAsync();
        Assert.Contains($"widget-id=\"{(string?)widget["publicId"]}\"", html, StringComparison.Ordinal);
        Assert.Contains("integrity=\"sha384-", html, StringComparison.Ordinal);
        Assert.DoesNotContain("\"><script>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_lists_answer_in_pages()
    {
        using var client = await _host.ApiClientAsync();

        Assert.Empty((await (await client.GetAsync("/api/v1/calls")).JsonAsync())["items"]!.AsArray());
        Assert.IsType<JsonArray>((await (await client.GetAsync("/api/v1/registrations?q=x")).JsonAsync())["items"]);
        Assert.Contains("colour", await (await client.GetAsync("/api/v1/calls?colour=red")).ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Equal("alice", (string?)(await (await client.GetAsync("/api/v1/me")).JsonAsync())["user"]);
    }
}
