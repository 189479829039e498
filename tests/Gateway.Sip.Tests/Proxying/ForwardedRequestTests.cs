using System.Net;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Proxying;

/// <summary>What of a request changes on its way through a proxy, and that nothing else does (RFC 3261 §16.6).</summary>
public sealed class ForwardedRequestTests
{
    private const string Invite = """
        INVITE sip:bob@biloxi.example.com SIP/2.0
        v: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK74bf9 , SIP/2.0/TCP inner.example.com ;branch=z9hG4bKinner
        Subject: I know you're there,
               pick up the phone
          	and answer!
        Max-Forwards :  70
        f: "Alice \"A\"" <sip:alice@atlanta.example.com>;tag=9fxced76sl
        To:Bob <sip:bob@biloxi.example.com>
        Call-ID: 3848276298220188511@atlanta.example.com
        CSeq:   1   INVITE
        X-Unknown-Header :  with: colons, "quotes"
        m: <sip:alice@192.0.2.1>
        C: text/plain
        l: 7

        one
        two
        """;

    [Fact]
    [Row(42)]
    [Rfc(3261, "16.6")]
    public void Nothing_but_Via_and_MaxForwards_changes_in_a_request_that_is_passed_on_byte_diff()
    {
        var request = Sip.Request(Invite);

        var text = Proxied.Text(request, Proxied.Edits(request));

        // Content-Length says seven bytes: what stands behind them is no part of the message (§18.3).
        var came = Invite.ReplaceLineEndings("\r\n");
        var expected = came[..(came.LastIndexOf("one\r\n", StringComparison.Ordinal) + 7)]
            .Replace("v: SIP", "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKnew;rport\r\nv: SIP", StringComparison.Ordinal)
            .Replace("Max-Forwards :  70", "Max-Forwards: 69", StringComparison.Ordinal);
        Assert.Equal(expected, text);
    }

    [Theory]
    [InlineData("70", "69")]
    [InlineData("1", "0")]
    [InlineData("255", "254")]
    [Row(51)]
    [Row(42)]
    [Rfc(3261, "16.6")]
    public void MaxForwards_is_one_less_at_each_element(string came, string leaves)
    {
        var request = Sip.Request(Sip.InviteWith("Subject: x").Replace("Max-Forwards: 70", $"Max-Forwards: {came}", StringComparison.Ordinal));

        Assert.Contains($"\r\nMax-Forwards: {leaves}\r\n", Proxied.Text(request, Proxied.Edits(request)), StringComparison.Ordinal);
    }

    [Fact]
    [Row(51)]
    [Rfc(3261, "16.6")]
    public void MaxForwards_70_is_only_the_start_value_that_a_request_without_one_gets()
    {
        var request = Sip.Request(Sip.InviteWith("Subject: x").Replace("Max-Forwards: 70\n", "", StringComparison.Ordinal));

        var text = Proxied.Text(request, Proxied.Edits(request));

        Assert.Single(Proxied.Lines(text), line => line.StartsWith("Max-Forwards", StringComparison.Ordinal));
        Assert.Contains("\r\nMax-Forwards: 70\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    [Row(42)]
    [Rfc(3261, "18.2.1")]
    [Rfc(3581, "4")]
    public void The_Via_below_ours_gets_received_and_rport_and_its_neighbours_stay()
    {
        var request = Sip.Request(Sip.InviteWith("Subject: x").Replace(
            "Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK74bf9",
            "Via: SIP/2.0/UDP pc33.atlanta.example.com;rport;branch=z9hG4bK74bf9, SIP/2.0/UDP far.example.com;branch=z9hG4bKfar",
            StringComparison.Ordinal));
        var flow = new Flow(SipTransport.Udp, new IPEndPoint(IPAddress.Parse("198.51.100.7"), 40001), 0, 0);

        var text = Proxied.Text(request, Proxied.Edits(request, source: flow));

        Assert.Equal(
            [
                "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKnew;rport",
                "Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK74bf9;received=198.51.100.7;rport=40001, SIP/2.0/UDP far.example.com;branch=z9hG4bKfar",
            ],
            Proxied.Lines(text).Where(line => line.StartsWith("Via", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("P-Asserted-Identity: <sip:ceo@example.com>")]
    [InlineData("P-Asserted-Identity : <sip:ceo@example.com>")]
    [InlineData("p-asserted-identity\t:\n <sip:ceo@example.com>")]
    [InlineData("Remote-Party-ID: <sip:ceo@example.com>;party=calling")]
    [InlineData("Diversion: <sip:ceo@example.com>;reason=unconditional")]
    [InlineData("y: eyJhbGciOiJFUzI1NiJ9;info=<https://x>")]
    [InlineData("X-Internal-Account : ceo@example.com")]
    [InlineData("P-Charging-Vector: icid-value=ceo@example.com")]
    [Threat(21)]
    [Rfc(3325, "5")]
    public void A_header_that_an_untrusted_side_may_not_send_is_stripped_by_its_parsed_name(string header)
    {
        var request = Sip.Request(Sip.InviteWith($"Subject: before\n{header}\nX-Mine: after"));

        var text = Proxied.Text(request, Proxied.Edits(request, remove: HeaderStrip.FromUntrusted));

        Assert.DoesNotContain("ceo@", text, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", text, StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: before\r\nX-Mine: after\r\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("P-Asserted-Identity\v: <sip:ceo@example.com>")]
    [InlineData("P-Asserted-Identity\0: <sip:ceo@example.com>")]
    [Threat(21)]
    public void A_control_character_before_the_colon_never_gets_as_far_as_being_forwarded(string header) =>
        Assert.Equal(400, Sip.Error(Sip.InviteWith(header)).StatusCode);

    [Fact]
    public void A_strip_never_takes_what_holds_message_and_transaction_together()
    {
        var request = Sip.Request(Invite);
        var all = new HeaderStrip([HeaderId.Via, HeaderId.CallId, HeaderId.From, HeaderId.ContentLength, HeaderId.Contact], ["*"]);

        var forwarded = Sip.Request(Proxied.Text(request, Proxied.Edits(request, remove: all)));

        Assert.Equal(request.CallId.ToArray(), forwarded.CallId.ToArray());
        Assert.Equal(request.Body.ToArray(), forwarded.Body.ToArray());
        Assert.False(forwarded.Has(HeaderId.Contact));
        Assert.False(forwarded.TryGet("X-Unknown-Header"u8, out _));
    }

    [Fact]
    [Rfc(3261, "22.3")]
    public void Credentials_for_us_go_no_further_and_those_for_others_do()
    {
        var request = Sip.Request(Sip.InviteWith("""
            Proxy-Authorization: Digest username="a", realm="gateway.example", nonce="n", uri="sip:x", response="00000000000000000000000000000000"
            Proxy-Authorization: Digest username="a", realm="other.example", nonce="n", uri="sip:x", response="00000000000000000000000000000000"
            Authorization: Bearer secret-of-the-browser
            """));

        var text = Proxied.Text(request, Proxied.Edits(request, realm: "gateway.example"));

        Assert.DoesNotContain("gateway.example", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer", text, StringComparison.Ordinal);
        Assert.Contains("realm=\"other.example\"", text, StringComparison.Ordinal);
    }

    [Fact]
    [Threat(22)]
    public void What_we_add_cannot_bring_a_header_of_its_own()
    {
        var request = Sip.Request(Sip.InviteWith("Subject: x"));

        var text = Proxied.Text(request, Proxied.Edits(request, target: "sip:bob@192.0.2.4", add: [new AddedHeader("Diversion", "<sip:a@b>\r\nX-Evil: 1")]));

        Assert.DoesNotContain("\r\nX-Evil", text, StringComparison.Ordinal);
        Assert.Contains("\r\nDiversion: <sip:a@b>  X-Evil: 1\r\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "Max-Breadth: 30")]
    [InlineData("Max-Breadth: 60", "Max-Breadth: 30")]
    [Row(43)]
    [Rfc(5393, "5.3.3")]
    public void MaxBreadth_is_written_for_each_branch(string? came, string leaves)
    {
        var request = Sip.Request(Sip.InviteWith(came ?? "Subject: x"));

        var text = Proxied.Text(request, Proxied.Edits(request, breadth: 30));

        Assert.Equal([leaves], Proxied.Lines(text).Where(line => line.StartsWith("Max-Breadth", StringComparison.Ordinal)));
    }

    [Fact]
    [Rfc(3261, "16.6")]
    public void ContentLength_is_added_where_a_stream_needs_it()
    {
        var request = Sip.Request(Sip.InviteWith("Content-Type: text/plain", "hello"));

        Assert.DoesNotContain("Content-Length", Proxied.Text(request, Proxied.Edits(request)), StringComparison.Ordinal);
        Assert.EndsWith("Content-Length: 5\r\n\r\nhello", Proxied.Text(request, Proxied.Edits(request, transport: SipTransport.Tcp)), StringComparison.Ordinal);
    }

    [Fact]
    [Row(16)]
    public void A_method_that_nobody_knows_is_forwarded_with_its_token()
    {
        var request = Sip.Request(Sip.InviteWith("Subject: x").Replace("INVITE", "NEWMETHOD", StringComparison.Ordinal));

        var text = Proxied.Text(request, Proxied.Edits(request, target: "sip:bob@192.0.2.4;line=7"));

        Assert.StartsWith("NEWMETHOD sip:bob@192.0.2.4;line=7 SIP/2.0\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\r\nCSeq: 1 NEWMETHOD\r\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Row(42)]
    [Rfc(4475, "3.1.1")]
    public void Every_valid_torture_message_passes_with_all_other_lines_and_its_body_as_they_came(bool retained)
    {
        var forwarded = 0;
        foreach (var name in Torture.TortureFiles.Names)
        {
            if (!Sip.Parser.TryParse(Torture.TortureFiles.Read(name), stream: false, out var lease, out _))
            {
                lease?.Return();
                continue;
            }
            var message = retained ? lease!.Retain() : lease!;
            if (message is SipRequest request)
            {
                forwarded += Proxied.AssertOnlyOwnLinesChanged(request) ? 1 : 0;
            }
            lease!.Return();
        }
        Assert.True(forwarded > 25, $"{forwarded} requests");
    }
}
