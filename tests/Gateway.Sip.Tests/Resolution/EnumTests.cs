using System.Collections.Immutable;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Resolution;

/// <summary>ENUM without a network: the name of a number, the substitution of a record, and which records count.</summary>
[Row(57)]
public class EnumTests
{
    [Theory]
    [InlineData("+442079460148", "e164.arpa", "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa")]
    [InlineData("+49", "E164.Example.", "9.4.e164.example")]
    [InlineData("+123456789012345", "e164.arpa", "5.4.3.2.1.0.9.8.7.6.5.4.3.2.1.e164.arpa")]
    [Rfc(6116, "3.2")]
    public void A_number_is_kept_under_its_digits_from_the_last_to_the_first(string number, string apex, string name)
    {
        Assert.True(EnumName.TryMake(number, apex, out var made));
        Assert.Equal(name, made);
    }

    [Theory]
    [InlineData("442079460148")]
    [InlineData("+1234567890123456")]
    [InlineData("+")]
    [InlineData("+4")]
    [InlineData("+49a")]
    [InlineData("+49.30")]
    [InlineData("bob")]
    [InlineData("")]
    [InlineData("+４９３０")]
    [Rfc(6116, "3.7")]
    public void What_is_no_number_of_the_international_plan_is_never_asked_for(string number) => Assert.False(EnumName.TryMake(number, "e164.arpa", out _));

    [Theory]
    [InlineData("!^.*$!sip:info@example.com!", "sip:info@example.com")]
    [InlineData(@"!^\+49(.*)$!sip:0\1@example.com!", "sip:030123@example.com")]
    [InlineData(@"!^\+49(30)(123)$!sip:\2-\1@example.com!", "sip:123-30@example.com")]
    [InlineData(@"!^(.*)$!sip:\1@example.com!i", "sip:+4930123@example.com")]
    [InlineData(@"/^\+49(.*)$/sip:\1@example.com\/x/", "sip:30123@example.com/x")]
    [InlineData(@"!^+49(.*)$!sip:\1@example.com!", "sip:30123@example.com")]
    [InlineData(@"!^\+49([[:digit:]]+)$!sip:\1@example.com!", "sip:30123@example.com")]
    [InlineData(@"!^\+49(30|40)([0-9]{3})$!sip:\0@example.com!", "sip:+4930123@example.com")]
    [InlineData(@"!^\+44!sip:uk@example.com!", null)]
    [InlineData(@"!^.*$!\\!", @"\")]
    [Rfc(3402, "3.2")]
    public void A_substitution_makes_an_address_of_the_number(string expression, string? result)
    {
        Assert.True(NaptrExpression.TryParse(expression, out var parsed, out var error), error);
        Assert.Equal(result, parsed.Apply("+4930123"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("!!!")]
    [InlineData("!^.*$!sip:a@b")]
    [InlineData("!^.*$")]
    [InlineData("!^(.*$!sip:a@b!")]
    [InlineData("!^.*$!sip:a@b!g")]
    [InlineData("1^.*$1sip:a@b1")]
    [InlineData(@"!^.*$!sip:\1@b!")]
    [InlineData(@"!^(a)\1$!sip:a@b!")]
    [InlineData("!^(?=x).*$!sip:a@b!")]
    [InlineData("!^[abc!sip:a@b!")]
    [Rfc(3402, "3.2")]
    public void What_is_no_substitution_is_none(string expression) => Assert.False(NaptrExpression.TryParse(expression, out _, out _));

    /// <summary>Expressions that cost a backtracking engine minutes, and those that would unroll into millions of states.</summary>
    [Theory]
    [InlineData("!^(([0-9+]+)+)+x$!sip:a@b!")]
    [InlineData("!^([0-9+]|[0-9+])*x$!sip:a@b!")]
    [InlineData("!^(.?){30}(.?){30}x$!sip:a@b!")]
    [InlineData("!^((((.{30}){30}){30}){30}){30}$!sip:a@b!")]
    [InlineData("!^(.*){1000000}$!sip:a@b!")]
    [InlineData("!^.{99999999999999999999}$!sip:a@b!")]
    [Threat(43)]
    public void An_expression_that_a_stranger_made_to_be_slow_is_refused_or_fast(string expression)
    {
        var began = System.Diagnostics.Stopwatch.StartNew();
        if (NaptrExpression.TryParse(expression, out var parsed, out _))
        {
            Assert.Null(parsed.Apply("+" + new string('1', 15)));
        }

        // A backtracking engine takes hours for the first two.
        Assert.InRange(began.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    [Threat(43)]
    public void A_result_is_bounded()
    {
        var groups = string.Concat(Enumerable.Repeat(@"\0", 200));
        Assert.True(NaptrExpression.TryParse($"!^.*$!sip:{groups}@b!", out var parsed, out _));
        Assert.Null(parsed.Apply("+4930123"));
    }

    [Fact]
    [Rfc(6116, "3.4.3")]
    [Rfc(3403, "4.1")]
    public void Records_count_by_order_and_preference_and_only_those_that_are_calls()
    {
        var result = Read(
            Naptr(20, 1, "E2U+sip", "!^.*$!sip:later@example.com!"),
            Naptr(10, 30, "E2U+sip", "!^.*$!sip:third@example.com!"),
            Naptr(10, 10, "E2U+email:mailto", "!^.*$!mailto:info@example.com!"),
            Naptr(10, 20, "e2u+SIP", "!^.*$!sip:second@example.com!"),
            Naptr(10, 15, "E2U+pstn:tel", @"!^(.*)$!tel:\1!"),
            Naptr(10, 5, "E2U+web:http+sip", "!^.*$!sip:first@example.com!"),
            Naptr(10, 12, "sip+E2U", "!^.*$!sip:old@example.com!"),
            Naptr(10, 13, "E2U+sip", "!^.*$!sip:flag@example.com!", flags: "s"),
            Naptr(5, 1, "E2U+sip", "!^\\+1!sip:america@example.com!"),
            Naptr(6, 1, "E2U+sip", "!^.*$!http://example.com!"));
        Assert.Equal(["sip:first@example.com", "tel:+4930123", "sip:second@example.com", "sip:third@example.com"], result.Uris.Select(uri => uri.ToString()));
        Assert.Null(result.Next);
        Assert.Contains("NAPTR 5 1 E2U+sip: its expression does not match the number", result.Steps);
        Assert.Contains("NAPTR 6 1 E2U+sip: its result is no SIP address", result.Steps);
        Assert.DoesNotContain(result.Steps, step => step.Contains("later", StringComparison.Ordinal));
    }

    [Fact]
    [Rfc(6116, "5.2.1")]
    public void A_rule_that_is_not_the_last_leads_to_another_name_unless_something_better_came_first()
    {
        var onward = new NaptrRecord("n", 60, 10, 10, "", "", "", "1.2.example");
        Assert.Equal("1.2.example", Read(onward).Next);
        Assert.Equal("1.2.example", Read(onward, Naptr(10, 20, "E2U+sip", "!^.*$!sip:a@example.com!")).Next);
        var first = Read(Naptr(10, 5, "E2U+sip", "!^.*$!sip:a@example.com!"), onward);
        Assert.Null(first.Next);
        Assert.Single(first.Uris);
    }

    [Fact]
    public void More_records_than_anyone_needs_are_not_looked_at()
    {
        var result = Read([.. Enumerable.Range(0, 200).Select(i => Naptr(10, (ushort)i, "E2U+sip", $"!^.*$!sip:u{i}@example.com!"))]);
        Assert.Equal(DnsLimits.Naptr, result.Uris.Length);
    }

    private static EnumResult Read(params NaptrRecord[] records) =>
        EnumRules.Read("+4930123", new DnsAnswer(DnsOutcome.Found, [.. records], TimeSpan.FromSeconds(60)));

    private static NaptrRecord Naptr(ushort order, ushort preference, string services, string regexp, string flags = "u") =>
        new("3.2.1.0.3.9.4.e164.arpa", 60, order, preference, flags, services, regexp, "");
}
