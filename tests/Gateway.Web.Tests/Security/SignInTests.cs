using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Server.Accounts;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Web.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Web.Tests.Security;

/// <summary>From the sign-in page to a SIP token, over HTTPS as a browser does it.</summary>
public sealed class SignInTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    [Theory, InlineData("/"), InlineData("/calls"), InlineData("/console"), InlineData("/settings")]
    public async Task Pages_ask_to_sign_in_first(string page)
    {
        using var client = _host.Client();

        var response = await client.GetAsync(page);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.StartsWith("/login", response.Headers.Location!.IsAbsoluteUri ? response.Headers.Location.PathAndQuery : response.Headers.Location.OriginalString, StringComparison.Ordinal);
    }

    [Theory, InlineData("GET", "/api/calls"), InlineData("GET", "/api/registrations"), InlineData("POST", "/api/phone/session")]
    public async Task The_api_says_401_to_strangers(string method, string path)
    {
        using var client = _host.Client();

        var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task The_cookie_of_a_sign_in_is_out_of_scripts_reach()
    {
        using var client = _host.Client();

        var response = await WebHost.SignInAsync(client, " Alice ", _host.Passwords["alice"]);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"), value => value.StartsWith("__Host-gateway=", StringComparison.Ordinal)).ToLowerInvariant();
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("secure", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
    }

    [Theory, InlineData("alice", "wrong"), InlineData("nobody", "wrong"), Threat(25)]
    public async Task A_wrong_name_and_a_wrong_password_look_the_same(string user, string password)
    {
        using var client = _host.Client();

        var response = await WebHost.SignInAsync(client, user, password);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("Account or password is wrong.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(response.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => cookie.StartsWith("__Host-gateway=", StringComparison.Ordinal)));
    }

    [Fact, Threat(40)]
    public async Task A_form_without_our_token_is_refused()
    {
        using var client = _host.Client();

        var response = await client.PostAsync("/login", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "login", ["Form.User"] = "alice", ["Form.Password"] = _host.Passwords["alice"],
        }));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory, InlineData("https://evil.example/"), InlineData("//evil.example/"), InlineData("/\\evil.example")]
    public async Task Nobody_is_sent_elsewhere_after_signing_in(string target)
    {
        using var client = _host.Client();

        var response = await WebHost.SignInAsync(client, "bob", _host.Passwords["bob"], "?ReturnUrl=" + Uri.EscapeDataString(target));

        Assert.DoesNotContain("evil", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact, BrowserRule("A4")]
    public async Task A_page_of_ours_gets_a_token_that_is_good_for_sip()
    {
        using var client = await _host.SignedInAsync();

        var response = await client.SendAsync(await WebHost.PhoneSessionRequestAsync(client));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var session = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("alice@gateway", session.GetProperty("aor").GetString());
        Assert.Equal($"wss://{_host.Url.Authority}/ws", session.GetProperty("url").GetString());
        Assert.InRange(session.GetProperty("expiresIn").GetInt32(), 60, 120);
        var tokens = new BearerToken(_host.Services.GetRequiredService<FirstStart>().TokenKey, "sip", RandomNumberGenerator.Create());
        Assert.True(tokens.TryVerify(Encoding.ASCII.GetBytes(session.GetProperty("token").GetString()!), DateTimeOffset.UtcNow, out var account));
        Assert.Equal("alice", account);
        Assert.False(tokens.TryVerify(Encoding.ASCII.GetBytes(session.GetProperty("token").GetString()!), DateTimeOffset.UtcNow.AddSeconds(121), out _));
    }

    [Fact, Threat(40)]
    public async Task The_cookie_alone_gets_no_token()
    {
        using var client = await _host.SignedInAsync();

        var response = await client.PostAsync("/api/phone/session", null);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Signing_out_ends_it()
    {
        using var client = await _host.SignedInAsync("bob");
        var page = await client.GetStringAsync("/");
        var token = System.Text.RegularExpressions.Regex.Match(page, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;

        var refused = await client.PostAsync("/logout", new FormUrlEncodedContent([]));
        var done = await client.PostAsync("/logout", new FormUrlEncodedContent([new("__RequestVerificationToken", token)]));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, done.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await client.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task A_new_password_ends_sessions_of_the_old_one()
    {
        await using var host = await WebHost.StartAsync();
        using var client = await host.SignedInAsync("bob");
        var directory = host.Services.GetRequiredService<AccountDirectory>();
        Assert.True(directory.TryGet("bob", out var bob));

        directory.Set(new AccountFactory("gateway", RandomNumberGenerator.Create(), iterations: 1000).WithPassword(bob, "another password"));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/calls")).StatusCode);
    }

    [Fact, Threat(25)]
    public async Task Guessing_is_slowed_down()
    {
        await using var host = await WebHost.StartAsync();
        using var client = host.Client();
        HttpStatusCode last = default;
        for (var i = 0; i < 8 && last != HttpStatusCode.TooManyRequests; i++)
        {
            last = (await WebHost.SignInAsync(client, "alice", $"guess {i}")).StatusCode;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await WebHost.SignInAsync(client, "alice", host.Passwords["alice"])).StatusCode);
    }

    [Fact]
    public async Task Only_administrators_see_the_console_and_all_calls()
    {
        using var alice = await _host.SignedInAsync();
        using var bob = await _host.SignedInAsync("bob");

        Assert.Equal(HttpStatusCode.OK, (await alice.GetAsync("/console")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await alice.GetAsync("/api/registrations")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await alice.GetAsync("/api/calls?all=true")).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await bob.GetAsync("/console")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await bob.GetAsync("/api/registrations")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await bob.GetAsync("/api/calls?all=true")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync("/api/calls")).StatusCode);
    }
}
