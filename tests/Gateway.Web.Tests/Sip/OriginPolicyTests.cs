using Gateway.Testing;
using Gateway.Web.Sip;

namespace Gateway.Web.Tests.Sip;

public sealed class OriginPolicyTests
{
    private static readonly OriginPolicy s_policy = new(["localhost", "192.0.2.1", "2001:db8::1"], 8443, ["https://partner.example"]);

    [Theory, Threat(33)]
    [InlineData("https://localhost:8443", "localhost:8443", true)]
    [InlineData("https://192.0.2.1:8443", "proxy.example", true)]
    [InlineData("https://[2001:db8::1]:8443", "x", true)]
    [InlineData("https://gw.example.org", "gw.example.org", true)]
    [InlineData("https://partner.example", "gw.example.org", true)]
    [InlineData(null, "gw.example.org", true)]
    [InlineData("https://localhost", "gw.example.org", false)]
    [InlineData("http://gw.example.org", "gw.example.org", false)]
    [InlineData("https://partner.example.evil.example", "gw.example.org", false)]
    [InlineData("https://evil.example", "gw.example.org", false)]
    [InlineData("null", "gw.example.org", false)]
    public void Our_own_pages_and_named_ones_are_admitted(string? origin, string host, bool admitted) =>
        Assert.Equal(admitted, s_policy.Admits(origin, host));
}
