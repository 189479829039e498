using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Net.Dns;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Dns;

/// <summary>Next hops from a real DNS server with a zone of a SIP domain, and what is left of them when it dies.</summary>
[Row(57)]
public sealed class NextHopFinderTests : ILoopScheduler, IDisposable
{
    private const string Zone = """
        @ NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp
        @ NAPTR 90 50 "s" "SIP+D2T" "" _sip._tcp
        @ NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp
        _sips._tcp SRV 0 0 5061 a
        _sip._tcp SRV 0 0 5060 a
        _sip._udp SRV 10 100 5060 a
        _sip._udp SRV 10 300 5062 b
        _sip._udp SRV 20 0 5064 c
        a A 192.0.2.1
        b A 192.0.2.2
        b AAAA 2001:db8::2
        c CNAME a
        pbx A 192.0.2.9
        dot A 192.0.2.10
        _sip._udp.dot SRV 0 0 0 .
        big A 192.0.2.11
        """;

    private readonly BlockingCollection<Action> _posted = [];
    private readonly Meter _meter = new("Gateway.Net.Tests");

    public void Dispose() => _meter.Dispose();

    public bool Post(Action work)
    {
        _posted.Add(work);
        return true;
    }

    [Fact]
    [Rfc(3263, "4.1")]
    [Rfc(3263, "4.2")]
    public async Task A_real_server_leads_the_way()
    {
        // So many addresses do not fit a datagram: Knot cuts them off, and TCP brings them.
        var large = string.Join('\n', Enumerable.Range(1, 200).Select(i => $"_sip._udp.big SRV {i} 0 5060 a-host-with-a-rather-long-name-number-{i}.big\na-host-with-a-rather-long-name-number-{i}.big A 198.51.100.{i}"));
        await using var knot = await Knot.StartAsync("voip.example", Zone + "\n" + large);
        var finder = Finder(knot.Address);

        Assert.Equal("TLS 192.0.2.1:5061", Show(await finder.FindAsync(new NextHopQuery("voip.example"))));
        Assert.Equal("TLS 192.0.2.1:5061", Show(await finder.FindAsync(new NextHopQuery("voip.example", IsSecure: true))));
        Assert.Equal("TCP 192.0.2.1:5060", Show(await finder.FindAsync(new NextHopQuery("voip.example", Transport: SipTransport.Tcp))));
        Assert.Equal("UDP 192.0.2.9:5060", Show(await finder.FindAsync(new NextHopQuery("pbx.voip.example"))));
        Assert.Equal("UDP 192.0.2.9:5080", Show(await finder.FindAsync(new NextHopQuery("PBX.voip.example.", 5080))));
        Assert.Equal("UDP 127.0.0.1:5060, UDP [::1]:5060", Show(await finder.FindAsync(new NextHopQuery("localhost"))));
        Assert.Equal("UDP 192.0.2.77:5060", Show(await finder.FindAsync(new NextHopQuery("192.0.2.77"))));

        var first = new Dictionary<string, int>();
        for (var i = 0; i < 400; i++)
        {
            var hops = Show(await finder.FindAsync(new NextHopQuery("voip.example", Transport: SipTransport.Udp)));
            Assert.EndsWith("UDP 192.0.2.1:5064", hops, StringComparison.Ordinal);
            first[hops.Split(',')[0]] = first.GetValueOrDefault(hops.Split(',')[0]) + 1;
        }

        // Weights 100 and 300: a quarter and three quarters.
        Assert.InRange(first["UDP 192.0.2.1:5060"], 60, 140);
        Assert.Equal(400, first.Values.Sum());

        var big = await finder.FindAsync(new NextHopQuery("big.voip.example", Transport: SipTransport.Udp));
        Assert.Equal(DnsLimits.Targets, big.Hops.Length);
        Assert.Equal("198.51.100.1", big.Hops[0].Remote.Address.ToString());
        Assert.Equal("big.voip.example", big.Hops[0].Name);

        var none = await finder.FindAsync(new NextHopQuery("nothing.voip.example"));
        Assert.Equal("There is no name nothing.voip.example in DNS", none.Error);
        Assert.Equal(
            [
                "NAPTR nothing.voip.example: no such name", "SRV _sip._udp.nothing.voip.example: no such name", "SRV _sip._tcp.nothing.voip.example: no such name",
                "A nothing.voip.example: no such name", "AAAA nothing.voip.example: no such name",
            ], none.Steps);
        Assert.Contains("refused to answer us", (await finder.FindAsync(new NextHopQuery("other.example"))).Error, StringComparison.Ordinal);
        Assert.Contains("no such service", (await finder.FindAsync(new NextHopQuery("dot.voip.example"))).Error, StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(8767, "5")]
    public async Task What_was_known_outlives_the_server_and_what_was_not_fails_in_time_and_words()
    {
        await using var knot = await Knot.StartAsync("voip.example", Zone);
        var time = new LateTime();
        var finder = Finder(time, knot.Address);
        Assert.Equal("UDP 192.0.2.9:5060", Show(await finder.FindAsync(new NextHopQuery("pbx.voip.example"))));
        await knot.KillAsync();
        time.Offset = TimeSpan.FromSeconds(90);

        var late = await finder.FindAsync(new NextHopQuery("pbx.voip.example"));
        Assert.Equal("UDP 192.0.2.9:5060", Show(late));
        Assert.Contains(late.Steps, step => step.Contains("expired", StringComparison.Ordinal));

        var unknown = await finder.FindAsync(new NextHopQuery("voip.example", 5060));
        Assert.Equal($"DNS cannot say where voip.example is: DNS server {knot.Address} is not there (port closed)", unknown.Error);

        await knot.RunAsync();
        time.Offset = TimeSpan.FromSeconds(180);
        var back = await finder.FindAsync(new NextHopQuery("pbx.voip.example"));
        Assert.Equal("UDP 192.0.2.9:5060", Show(back));
        Assert.DoesNotContain(back.Steps, step => step.Contains("expired", StringComparison.Ordinal));
    }

    [Fact]
    [Rfc(3263, "4.3")]
    [Rfc(4321, "1.3")]
    public async Task SRV_failover_remembers_which_target_failed_and_tries_it_last_until_it_answers_or_time_has_passed()
    {
        await using var knot = await Knot.StartAsync("voip.example", """
            _sip._udp SRV 10 0 5060 a
            _sip._udp SRV 20 0 5060 b
            a A 192.0.2.1
            b A 192.0.2.2
            """);
        var time = new LateTime();
        var finder = Finder(time, knot.Address);
        var query = new NextHopQuery("voip.example", Transport: SipTransport.Udp);
        var found = await finder.FindAsync(query);
        Assert.Equal("UDP 192.0.2.1:5060, UDP 192.0.2.2:5060", Show(found));

        finder.Failed(found.Hops[0]);
        var after = await finder.FindAsync(query);
        Assert.Equal("UDP 192.0.2.2:5060, UDP 192.0.2.1:5060", Show(after));
        Assert.Contains(after.Steps, step => step.StartsWith("192.0.2.1:5060 (UDP) failed lately: it is tried last for another ", StringComparison.Ordinal));
        // The port may be open for TCP: what failed is the hop, not the machine.
        Assert.Equal("TCP 192.0.2.1:5060", Show(await finder.FindAsync(new NextHopQuery("192.0.2.1", 5060, SipTransport.Tcp))));

        finder.Answered(found.Hops[0]);
        Assert.Equal(Show(found), Show(await finder.FindAsync(query)));

        finder.Failed(found.Hops[0]);
        time.Offset = TimeSpan.FromSeconds(31);
        Assert.Equal(Show(found), Show(await finder.FindAsync(query)));
    }

    [Fact]
    public async Task A_server_that_swallows_everything_costs_two_seconds_and_never_the_loop()
    {
        using var hole = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        hole.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var finder = Finder((IPEndPoint)hole.LocalEndPoint!);

        var watch = Stopwatch.StartNew();
        NextHops? found = null;
        finder.Find(new NextHopQuery("voip.example"), this, hops => found = hops);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 100);
        var work = await Task.Run(() => _posted.Take());
        Assert.Null(found);
        work();
        // Patience ends after 1.9 s; the rest is room for a machine with much to do.
        Assert.InRange(watch.ElapsedMilliseconds, 1500, 3000);
        Assert.Empty(found!.Hops);
        Assert.Contains("no answer within 1.9 s", found.Error, StringComparison.Ordinal);

        // A literal and a name of this machine do not wait for anybody.
        watch.Restart();
        finder.Find(new NextHopQuery("192.0.2.7"), this, hops => found = hops);
        (await Task.Run(() => _posted.Take()))();
        Assert.Equal("UDP 192.0.2.7:5060", Show(found));
        Assert.InRange(watch.ElapsedMilliseconds, 0, 500);
    }

    [Fact]
    public async Task A_server_that_swallows_naptr_and_srv_still_leads_to_the_addresses()
    {
        await using var server = new PlayedDnsServer((id, question, _) => question.Type is DnsType.A
            ? [DnsBytes.Response(id, question, [new AddressRecord(question.Name, 60, IPAddress.Parse("192.0.2.1"))])]
            : question.Type is DnsType.Aaaa ? [DnsBytes.Response(id, question, soa: 60)] : []);
        var watch = Stopwatch.StartNew();
        Assert.Equal("UDP 192.0.2.1:5060", Show(await Finder(server.Address).FindAsync(new NextHopQuery("old.example"))));
        Assert.InRange(watch.ElapsedMilliseconds, 900, 3000);
    }

    [Fact]
    public async Task A_server_that_takes_its_time_for_each_answer_is_followed_to_the_end()
    {
        await using var server = new PlayedDnsServer((id, question, _) => question switch
        {
            { Type: DnsType.Naptr } => [DnsBytes.Response(id, question, [new NaptrRecord(question.Name, 60, 1, 1, "s", "SIP+D2T", "", "_sip._tcp.far.example")])],
            { Name: "_sip._tcp.far.example" } => [DnsBytes.Response(id, question, [new SrvRecord(question.Name, 60, 1, 1, 5070, "a.far.example")])],
            { Type: DnsType.A } => [DnsBytes.Response(id, question, [new AddressRecord(question.Name, 60, IPAddress.Parse("192.0.2.1"))])],
            _ => [DnsBytes.Response(id, question, soa: 60)],
        }) { Delay = TimeSpan.FromMilliseconds(450) };
        Assert.Equal("TCP 192.0.2.1:5070", Show(await Finder(server.Address).FindAsync(new NextHopQuery("slow.example"))));
    }

    private NextHopFinder Finder(params IPEndPoint[] servers) => Finder(TimeProvider.System, servers);

    private NextHopFinder Finder(TimeProvider time, params IPEndPoint[] servers)
    {
        var (random, metrics) = (RandomNumberGenerator.Create(), new DnsMetrics(_meter));
        var list = new DnsServers(servers, "/nonexistent", time, NullLogger.Instance);
        var client = new DnsClient(list, new DnsExchange(random, metrics), time, NullLogger.Instance);
        var resolver = new DnsResolver(new HostsFile("/nonexistent", time), client, metrics, time, NullLogger.Instance);
        return new NextHopFinder(resolver, new HopRules(PrefersIPv6: false), new FailedHops(TimeSpan.FromSeconds(30), time), metrics, random, time, NullLogger.Instance);
    }

    private static string Show(NextHops found) => found.Hops.IsEmpty ? found.Error
        : string.Join(", ", found.Hops.Select(hop => $"{hop.Transport.ToString().ToUpperInvariant()} {hop.Remote}"));

    /// <summary>The real clock, put forward.</summary>
    private sealed class LateTime : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long GetTimestamp() => System.GetTimestamp() + (long)(Offset.TotalSeconds * TimestampFrequency);
    }
}
