using System.Net;

namespace Gateway.Media.Tests;

public class MediaAddressTests
{
    [Theory]
    [InlineData("192.0.2.1", 5060)]
    [InlineData("2001:db8::1", 65535)]
    [InlineData("fe80::1%3", 1)]
    [InlineData("0.0.0.0", 9)]
    public void An_address_survives_every_form(string ip, int port)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(ip), port);
        var address = MediaAddress.From(endpoint);
        var bytes = new byte[MediaAddress.MaxSockAddrLength];

        Assert.Equal(endpoint, address.ToIPEndPoint());
        foreach (var dualMode in new[] { false, true })
        {
            var length = address.WriteSockAddr(bytes, dualMode);
            Assert.True(MediaAddress.TryReadSockAddr(bytes.AsSpan(0, length), out var read));
            Assert.Equal(address, read);
            Assert.Equal(address.GetHashCode(), read.GetHashCode());
        }

        Assert.Equal(endpoint.ToString(), address.ToString());
    }

    [Fact]
    public void The_socket_addresses_are_those_of_linux()
    {
        var bytes = new byte[MediaAddress.MaxSockAddrLength];
        Assert.Equal(16, MediaAddress.From(IPAddress.Parse("192.0.2.1"), 5060).WriteSockAddr(bytes));
        Assert.Equal("020013c4c00002010000000000000000", Hex.Text(bytes.AsSpan(0, 16)));
        Assert.Equal(28, MediaAddress.From(IPAddress.Parse("192.0.2.1"), 5060).WriteSockAddr(bytes, dualMode: true));
        Assert.Equal("0a0013c40000000000000000000000000000ffffc000020100000000", Hex.Text(bytes));
    }

    [Fact]
    public void Mapped_and_plain_ipv4_are_one_address_and_ports_and_hosts_tell_apart()
    {
        var plain = MediaAddress.From(IPAddress.Parse("192.0.2.1"), 7);
        Assert.Equal(plain, MediaAddress.From(IPAddress.Parse("::ffff:192.0.2.1"), 7));
        Assert.True(plain.IsIPv4);
        Assert.NotEqual(plain, plain.WithPort(8));
        Assert.True(plain.SameHost(plain.WithPort(8)));
        Assert.NotEqual(plain, MediaAddress.From(IPAddress.Parse("192.0.2.2"), 7));
        Assert.True(default(MediaAddress).IsNone);
        Assert.False(plain.IsNone);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0200")]
    [InlineData("0a0013c400000000000000000000000000000000")]
    [InlineData("010013c4c00002010000000000000000")]
    public void Other_socket_addresses_are_refused(string hex) => Assert.False(MediaAddress.TryReadSockAddr(Hex.Bytes(hex), out _));
}
