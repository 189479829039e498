using System.Net;
using AngleSharp.Html.Parser;
using Gateway.Testing;

namespace Gateway.Web.Tests.Pages;

public sealed class PageTests(WebHostFixture fixture) : IClassFixture<WebHostFixture>
{
    private readonly WebHost _host = fixture.Host;

    [Fact]
    public async Task The_phone_stands_in_the_layout_of_every_page()
    {
        using var client = await _host.SignedInAsync();
        foreach (var page in (string[])["/", "/calls", "/contacts", "/settings", "/console", "/console/trunks"])
        {
            var document = await new HtmlParser().ParseDocumentAsync(await client.GetStringAsync(page));

            var phone = document.QuerySelector("aside gw-phone")!;
            Assert.Equal("/api/phone/session", phone.GetAttribute("session-url"));
            Assert.True(phone.HasAttribute("data-permanent"));
            Assert.Single(document.QuerySelectorAll("main h1"));
            Assert.Single(document.QuerySelectorAll("nav.rail [aria-current=page]"));
        }
    }

    [Fact]
    public async Task No_password_is_in_any_page()
    {
        using var client = await _host.SignedInAsync();

        Assert.All(await Task.WhenAll(((string[])["/", "/calls", "/contacts", "/settings", "/console", "/console/trunks"]).Select(page => client.GetStringAsync(page))),
            html => Assert.DoesNotContain(_host.Passwords["alice"], html, StringComparison.Ordinal));
    }

    [Theory, InlineData("zh-CN,zh;q=0.9,en;q=0.5", "登录", "zh-Hans"), InlineData("de,en;q=0.7", "Sign in", "en"), InlineData("", "Sign in", "en")]
    public async Task The_browser_chooses_the_language(string accept, string words, string language)
    {
        using var client = _host.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", accept);

        var document = await new HtmlParser().ParseDocumentAsync(await client.GetStringAsync("/login"));

        Assert.Equal(words, document.QuerySelector("h1")!.TextContent);
        Assert.Equal(language, document.DocumentElement.GetAttribute("lang"));
    }

    [Theory, InlineData("/login"), InlineData("/health/live"), InlineData("/css/gateway.css"), InlineData("/nothing/here"), Threat(40)]
    public async Task Every_answer_carries_the_headers_that_keep_foreign_code_out(string path)
    {
        using var client = _host.Client();

        var response = await client.GetAsync(path);

        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'self'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains("microphone=(self)", Assert.Single(response.Headers.GetValues("Permissions-Policy")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_header_cannot_write_into_the_policy()
    {
        using var client = _host.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Host", "evil.example;script-src");

        var response = await client.GetAsync("/login");

        Assert.True(response.StatusCode == HttpStatusCode.BadRequest
            || !Assert.Single(response.Headers.GetValues("Content-Security-Policy")).Contains("evil", StringComparison.Ordinal));
    }

    [Theory, InlineData("/health/live"), InlineData("/health/ready"), InlineData("/css/gateway.css"), InlineData("/brand/icon.svg"), InlineData("/_framework/blazor.web.js")]
    public async Task What_every_page_needs_is_served(string path)
    {
        using var client = _host.Client();

        var response = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task An_address_without_a_page_says_so_with_404()
    {
        using var client = _host.Client();

        var response = await client.GetAsync("/nothing/here");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("No such page", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
