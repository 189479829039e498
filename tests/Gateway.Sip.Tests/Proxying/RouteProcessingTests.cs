using Gateway.Testing;

namespace Gateway.Sip.Tests.Proxying;

/// <summary>Loose and strict routing through a proxy, with the examples that the RFCs print (RFC 3261 §16.4, §16.12.1; RFC 5658).</summary>
public sealed class RouteProcessingTests
{
    private static readonly OwnAddresses P2 = new([new OwnAddress("p2.example.com", 5060, SipTransport.Udp)], []);
    private static readonly OwnAddresses P4 = new([new OwnAddress("p4.domain.com", 5060, SipTransport.Udp)], []);

    [Fact]
    [Row(48)]
    [Rfc(3261, "16.12.1.1")]
    public void A_loose_router_takes_itself_off_and_leaves_the_request_uri()
    {
        var bye = Bye("sip:callee@u2.domain.com", "<sip:p1.example.com;lr>,<sip:p2.domain.com;lr>");

        var (text, next) = Through(bye, new OwnAddresses([new OwnAddress("p1.example.com", 5060, SipTransport.Udp)], []));

        Assert.StartsWith("BYE sip:callee@u2.domain.com SIP/2.0\r\n", text, StringComparison.Ordinal);
        Assert.Equal(["<sip:p2.domain.com;lr>"], Proxied.Values(text, HeaderId.Route));
        Assert.Equal("sip:p2.domain.com;lr", next);
    }

    [Fact]
    [Row(48)]
    [Rfc(3261, "16.12.1.2")]
    public void Before_a_strict_router_the_target_moves_to_the_end_of_the_route()
    {
        var bye = Bye("sip:caller@u1.example.com", "<sip:p4.domain.com;lr>", "<sip:p3.middle.com>", "<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>");

        var (text, next) = Through(bye, P4);

        Assert.StartsWith("BYE sip:p3.middle.com SIP/2.0\r\n", text, StringComparison.Ordinal);
        Assert.Equal(["<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>", "<sip:caller@u1.example.com>"], Proxied.Values(text, HeaderId.Route));
        Assert.Equal("sip:p3.middle.com", next);
    }

    [Fact]
    [Row(48)]
    [Rfc(3261, "16.12.1.2")]
    [Rfc(3261, "16.4")]
    public void Behind_a_strict_router_the_target_comes_back_out_of_the_route()
    {
        var bye = Bye("sip:p2.example.com;lr", "<sip:p1.example.com;lr>", "<sip:caller@u1.example.com>");

        var (text, next) = Through(bye, P2);

        Assert.StartsWith("BYE sip:caller@u1.example.com SIP/2.0\r\n", text, StringComparison.Ordinal);
        Assert.Equal(["<sip:p1.example.com;lr>"], Proxied.Values(text, HeaderId.Route));
        Assert.Equal("sip:p1.example.com;lr", next);
    }

    [Fact]
    [Row(48)]
    [Rfc(3261, "16.12.1.2")]
    public void Between_two_strict_routers_both_repairs_are_made()
    {
        var bye = Bye("sip:p2.example.com;lr", "<sip:strict.example.com>, <sip:p1.example.com;lr>, <sip:caller@u1.example.com>");

        var (text, next) = Through(bye, P2);

        Assert.StartsWith("BYE sip:strict.example.com SIP/2.0\r\n", text, StringComparison.Ordinal);
        Assert.Equal(["<sip:p1.example.com;lr>", "<sip:caller@u1.example.com>"], Proxied.Values(text, HeaderId.Route));
        Assert.Equal("sip:strict.example.com", next);
    }

    [Fact]
    [Row(48)]
    [Rfc(3261, "16.12.1.3")]
    public void A_gateway_between_two_name_spaces_is_known_by_the_names_of_both()
    {
        var own = new OwnAddresses(
            [new OwnAddress("gateway.leftprivatespace.com", 5060, SipTransport.Udp), new OwnAddress("gateway.rightprivatespace.com", 5060, SipTransport.Udp)], []);

        var (left, _) = Through(Bye("sip:callee@u2.rightprivatespace.com", "<sip:gateway.leftprivatespace.com;lr>"), own);
        var (right, _) = Through(Bye("sip:caller@u1.leftprivatespace.com", "<sip:gateway.rightprivatespace.com;lr>"), own);

        Assert.Empty(Proxied.Values(left, HeaderId.Route));
        Assert.Empty(Proxied.Values(right, HeaderId.Route));
    }

    [Theory]
    [InlineData("<sip:192.0.2.254:5060;lr>", "<sip:[2001:db8::1];lr>", "sip:bob@[2001:db8::33]")] // F5
    [InlineData("<sip:[2001:db8::1];lr>", "<sip:192.0.2.254:5060;lr>", "sip:alice@192.0.2.1")] // F7
    [InlineData("<sip:[2001:DB8:0:0::1]:5060;transport=udp;lr>", "<sip:192.0.2.254;lr>", "sip:alice@192.0.2.1")]
    [Row(48)]
    [Rfc(5658, "5")]
    public void Own_record_route_is_recognised_on_every_listener_as_in_siphon_126(string first, string second, string target)
    {
        var own = new OwnAddresses(
            [new OwnAddress("192.0.2.254", 5060, SipTransport.Udp), new OwnAddress("[2001:db8::1]", 5060, SipTransport.Udp)], []);
        var bye = Bye(target, first, second, "<sip:next.example.com;lr>");
        var route = ReceivedRoute.Read(bye, own);

        Assert.Equal([first.Trim('<', '>'), second.Trim('<', '>')], route.Own);
        var (text, next) = Through(bye, own);
        Assert.Equal(["<sip:next.example.com;lr>"], Proxied.Values(text, HeaderId.Route));
        Assert.Equal("sip:next.example.com;lr", next);
    }

    [Fact]
    [Row(48)]
    [Rfc(5658, "5")]
    public void A_double_record_route_puts_the_side_that_it_leaves_by_on_top()
    {
        var request = Sip.Request(Sip.InviteWith("Record-Route: <sip:p0.example.com;lr>"));

        var text = Proxied.Text(request, Proxied.Edits(request, recordRoute: ["<sip:[2001:db8::1];lr>", "<sip:192.0.2.254:5060;lr>"]));

        Assert.Equal(["<sip:[2001:db8::1];lr>", "<sip:192.0.2.254:5060;lr>", "<sip:p0.example.com;lr>"], Proxied.Values(text, HeaderId.RecordRoute));
    }

    [Fact]
    [Rfc(3261, "16.6")]
    [Rfc(3327, "5")]
    public void A_path_is_pushed_above_the_routes_that_came()
    {
        var request = Sip.Request(Sip.InviteWith("Route: <sip:gw.example.com;lr>, <sip:later.example.com;lr>"));
        var own = new OwnAddresses([], ["gw.example.com"]);
        var edits = Proxied.Edits(request, own, "sip:bob@192.0.2.4;ob?Replaces=x", ["<sip:edge1.example.com;lr>", "<sip:edge2.example.com;lr>"]);

        var text = Proxied.Text(request, edits);

        Assert.StartsWith("INVITE sip:bob@192.0.2.4;ob SIP/2.0\r\n", text, StringComparison.Ordinal);
        Assert.Equal(["<sip:edge1.example.com;lr>", "<sip:edge2.example.com;lr>", "<sip:later.example.com;lr>"], Proxied.Values(text, HeaderId.Route));
        Assert.Equal("sip:edge1.example.com;lr", edits.Route.NextHop);
    }

    [Fact]
    [Rfc(3261, "16.6")]
    public void A_pushed_strict_router_is_repaired_too_with_no_route_in_the_request()
    {
        var request = Sip.Request(Sip.InviteWith("Subject: x"));

        var text = Proxied.Text(request, Proxied.Edits(request, target: "sip:bob@192.0.2.4", pushed: ["<sip:old.example.com>"]));

        Assert.StartsWith("INVITE sip:old.example.com SIP/2.0\r\n", text, StringComparison.Ordinal);
        Assert.Equal(["<sip:bob@192.0.2.4>"], Proxied.Values(text, HeaderId.Route));
    }

    [Theory]
    [InlineData("sip:bob@far.example.com:5070;maddr=192.0.2.254;transport=tcp", "sip:bob@far.example.com")]
    [InlineData("sip:bob@far.example.com;maddr=198.51.100.1", "sip:bob@far.example.com;maddr=198.51.100.1")]
    [Rfc(3261, "16.4")]
    public void A_maddr_of_ours_is_stripped_and_a_foreign_one_kept(string uri, string target)
    {
        var own = new OwnAddresses([new OwnAddress("192.0.2.254", 5060, SipTransport.Udp)], []);

        Assert.Equal(target, ReceivedRoute.Read(Bye(uri), own).RequestUri);
    }

    [Theory]
    [InlineData("sip:gw.example.com", true)]
    [InlineData("sip:alice@GW.example.com.", true)]
    [InlineData("sip:gw.example.com:5070", true)]
    [InlineData("sip:gw.example.com:5080", false)]
    [InlineData("sip:192.0.2.254", true)]
    [InlineData("sip:192.0.2.254:5070", false)]
    [InlineData("sip:192.0.2.254;transport=tls", true)]
    [InlineData("sips:192.0.2.254", true)]
    [InlineData("sip:192.0.2.254;transport=ws", false)]
    [InlineData("sip:[2001:db8:0::1]:5070", true)]
    [InlineData("sip:0.0.0.0", false)]
    [InlineData("sip:example.com", false)]
    [InlineData("tel:+14155550100", false)]
    [Row(48)]
    [Rfc(3261, "16.4")]
    public void Ours_is_told_by_host_and_port_over_all_listeners(string uri, bool ours)
    {
        var own = new OwnAddresses(
            [
                new OwnAddress("192.0.2.254", 5060, SipTransport.Udp), new OwnAddress("192.0.2.254", 5061, SipTransport.Tls),
                new OwnAddress("2001:db8::1", 5070, SipTransport.Udp), new OwnAddress("0.0.0.0", 5060, SipTransport.Tcp),
            ],
            ["gw.example.com"]);

        Assert.True(SipUriView.TryParse(System.Text.Encoding.UTF8.GetBytes(uri), out var view));
        Assert.Equal(ours, own.Owns(view));
    }

    private static SipRequest Bye(string uri, params string[] routes) => Sip.Request($"""
        BYE {uri} SIP/2.0
        Via: SIP/2.0/UDP u1.example.com;branch=z9hG4bKbye
        Max-Forwards: 70
        {string.Join("\n", routes.Select(route => $"Route: {route}").DefaultIfEmpty("Subject: none"))}
        From: <sip:a@example.com>;tag=1
        To: <sip:b@example.com>;tag=2
        Call-ID: c
        CSeq: 2 BYE
        Content-Length: 0


        """);

    private static (string Text, string NextHop) Through(SipRequest request, OwnAddresses own)
    {
        var edits = Proxied.Edits(request, own);
        return (Proxied.Text(request, edits), edits.Route.NextHop);
    }
}
