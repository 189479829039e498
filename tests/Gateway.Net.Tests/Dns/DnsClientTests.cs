using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Net.Dns;
using Gateway.Sip;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Tests.Dns;

/// <summary>The client against servers that are dead, slow, wrong or lying.</summary>
public sealed class DnsClientTests : IDisposable
{
    private static readonly DnsQuestion s_question = new("a.example", DnsType.A);
    private readonly Meter _meter = new("Gateway.Net.Tests");

    public void Dispose() => _meter.Dispose();

    [Fact]
    [Rfc(5452, "9.2")]
    public async Task Each_query_has_an_id_and_a_port_of_its_own()
    {
        var ids = new HashSet<ushort>();
        await using var server = new PlayedDnsServer((id, question, _) =>
        {
            ids.Add(id);
            return [Good(id, question)];
        });
        var client = Client(server.Address);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(DnsOutcome.Found, (await client.AskAsync(s_question)).Outcome);
        }

        Assert.InRange(ids.Count, 18, 20);
        Assert.InRange(server.Asked.Select(asked => asked.Port).Distinct().Count(), 15, 20);
        Assert.All(server.Asked, asked => Assert.True(asked.WithEdns));
    }

    [Fact]
    [Rfc(5452, "9.1")]
    public async Task A_lie_with_another_id_or_question_or_half_a_message_is_not_heard()
    {
        await using var server = new PlayedDnsServer((id, question, _) =>
        [
            Lie((ushort)(id + 1), question), Lie(id, question with { Name = "b.example" }), Lie(id, question with { Type = DnsType.Aaaa }),
            Lie(id, question)[..20], [], Good(id, question), Lie(id, question),
        ]);
        Assert.Equal("192.0.2.1", Address(await Client(server.Address).AskAsync(s_question)));
    }

    [Fact]
    public async Task A_guesser_makes_the_question_go_by_tcp()
    {
        await using var server = new PlayedDnsServer((id, question, transport) =>
            transport == "tcp" ? [Good(id, question)] : Enumerable.Range(1, 40).Select(i => Lie((ushort)(id + i), question)));
        Assert.Equal("192.0.2.1", Address(await Client(server.Address).AskAsync(s_question)));
        Assert.Contains(server.Asked, asked => asked.Transport == "tcp");
    }

    [Fact]
    [Rfc(1035, "4.2.2")]
    public async Task A_cut_answer_is_fetched_whole_by_tcp()
    {
        var many = Enumerable.Range(1, 250).Select(i => new AddressRecord("a.example", 60, IPAddress.Parse($"192.0.2.{i}"))).ToList();
        await using var server = new PlayedDnsServer((id, question, transport) => [DnsBytes.Response(id, question, many, truncated: transport == "udp")]);
        Assert.Equal(250, (await Client(server.Address).AskAsync(s_question)).Records.Length);
        Assert.Equal(["udp", "tcp"], server.Asked.Select(asked => asked.Transport));
    }

    [Fact]
    public async Task Cut_answers_without_a_whole_one_fail_in_words()
    {
        await using var server = new PlayedDnsServer((id, question, transport) => transport == "udp" ? [DnsBytes.Response(id, question, truncated: true)] : []);
        var answer = await Client(server.Address).AskAsync(s_question);
        Assert.Equal(DnsOutcome.Failed, answer.Outcome);
        Assert.Equal($"DNS server {server.Address} cut its answer off and did not send the whole by TCP", answer.Detail);
    }

    [Fact]
    [Rfc(6891, "7")]
    public async Task A_server_that_does_not_know_edns_is_asked_without()
    {
        await using var server = new PlayedDnsServer((id, question, _) => [Good(id, question)]);
        await using var old = new PlayedDnsServer((id, question, _) => [DnsBytes.Response(id, question, code: DnsCode.FormatError)]);
        var answer = await Client(old.Address).AskAsync(s_question);
        Assert.Equal([true, false], old.Asked.Select(asked => asked.WithEdns));
        Assert.Contains("did not understand the question", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_are_silent_or_gone_or_refuse_cost_little_and_are_asked_last_then()
    {
        await using var silent = new PlayedDnsServer((_, _, _) => []);
        await using var refuses = new PlayedDnsServer((id, question, _) => [DnsBytes.Response(id, question, code: DnsCode.Refused)]);
        await using var good = new PlayedDnsServer((id, question, _) => [Good(id, question)]);
        var client = Client(silent.Address, Closed(), refuses.Address, good.Address);

        var watch = Stopwatch.StartNew();
        Assert.Equal("192.0.2.1", Address(await client.AskAsync(s_question)));
        Assert.InRange(watch.ElapsedMilliseconds, 250, 1500);

        // From now on the good one is first.
        var before = silent.Asked.Count;
        Assert.Equal("192.0.2.1", Address(await client.AskAsync(s_question)));
        Assert.Equal(before, silent.Asked.Count);
    }

    [Fact]
    public async Task A_slow_server_is_heard_although_others_were_asked_meanwhile()
    {
        await using var slow = new PlayedDnsServer((id, question, _) => [Good(id, question)]) { Delay = TimeSpan.FromMilliseconds(900) };
        await using var silent = new PlayedDnsServer((_, _, _) => []);
        Assert.Equal("192.0.2.1", Address(await Client(slow.Address, silent.Address).AskAsync(s_question)));
        Assert.NotEmpty(silent.Asked);
    }

    [Fact]
    public async Task When_nobody_answers_the_servers_are_named()
    {
        await using var failing = new PlayedDnsServer((id, question, _) => [DnsBytes.Response(id, question, code: DnsCode.ServerFailure)]);
        var closed = Closed();
        var answer = await Client(failing.Address, closed).AskAsync(s_question);
        Assert.Equal(
            $"DNS server {failing.Address} failed to find out (SERVFAIL); DNS server {closed} is not there (port closed)", answer.Detail);
        Assert.Single(failing.Asked);
    }

    [Fact]
    public async Task An_alias_that_the_server_leaves_open_is_followed()
    {
        await using var server = new PlayedDnsServer((id, question, _) => question.Name == "b.example"
            ? [Good(id, question)]
            : [DnsBytes.Response(id, question, [new AliasRecord("a.example", 20, "b.example")])]);
        var answer = await Client(server.Address).AskAsync(s_question);
        Assert.Equal("192.0.2.1", Address(answer));
        Assert.Equal(TimeSpan.FromSeconds(20), answer.Lifetime);

        await using var circle = new PlayedDnsServer((id, question, _) =>
            [DnsBytes.Response(id, question, [new AliasRecord(question.Name, 20, question.Name == "b.example" ? "a.example" : "b.example")])]);
        Assert.Equal(DnsOutcome.Failed, (await Client(circle.Address).AskAsync(s_question)).Outcome);
        Assert.InRange(circle.Asked.Count, 2, DnsLimits.Aliases + 1);
    }

    private DnsClient Client(params IPEndPoint[] servers) => new(
        new DnsServers(servers, "/nonexistent", TimeProvider.System, NullLogger.Instance),
        new DnsExchange(RandomNumberGenerator.Create(), new DnsMetrics(_meter)), TimeProvider.System, NullLogger.Instance);

    private static byte[] Good(ushort id, DnsQuestion question) => DnsBytes.Response(id, question, [new AddressRecord(question.Name, 60, IPAddress.Parse("192.0.2.1"))]);

    private static byte[] Lie(ushort id, DnsQuestion question) => DnsBytes.Response(id, question, [new AddressRecord(question.Name, 60, IPAddress.Parse("203.0.113.66"))]);

    private static string Address(DnsAnswer answer) => answer.Records.Length == 1 ? ((AddressRecord)answer.Records[0]).Address.ToString() : answer.ToString();

    private static IPEndPoint Closed()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
