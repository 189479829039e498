using System.Net;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Trunks;

/// <summary>Which flow belongs to which trunk.</summary>
public sealed class TrunkSourcesTests
{
    private readonly TrunkSources _sources = new();

    private static Trunk Trunk(int number, params string[] allowed) =>
        TrunkRig.Peer with { Id = new Guid(number, 0, 0, new byte[8]), AllowedSources = [.. allowed] };

    private void Set(Trunk trunk, params string[] resolved) => _sources.Set(trunk, resolved.Select(IPEndPoint.Parse));

    private int[] Find(string remote, SipTransport transport = SipTransport.Udp, long connection = 0) =>
        [.. _sources.Find(new Flow(transport, IPEndPoint.Parse(remote), 0, connection)).Select(id => BitConverter.ToInt32(id.ToByteArray()))];

    [Theory, Threat(29)]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("192.0.2.7", "192.0.2.7/32")]
    [InlineData("192.0.2.7/31", "192.0.2.6/31")]
    [InlineData("2001:db8::5/32", "2001:db8::/32")]
    [InlineData("[2001:db8::5]", "2001:db8::5/128")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    public void A_source_is_an_address_or_a_prefix(string text, string network)
    {
        Assert.True(TrunkSources.TryParse(text, out var parsed));
        Assert.Equal(network, parsed.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("pbx.example")]
    [InlineData("2001:db8::/129")]
    public void What_is_neither_is_refused(string text) => Assert.False(TrunkSources.TryParse(text, out _));

    [Fact]
    public void Hosts_go_before_prefixes_and_longer_prefixes_before_shorter()
    {
        Set(Trunk(1, "10.0.0.0/8"));
        Set(Trunk(2, "10.1.0.0/16"));
        Set(Trunk(3), "10.1.1.1:5060");

        Assert.Equal([1], Find("10.9.9.9:1"));
        Assert.Equal([2], Find("10.1.9.9:1"));
        Assert.Equal([3], Find("10.1.1.1:1"));
        Assert.Empty(Find("11.1.1.1:1"));
    }

    [Fact]
    public void Of_trunks_on_one_host_the_port_decides_where_it_can()
    {
        Set(Trunk(1), "10.1.1.1:5060");
        Set(Trunk(2), "10.1.1.1:5080");

        Assert.Equal([1], Find("10.1.1.1:5060"));
        Assert.Equal([2], Find("10.1.1.1:5080"));
        Assert.Equal([1, 2], Find("10.1.1.1:9").Order());
    }

    [Fact]
    public void Mapped_addresses_are_their_ipv4()
    {
        Set(Trunk(1, "10.0.0.0/8"), "192.0.2.5:5060");

        Assert.Equal([1], Find("[::ffff:192.0.2.5]:5060"));
        Assert.Equal([1], Find("[::ffff:10.2.2.2]:5060"));
    }

    [Fact]
    public void A_connection_is_its_trunks_alone_until_it_closes()
    {
        Set(Trunk(1), "10.1.1.1:5060");
        _sources.Opened(7, Trunk(2).Id);

        Assert.Equal([2], Find("10.1.1.1:5060", SipTransport.Tcp, 7));
        Assert.Equal([1], Find("10.1.1.1:5060", SipTransport.Tcp, 8));
        _sources.Closed(7);
        Assert.Equal([1], Find("10.1.1.1:5060", SipTransport.Tcp, 7));
    }

    [Fact]
    public void A_web_socket_is_never_a_trunk()
    {
        Set(Trunk(1, "0.0.0.0/0"));

        Assert.Empty(Find("10.1.1.1:5060", SipTransport.Wss, 9));
        Assert.False(_sources.Belongs(Trunk(1).Id, CoreHarness.Wss()));
    }

    [Fact]
    public void What_is_removed_or_replaced_is_gone()
    {
        Set(Trunk(1, "10.0.0.0/8"), "192.0.2.5:5060");
        Set(Trunk(1), "192.0.2.6:5060");
        Assert.Empty(Find("192.0.2.5:5060"));
        Assert.Empty(Find("10.0.0.1:5060"));
        Assert.Equal([1], Find("192.0.2.6:5060"));
        _sources.Remove(Trunk(1).Id);
        Assert.Empty(Find("192.0.2.6:5060"));
    }
}
