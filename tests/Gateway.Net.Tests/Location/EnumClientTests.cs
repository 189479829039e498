using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Net.Dns;
using Gateway.Net.Location;
using Gateway.Net.Tests.Dns;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Location;

/// <summary>ENUM against a real DNS server with a tree of numbers, and against one that is dead or says nothing.</summary>
[Row(57)]
public sealed class EnumClientTests : IDisposable
{
    private const string Tree = """
        3.2.1.0.3.9.4 NAPTR 10 10 "u" "E2U+sip" "!^\\+49(.*)$!sip:0\\1@voip.example!" .
        3.2.1.0.3.9.4 NAPTR 10 20 "u" "E2U+pstn:tel" "!^.*$!tel:+49301200!" .
        3.2.1.0.3.9.4 NAPTR 20 10 "u" "E2U+sip" "!^.*$!sip:never@voip.example!" .
        4.2.1.0.3.9.4 NAPTR 10 10 "u" "E2U+email:mailto" "!^.*$!mailto:a@voip.example!" .
        5.2.1.0.3.9.4 NAPTR 10 10 "" "" "" 3.2.1.0.3.9.4
        6.2.1.0.3.9.4 NAPTR 10 10 "" "" "" 7.2.1.0.3.9.4
        7.2.1.0.3.9.4 NAPTR 10 10 "" "" "" 6.2.1.0.3.9.4
        8.2.1.0.3.9.4 CNAME 3.2.1.0.3.9.4
        1.a NAPTR 10 10 "" "" "" 2.a
        2.a NAPTR 10 10 "" "" "" 3.a
        3.a NAPTR 10 10 "" "" "" 4.a
        4.a NAPTR 10 10 "" "" "" 5.a
        5.a NAPTR 10 10 "" "" "" 6.a
        6.a NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:far@voip.example!" .
        9.2.1.0.3.9.4 NAPTR 10 10 "" "" "" 1.a
        """;

    private readonly Meter _meter = new("Gateway.Net.Tests.Enum");

    public void Dispose() => _meter.Dispose();

    [Fact]
    [Rfc(6116, "3.2")]
    [Rfc(6116, "3.4.3")]
    [Rfc(6116, "5.2.1")]
    public async Task A_real_tree_of_numbers_is_read_as_the_RFC_says()
    {
        await using var knot = await Knot.StartAsync("e164.example", Tree);
        var client = new EnumClient(Names(knot.Address), ["e164.example"]);
        var found = await AskAsync(client, "+4930123");
        Assert.Equal("sip:030123@voip.example, tel:+49301200", Show(found));
        Assert.Equal(TimeSpan.FromSeconds(60), found.Lifetime);
        Assert.Contains("NAPTR 10 10 E2U+sip: sip:030123@voip.example", found.Steps);

        Assert.Equal("NotFound", Show(await AskAsync(client, "+4930124")));
        Assert.Equal("NotFound", Show(await AskAsync(client, "+49301")));
        // A rule that leads on; an alias; rules that lead in a circle; rules that lead on for too long.
        Assert.Equal("sip:030125@voip.example, tel:+49301200", Show(await AskAsync(client, "+4930125")));
        Assert.Equal("sip:030128@voip.example, tel:+49301200", Show(await AskAsync(client, "+4930128")));
        var circle = await AskAsync(client, "+4930126");
        Assert.Equal("NotFound", Show(circle));
        Assert.Contains(circle.Steps, step => step.EndsWith("leads back to itself", StringComparison.Ordinal));
        var far = await AskAsync(client, "+4930129");
        Assert.Equal("NotFound", Show(far));
        Assert.Contains(far.Steps, step => step.EndsWith("leads on too often", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_trees_are_asked_in_their_order_and_one_that_cannot_answer_hides_no_other()
    {
        await using var knot = await Knot.StartAsync("e164.example", Tree);
        var client = new EnumClient(Names(knot.Address), ["refused.example", "e164.example"]);
        Assert.Equal("sip:030123@voip.example, tel:+49301200", Show(await AskAsync(client, "+4930123")));
        // The tree that did not answer may be the one that knows it: that is no "not found".
        Assert.Contains("refused to answer us", Show(await AskAsync(client, "+49301")), StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(8767, "5")]
    public async Task When_DNS_is_dead_answers_that_were_heard_are_used_and_the_rest_fails_in_time_and_words()
    {
        await using var knot = await Knot.StartAsync("e164.example", Tree);
        var options = new LocationOptions { CacheTime = TimeSpan.FromMilliseconds(1) };
        var source = Guard(new EnumClient(Names(knot.Address), ["e164.example"]), options);
        Assert.Equal(LocationOutcome.Found, (await source.AskAsync(Question("+4930123"))).Outcome);
        await knot.KillAsync();

        var known = await source.AskAsync(Question("+4930123"));
        Assert.Equal("sip:030123@voip.example, tel:+49301200", Show(known));
        var unknown = await source.AskAsync(Question("+4930124"));
        Assert.Contains("is not there (port closed)", Show(unknown), StringComparison.Ordinal);

        await knot.RunAsync();
        // The failure itself is remembered for two seconds (RFC 2308 §7).
        var watch = Stopwatch.StartNew();
        while ((await source.AskAsync(Question("+4930124"))).Outcome == LocationOutcome.Failed)
        {
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
            await Task.Delay(200);
        }
    }

    [Fact]
    public async Task A_DNS_server_that_swallows_everything_costs_a_question_two_seconds_and_the_sixth_nothing()
    {
        using var hole = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        hole.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var source = Guard(new EnumClient(Names((IPEndPoint)hole.LocalEndPoint!), ["e164.example"]), new LocationOptions());
        var watch = Stopwatch.StartNew();
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => source.AskAsync(Question($"+4930{i}"))));
        Assert.InRange(watch.ElapsedMilliseconds, 1900, 4000);
        Assert.All(answers, answer => Assert.Equal("no answer within 2 s", answer.Detail));
        watch.Restart();
        Assert.StartsWith("not asked for another", (await source.AskAsync(Question("+49306"))).Detail, StringComparison.Ordinal);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 1000);
        Assert.Equal("no answer within 2 s", source.Trouble);
    }

    private GuardedSource Guard(EnumClient client, LocationOptions options) =>
        new(client, options, new LocationMetrics(_meter), TimeProvider.System, NullLogger.Instance);

    private DnsResolver Names(IPEndPoint server)
    {
        var metrics = new DnsMetrics(_meter);
        var servers = new DnsServers([server], "/nonexistent", TimeProvider.System, NullLogger.Instance);
        var client = new DnsClient(servers, new DnsExchange(RandomNumberGenerator.Create(), metrics), TimeProvider.System, NullLogger.Instance);
        return new DnsResolver(new HostsFile("/nonexistent", TimeProvider.System), client, metrics, TimeProvider.System, NullLogger.Instance);
    }

    private static LocationQuestion Question(string number) => new(number, number, "gw.example", "ada@gw.example");

    private static Task<LocationAnswer> AskAsync(EnumClient client, string number) => client.AskAsync(Question(number), CancellationToken.None);

    private static string Show(LocationAnswer answer) => answer.Outcome == LocationOutcome.Found ? string.Join(", ", answer.Targets) : answer.Outcome == LocationOutcome.Failed ? answer.Detail : "NotFound";
}
