using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Headers;

public sealed class HeaderViewTests
{
    [Theory]
    [InlineData("\"Bell\" <sip:a@b>;q=0.5;expires=60", 500, 60u, "", 0u)]
    [InlineData("<sip:a@b>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\";reg-id=1;expires=600", 1000, 600u, "\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"", 1u)]
    [InlineData("sip:a@b;q=0;expires=99999999999999", 0, uint.MaxValue, "", 0u)]
    [InlineData("<sip:a@b;expires=5>;Q=1.000;EXPIRES=7", 1000, 7u, "", 0u)]
    [Rfc(3261, "20.10")]
    [Rfc(5626, "4.1")]
    public void Contacts(string text, int q, uint expires, string instance, uint regId)
    {
        Assert.True(ContactView.TryParse(Encoding.UTF8.GetBytes(text), out var contact));

        Assert.Equal(q, contact.Q);
        Assert.True(contact.TryGetExpires(out var seconds));
        Assert.Equal(expires, seconds);
        Assert.Equal(instance, Sip.Text(contact.Instance));
        Assert.Equal(regId, contact.RegId);
        Assert.False(contact.IsStar);
    }

    [Theory]
    [InlineData("<sip:a@b>;q=1.1")]
    [InlineData("<sip:a@b>;q=2")]
    [InlineData("<sip:a@b>;q=0.1234")]
    [InlineData("<sip:a@b>;q")]
    [InlineData("<sip:a@b>;expires=-1")]
    [InlineData("<sip:a@b>;expires")]
    [InlineData("<sip:a@b>;reg-id=0")]
    [InlineData("<sip:a@b>;reg-id=4294967296")]
    [InlineData("<sip:a@b>;")]
    [InlineData("<sip:a@b>;x=\"open")]
    [InlineData("<sip:a@b> trailing")]
    [InlineData("a b c")]
    [Threat(20)]
    public void Bad_contacts(string text) => Assert.False(ContactView.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    [Rfc(3261, "10.2.2")]
    public void The_star()
    {
        Assert.True(ContactView.TryParse(" * "u8, out var contact));
        Assert.True(contact.IsStar);
        Assert.False(contact.TryGetExpires(out _));
        Assert.False(contact.TryGetUri(out _));
    }

    [Theory]
    [InlineData("sip:a@b;tag=1", "", "sip:a@b", "1")]
    [InlineData("<sip:a@b;tag=2>;tag=1", "", "sip:a@b;tag=2", "1")]
    [InlineData("\"A, <B>; \\\"C\\\"\"<sip:a@b>", "A, <B>; \\\"C\\\"", "sip:a@b", "")]
    [InlineData("A. G. Bell  <sip:a@b> ; tag = x", "A. G. Bell", "sip:a@b", "x")]
    [InlineData("Zoë <tel:+1>;tag=a@b:c=d", "Zoë", "tel:+1", "a@b:c=d")]
    [InlineData("\"\" <http://example.com/?a=b,c>", "", "http://example.com/?a=b,c", "")]
    [Rfc(3261, "20.10")]
    public void Name_addresses(string text, string name, string uri, string tag)
    {
        Assert.True(NameAddressView.TryParse(Encoding.UTF8.GetBytes(text), out var address));

        Assert.Equal((name, uri, tag), (Sip.Text(address.DisplayName), Sip.Text(address.UriBytes), Sip.Text(address.Tag)));
    }

    [Theory]
    [InlineData("SIP/2.0/UDP 192.0.2.1", "UDP", "192.0.2.1", 0, "", false)]
    [InlineData("SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7", "UDP", "erlang.bell-telephone.com", 5060, "z9hG4bK87asdks7", false)]
    [InlineData("SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1", "UDP", "first.example.com", 4000, "z9hG4bKa7c6a8dlze.1", false)]
    [InlineData("SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK1;rport", "WSS", "df7jal23ls0d.invalid", 0, "z9hG4bK1", true)]
    [InlineData("SIP/2.0/TLS [2001:db8::1]:5061;rport=9;received=2001:db8::2;branch=x", "TLS", "[2001:db8::1]", 5061, "x", true)]
    [Rfc(3261, "20.42")]
    [Rfc(3581, "3")]
    public void Vias(string text, string transport, string host, int port, string branch, bool rport)
    {
        Assert.True(ViaView.TryParse(Encoding.UTF8.GetBytes(text), out var via));

        Assert.Equal((transport, host, port), (Sip.Text(via.Transport), Sip.Text(via.Host), via.Port));
        Assert.Equal((branch, rport), (Sip.Text(via.Branch), via.HasRPort));
        Assert.Equal(branch.StartsWith("z9hG4bK", StringComparison.Ordinal), via.HasCookie);
    }

    [Theory]
    [InlineData("776656 1 INVITE", 776656u, 1u, SipMethod.Invite)]
    [InlineData("1\t2147483647  PRACK", 1u, 2147483647u, SipMethod.Prack)]
    [Rfc(3262, "7.2")]
    public void RAck_names_a_response(string text, uint response, uint cseq, SipMethod method)
    {
        Assert.True(RAck.TryParse(Encoding.UTF8.GetBytes(text), out var rack));
        Assert.Equal(new RAck(response, cseq, method), rack);
        var writer = new SipWriter();
        rack.Write(writer);
        Assert.True(RAck.TryParse(writer.Written[6..^2], out var again));
        Assert.Equal(rack, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1 2")]
    [InlineData("0 1 INVITE")]
    [InlineData("1 2147483648 INVITE")]
    [InlineData("4294967296 1 INVITE")]
    [InlineData("1 1 INV ITE")]
    public void Bad_RAck(string text) => Assert.False(RAck.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("4000", 4000u, SessionRefresher.Unset)]
    [InlineData("1800;refresher=UAC", 1800u, SessionRefresher.Uac)]
    [InlineData(" 90 ; x=1 ; refresher = uas", 90u, SessionRefresher.Uas)]
    [Rfc(4028, "4")]
    public void Session_Expires(string text, uint seconds, SessionRefresher refresher)
    {
        Assert.True(SessionExpires.TryParse(Encoding.UTF8.GetBytes(text), out var session));
        Assert.Equal(new SessionExpires(seconds, refresher), session);
        var writer = new SipWriter();
        session.Write(writer);
        Assert.True(SessionExpires.TryParse(writer.Written[17..^2], out var again));
        Assert.Equal(session, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("90x")]
    [InlineData(";refresher=uac")]
    [InlineData("90;;")]
    public void Bad_Session_Expires(string text) => Assert.False(SessionExpires.TryParse(Encoding.UTF8.GetBytes(text), out _));

    /// <summary>The examples of RFC 3891 §6.1.</summary>
    [Theory]
    [InlineData("98732@sip.example.com\n ;from-tag=r33th4x0r\n ;to-tag=ff87ff", "98732@sip.example.com", "ff87ff", "r33th4x0r", false)]
    [InlineData("12adf2f34456gs5;to-tag=12345;from-tag=54321", "12adf2f34456gs5", "12345", "54321", false)]
    [InlineData("87134@192.0.2.23;to-tag=24796;from-tag=0;early-only", "87134@192.0.2.23", "24796", "0", true)]
    [Rfc(3891, "6.1")]
    public void Replaces_names_a_dialog(string text, string callId, string to, string from, bool early)
    {
        var request = Sip.Request(Sip.InviteWith("Replaces: " + text));
        Assert.True(request.TryGet(HeaderId.Replaces, out var value));
        Assert.True(Replaces.TryParse(value, out var replaces));
        Assert.Equal(new Replaces(callId, to, from, early), replaces);
        Assert.True(Replaces.TryParse(Encoding.UTF8.GetBytes(replaces!.ToString()), out var again));
        Assert.Equal(replaces, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("abc;to-tag=1")]
    [InlineData("abc;to-tag=1;from-tag=2;to-tag=3")]
    [InlineData("a b;to-tag=1;from-tag=2")]
    [InlineData("abc;to-tag=1;from-tag=\"2")]
    public void Bad_Replaces(string text) => Assert.False(Replaces.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    [Rfc(3515, "2.1")]
    [Rfc(3891, "4")]
    [Threat(22)]
    public void Of_the_headers_in_Refer_To_only_Replaces_is_taken()
    {
        Assert.True(ReferTo.TryParse("<sip:dave@denver.example.org;method=INVITE;x=1?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994&Route=%3Csip:evil%3E&X=%0d%0aY>"u8, out var refer));

        Assert.Equal("sip:dave@denver.example.org;x=1", refer!.Target.ToString());
        Assert.Equal(SipMethod.Invite, refer.Method);
        Assert.Equal(new Replaces("12345@192.168.118.3", "12345", "5FFE-3994"), refer.Replaces);
    }

    [Theory]
    [InlineData("<sip:a@b?Replaces=x>")]
    [InlineData("<sip:a@b?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=y%3Bto-tag%3D1%3Bfrom-tag%3D2>")]
    [InlineData("<http://example.com>")]
    [InlineData("*")]
    public void Bad_Refer_To(string text) => Assert.False(ReferTo.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("SIP ;cause=200 ;text=\"Call completed elsewhere\"", "SIP", 200, "\"Call completed elsewhere\"")]
    [InlineData("Q.850 ;cause=16 ;text=\"Terminated\"", "Q.850", 16, "\"Terminated\"")]
    [InlineData("SIP", "SIP", 0, "")]
    [Rfc(3326, "2")]
    public void Reasons(string text, string protocol, int cause, string words)
    {
        Assert.True(ReasonView.TryParse(Encoding.UTF8.GetBytes(text), out var reason));
        Assert.Equal((protocol, cause, words), (Sip.Text(reason.Protocol), reason.Cause, Sip.Text(reason.Text)));
    }

    [Fact]
    [Rfc(3326, "2")]
    public void Reasons_are_written() => Assert.Equal("SIP;cause=200;text=\"a \\\"b\\\"  c\"", ReasonView.Format("SIP", 200, "a \"b\"\r\nc"));

    [Theory]
    [InlineData("presence", "presence", "")]
    [InlineData("refer;id=93809824", "refer", "93809824")]
    [InlineData("presence.winfo ; x ; id = 7", "presence.winfo", "7")]
    [Rfc(6665, "8.2.1")]
    public void Events(string text, string package, string id)
    {
        Assert.True(EventView.TryParse(Encoding.UTF8.GetBytes(text), out var e));
        Assert.Equal((package, id), (Sip.Text(e.Package), Sip.Text(e.Id)));
        Assert.True(e.Is(Encoding.UTF8.GetBytes(package.ToUpperInvariant())));
    }

    [Fact]
    [Rfc(6665, "8.2.3")]
    public void Subscription_states()
    {
        Assert.True(SubscriptionStateView.TryParse("terminated;reason=timeout;expires=0"u8, out var state));
        Assert.True(state.IsTerminated);
        Assert.Equal("timeout", Sip.Text(state.Reason));
        Assert.True(state.TryGetExpires(out var seconds));
        Assert.Equal(0u, seconds);
        Assert.False(SubscriptionStateView.TryParse(";reason=x"u8, out _));
    }

    [Fact]
    [Rfc(3261, "20.15")]
    public void Media_types()
    {
        Assert.True(MediaTypeView.TryParse("multipart/Mixed ; boundary=\"a b\""u8, out var media));
        Assert.True(media.Is("Multipart/mixed"u8));
        Assert.False(media.Is("multipart/related"u8));
        Assert.True(media.TryGetParameter("Boundary"u8, out var boundary));
        Assert.Equal("a b", QuotedText.Unescape(boundary));
        Assert.False(MediaTypeView.TryParse("text"u8, out _));
        Assert.False(MediaTypeView.TryParse("text/"u8, out _));
        Assert.False(MediaTypeView.TryParse("/plain"u8, out _));
    }

    [Theory]
    [InlineData("18000;duration=3600", 18000u, 3600u)]
    [InlineData("120 (I'm in a meeting)", 120u, null)]
    [InlineData("5", 5u, null)]
    [Rfc(3261, "20.33")]
    public void Retry_After_examples(string text, uint seconds, uint? duration)
    {
        Assert.True(RetryAfter.TryParse(Encoding.UTF8.GetBytes(text), out var retry));
        Assert.Equal(new RetryAfter(seconds, duration), retry);
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("5 (open")]
    [InlineData("5 x")]
    public void Bad_Retry_After(string text) => Assert.False(RetryAfter.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    [Rfc(3261, "20.43")]
    public void Warnings_are_written()
    {
        var writer = new SipWriter();
        WarningHeader.Write(writer, WarningHeader.IncompatibleMediaFormat, "gw.example.com", "no \"common\" codec");

        Assert.Equal("Warning: 305 gw.example.com \"no \\\"common\\\" codec\"\r\n", Sip.Text(writer.Written));
    }
}
