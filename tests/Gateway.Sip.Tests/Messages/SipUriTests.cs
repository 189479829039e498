using Gateway.Testing;

namespace Gateway.Sip.Tests.Messages;

public sealed class SipUriTests
{
    /// <summary>The examples of RFC 3261 §19.1.4, the user-part ones of RFC 4475, and IPv6 spellings.</summary>
    [Theory]
    [InlineData("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp")]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5")]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com;security=on")]
    [InlineData("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on")]
    [InlineData("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com")]
    [InlineData("sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x")]
    [InlineData("sip:carol@chicago.com;security=off", "sip:carol@chicago.com")]
    [InlineData("SIP:alice@atlanta.com", "sip:alice@ATLANTA.com")]
    [InlineData("sip:a%3bb@atlanta.com", "sip:a%3Bb@atlanta.com")]
    [InlineData("sip:x@[2001:DB8:0::1]", "sip:x@[2001:db8::1]")]
    [Rfc(3261, "19.1.4")]
    [Row(61)]
    public void Equivalent(string a, string b)
    {
        var (left, right) = (SipUri.Parse(a), SipUri.Parse(b));

        Assert.Equal(left, right);
        Assert.Equal(right, left);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
    }

    [Theory]
    [InlineData("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP")]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060")]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp")]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp")]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting")]
    [InlineData("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4")]
    [InlineData("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off")]
    [InlineData("sip:carol@chicago.com", "sips:carol@chicago.com")]
    [InlineData("sip:carol@chicago.com", "sip:carol:secret@chicago.com")]
    [InlineData("sip:chicago.com", "sip:carol@chicago.com")]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com;maddr=192.0.2.1")]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com;user=ip")]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com;ttl=1")]
    [InlineData("sip:a;b@atlanta.com", "sip:a%3Bb@atlanta.com")]
    [Rfc(3261, "19.1.4")]
    [Row(61)]
    public void Not_equivalent(string a, string b)
    {
        Assert.NotEqual(SipUri.Parse(a), SipUri.Parse(b));
        Assert.NotEqual(SipUri.Parse(b), SipUri.Parse(a));
    }

    [Theory]
    [InlineData("tel:+1-201-555-0123", "tel:+12015550123", true)]
    [InlineData("tel:+1(201)555.0123", "tel:+1-201-555-0123", true)]
    [InlineData("tel:7042;phone-context=example.com", "TEL:7042;Phone-Context=EXAMPLE.com", true)]
    [InlineData("tel:863-1234;phone-context=+1-914-555", "tel:8631234;phone-context=+1914555", true)]
    [InlineData("tel:+1-201;ext=1;isub=2", "tel:+1201;isub=2;ext=1", true)]
    [InlineData("tel:12015550123", "tel:+12015550123", false)]
    [InlineData("tel:7042;phone-context=example.com", "tel:7042;phone-context=example.net", false)]
    [InlineData("tel:+1201", "tel:+1201;ext=1", false)]
    [InlineData("tel:+1201", "sip:+1201@example.com", false)]
    [Rfc(3966, "4")]
    [Row(61)]
    public void Numbers_compare_without_visual_separators(string a, string b, bool equal)
    {
        var (left, right) = (SipUri.Parse(a), SipUri.Parse(b));

        Assert.Equal(equal, left.Equals(right));
        Assert.Equal(equal, right.Equals(left));
        Assert.True(!equal || left.GetHashCode() == right.GetHashCode());
    }

    /// <summary>The examples of RFC 3261 §19.1.3 and more, as their parts.</summary>
    [Theory]
    [InlineData("sip:alice@atlanta.com", SipScheme.Sip, "alice", "atlanta.com", 0, "", "")]
    [InlineData("sip:alice:secretword@atlanta.com;transport=tcp", SipScheme.Sip, "alice", "atlanta.com", 0, ";transport=tcp", "")]
    [InlineData("sips:alice@atlanta.com?subject=project%20x&priority=urgent", SipScheme.Sips, "alice", "atlanta.com", 0, "", "?subject=project%20x&priority=urgent")]
    [InlineData("sip:+1-212-555-1212:1234@gateway.com;user=phone", SipScheme.Sip, "+1-212-555-1212", "gateway.com", 0, ";user=phone", "")]
    [InlineData("sips:1212@gateway.com", SipScheme.Sips, "1212", "gateway.com", 0, "", "")]
    [InlineData("sip:alice@192.0.2.4:5062", SipScheme.Sip, "alice", "192.0.2.4", 5062, "", "")]
    [InlineData("sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", SipScheme.Sip, "", "atlanta.com", 0, ";method=REGISTER", "?to=alice%40atlanta.com")]
    [InlineData("sip:alice;day=tuesday@atlanta.com", SipScheme.Sip, "alice;day=tuesday", "atlanta.com", 0, "", "")]
    [InlineData("sip:x@[2001:db8::9:1]:5070;lr", SipScheme.Sip, "x", "[2001:db8::9:1]", 5070, ";lr", "")]
    [InlineData("sip:*31#123@pbx.local", SipScheme.Sip, "*31#123", "pbx.local", 0, "", "")]
    [InlineData("tel:*31#", SipScheme.Tel, "*31#", "", 0, "", "")]
    [InlineData("tel:+1-201-555-0123;ext=5", SipScheme.Tel, "+1-201-555-0123", "", 0, ";ext=5", "")]
    [InlineData("sip:rnd8@rnd12.invalid;transport=ws", SipScheme.Sip, "rnd8", "rnd12.invalid", 0, ";transport=ws", "")]
    [Rfc(3261, "19.1.3")]
    [Rfc(3966, "3")]
    public void Parts(string text, SipScheme scheme, string user, string host, int port, string parameters, string headers)
    {
        Assert.True(SipUriView.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out var uri));

        Assert.Equal(scheme, uri.Scheme);
        Assert.Equal(user, Sip.Text(uri.User));
        Assert.Equal(host, Sip.Text(uri.Host));
        Assert.Equal(port, uri.Port);
        Assert.Equal(parameters, Sip.Text(uri.Parameters));
        Assert.Equal(headers, Sip.Text(uri.Headers));
        Assert.Equal(SipUri.Parse(text), SipUri.Parse(uri.ToUri().ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sip:")]
    [InlineData("sip:@host")]
    [InlineData("sip:a b@host")]
    [InlineData("sip:a@b@host")]
    [InlineData("sip:alice@")]
    [InlineData("sip:alice@host:")]
    [InlineData("sip:alice@host:0")]
    [InlineData("sip:alice@host:65536")]
    [InlineData("sip:alice@host:5060x")]
    [InlineData("sip:alice@host;;lr")]
    [InlineData("sip:alice@host;=x")]
    [InlineData("sip:alice%4@host")]
    [InlineData("sip:alice%zz@host")]
    [InlineData("sip:alice@host;x=%0")]
    [InlineData("sip:alice@[2001:db8::1")]
    [InlineData("sip:alice@[1:2:3]")]
    [InlineData("sip:alice@[1:2:3:4:5:6:7:8:9]")]
    [InlineData("sip:alice@[::1::2]")]
    [InlineData("sip:alice@[::256.0.0.1]")]
    [InlineData("sip:alice@a..b")]
    [InlineData("sip:алиса@host")]
    [InlineData("sip:alice@host\r\nX: y")]
    [InlineData("tel:")]
    [InlineData("tel:-")]
    [InlineData("tel:+1+2")]
    [InlineData("tel:+1abc")]
    [InlineData("tel:+1 2")]
    [InlineData("http://example.com")]
    [InlineData("alice@example.com")]
    [Rfc(3261, "19.1.1")]
    [Threat(20)]
    public void No_URI(string text)
    {
        Assert.False(SipUri.TryParse(text.AsSpan(), out _));
        Assert.False(SipUriView.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out _));
    }

    [Fact]
    [Rfc(3261, "19.1.2")]
    [Threat(22)]
    public void What_may_not_stand_in_a_part_is_escaped_on_output()
    {
        var uri = new SipUri(SipScheme.Sip, "a b@c:\r\nRoute: <x>\0ü", "Host.Example", 5080, "x=1;y=\"<>\r\n", "Subject=a\nb");

        Assert.Equal("sip:a%20b%40c%3A%0D%0ARoute%3A%20%3Cx%3E%00%C3%BC@host.example:5080;x=1;y=%22%3C%3E%0D%0A?Subject=a%0Ab", uri.ToString());
        Assert.Equal("a b@c:\r\nRoute: <x>\0ü", SipUri.Parse(uri.ToString()).User);
    }

    [Fact]
    public void Parameters_and_users_are_changed_in_copies()
    {
        var uri = SipUri.Parse("sip:bob:pw@[::1]:5060;lr;transport=tcp;x=%20");

        Assert.Equal("sip:bob:pw@[::1]:5060;lr;x=%20;transport=ws", uri.WithParameter("Transport", "ws").WithoutParameter("nothing").ToString().Replace("Transport", "transport", StringComparison.Ordinal));
        Assert.Equal("sip:bob:pw@[::1]:5060;transport=tcp;x=%20", uri.WithoutParameter("LR").ToString());
        Assert.Equal("sip:carol@[::1]:5060;lr;transport=tcp;x=%20", uri.WithUser("carol").ToString());
        Assert.Equal("sip:[::1]:5060;lr;transport=tcp;x=%20", uri.WithUser(null).ToString());
        Assert.Equal("sip:bob@[::1]", uri.ToAddressOfRecord().ToString());
        Assert.True(uri.TryGetParameter("X", out var space));
        Assert.Equal(" ", space);
        Assert.True(uri.HasParameter("lr"));
        Assert.False(uri.HasParameter("l"));
    }

    [Fact]
    [Rfc(3966, "3")]
    public void A_number_is_cleaned_since_it_has_no_escapes()
    {
        Assert.Equal("tel:+1-201", new SipUri(SipScheme.Tel, "+1 -2\r\n01+*#", "").ToString());
        Assert.Equal("tel:*31#", new SipUri(SipScheme.Tel, "*31#;x", "").ToString());
        Assert.Throws<ArgumentException>(() => new SipUri(SipScheme.Tel, "-x-", ""));
        Assert.Throws<ArgumentException>(() => new SipUri(SipScheme.Tel, null, ""));
    }

    [Fact]
    public void A_host_that_is_none_is_a_programming_error()
        => Assert.Throws<ArgumentException>(() => new SipUri(SipScheme.Sip, "a", "not a host"));

    [Theory, Rfc(3261, "25.1"), Threat(20)]
    [InlineData("sip:a@0177.0.0.1")]
    [InlineData("sip:a@127.1")]
    [InlineData("sip:a@0x7f.0.0.1")]
    [InlineData("sip:a@127.0x1")]
    [InlineData("sip:a@2130706433")]
    [InlineData("sip:a@192.0.2.01")]
    [InlineData("sip:a@192.0.2.256")]
    [InlineData("sip:a@[2001:db8:::192.00.2.1]")]
    public void An_address_written_so_that_others_read_another_one_is_no_host(string text) => Assert.False(SipUri.TryParse(text, out _));

    [Theory, Rfc(3261, "25.1")]
    [InlineData("sip:a@192.0.2.10")]
    [InlineData("sip:a@3f2a1b")]
    [InlineData("sip:a@10.host")]
    [InlineData("sip:a@0.0.0.0")]
    public void An_address_or_a_name_is_a_host(string text) => Assert.True(SipUri.TryParse(text, out _));
}
