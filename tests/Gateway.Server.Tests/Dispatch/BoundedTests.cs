using System.Net;
using System.Text;
using Gateway.Server.Dispatch;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Dispatch;

/// <summary>What strangers can make us remember has a limit.</summary>
public sealed class BoundedTests
{
    [Fact, Threat(16)]
    public void A_source_gets_its_burst_and_then_its_rate()
    {
        var limiter = new SourceLimiter(perSecond: 10, burst: 20);
        var source = IPAddress.Parse("203.0.113.1");
        Assert.Equal(20, Enumerable.Range(0, 100).Count(_ => limiter.Take(source, TimeSpan.Zero)));
        Assert.True(limiter.Take(IPAddress.Parse("203.0.113.2"), TimeSpan.Zero));
        Assert.Equal(5, Enumerable.Range(0, 100).Count(_ => limiter.Take(source, TimeSpan.FromSeconds(0.5))));
        Assert.Equal(20, Enumerable.Range(0, 100).Count(_ => limiter.Take(source, TimeSpan.FromHours(1))));
    }

    [Fact]
    public void Addresses_of_one_ipv6_line_and_both_forms_of_an_ipv4_one_share_a_bucket()
    {
        var limiter = new SourceLimiter(1, 1);

        Assert.True(limiter.Take(IPAddress.Parse("2001:db8::1"), TimeSpan.Zero));
        Assert.False(limiter.Take(IPAddress.Parse("2001:db8::ffff"), TimeSpan.Zero));
        Assert.True(limiter.Take(IPAddress.Parse("2001:db8:0:1::1"), TimeSpan.Zero));
        Assert.True(limiter.Take(IPAddress.Parse("192.0.2.1"), TimeSpan.Zero));
        Assert.False(limiter.Take(IPAddress.Parse("::ffff:192.0.2.1"), TimeSpan.Zero));
    }

    [Fact]
    public void A_flood_of_sources_shares_what_is_left()
    {
        var limiter = new SourceLimiter(1, 5, capacity: 100);
        var taken = Enumerable.Range(0, 10_000).Count(i => limiter.Take(new IPAddress(i + 0x01000000L), TimeSpan.Zero));

        Assert.Equal(105, taken);
        Assert.InRange(limiter.Count, 100, 101);
        Assert.True(limiter.Take(IPAddress.Parse("203.0.113.77"), TimeSpan.FromMinutes(1)));
    }

    [Fact, Rfc(3261, "8.2.2.2")]
    public void Merged_requests_are_known_for_as_long_as_transactions_live()
    {
        var merged = new MergedRequests(TimeSpan.FromSeconds(32), capacity: 3);
        Assert.True(merged.TryAdd(Request("a"), TimeSpan.Zero));
        Assert.False(merged.TryAdd(Request("a"), TimeSpan.FromSeconds(31)));
        Assert.True(merged.TryAdd(Request("a"), TimeSpan.FromSeconds(32)));
        Assert.True(merged.TryAdd(Request("b"), TimeSpan.FromSeconds(32)));
        Assert.True(merged.TryAdd(Request("c"), TimeSpan.FromSeconds(32)));
        Assert.True(merged.TryAdd(Request("d"), TimeSpan.FromSeconds(32)));
        Assert.Equal(3, merged.Count);
        Assert.True(merged.TryAdd(Request("a"), TimeSpan.FromSeconds(32)));
    }

    /// <summary>Over a connection a transaction ends with its answer: the same question asked again is a new one.</summary>
    [Fact, Rfc(3261, "8.2.2.2")]
    public void What_has_been_answered_over_a_connection_may_be_asked_again()
    {
        var core = new CoreHarness();
        core.AddAccount("ada");
        var first = new TestPhone(core, "ada", new Flow(SipTransport.Tcp, IPEndPoint.Parse("198.51.100.7:50001"), -1, 1)) { CallId = "same" };
        Assert.Equal(200, first.Register().Status);
        var again = new TestPhone(core, "ada", first.Flow) { CallId = "asked" };
        var request = again.Request("MESSAGE", $"sip:nobody@{CoreHarness.Realm}");

        core.Receive(request, first.Flow);
        var answered = core.Take().Status;
        core.Receive(request.Replace("branch=z9hG4bK", "branch=z9hG4bKother", StringComparison.Ordinal), first.Flow);

        Assert.Equal(answered, core.Take().Status);
        Assert.NotEqual(482, answered);
    }

    private static SipRequest Request(string callId)
    {
        new SipParser().TryParse(Encoding.UTF8.GetBytes(CoreHarness.Wire($"""
            MESSAGE sip:bob@gw.example SIP/2.0
            Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1
            From: <sip:ada@gw.example>;tag=a
            To: <sip:bob@gw.example>
            Call-ID: {callId}
            CSeq: 1 MESSAGE
            """)), stream: false, out var message, out _);
        return (SipRequest)message!;
    }
}
