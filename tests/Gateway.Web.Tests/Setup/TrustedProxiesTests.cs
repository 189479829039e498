using System.Net;
using Gateway.Web.Setup;

namespace Gateway.Web.Tests.Setup;

public sealed class TrustedProxiesTests
{
    // The figures are for this machine: a visitor's address behind the proxy is not, if the proxy is believed.
    [Theory]
    [InlineData("127.0.0.0/8", HttpStatusCode.Forbidden)]
    [InlineData("192.0.2.1", HttpStatusCode.OK)]
    public async Task The_address_of_a_visitor_is_taken_from_named_proxies_only(string proxy, HttpStatusCode status)
    {
        await using var host = await WebHost.StartAsync($"Web:TrustedProxies={proxy}");
        using var client = host.Client();
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");

        using var answer = await client.GetAsync("/metrics");

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("192.0.2.1", "192.0.2.1/32")]
    [InlineData("2001:db8::1", "2001:db8::1/128")]
    public void An_address_or_a_prefix_is_read(string text, string network)
    {
        Assert.True(TrustedProxies.TryParse(text, out var parsed));
        Assert.Equal(network, parsed.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("proxy.example")]
    [InlineData("10.0.0.0/33")]
    public void Anything_else_is_refused(string text) => Assert.False(TrustedProxies.TryParse(text, out _));
}
