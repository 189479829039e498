using System.Collections.Immutable;
using System.Net;
using Gateway.Net.Dns;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Dns;

/// <summary>The memory of next hops that failed: what is kept, for how long, and how much.</summary>
[Row(57)]
public sealed class FailedHopsTests
{
    private static readonly TimeSpan s_memory = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();

    [Fact]
    [Rfc(3263, "4.3")]
    public void When_all_have_failed_all_are_tried_in_their_order()
    {
        var failed = new FailedHops(s_memory, _time);
        var found = Found("a", 1, 2, 3);
        failed.Add(found.Hops[0], null);
        Assert.Equal("2 3 1", Show(failed.Last(found)));
        failed.Add(found.Hops[1], null);
        Assert.Equal("3 1 2", Show(failed.Last(found)));
        failed.Add(found.Hops[2], null);
        Assert.Equal("1 2 3", Show(failed.Last(found)));
    }

    [Theory]
    [InlineData(null, 30)]
    [InlineData(5, 5)]
    [InlineData(120, 120)]
    [InlineData(86_400, 300)]
    [InlineData(0, 30)]
    [Rfc(3261, "21.5.4")]
    public void A_503_says_for_how_long_within_bounds(int? retryAfter, int held)
    {
        var failed = new FailedHops(s_memory, _time);
        var found = Found("a", 1, 2);
        failed.Add(found.Hops[0], retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        _time.Pass(TimeSpan.FromSeconds(held) - TimeSpan.FromTicks(1));
        Assert.Equal("2 1", Show(failed.Last(found)));
        _time.Pass(TimeSpan.FromTicks(1));
        Assert.Equal("1 2", Show(failed.Last(found)));
        Assert.Equal(0, failed.Count);
    }

    [Fact]
    [Rfc(5922, "7")]
    public void A_certificate_that_did_not_fit_one_name_spoils_no_other()
    {
        var failed = new FailedHops(s_memory, _time);
        failed.Add(Found("a", SipTransport.Tls, 1).Hops[0], null);
        Assert.Equal("2 1", Show(failed.Last(Found("A", SipTransport.Tls, 1, 2))));
        Assert.Equal("1 2", Show(failed.Last(Found("b", SipTransport.Tls, 1, 2))));
        Assert.Equal("1 2", Show(failed.Last(Found("a", SipTransport.Tcp, 1, 2))));
    }

    [Fact]
    public void It_is_bounded_and_makes_room_when_time_has_passed()
    {
        var failed = new FailedHops(s_memory, _time);
        for (var i = 0; i < DnsLimits.FailedHops + 10; i++)
        {
            failed.Add(new NextHop(SipTransport.Udp, new IPEndPoint(i + 1, 5060), ""), null);
        }

        Assert.Equal(DnsLimits.FailedHops, failed.Count);
        _time.Pass(s_memory);
        var found = Found("a", 1, 2);
        failed.Add(found.Hops[0], null);
        Assert.Equal(1, failed.Count);
        Assert.Equal("2 1", Show(failed.Last(found)));
    }

    [Fact]
    public void Zero_remembers_nothing()
    {
        var failed = new FailedHops(TimeSpan.Zero, _time);
        var found = Found("a", 1, 2);
        failed.Add(found.Hops[0], TimeSpan.FromSeconds(60));
        Assert.Equal("1 2", Show(failed.Last(found)));
    }

    [Fact]
    public void All_loops_may_use_it_at_once()
    {
        var failed = new FailedHops(s_memory, TimeProvider.System);
        var found = Found("a", 1, 2, 3, 4);
        Parallel.For(0, 4_000, i =>
        {
            var hop = found.Hops[i % 4];
            if (i % 3 == 0)
            {
                failed.Remove(hop);
            }
            else
            {
                failed.Add(hop, null);
            }

            Assert.Equal(4, failed.Last(found).Hops.Distinct().Count());
        });
        Assert.InRange(failed.Count, 0, 4);
    }

    private static NextHops Found(string name, params int[] hosts) => Found(name, SipTransport.Udp, hosts);

    private static NextHops Found(string name, SipTransport transport, params int[] hosts) =>
        new([.. hosts.Select(host => new NextHop(transport, new IPEndPoint(new IPAddress([192, 0, 2, (byte)host]), 5060), name))]);

    private static string Show(NextHops found) => string.Join(' ', found.Hops.Select(hop => hop.Remote.Address.ToString().Split('.')[3]));
}
