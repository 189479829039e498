using Gateway.Testing;

namespace Gateway.Sip.Tests.Resolution;

/// <summary>RFC 3263 §4 case by case: what is asked, and what comes out in which order.</summary>
[Row(57)]
public class HopSearchTests
{
    /// <summary>The records of RFC 3263 §4.1, with addresses.</summary>
    private const string Example = """
        example.com NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp.example.com.
        example.com NAPTR 90 50 "s" "SIP+D2T" "" _sip._tcp.example.com
        example.com NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp.example.com.
        _sip._tcp.example.com SRV 0 1 5060 server1.example.com
        _sip._tcp.example.com SRV 1 2 5070 server2.example.com
        _sips._tcp.example.com SRV 0 1 5061 server1.example.com
        _sip._udp.example.com SRV 0 1 5060 server2.example.com
        server1.example.com A 192.0.2.1
        server2.example.com A 192.0.2.2
        example.com A 192.0.2.80
        """;

    private const string NoNaptr = """
        both.example SRV 0 0 1 unused.example
        _sip._udp.both.example SRV 0 0 5060 u.both.example
        _sip._tcp.both.example SRV 0 0 5060 t.both.example
        _sip._tcp.tcp.example SRV 0 0 5080 t.both.example
        _sips._tcp.tcp.example SRV 0 0 5081 t.both.example
        u.both.example A 192.0.2.11
        t.both.example A 192.0.2.12
        plain.example A 192.0.2.20
        plain.example A 192.0.2.21
        plain.example AAAA 2001:db8::20
        """;

    [Theory]
    [InlineData("192.0.2.9", 0, null, false, "UDP 192.0.2.9:5060")]
    [InlineData("192.0.2.9", 0, null, true, "TLS 192.0.2.9:5061")]
    [InlineData("192.0.2.9", 5070, SipTransport.Tcp, false, "TCP 192.0.2.9:5070")]
    [InlineData("192.0.2.9", 0, SipTransport.Tls, false, "TLS 192.0.2.9:5061")]
    [InlineData("192.0.2.9", 0, SipTransport.Tcp, true, "TLS 192.0.2.9:5061")]
    [InlineData("[2001:db8::1]", 0, null, false, "UDP [2001:db8::1]:5060")]
    [InlineData("2001:db8::1", 5066, null, false, "UDP [2001:db8::1]:5066")]
    [Rfc(3263, "4.1")]
    [Rfc(3263, "4.2")]
    public void A_numeric_target_asks_nothing(string host, int port, SipTransport? transport, bool secure, string expected)
    {
        var zone = new PlayedZone("");
        Assert.Equal(expected, Show(zone.Search(new HopQuery(host, port, transport, secure))));
        Assert.Empty(zone.Asked);
    }

    [Theory]
    // A port: no NAPTR, no SRV, even when it is 5060.
    [InlineData("example.com", 5060, null, false, "UDP 192.0.2.80:5060", "A example.com, AAAA example.com")]
    [InlineData("example.com", 5099, null, true, "TLS 192.0.2.80:5099", "A example.com, AAAA example.com")]
    [InlineData("example.com", 5099, SipTransport.Tcp, false, "TCP 192.0.2.80:5099", "A example.com, AAAA example.com")]
    // A transport: no NAPTR; SRV of that transport.
    [InlineData("example.com", 0, SipTransport.Tcp, false, "TCP 192.0.2.1:5060, TCP 192.0.2.2:5070", "SRV _sip._tcp.example.com")]
    [InlineData("example.com", 0, SipTransport.Udp, false, "UDP 192.0.2.2:5060", "SRV _sip._udp.example.com")]
    [InlineData("example.com", 0, SipTransport.Tls, false, "TLS 192.0.2.1:5061", "SRV _sips._tcp.example.com")]
    [InlineData("example.com", 0, SipTransport.Tcp, true, "TLS 192.0.2.1:5061", "SRV _sips._tcp.example.com")]
    // Neither: NAPTR. Its first order wins; SIPS counts for sip too, and alone for sips.
    [InlineData("example.com", 0, null, false, "TLS 192.0.2.1:5061", "NAPTR example.com")]
    [InlineData("EXAMPLE.com.", 0, null, true, "TLS 192.0.2.1:5061", "NAPTR example.com")]
    [Rfc(3263, "4.1")]
    [Rfc(3263, "4.2")]
    [Rfc(3403, "4.1")]
    public void The_example_of_the_rfc(string host, int port, SipTransport? transport, bool secure, string expected, string first)
    {
        var zone = new PlayedZone(Example);
        Assert.Equal(expected, Show(zone.Search(new HopQuery(host, port, transport, secure))));
        Assert.StartsWith(first, string.Join(", ", zone.Asked), StringComparison.Ordinal);
        Assert.Equal(transport is null && port == 0, zone.Asked.Contains("NAPTR example.com"));
    }

    [Theory]
    [InlineData("both.example", null, false, "UDP 192.0.2.11:5060")]
    [InlineData("tcp.example", null, false, "TCP 192.0.2.12:5080")]
    [InlineData("tcp.example", null, true, "TLS 192.0.2.12:5081")]
    [InlineData("plain.example", null, false, "UDP 192.0.2.20:5060, UDP [2001:db8::20]:5060, UDP 192.0.2.21:5060")]
    [InlineData("plain.example", null, true, "TLS 192.0.2.20:5061, TLS [2001:db8::20]:5061, TLS 192.0.2.21:5061")]
    [InlineData("plain.example", SipTransport.Tcp, false, "TCP 192.0.2.20:5060, TCP [2001:db8::20]:5060, TCP 192.0.2.21:5060")]
    [Rfc(3263, "4.1")]
    [Rfc(3263, "4.2")]
    [Rfc(7984, "3.1")]
    public void Without_naptr_srv_and_without_srv_addresses(string host, SipTransport? transport, bool secure, string expected) =>
        Assert.Equal(expected, Show(new PlayedZone(NoNaptr).Search(new HopQuery(host, 0, transport, secure))));

    [Fact]
    public void Services_that_we_do_not_speak_are_passed_over()
    {
        var zone = new PlayedZone("""
            d.example NAPTR 10 10 "s" "SIP+D2S" "" _sip._sctp.d.example
            d.example NAPTR 10 20 "s" "SIP+D2W" "" _sip._ws.d.example
            d.example NAPTR 10 30 "u" "E2U+sip" "!^.*$!sip:x@y!" .
            d.example NAPTR 20 20 "S" "sip+d2u" "" other.example
            d.example NAPTR 20 10 "s" "SIP+D2T" "" _sip._tcp.d.example
            _sip._udp.other.example SRV 0 0 5099 a.example
            _sip._tcp.d.example SRV 0 0 5062 a.example
            other.example SRV 0 0 5064 a.example
            a.example A 192.0.2.1
            """);
        Assert.Equal("TCP 192.0.2.1:5062, UDP 192.0.2.1:5064", Show(zone.Search(new HopQuery("d.example"))));
        Assert.DoesNotContain(zone.Asked, asked => asked.Contains("sctp", StringComparison.Ordinal) || asked.Contains("_ws", StringComparison.Ordinal));
    }

    [Fact]
    public void Naptr_for_other_things_only_is_as_none()
    {
        var zone = new PlayedZone("""
            d.example NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:x@y!" .
            _sip._udp.d.example SRV 0 0 5062 a.example
            a.example A 192.0.2.1
            """);
        var result = zone.Search(new HopQuery("d.example"));
        Assert.Equal("UDP 192.0.2.1:5062", Show(result));
        Assert.Contains("none is a SIP service", result.Steps[0], StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(2782, "Target")]
    public void A_target_of_a_dot_says_no_and_addresses_are_not_tried()
    {
        const string lines = """
            d.example A 192.0.2.1
            _sip._udp.d.example SRV 0 0 0 .
            """;
        var result = new PlayedZone(lines).Search(new HopQuery("d.example", 0, SipTransport.Udp));
        Assert.Empty(result.Hops);
        Assert.Contains("no such service: _sip._udp.d.example", result.Error, StringComparison.Ordinal);

        result = new PlayedZone(lines + "\n_sip._tcp.d.example SRV 0 0 5060 d.example").Search(new HopQuery("d.example"));
        Assert.Equal("TCP 192.0.2.1:5060", Show(result));
    }

    [Fact]
    public void A_target_without_an_address_is_passed_over_and_named_when_it_is_the_only_one()
    {
        const string lines = "_sip._udp.d.example SRV 0 0 5060 gone.example";
        var result = new PlayedZone(lines).Search(new HopQuery("d.example"));
        Assert.Empty(result.Hops);
        Assert.Equal("_sip._udp.d.example leads to gone.example. There is no name gone.example in DNS", result.Error);

        result = new PlayedZone(lines + "\n_sip._udp.d.example SRV 9 0 5060 here.example\nhere.example A 192.0.2.5").Search(new HopQuery("d.example"));
        Assert.Equal("UDP 192.0.2.5:5060", Show(result));
    }

    [Theory]
    [InlineData("nowhere.example", "There is no name nowhere.example in DNS")]
    [InlineData("v6.example", "v6.example has no address in DNS (no A record)")]
    [InlineData("dead.example", "DNS cannot say where dead.example is: no answer from the DNS server 192.0.2.53:53")]
    [InlineData("no name", "'no name' is neither a host name nor an address")]
    [InlineData("192.0.2", "'192.0.2' is neither a host name nor an address")]
    [InlineData("192.0.2.256", "'192.0.2.256' is neither a host name nor an address")]
    [InlineData("0.0.0.0", "0.0.0.0 is not the address of one host")]
    [InlineData("224.0.1.75", "224.0.1.75 is not the address of one host")]
    [InlineData("2001:db8::1", "2001:db8::1 cannot be reached: the gateway has no IPv6 address")]
    [InlineData("", "'' is neither a host name nor an address")]
    public void Why_there_is_nothing_is_said_in_words(string host, string error)
    {
        var zone = new PlayedZone("v6.example AAAA 2001:db8::1");
        zone.Dead.AddRange(["NAPTR dead", "SRV _sip._udp.dead", "SRV _sip._tcp.dead", "A dead"]);
        var result = zone.Search(new HopQuery(host), new HopRules(UsesIPv6: false));
        Assert.Empty(result.Hops);
        Assert.Equal(error, result.Error);
    }

    [Theory]
    [InlineData(SipTransport.Udp, true)]
    [InlineData(SipTransport.Wss, false)]
    public void Some_ways_there_are_not(SipTransport transport, bool secure) =>
        Assert.NotEqual("", new PlayedZone(Example).Search(new HopQuery("example.com", 0, transport, secure)).Error);

    [Fact]
    public void Dead_naptr_and_srv_leave_the_addresses()
    {
        var zone = new PlayedZone(Example);
        zone.Dead.AddRange(["NAPTR", "SRV"]);
        Assert.Equal("UDP 192.0.2.80:5060", Show(zone.Search(new HopQuery("example.com"))));
    }

    [Fact]
    public void The_steps_tell_the_way()
    {
        var result = new PlayedZone(Example).Search(new HopQuery("example.com", 0, SipTransport.Tcp), new HopRules(UsesIPv6: false));
        Assert.Equal(
            [
                "SRV _sip._tcp.example.com: server1.example.com:5060 (priority 0, weight 1), server2.example.com:5070 (priority 1, weight 2)",
                "A server1.example.com: 192.0.2.1",
                "A server2.example.com: 192.0.2.2",
            ], result.Steps);
    }

    [Fact]
    public void Answers_may_come_in_any_order()
    {
        var expected = Show(new PlayedZone(Example + "\n" + NoNaptr).Search(new HopQuery("example.com")));
        for (var seed = 0; seed < 200; seed++)
        {
            var shuffle = new Random(seed);
            Assert.Equal(expected, Show(new PlayedZone(Example + "\n" + NoNaptr).Search(new HopQuery("example.com"), shuffle: shuffle)));
            Assert.Equal("UDP 192.0.2.11:5060", Show(new PlayedZone(Example + "\n" + NoNaptr).Search(new HopQuery("both.example"), shuffle: shuffle)));
        }
    }

    [Fact]
    public void A_flood_of_records_is_cut()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 200).Select(i => $"_sip._udp.d.example SRV {i} 0 5060 t{i}.example"))
            + '\n' + string.Join('\n', Enumerable.Range(0, 200).Select(i => $"t0.example A 192.0.2.{i}"))
            + '\n' + string.Join('\n', Enumerable.Range(1, 199).Select(i => $"t{i}.example A 198.51.100.{i}"));
        var zone = new PlayedZone(lines);
        var hops = zone.Search(new HopQuery("d.example", 0, SipTransport.Udp)).Hops;
        Assert.Equal(DnsLimits.Addresses + DnsLimits.Targets - 1, hops.Length);
        Assert.True(zone.Asked.Count <= DnsLimits.Questions);
        Assert.Equal("192.0.2.0", hops[0].Remote.Address.ToString());
    }

    private static string Show(HopResult result)
    {
        Assert.Equal(result.Hops.IsEmpty, result.Error.Length > 0);
        return string.Join(", ", result.Hops.Select(hop => $"{hop.Transport.ToString().ToUpperInvariant()} {hop.Remote}"));
    }
}
