using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Parsing;

/// <summary>What the parser must refuse, with the kind and the place, and whom it lets be answered.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("X-Bad\0: 1", SipParseErrorKind.ControlCharacter)]
    [InlineData("X-Bad\u0001 : 1", SipParseErrorKind.ControlCharacter)]
    [InlineData("X-Bad\u000b: 1", SipParseErrorKind.ControlCharacter)]
    [InlineData("X-Bad: a\0b", SipParseErrorKind.ControlCharacter)]
    [InlineData("X-Bad: a\u007fb", SipParseErrorKind.ControlCharacter)]
    [InlineData("X-Bad: \"a\u0007b\"", SipParseErrorKind.ControlCharacter)]
    [InlineData("X-Bad: a\rContact: b", SipParseErrorKind.ControlCharacter)]
    [InlineData("X-Bad: \\\u0007", SipParseErrorKind.ControlCharacter)]
    [InlineData("X Bad: 1", SipParseErrorKind.HeaderSyntax)]
    [InlineData(": 1", SipParseErrorKind.HeaderSyntax)]
    [InlineData("No colon here", SipParseErrorKind.HeaderSyntax)]
    [InlineData("X-Bäd: 1", SipParseErrorKind.HeaderSyntax)]
    [InlineData("X(Bad): 1", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Max-Forwards: 69", SipParseErrorKind.DuplicateHeader)]
    [InlineData("i: other", SipParseErrorKind.DuplicateHeader)]
    [InlineData("f: <sip:x@y>;tag=1", SipParseErrorKind.DuplicateHeader)]
    [InlineData("CSeq: 1 INVITE", SipParseErrorKind.DuplicateHeader)]
    [InlineData("Refer-To: <sip:a@b>\nr: <sip:c@d>", SipParseErrorKind.DuplicateHeader)]
    [InlineData("Content-Length: 0\nl: 1", SipParseErrorKind.ContentLength)]
    [InlineData("Content-Length: +0", SipParseErrorKind.ContentLength)]
    [InlineData("Content-Length: 0x0", SipParseErrorKind.ContentLength)]
    [InlineData("Content-Length: 0, 0", SipParseErrorKind.ContentLength)]
    [InlineData("Content-Length: ", SipParseErrorKind.ContentLength)]
    [InlineData("Content-Length: 4294967296", SipParseErrorKind.ContentLength)]
    [InlineData("Content-Length: 18446744073709551616", SipParseErrorKind.ContentLength)]
    [InlineData("Contact: <sip:a@b", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Contact: *, <sip:a@b>", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Contact: <sip:a@b>, *", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Contact: \"open <sip:a@b>", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Contact:", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Require: 100rel;x", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Require: timer, \"x\"", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Proxy-Require: <x>", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Route: , ,", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Route: *", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Route: <sip:a@b>;=", SipParseErrorKind.HeaderSyntax)]
    [InlineData("Record-Route: <>", SipParseErrorKind.HeaderSyntax)]
    [Rfc(3261, "7.3.1")]
    [Threat(14)]
    [Threat(20)]
    [Threat(21)]
    public void A_bad_header_is_refused_and_can_be_answered(string header, SipParseErrorKind kind)
    {
        var bytes = Encoding.UTF8.GetBytes(Sip.InviteWith(header).Replace("\n", "\r\n", StringComparison.Ordinal));
        var error = Sip.Error(bytes, out var message);

        Assert.Equal(kind, error.Kind);
        Assert.Equal(400, error.StatusCode);
        // The five headers stood before the bad one.
        Assert.NotNull(message);
    }

    [Theory]
    [InlineData("Via: SIP/2.0/UDP", SipParseErrorKind.Via)]
    [InlineData("Via: SIP/2.0/UDP host:99999", SipParseErrorKind.Via)]
    [InlineData("Via: SIP/2.0/UDP host;branch=", SipParseErrorKind.Via)]
    [InlineData("Via: SIP/2.0/UDP host;;", SipParseErrorKind.Via)]
    [InlineData("Via: , ", SipParseErrorKind.Via)]
    [InlineData("v: SIP/2.0/UDP [::1", SipParseErrorKind.Via)]
    [InlineData("v: SIP/2.0 host", SipParseErrorKind.Via)]
    [Threat(20)]
    public void A_bad_Via_further_down_is_left_out_of_the_answer(string header, SipParseErrorKind kind)
    {
        var error = Sip.Error(Sip.Wire(Sip.InviteWith(header)), out var message);

        Assert.Equal(kind, error.Kind);
        var vias = Answer(message, error).Split("\r\n").Count(line => line.StartsWith("Via: ", StringComparison.Ordinal));
        Assert.Equal(1, vias);
    }

    [Theory]
    [InlineData("Via: SIP/2.0/UDP")]
    [InlineData("Via: SIP/2.0/UDP ;branch=z9hG4bK1")]
    [InlineData("Via: , SIP/2.0/UDP other.example.com;branch=z9hG4bK2")]
    [InlineData("v: SIP/2.0/UDP [::1;branch=z9hG4bK1")]
    [Threat(20)]
    public void A_top_Via_without_a_sent_by_leaves_nobody_to_answer(string header)
    {
        var invite = Sip.InviteWith("Via: SIP/2.0/UDP behind.example.com;branch=z9hG4bK3");
        var via = invite.Split('\n').First(line => line.StartsWith("Via: ", StringComparison.Ordinal));
        var error = Sip.Error(Sip.Wire(invite.Replace(via.TrimEnd('\r'), header, StringComparison.Ordinal)), out var message);

        Assert.Equal(SipParseErrorKind.Via, error.Kind);
        Assert.Null(message);
    }

    [Theory]
    [InlineData("2147483648 INVITE", SipParseErrorKind.CSeq)]
    [InlineData("-1 INVITE", SipParseErrorKind.CSeq)]
    [InlineData("1", SipParseErrorKind.CSeq)]
    [InlineData("1 ", SipParseErrorKind.CSeq)]
    [InlineData("1 BYE", SipParseErrorKind.CSeq)]
    [InlineData("1 invite", SipParseErrorKind.CSeq)]
    [InlineData("1 INVITE x", SipParseErrorKind.CSeq)]
    [InlineData("", SipParseErrorKind.CSeq)]
    [Rfc(3261, "8.1.1.5")]
    [Threat(17)]
    public void Bad_CSeq(string value, SipParseErrorKind kind)
        => Assert.Equal(kind, Sip.Error(Sip.InviteWith("").Replace("CSeq: 1 INVITE", "CSeq: " + value, StringComparison.Ordinal)).Kind);

    [Theory]
    [InlineData("From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl", "From: Alice <sip:alice@a>;tag=1;tag=2")]
    [InlineData("From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl", "From: Alice <sip:alice@a>;tag=\"1\"")]
    [InlineData("From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl", "From: *")]
    [InlineData("From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl", "From: alice")]
    [InlineData("To: Bob <sip:bob@biloxi.example.com>", "To: sip:bob@biloxi.example.com?Subject=x")]
    [InlineData("To: Bob <sip:bob@biloxi.example.com>", "To: ")]
    [InlineData("To: Bob <sip:bob@biloxi.example.com>", "To: <sip:bob@biloxi.example.com> x")]
    [InlineData("Call-ID: 3848276298220188511@atlanta.example.com", "Call-ID: two words")]
    [InlineData("Call-ID: 3848276298220188511@atlanta.example.com", "Call-ID:")]
    [Rfc(3261, "8.1.1")]
    [Threat(20)]
    public void A_party_or_id_that_cannot_be_read_is_left_out_of_the_answer(string good, string bad)
    {
        var error = Sip.Error(Sip.Wire(Sip.InviteWith("").Replace(good, bad, StringComparison.Ordinal)), out var message);

        Assert.Equal(SipParseErrorKind.HeaderSyntax, error.Kind);
        var answer = Answer(message, error);
        Assert.StartsWith("SIP/2.0 400 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(answer.Split("\r\n"), line => line.StartsWith(bad[..bad.IndexOf(':', StringComparison.Ordinal)], StringComparison.Ordinal));
    }

    private static string Answer(SipMessage? message, in SipParseError error) =>
        Torture.TortureTests.Answer(Assert.IsType<SipRequest>(message), error);

    [Fact]
    [Rfc(7118, "8.2")]
    public void An_empty_element_of_an_address_list_means_nothing()
    {
        var request = Sip.Request(Sip.InviteWith("Route: <sip:h7kjh12s@proxy.example.com:443;transport=ws;lr>,\n <sip:proxy.example.com;transport=udp;lr>,"));
        var routes = 0;
        foreach (var _ in request.Values(HeaderId.Route))
        {
            routes++;
        }

        Assert.Equal(2, routes);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused_where_they_stand()
    {
        var bytes = Sip.Wire(Sip.InviteWith("Subject: caf?"));
        var place = Array.LastIndexOf(bytes, (byte)'?');
        bytes[place] = 0xE9;

        var error = Sip.Error(bytes, out var message);

        Assert.Equal((SipParseErrorKind.NotUtf8, place), (error.Kind, error.Offset));
        Assert.NotNull(message);
    }

    [Fact]
    [Threat(20)]
    public void Of_a_folded_field_with_a_bad_byte_nothing_is_copied()
    {
        var text = Sip.InviteWith("").Replace("To: Bob <sip:bob@biloxi.example.com>", "To: Bob <sip:bob@biloxi.example.com>\n ;x=1\n ;tag=\u0001", StringComparison.Ordinal);
        // To last, so that the other four were read.
        var lines = text.Split('\n').ToList();
        var to = lines.FindIndex(line => line.StartsWith("To:", StringComparison.Ordinal));
        string[] folded = [.. lines.GetRange(to, 3)];
        lines.RemoveRange(to, 3);
        lines.InsertRange(lines.IndexOf("CSeq: 1 INVITE") + 1, folded);

        var error = Sip.Error(Sip.Wire(string.Join('\n', lines)), out var message);

        Assert.Equal(SipParseErrorKind.ControlCharacter, error.Kind);
        Assert.DoesNotContain(Answer(message, error).Split("\r\n"), line => line.StartsWith("To", StringComparison.Ordinal) || line.Contains("x=1", StringComparison.Ordinal));
    }

    [Fact]
    public void Bytes_of_any_kind_may_stand_in_a_body()
    {
        var request = Sip.Request(Sip.InviteWith("Content-Type: application/octet-stream", "\0\u0001\u007f"));

        Assert.Equal("\0\u0001\u007f", Sip.Text(request.Body)[..3]);
    }

    [Fact]
    public void Lone_line_ends_never_split_a_header()
    {
        var bytes = Encoding.UTF8.GetBytes(Sip.Text(Sip.Wire(Sip.InviteWith("X-A: 1")))
            .Replace("X-A: 1\r\n", "X-A: 1\nP-Asserted-Identity: <sip:ceo@example.com>\r\n", StringComparison.Ordinal));

        var error = Sip.Error(bytes, out _);

        Assert.Equal(SipParseErrorKind.ControlCharacter, error.Kind);
        Assert.Equal(Array.IndexOf(bytes, (byte)'\n', bytes.AsSpan().IndexOf("X-A"u8)), error.Offset);
    }

    [Fact]
    [Threat(21)]
    public void White_space_before_the_colon_does_not_hide_a_name()
    {
        var request = Sip.Request(Sip.InviteWith("P-Asserted-Identity : <sip:ceo@example.com>\nX-Bypass-Me\t :1"));

        Assert.True(request.Has(HeaderId.PAssertedIdentity));
        Assert.True(request.TryGet("x-bypass-me"u8, out var value));
        Assert.Equal("1", Sip.Text(value));
        var writer = new SipWriter();
        writer.Response(200);
        writer.Copy(request, HeaderId.PAssertedIdentity);
        Assert.Contains("\r\nP-Asserted-Identity: <sip:ceo@example.com>\r\n", Sip.Text(writer.Written), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("")]
    [Rfc(5626, "3.5.1")]
    public void Line_ends_alone_are_a_keep_alive(string text)
    {
        Assert.False(Sip.Parser.TryParse(Encoding.ASCII.GetBytes(text), stream: false, out var message, out var error));
        Assert.Equal((SipParseErrorKind.KeepAlive, 0), (error.Kind, error.StatusCode));
        Assert.Null(message);
    }

    [Fact]
    [Rfc(3261, "7.5")]
    public void Line_ends_before_a_start_line_are_skipped()
        => Assert.Equal(SipMethod.Invite, Sip.Request("\n\n" + Sip.InviteWith("")).Method);

    [Fact]
    [Rfc(3261, "18.3")]
    public void A_datagram_may_leave_Content_Length_out_and_a_stream_may_not()
    {
        var bytes = Sip.Wire(Sip.InviteWith("Content-Type: text/plain", "hello"));

        Assert.True(Sip.Parser.TryParse(bytes, stream: false, out var message, out _));
        Assert.Equal("hello", Sip.Text(message!.Body)[..5]);
        message.Return();
        var error = Sip.Error(bytes, out var refused, stream: true);
        Assert.Equal((SipParseErrorKind.MissingHeader, HeaderId.ContentLength, 400), (error.Kind, error.Header, error.StatusCode));
        Assert.NotNull(refused);
    }

    [Fact]
    [Rfc(3261, "18.3")]
    public void A_datagram_shorter_than_its_Content_Length_is_refused_and_a_longer_one_is_cut()
    {
        Assert.Equal(SipParseErrorKind.ContentLength, Sip.Error(Sip.InviteWith("Content-Length: 100", "hello")).Kind);
        Assert.Equal("hel", Sip.Text(Sip.Request(Sip.InviteWith("Content-Length: 3", "hello")).Body));
        Assert.Equal("hel", Sip.Text(Sip.Request(Sip.InviteWith("Content-Length: 3\nl: 3", "hello")).Body));
    }

    [Fact]
    public void The_empty_line_must_be_there()
        => Assert.Equal(SipParseErrorKind.Incomplete, Sip.Error(Sip.InviteWith("")[..^1]).Kind);

    [Fact]
    [Rfc(3261, "17.1.1.3")]
    public void A_bad_ACK_is_never_answered()
    {
        var text = Sip.InviteWith("Content-Length: 9").Replace("INVITE", "ACK", StringComparison.Ordinal);

        Sip.Error(Sip.Wire(text), out var message);
        Assert.Null(message);
        Sip.Error(Sip.Wire(text.Replace("ACK sip", "ACK\tsip", StringComparison.Ordinal)), out message);
        Assert.Null(message);
    }

    [Fact]
    public void A_bad_response_is_never_answered()
    {
        var text = Sip.InviteWith("Content-Length: 9").Replace("INVITE sip:bob@biloxi.example.com SIP/2.0", "SIP/2.0 200 OK", StringComparison.Ordinal);

        Sip.Error(Sip.Wire(text), out var message);

        Assert.Null(message);
    }

    [Theory]
    [InlineData("SIP/2.0 99 Low")]
    [InlineData("SIP/2.0 700 High")]
    [InlineData("SIP/2.0 2000 OK")]
    [InlineData("SIP/2.0  200 OK")]
    [InlineData("SIP/2.0 20x OK")]
    [InlineData("SIP/2.0")]
    [Rfc(3261, "7.2")]
    public void Bad_status_lines(string line)
        => Assert.Equal(SipParseErrorKind.StartLine, Sip.Error(Sip.InviteWith("").Replace("INVITE sip:bob@biloxi.example.com SIP/2.0", line, StringComparison.Ordinal)).Kind);
}
