using System.Formats.Asn1;
using Gateway.Net.Ldap;
using Gateway.Testing;

namespace Gateway.Net.Tests.Location;

/// <summary>Filters of RFC 4515 and what they are on the wire (RFC 4511 §4.5.1.7).</summary>
[Row(57)]
public sealed class LdapFilterTests
{
    [Theory]
    [InlineData("(cn=Babs Jensen)", "A3 11 04 02 63 6E 04 0B 42 61 62 73 20 4A 65 6E 73 65 6E")]
    [InlineData("(!(cn=Tim))", "A2 0B A3 09 04 02 63 6E 04 03 54 69 6D")]
    [InlineData("(&(a=1)(b=2))", "A0 10 A3 06 04 01 61 04 01 31 A3 06 04 01 62 04 01 32")]
    [InlineData("(|(a=1)(b=*))", "A1 0B A3 06 04 01 61 04 01 31 87 01 62")]
    [InlineData("(o=univ*of*mich*)", "A4 15 04 01 6F 30 10 80 04 75 6E 69 76 81 02 6F 66 81 04 6D 69 63 68")]
    [InlineData("(cn=*x)", "A4 09 04 02 63 6E 30 03 82 01 78")]
    [InlineData("(a>=1)", "A5 06 04 01 61 04 01 31")]
    [InlineData("(a<=1)", "A6 06 04 01 61 04 01 31")]
    [InlineData("(a~=1)", "A8 06 04 01 61 04 01 31")]
    [InlineData("(cn:dn:2.4.6.8.10:=D)", "A9 16 81 0A 32 2E 34 2E 36 2E 38 2E 31 30 82 02 63 6E 83 01 44 84 01 FF")]
    [InlineData(@"(a=\2a\28\29\5c\00)", "A3 0A 04 01 61 04 05 2A 28 29 5C 00")]
    [InlineData("(a={user}-{number}{x})", "A3 11 04 01 61 04 0C 61 2A 29 2D 2B 34 39 33 30 7B 78 7D")]
    [Rfc(4515, "4")]
    public void A_filter_is_written_as_the_RFC_says(string text, string wire)
    {
        Assert.True(LdapFilter.TryParse(text, out var filter, out var error), error);
        var writer = new AsnWriter(AsnEncodingRules.BER);
        filter.Write(writer, new Dictionary<string, string> { ["user"] = "a*)", ["number"] = "+4930" });
        Assert.Equal(wire, string.Join(' ', writer.Encode().Select(octet => octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cn=x")]
    [InlineData("(cn=x")]
    [InlineData("(cn=x))")]
    [InlineData("(&)")]
    [InlineData("(!(a=1)(b=2))")]
    [InlineData("(=x)")]
    [InlineData("(a=b**c)")]
    [InlineData(@"(a=\zz)")]
    [InlineData(@"(a=\2)")]
    [InlineData("(a>=*)")]
    [InlineData("((((((((((((((((((a=1))))))))))))))))))")]
    public void What_is_no_filter_is_refused_when_the_gateway_starts(string text)
    {
        Assert.False(LdapFilter.TryParse(text, out _, out var error));
        Assert.StartsWith("it cannot be read from character", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Brackets_are_bounded()
    {
        Assert.True(LdapFilter.TryParse(string.Concat(Enumerable.Repeat("(!", 16)) + "(a=1)" + new string(')', 16), out _, out _));
        Assert.False(LdapFilter.TryParse(string.Concat(Enumerable.Repeat("(!", 17)) + "(a=1)" + new string(')', 17), out _, out _));
    }
}
