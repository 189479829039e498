using System.Net;
using Gateway.Web.Webhooks;

namespace Gateway.Web.Tests.Webhooks;

public sealed class WebhookAddressesTests
{
    [Theory]
    [InlineData("127.0.0.1"), InlineData("0.0.0.0"), InlineData("10.0.0.1"), InlineData("172.16.0.1"), InlineData("172.31.255.255"), InlineData("192.168.0.1"), InlineData("169.254.169.254")]
    [InlineData("100.64.0.1"), InlineData("192.0.2.1"), InlineData("198.18.0.1"), InlineData("224.0.0.1"), InlineData("240.0.0.1"), InlineData("255.255.255.255")]
    [InlineData("::"), InlineData("::1"), InlineData("::ffff:127.0.0.1"), InlineData("::127.0.0.1"), InlineData("fe80::1"), InlineData("fe80::1%2"), InlineData("fc00::1"), InlineData("fd12::1")]
    [InlineData("64:ff9b::7f00:1"), InlineData("64:ff9b::a00:1"), InlineData("2002:7f00:1::"), InlineData("2002:c0a8:101::1"), InlineData("2001:db8::1"), InlineData("2001::1"), InlineData("ff02::1"), InlineData("fec0::1")]
    public void Inside_is_inside_however_it_is_written(string address) => Assert.False(WebhookAddresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8"), InlineData("172.32.0.1"), InlineData("100.128.0.1"), InlineData("223.255.255.254"), InlineData("2606:4700::1111"), InlineData("::ffff:8.8.8.8"), InlineData("64:ff9b::808:808"), InlineData("2002:808:808::1")]
    public void Public_is_public(string address) => Assert.True(WebhookAddresses.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public void A_signature_is_what_receivers_compute() =>
        // echo -n '1700000000.{}' | openssl dgst -sha256 -hmac secret
        Assert.Equal("t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163", WebhookSender.Sign("secret", DateTimeOffset.FromUnixTimeSeconds(1700000000), "{}"));
}
