using System.Net;
using Gateway.Net.Sip;
using Gateway.Net.Tracing;
using Gateway.Sip;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Sip;

public sealed class SipTransportsTests : IDisposable
{
    private readonly NetMetrics _metrics = new();
    private readonly List<UdpListener> _listeners = [];

    public void Dispose()
    {
        _listeners.ForEach(listener => listener.Dispose());
        _metrics.Dispose();
    }

    private SipTransports Transports(string? publicAddress, params string[] addresses)
    {
        foreach (var address in addresses)
        {
            _listeners.Add(new UdpListener(_listeners.Count, new IPEndPoint(IPAddress.Parse(address), 0), static (_, in _) => { }, static (_, _, _, _) => { }, _metrics, NullLogger.Instance));
        }

        var transports = new SipTransports(new ConnectionTable(TimeProvider.System, _metrics), new OutsideNames(publicAddress is null ? null : IPAddress.Parse(publicAddress), ""), new SignallingTrace(0, TimeProvider.System));
        transports.Use(_listeners, []);
        return transports;
    }

    private static Flow Udp(string remote, int listener) => new(SipTransport.Udp, IPEndPoint.Parse(remote), listener, 0);

    [Fact, Rfc(3261, "18.1.1")]
    public void The_via_names_the_listener_that_the_flow_came_by()
    {
        var transports = Transports(null, "127.0.0.1", "127.0.0.2", "::1");

        Assert.Equal($"127.0.0.2:{_listeners[1].Local.Port}", transports.SentBy(Udp("198.51.100.7:5060", 1)));
        Assert.Equal($"[::1]:{_listeners[2].Local.Port}", transports.SentBy(Udp("[2001:db8::7]:5060", 2)));
        Assert.Equal($"127.0.0.1:{_listeners[0].Local.Port}", transports.SentBy(new Flow(SipTransport.Wss, IPEndPoint.Parse("203.0.113.9:5000"), -1, 7)));
    }

    [Fact]
    public void A_flow_of_before_a_restart_finds_a_listener_of_its_family()
    {
        var transports = Transports(null, "127.0.0.1", "::1");

        Assert.StartsWith("[::1]", transports.SentBy(Udp("[2001:db8::7]:5060", 0)), StringComparison.Ordinal);
        Assert.StartsWith("127.0.0.1", transports.SentBy(Udp("198.51.100.7:5060", 9)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_sent_to_is_said_to_be_gone()
    {
        var transports = Transports(null, "127.0.0.1");

        Assert.False(transports.Send(Udp("[::1]:5060", 0), "x"u8));
        Assert.False(transports.Send(Udp("198.51.100.7:0", 0), "x"u8));
        Assert.False(transports.Send(new Flow(SipTransport.Wss, IPEndPoint.Parse("203.0.113.9:5000"), -1, 7), "x"u8));
        Assert.False(transports.Send(Udp("255.255.255.255:5060", 0), "x"u8));
    }

    [Fact]
    public void Named_addresses_are_taken_as_they_are_and_all_means_every_one_of_the_host()
    {
        IReadOnlyList<IPAddress> named = [IPAddress.Parse("127.0.0.2"), IPAddress.IPv6Loopback];

        Assert.Equal(named, ListenAddresses.Of(new NetOptions { Listen = named }));
        var all = ListenAddresses.Of(new NetOptions { Listen = [IPAddress.Any] });
        Assert.Contains(IPAddress.Loopback, all);
        Assert.DoesNotContain(all, address => address.Equals(IPAddress.Any) || address.IsIPv6LinkLocal);
        Assert.Equal(all, ListenAddresses.Of(new NetOptions()));
    }

    [Fact]
    public void One_address_is_one_object_and_a_flood_of_them_is_forgotten()
    {
        var cache = new RemoteCache(capacity: 10);
        var first = cache.Get(IPEndPoint.Parse("198.51.100.7:5060").Serialize());

        Assert.Same(first, cache.Get(IPEndPoint.Parse("198.51.100.7:5060").Serialize()));
        Assert.Equal(IPEndPoint.Parse("198.51.100.7:5060"), first);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:5061"), cache.Get(IPEndPoint.Parse("[2001:db8::1]:5061").Serialize()));
        for (var port = 1; port < 100; port++)
        {
            cache.Get(new IPEndPoint(IPAddress.Loopback, port).Serialize());
        }

        Assert.NotSame(first, cache.Get(IPEndPoint.Parse("198.51.100.7:5060").Serialize()));
    }
}
