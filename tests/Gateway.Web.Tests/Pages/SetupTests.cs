using System.Net;
using System.Text.RegularExpressions;
using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Testing;
using Gateway.Web.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Pages;

/// <summary>The first start: no account, no default password, and one way in.</summary>
public sealed partial class SetupTests
{
    [Fact]
    public async Task The_first_start_makes_no_account_and_leads_to_the_setup()
    {
        await using var host = await WebHost.StartAsync("Web:Demo=false");
        using var client = host.Client();

        Assert.Empty(host.Services.GetRequiredService<AccountDirectory>().All);
        var home = await client.GetAsync("/");
        Assert.StartsWith("/login", home.Headers.Location!.PathAndQuery, StringComparison.Ordinal);
        Assert.Equal("/setup", (await client.GetAsync("/login")).Headers.Location!.AbsolutePath);
        Assert.Contains("Create the administrator", await client.GetStringAsync("/setup"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_reads_the_terminal_becomes_administrator_and_the_door_closes()
    {
        await using var host = await WebHost.StartAsync("Web:Demo=false");
        using var client = host.Client();
        var code = host.Services.GetRequiredService<FirstStart>().SetupCode;

        var made = await SubmitAsync(client, code.ToUpperInvariant().Replace("-", "", StringComparison.Ordinal), "Root", "a long password");

        Assert.Equal("/console/settings", made.Headers.Location!.AbsolutePath);
        Assert.Contains("data-testid=\"live-calls\"", await client.GetStringAsync("/console"), StringComparison.Ordinal);
        var account = Assert.Single(host.Services.GetRequiredService<AccountDirectory>().All);
        Assert.Equal(("root", AccountRole.Administrator), (account.User, account.Role));
        var entry = Assert.Single(await host.Services.GetRequiredService<IAuditLog>().ListAsync(new AuditQuery(), default));
        Assert.Equal(("setup", "create", "accounts"), (entry.Actor, entry.Action, entry.Kind));
        Assert.DoesNotContain("a long password", entry.Summary, StringComparison.Ordinal);
        using var second = host.Client();
        Assert.Equal("/login", (await second.GetAsync("/setup")).Headers.Location!.AbsolutePath);
    }

    [Theory]
    [InlineData(null, "root", "a long password", "a long password", HttpStatusCode.Forbidden)]
    [InlineData("code", "ro ot", "a long password", "a long password", HttpStatusCode.UnprocessableEntity)]
    [InlineData("code", "root", "short", "short", HttpStatusCode.UnprocessableEntity)]
    [InlineData("code", "root", "eleven char", "eleven char", HttpStatusCode.UnprocessableEntity)]
    [InlineData("code", "root", "a long password", "another password", HttpStatusCode.UnprocessableEntity)]
    public async Task What_is_wrong_is_said_and_nothing_is_made(string? code, string user, string password, string again, HttpStatusCode status)
    {
        await using var host = await WebHost.StartAsync("Web:Demo=false");
        using var client = host.Client();
        code = code is null ? "2222-2222-2222-2222" : host.Services.GetRequiredService<FirstStart>().SetupCode;

        var answer = await SubmitAsync(client, code, user, password, again);

        Assert.Equal(status, answer.StatusCode);
        Assert.Contains("role=\"alert\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Services.GetRequiredService<AccountDirectory>().All);
    }

    [Fact, Threat(25)]
    public async Task Guessing_the_code_is_slowed_down()
    {
        await using var host = await WebHost.StartAsync("Web:Demo=false");
        using var client = host.Client();
        var statuses = new List<HttpStatusCode>();

        for (var i = 0; i < 7; i++)
        {
            statuses.Add((await SubmitAsync(client, $"2222-2222-2222-222{i}", "root", "a long password")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await SubmitAsync(client, host.Services.GetRequiredService<FirstStart>().SetupCode, "root", "a long password")).StatusCode);
    }

    private static async Task<HttpResponseMessage> SubmitAsync(HttpClient client, string code, string user, string password, string? again = null)
    {
        var page = await client.GetStringAsync("/setup");
        return await client.PostAsync("/setup", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "setup",
            ["__RequestVerificationToken"] = Token().Match(page).Groups[1].Value,
            ["Form.Code"] = code,
            ["Form.User"] = user,
            ["Form.Password"] = password,
            ["Form.Again"] = again ?? password,
        }));
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
