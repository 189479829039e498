using Gateway.Testing;

namespace Gateway.Sip.Tests.Torture;

/// <summary>What RFC 4475 says must be seen in its valid messages, beyond that they parse.</summary>
public sealed class TortureDetailTests
{
    [Fact]
    [Rfc(4475, "3.1.1.1")]
    public void Tortuous_INVITE_is_read_through_its_folds()
    {
        var request = Read<SipRequest>("wsinv");

        Assert.Equal("1918181833n", Sip.Text(request.ToTag));
        Assert.Equal("98asjd8", Sip.Text(request.FromTag));
        Assert.Equal("J Rosenberg \\\\\\\"", Sip.Text(request.From.DisplayName));
        Assert.Equal(9u, request.CSeq);
        Assert.True(request.TryGetNumber(HeaderId.MaxForwards, out var hops));
        Assert.Equal(68u, hops);
        Assert.Equal(150, request.Body.Length);
        Assert.Equal(("UDP", "192.0.2.2", "390skdjuw"), (Sip.Text(request.TopVia.Transport), Sip.Text(request.TopVia.Host), Sip.Text(request.TopVia.Branch)));
        var hosts = new List<string>();
        foreach (var value in request.Values(HeaderId.Via))
        {
            Assert.True(ViaView.TryParse(value, out var via));
            hosts.Add(Sip.Text(via.Host));
        }
        Assert.Equal(["192.0.2.2", "spindle.example.com", "192.168.255.111"], hosts);
        Assert.True(request.TryGet("newfangledheader"u8, out var newfangled));
        Assert.Equal("newfangled value continued newfangled value", Sip.Text(newfangled));
        Assert.True(request.TryGet("UnknownHeaderWithUnusualValue"u8, out var unusual));
        Assert.Equal(";;,,;;,;", Sip.Text(unusual));
        Assert.True(request.TryGet(HeaderId.Contact, out var contact));
        Assert.True(ContactView.TryParse(contact, out var view));
        Assert.Equal(330, view.Q);
        Assert.True(request.TryGet(HeaderId.Subject, out var subject));
        Assert.Equal("", Sip.Text(subject));
    }

    [Fact]
    [Rfc(4475, "3.1.1.2")]
    public void Any_token_is_a_method_and_quoted_pairs_hold_control_characters()
    {
        var request = Read<SipRequest>("intmeth");

        Assert.Equal(SipMethod.Other, request.Method);
        Assert.Equal("!interesting-Method0123456789_*+`.%indeed'~", Sip.Text(request.MethodToken));
        Assert.True(request.TryGetUri(out var uri));
        Assert.Equal("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", Sip.Text(uri.User));
        Assert.Equal("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", uri.ToUri().ToString().Split(':', '@')[2]);
        Assert.Equal("BEL:\\\a NUL:\\\0 DEL:\\\u007f", Sip.Text(request.To.DisplayName));
        Assert.Equal("token1~` token2'+_ token3*%!.-", Sip.Text(request.From.DisplayName));
    }

    [Fact]
    [Rfc(4475, "3.1.1.3")]
    public void Escapes_are_not_undone_before_comparing()
    {
        var request = Read<SipRequest>("esc01");

        Assert.True(request.TryGetUri(out var uri));
        Assert.Equal("sips:user@example.com", uri.ToUri().User);
        var contacts = Contacts(request);
        // "%73ip" is s-i-p, an escaped semicolon stays part of the user.
        Assert.All(contacts, contact => Assert.Equal("cal%6Cer".Replace("%6C", "l", StringComparison.Ordinal), contact.User));
    }

    [Fact]
    [Rfc(4475, "3.1.1.4")]
    public void Escaped_nulls_make_different_users()
    {
        var contacts = Contacts(Read<SipRequest>("escnull"));

        Assert.Equal(["\0", "\0\0"], contacts.Select(contact => contact.User));
        Assert.NotEqual(contacts[0], contacts[1]);
        Assert.Equal("sip:%00@host5.example.com", contacts[0].ToString());
    }

    [Fact]
    [Rfc(4475, "3.1.1.5")]
    public void A_percent_sign_in_a_method_is_no_escape()
    {
        var request = Read<SipRequest>("esc02");

        Assert.Equal("RE%47IST%45R", Sip.Text(request.MethodToken));
        Assert.Equal(SipMethod.Other, request.Method);
        Assert.NotEqual(SipMethod.Register, request.CSeqMethod);
    }

    [Fact]
    [Rfc(4475, "3.1.1.8")]
    public void What_follows_the_body_in_a_datagram_is_cut()
    {
        var request = Read<SipRequest>("dblreq");

        Assert.Equal(SipMethod.Register, request.Method);
        Assert.True(request.Body.IsEmpty);
        Assert.EndsWith("\r\n\r\n", Sip.Text(request.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(4475, "3.1.1.9")]
    public void Semicolons_in_the_user_are_no_parameters()
    {
        Assert.True(Read<SipRequest>("semiuri").TryGetUri(out var uri));

        Assert.Equal("user;par=u%40example.net", Sip.Text(uri.User));
        Assert.True(uri.Parameters.IsEmpty);
        Assert.Equal("user;par=u@example.net", uri.ToUri().User);
        Assert.Equal("sip:user;par=u%40example.net@example.com", uri.ToUri().ToString());
    }

    [Fact]
    [Rfc(4475, "3.1.1.10")]
    public void Unknown_transports_are_read()
    {
        var transports = new List<string>();
        foreach (var value in Read<SipRequest>("transports").Values(HeaderId.Via))
        {
            Assert.True(ViaView.TryParse(value, out var via));
            transports.Add(Sip.Text(via.Transport));
        }

        Assert.Equal(["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"], transports);
    }

    [Theory]
    [InlineData("unreason", 200, "= 2**3 * 5**2 но сто девяносто девять - простое")]
    [InlineData("noreason", 100, "")]
    [Rfc(4475, "3.1.1.12")]
    [Rfc(4475, "3.1.1.13")]
    public void Reason_phrases_are_any_text_or_none(string name, int status, string phrase)
    {
        var response = Read<SipResponse>(name);

        Assert.Equal((status, phrase), (response.StatusCode, Sip.Text(response.ReasonPhrase)));
    }

    [Fact]
    [Rfc(4475, "3.3.2")]
    public void Unknown_schemes_are_the_users_to_refuse() => Assert.False(Read<SipRequest>("unkscm").TryGetUri(out _));

    [Fact]
    [Rfc(4475, "3.3.5")]
    public void Unsupported_options_are_listed()
    {
        var request = Read<SipRequest>("bext01");

        Assert.Equal("nothingSupportsThis, nothingSupportsThisEither", OptionTags.Unsupported(request, HeaderId.Require, OptionTags.Timer));
        Assert.Equal("noProxiesSupportThis, norDoAnyProxiesSupportThis", OptionTags.Unsupported(request, HeaderId.ProxyRequire));
    }

    [Theory]
    [InlineData("cparam01", "sip:+19725552222@gw1.example.net", true)]
    [InlineData("cparam02", "sip:+19725552222@gw1.example.net;unknownparam", false)]
    [Rfc(4475, "3.3.12")]
    [Rfc(4475, "3.3.13")]
    public void A_parameter_belongs_to_the_contact_or_to_its_URI(string name, string uri, bool ofContact)
    {
        Assert.True(Read<SipRequest>(name).TryGet(HeaderId.Contact, out var value));
        Assert.True(ContactView.TryParse(value, out var contact));

        Assert.Equal(uri, Sip.Text(contact.UriBytes));
        Assert.Equal(ofContact, contact.Address.TryGetParameter("unknownparam"u8, out _));
    }

    [Fact]
    [Rfc(4475, "3.4.1")]
    public void An_INVITE_of_RFC_2543_has_no_branch_and_no_tag()
    {
        var request = Read<SipRequest>("inv2543");

        Assert.True(request.TopVia.Branch.IsEmpty);
        Assert.True(request.FromTag.IsEmpty);
        Assert.StartsWith("v=0", Sip.Text(request.Body), StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(5118, "4.10")]
    public void The_third_colon_is_tolerated_and_not_passed_on()
    {
        Assert.True(Read<SipRequest>("ipv6/ipv6-bug-abnf-3-colons").TryGetUri(out var uri));

        Assert.Equal(SipUri.Parse("sip:user@[2001:db8::192.0.2.1]"), uri.ToUri());
        Assert.DoesNotContain(":::", uri.ToUri().ToString(), StringComparison.Ordinal);
    }

    private static T Read<T>(string name)
        where T : SipMessage
    {
        Assert.True(Sip.Parser.TryParse(TortureFiles.Read(name), stream: false, out var message, out var error), error.ToString());
        var kept = message!.Retain();
        message.Return();
        return Assert.IsType<T>(kept);
    }

    private static List<SipUri> Contacts(SipRequest request)
    {
        var list = new List<SipUri>();
        foreach (var value in request.Values(HeaderId.Contact))
        {
            Assert.True(NameAddressView.TryParse(value, out var address));
            Assert.True(SipUri.TryParse(address.UriBytes, out var uri));
            list.Add(uri);
        }
        return list;
    }
}
