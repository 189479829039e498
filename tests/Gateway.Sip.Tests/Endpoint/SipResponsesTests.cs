using System.Net;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Endpoint;

public sealed class SipResponsesTests
{
    private static string TopVia(string via, SipTransport transport, string source, int port)
    {
        var request = Sip.Request(Sip.InviteWith("").Replace("SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK74bf9", via, StringComparison.Ordinal));
        var writer = new SipWriter();
        SipResponses.Begin(writer, request, new Flow(transport, new IPEndPoint(IPAddress.Parse(source), port), 0, 0), 200);
        writer.NoBody();
        return Sip.Text(Sip.Response(Sip.Text(writer.Written)).TopVia.Raw);
    }

    [Theory]
    // RFC 3581 §5, its example.
    [InlineData("SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff", "192.0.2.1", 9988, "SIP/2.0/UDP 10.1.1.1:4540;branch=z9hG4bKkjshdyff;received=192.0.2.1;rport=9988")]
    // rport asks for received even when the address is the same (§4).
    [InlineData("SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1", "192.0.2.1", 5060, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;received=192.0.2.1;rport=5060")]
    // RFC 3261 §18.2.1: the same address needs none, a name and another address do.
    [InlineData("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "192.0.2.1", 5060, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")]
    [InlineData("SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bK1", "192.0.2.4", 5060, "SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bK1;received=192.0.2.4")]
    [InlineData("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1", "192.0.2.1", 5060, "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.1")]
    // What the sender claims about itself is dropped.
    [InlineData("SIP/2.0/UDP 192.0.2.1;received=203.0.113.9;branch=z9hG4bK1;RPORT=1", "192.0.2.1", 7, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;received=192.0.2.1;rport=7")]
    // IPv6 without brackets (RFC 5118 §4.5), and mapped IPv4 as IPv4.
    [InlineData("SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bK1", "2001:db8::9:255", 5060, "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bK1;received=2001:db8::9:255")]
    [InlineData("SIP/2.0/UDP [2001:db8:0::9:1];branch=z9hG4bK1", "2001:db8::9:1", 5060, "SIP/2.0/UDP [2001:db8:0::9:1];branch=z9hG4bK1")]
    [InlineData("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "::ffff:192.0.2.1", 5060, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")]
    [Rfc(3581, "4")]
    [Rfc(3261, "18.2.1")]
    public void Received_and_rport(string via, string source, int port, string expected)
        => Assert.Equal(expected, TopVia(via, SipTransport.Udp, source, port));

    [Fact]
    [Rfc(7118, "5.1")]
    public void A_browsers_Via_goes_back_as_it_came()
        => Assert.Equal("SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks", TopVia("SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks", SipTransport.Wss, "192.0.2.7", 40000));

    [Fact]
    [Rfc(3261, "8.2.6.2")]
    public void An_answer_copies_five_headers_and_adds_a_tag()
    {
        var request = Sip.Request("""
            INVITE sip:bob@biloxi.com SIP/2.0
            v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1, SIP/2.0/TCP a.example.com;branch=z9hG4bK2
            Via: SIP/2.0/UDP b.example.com;branch=z9hG4bK3
            f: "Alice \"A\"" <sip:alice@atlanta.com>;tag=1928301774
            t: Bob <sip:bob@biloxi.com>
            i: a84b4c76e66710@pc33
            CSeq: 314159 INVITE
            Timestamp: 54
            Record-Route: <sip:p1;lr>


            """);
        var writer = new SipWriter();
        var flow = new Flow(SipTransport.Udp, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 5060), 0, 0);
        SipResponses.Begin(writer, request, flow, 180, toTag: "8321234356");
        writer.NoBody();

        Assert.Equal("""
            SIP/2.0 180 Ringing
            Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
            Via: SIP/2.0/TCP a.example.com;branch=z9hG4bK2
            Via: SIP/2.0/UDP b.example.com;branch=z9hG4bK3
            From: "Alice \"A\"" <sip:alice@atlanta.com>;tag=1928301774
            To: Bob <sip:bob@biloxi.com>;tag=8321234356
            Call-ID: a84b4c76e66710@pc33
            CSeq: 314159 INVITE
            Content-Length: 0


            """.ReplaceLineEndings("\r\n"), Sip.Text(writer.Written));

        SipResponses.Begin(writer, request, flow, 100, toTag: "8321234356");
        var trying = Sip.Text(writer.Written);
        Assert.Contains("\r\nTo: Bob <sip:bob@biloxi.com>\r\n", trying, StringComparison.Ordinal);
        Assert.Contains("\r\nTimestamp: 54\r\n", trying, StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(3261, "8.2.6.2")]
    public void A_tag_that_is_there_stays_alone()
    {
        var request = Sip.Request(Sip.InviteWith("").Replace("<sip:bob@biloxi.example.com>", "<sip:bob@biloxi.example.com>;tag=there", StringComparison.Ordinal));
        var writer = new SipWriter();
        SipResponses.Begin(writer, request, default, 200, "Fine", "another");

        Assert.StartsWith("SIP/2.0 200 Fine\r\n", Sip.Text(writer.Written), StringComparison.Ordinal);
        Assert.Contains("\r\nTo: Bob <sip:bob@biloxi.example.com>;tag=there\r\n", Sip.Text(writer.Written), StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_an_answer_allocates_nothing_in_steady_state()
    {
        Assert.True(Sip.Parser.TryParse(Parsing.LeaseTests.Invite800, stream: false, out var message, out _));
        var request = (SipRequest)message!;
        var writer = new SipWriter();
        var flow = new Flow(SipTransport.Udp, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 5060), 0, 0);
        for (var i = 0; i < 200; i++)
        {
            SipResponses.Begin(writer, request, flow, 180, toTag: "8321234356");
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        SipResponses.Begin(writer, request, flow, 180, toTag: "8321234356");

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        message!.Return();
    }
}
