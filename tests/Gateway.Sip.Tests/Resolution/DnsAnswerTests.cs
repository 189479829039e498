using System.Net;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Resolution;

/// <summary>What a response means for the question: aliases, nothing, no such name, failure.</summary>
public class DnsAnswerTests
{
    private static readonly DnsQuestion s_question = new("a.example", DnsType.A);

    [Fact]
    [Rfc(1034, "3.6.2")]
    public void Aliases_are_followed_and_the_least_ttl_counts()
    {
        var answer = Read([
            new AddressRecord("c.example", 300, IPAddress.Parse("192.0.2.3")),
            new AliasRecord("b.example", 20, "c.example"),
            new AliasRecord("a.example", 100, "b.example"),
            new AddressRecord("z.example", 300, IPAddress.Parse("192.0.2.99"))]);
        Assert.Equal(DnsOutcome.Found, answer.Outcome);
        Assert.Equal("192.0.2.3", Assert.IsType<AddressRecord>(Assert.Single(answer.Records)).Address.ToString());
        Assert.Equal(TimeSpan.FromSeconds(20), answer.Lifetime);
    }

    [Fact]
    public void An_alias_without_its_records_is_asked_for()
    {
        var answer = Read([new AliasRecord("a.example", 100, "b.example")]);
        Assert.Equal("b.example", answer.AskFor);
        var joined = answer.Through(new DnsAnswer(DnsOutcome.Found, [], TimeSpan.FromSeconds(500)));
        Assert.Equal(TimeSpan.FromSeconds(100), joined.Lifetime);
        Assert.Null(joined.AskFor);
    }

    [Fact]
    public void A_circle_of_aliases_ends()
    {
        Assert.Equal(DnsOutcome.Failed, Read([new AliasRecord("a.example", 1, "b.example"), new AliasRecord("b.example", 1, "a.example")]).Outcome);
    }

    [Theory]
    [InlineData(DnsCode.NoSuchName, 60u, DnsOutcome.NoName, 60)]
    [InlineData(DnsCode.None, 60u, DnsOutcome.NoRecords, 60)]
    [InlineData(DnsCode.None, 90_000u, DnsOutcome.NoRecords, 3600)] // the SOA's own TTL is the lesser
    [InlineData(DnsCode.NoSuchName, null, DnsOutcome.NoName, 30)]
    [InlineData(DnsCode.ServerFailure, 60u, DnsOutcome.Failed, 2)]
    [InlineData(DnsCode.Refused, null, DnsOutcome.Failed, 2)]
    [Rfc(2308, "5")]
    public void Nothing_holds_as_long_as_the_soa_says(DnsCode code, uint? soa, DnsOutcome outcome, int seconds)
    {
        var answer = Read([], code, soa);
        Assert.Equal(outcome, answer.Outcome);
        Assert.Equal(TimeSpan.FromSeconds(seconds), answer.Lifetime);
        Assert.Equal(outcome == DnsOutcome.Failed, answer.Detail.Length > 0);
    }

    [Fact]
    public void A_server_that_points_elsewhere_has_not_answered()
    {
        var bytes = DnsBytes.Response(1, s_question, flags: 0x8000);
        Assert.True(DnsResponseParser.TryParse(bytes, out var response, out _));
        Assert.Equal(DnsOutcome.Failed, DnsAnswer.From(response!, s_question).Outcome);
    }

    private static DnsAnswer Read(IEnumerable<DnsRecord> records, DnsCode code = DnsCode.None, uint? soa = null)
    {
        Assert.True(DnsResponseParser.TryParse(DnsBytes.Response(1, s_question, records, code, soa), out var response, out var error), error.ToString());
        return DnsAnswer.From(response!, s_question);
    }
}
