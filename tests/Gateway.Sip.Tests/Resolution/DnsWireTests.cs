using System.Net;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Resolution;

/// <summary>The wire format: what we write, what we read, and that no bytes throw or loop.</summary>
public class DnsWireTests
{
    private static readonly DnsQuestion s_question = new("_sip._udp.example.com", DnsType.Srv);

    private static readonly DnsRecord[] s_records =
    [
        new AliasRecord("_sip._udp.example.com", 60, "sip.example.net"),
        new SrvRecord("sip.example.net", 300, 10, 20, 5060, "a.example.net"),
        new SrvRecord("sip.example.net", 300, 10, 20, 5060, ""),
        new NaptrRecord("sip.example.net", 9, 50, 60, "s", "SIPS+D2T", "", "_sips._tcp.example.net"),
        new AddressRecord("a.example.net", 1, IPAddress.Parse("192.0.2.7")),
        new AddressRecord("a.example.net", 1, IPAddress.Parse("2001:db8::7")),
    ];

    [Fact]
    [Rfc(1035, "4.1")]
    [Rfc(6891, "6.1")]
    public void A_query_asks_one_question_with_recursion_and_our_size()
    {
        var bytes = new byte[DnsLimits.Query];
        var length = DnsQueryWriter.Write(0xABCD, new DnsQuestion("a.example", DnsType.Naptr), withEdns: true, bytes);
        Assert.Equal(
            "ABCD 0100 0001 0000 0000 0001 01 61 07 6578616D706C65 00 0023 0001 00 0029 04D0 00000000 0000".Replace(" ", "", StringComparison.Ordinal),
            Convert.ToHexString(bytes.AsSpan(0, length)));

        length = DnsQueryWriter.Write(1, new DnsQuestion("a.example", DnsType.A), withEdns: false, bytes);
        Assert.EndsWith("00010001", Convert.ToHexString(bytes.AsSpan(0, length)), StringComparison.Ordinal);
        Assert.Equal(0, bytes[11]);
    }

    [Fact]
    public void The_longest_name_fits()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{new string('a', 61)}";
        Assert.True(DnsName.TryNormalize(longest, out var name));
        Assert.Equal(DnsLimits.Query, DnsQueryWriter.Write(1, new DnsQuestion(name, DnsType.A), withEdns: true, new byte[DnsLimits.Query]));
        Assert.False(DnsName.TryNormalize(longest + "a", out _));
    }

    [Fact]
    [Rfc(1035, "4.1.4")]
    [Rfc(2782, "The format of the SRV RR")]
    [Rfc(3403, "4.1")]
    public void All_records_come_back_as_they_were_written()
    {
        var bytes = DnsBytes.Response(7, s_question, s_records, soa: 90);
        Assert.True(DnsResponseParser.TryParse(bytes, out var response, out var error), error.ToString());
        Assert.Equal(7, response!.Id);
        Assert.Equal(s_question, response.Question);
        Assert.Equal(s_records, response.Answers);
        Assert.Equal(90u, response.NegativeTtl);
        Assert.True(response.IsAuthoritative);
        Assert.False(response.IsTruncated);
    }

    [Theory]
    [InlineData("C00C", DnsParseError.Question)] // a pointer to itself
    [InlineData("C00E C00C", DnsParseError.Question)] // forwards
    [InlineData("C000", DnsParseError.Question)] // into the header
    [InlineData("0161 C00C", DnsParseError.Question)] // a label and back to it
    [InlineData("4061", DnsParseError.Question)] // a label type that is none
    [InlineData("05612E62", DnsParseError.Question)] // cut off
    [InlineData("0120 00 0001 0001", DnsParseError.Question)] // a blank in a label
    [InlineData("012E 00 0001 0001", DnsParseError.Question)] // a dot in a label
    [InlineData("0161 00 0001 0003", DnsParseError.Question)] // class CHAOS
    public void Hostile_names_are_refused(string question, DnsParseError expected)
    {
        var bytes = Convert.FromHexString("000181800001000000000000" + question.Replace(" ", "", StringComparison.Ordinal));
        Assert.False(DnsResponseParser.TryParse(bytes, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void A_long_way_of_pointers_is_refused_and_a_short_one_followed()
    {
        // Names "a", then pointers each to the one before.
        byte[] Chain(int count)
        {
            List<byte> bytes = [.. Convert.FromHexString("000181800001000100000000" + "016100" + "00010001")];
            var target = 12;
            List<byte> data = [];
            var start = bytes.Count + 11; // root name, type, class, ttl, length
            for (var i = 0; i < count; i++)
            {
                data.AddRange([(byte)(0xC0 | (target >> 8)), (byte)target]);
                target = start + (2 * i);
            }

            // An unknown type holds the chain, a CNAME uses its end.
            bytes.AddRange([0, 0, 99, 0, 1, 0, 0, 0, 9, (byte)(data.Count >> 8), (byte)data.Count, .. data]);
            bytes[7] = 2;
            bytes.AddRange([0, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, (byte)(0xC0 | (target >> 8)), (byte)target]);
            return [.. bytes];
        }

        Assert.True(DnsResponseParser.TryParse(Chain(10), out var response, out _));
        Assert.Equal("a", Assert.IsType<AliasRecord>(Assert.Single(response!.Answers)).Target);
        Assert.False(DnsResponseParser.TryParse(Chain(DnsLimits.Jumps + 1), out _, out var error));
        Assert.Equal(DnsParseError.Data, error);
    }

    [Fact]
    public void Wrong_lengths_inside_are_refused()
    {
        var bytes = DnsBytes.Response(1, new DnsQuestion("a", DnsType.A), [new AddressRecord("a", 1, IPAddress.Loopback)]);
        bytes[^5] = 3; // RDLENGTH of the A record
        Assert.False(DnsResponseParser.TryParse(bytes, out _, out var error));
        Assert.Equal(DnsParseError.Data, error);

        Assert.False(DnsResponseParser.TryParse(Convert.FromHexString("0001818000010101000000000161000001 0001".Replace(" ", "", StringComparison.Ordinal)), out _, out error));
        Assert.Equal(DnsParseError.TooMany, error);

        Assert.False(DnsResponseParser.TryParse(Convert.FromHexString("000101000001000000000000016100 00010001".Replace(" ", "", StringComparison.Ordinal)), out _, out error));
        Assert.Equal(DnsParseError.NotResponse, error);
    }

    [Fact]
    [Rfc(2181, "8")]
    public void A_ttl_with_the_highest_bit_is_zero()
    {
        var bytes = DnsBytes.Response(1, new DnsQuestion("a", DnsType.A), [new AddressRecord("a", 0x80000001, IPAddress.Loopback)]);
        Assert.True(DnsResponseParser.TryParse(bytes, out var response, out _));
        Assert.Equal(0u, response!.Answers[0].Ttl);
    }

    [Fact]
    public void No_prefix_and_no_flipped_bits_throw()
    {
        var whole = DnsBytes.Response(7, s_question, s_records, soa: 90);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.False(DnsResponseParser.TryParse(whole.AsSpan(0, length), out var response, out var error) && response!.NegativeTtl is not null);
            Assert.True(response is not null || error != DnsParseError.None);
        }

        var random = new SeededRandom(11);
        var noise = new byte[512];
        for (var round = 0; round < 50_000; round++)
        {
            random.GetBytes(noise);
            var bytes = (byte[])whole.Clone();
            for (var flips = noise[0] % 8; flips >= 0; flips--)
            {
                bytes[((noise[flips * 3] << 8) | noise[(flips * 3) + 1]) % bytes.Length] = noise[(flips * 3) + 2];
            }

            _ = DnsResponseParser.TryParse(bytes, out var response, out _) && DnsAnswer.From(response!, s_question).Records.IsEmpty;

            // And noise behind a header that says "response".
            noise[2] = 0x81;
            noise[4] = 0;
            noise[5] = 1;
            _ = DnsResponseParser.TryParse(noise.AsSpan(0, noise[40] * 2), out _, out _);
        }
    }
}
