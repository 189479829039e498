using Gateway.Testing;

namespace Gateway.Sip.Tests.Parsing;

public sealed class SipWriterTests
{
    [Fact]
    [Rfc(3261, "7")]
    public void A_message_is_written_with_long_names_and_one_line_a_field()
    {
        var writer = new SipWriter();
        writer.Request(SipMethod.Options, "sip:carol@chicago.com");
        writer.Header(HeaderId.Via, "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKhjhs8ass877");
        writer.Header(HeaderId.MaxForwards, 70);
        writer.BeginHeader(HeaderId.To);
        writer.Append("<");
        writer.Append("sip:carol@chicago.com"u8);
        writer.Append(">");
        writer.EndHeader();
        writer.Header(HeaderId.From, "Alice <sip:alice@atlanta.com>;tag=1928301774"u8);
        writer.Header(HeaderId.CallId, "a84b4c76e66710");
        writer.CSeq(63104, SipMethod.Options);
        writer.Header("X-Thing"u8, "1"u8);
        writer.Body("text/plain"u8, "hé"u8);

        Assert.Equal("""
            OPTIONS sip:carol@chicago.com SIP/2.0
            Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKhjhs8ass877
            Max-Forwards: 70
            To: <sip:carol@chicago.com>
            From: Alice <sip:alice@atlanta.com>;tag=1928301774
            Call-ID: a84b4c76e66710
            CSeq: 63104 OPTIONS
            X-Thing: 1
            Content-Type: text/plain
            Content-Length: 3

            hé
            """.ReplaceLineEndings("\r\n"), Sip.Text(writer.Written));
        Assert.Equal(0, writer.Replaced);
        Assert.Equal(SipMethod.Options, Sip.Request(Sip.Text(writer.Written)).Method);
    }

    [Theory]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\nX-Evil: 1")]
    [InlineData("a\rX-Evil: 1")]
    [InlineData("a\0X-Evil: 1")]
    [InlineData("\r\n\r\nINVITE sip:x SIP/2.0")]
    [Threat(22)]
    public void Nothing_that_is_written_adds_a_line(string value)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(value);
        Action<SipWriter>[] ways =
        [
            w => w.Header(HeaderId.Subject, value),
            w => w.Header(HeaderId.Subject, bytes),
            w => w.Header("X-Own"u8, bytes),
            w => w.Header("X-Own", value),
            w => w.Header(value, "1"),
            w => w.Header(bytes, "1"u8),
            w => w.CSeq(1, bytes),
            w =>
            {
                w.BeginHeader(HeaderId.Contact);
                w.Append("<");
                w.Append(value);
                w.Append(bytes);
                w.AppendQuoted(value);
                w.EndHeader();
            },
            w => WarningHeader.Write(w, 399, value, value),
            w => w.Response(200, value),
            w => w.Request(SipMethod.Invite, value),
            w => w.Request(bytes, bytes),
        ];
        foreach (var way in ways)
        {
            var writer = new SipWriter();
            writer.Response(200);
            var lines = Sip.Text(writer.Written).Count(c => c == '\n');
            way(writer);
            var written = Sip.Text(writer.Written);
            var more = written.StartsWith("SIP/2.0 200 OK\r\n", StringComparison.Ordinal) ? lines + 1 : 1;

            Assert.Equal(more, written.Count(c => c == '\n'));
            Assert.Equal(more, written.Count(c => c == '\r'));
            Assert.DoesNotContain('\0', written);
            Assert.True(writer.Replaced > 0);
        }
    }

    [Fact]
    [Rfc(3261, "25.1")]
    public void Quoted_text_escapes_quotes_and_backslashes()
    {
        var writer = new SipWriter();
        writer.BeginHeader(HeaderId.From);
        writer.AppendQuoted("a\"b\\c");
        writer.Append(" <sip:x@y>");
        writer.EndHeader();

        Assert.Equal("From: \"a\\\"b\\\\c\" <sip:x@y>\r\n", Sip.Text(writer.Written));
        Assert.True(NameAddressView.TryParse(writer.Written[6..^2], out var address));
        Assert.Equal("a\"b\\c", QuotedText.Unescape(address.DisplayName));
        Assert.Equal("a\\\"b\\\\c", QuotedText.Escape("a\"b\\c"));
    }

    [Fact]
    public void The_buffer_grows_and_is_reused()
    {
        var writer = new SipWriter(256);
        for (var round = 0; round < 3; round++)
        {
            writer.Response(200);
            writer.Header("X"u8, new byte[70000]);
            writer.NoBody();
            Assert.InRange(writer.Written.Length, 70020, 70100);
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        writer.Response(200);
        writer.Header(HeaderId.CallId, "abc");
        writer.Header(HeaderId.Expires, 3600);
        writer.NoBody();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Fields_are_copied_in_order_with_their_values_as_they_came()
    {
        var request = Sip.Request(Sip.InviteWith("v: SIP/2.0/TCP b ;branch=z9hG4bK2, SIP/2.0/UDP c\nX-Odd-Name:  kept\nRecord-Route: <sip:p1;lr>\nRecord-Route: <sip:p2;lr>,\n <sip:p3>;x"));
        var writer = new SipWriter();
        writer.Response(180);
        writer.Copy(request, HeaderId.Via);
        writer.Copy(request, HeaderId.RecordRoute);
        foreach (var field in request.Fields)
        {
            if (field.Id == HeaderId.Other)
            {
                writer.Copy(field);
            }
        }

        Assert.Equal("""
            SIP/2.0 180 Ringing
            Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK74bf9
            Via: SIP/2.0/TCP b ;branch=z9hG4bK2, SIP/2.0/UDP c
            Record-Route: <sip:p1;lr>
            Record-Route: <sip:p2;lr>, <sip:p3>;x
            X-Odd-Name: kept

            """.ReplaceLineEndings("\r\n"), Sip.Text(writer.Written));
    }

    /// <summary>RFC 3261 §21 and the registry: a sample by hand, and no code without words.</summary>
    [Theory]
    [InlineData(100, "Trying")]
    [InlineData(180, "Ringing")]
    [InlineData(183, "Session Progress")]
    [InlineData(200, "OK")]
    [InlineData(202, "Accepted")]
    [InlineData(407, "Proxy Authentication Required")]
    [InlineData(422, "Session Interval Too Small")]
    [InlineData(481, "Call/Transaction Does Not Exist")]
    [InlineData(487, "Request Terminated")]
    [InlineData(504, "Server Time-out")]
    [InlineData(603, "Decline")]
    [InlineData(607, "Unwanted")]
    [InlineData(499, "Bad Request")]
    [InlineData(555, "Push Notification Service Not Supported")]
    [Rfc(3261, "21")]
    public void Reason_phrases(int code, string phrase)
    {
        var writer = new SipWriter();
        writer.Response(code);

        Assert.Equal($"SIP/2.0 {code} {phrase}\r\n", Sip.Text(writer.Written));
    }

    [Theory]
    [InlineData("Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl")]
    public void What_was_written_parses_to_the_same(string from)
    {
        var request = Sip.Request(Sip.InviteWith("Subject: I know you're there,\n pick up the phone   \n and answer!\nX-Y:z\nk: a,b", "body"));
        var writer = new SipWriter();
        writer.Request(request.MethodToken, request.UriBytes);
        foreach (var field in request.Fields)
        {
            writer.Copy(field);
        }
        writer.BodyOnly(request.Body);
        var again = Sip.Request(Sip.Text(writer.Written));

        Assert.Equal(from, Sip.Text(again.From.Raw));
        Assert.Equal(Sip.Text(request.Body), Sip.Text(again.Body));
        Assert.Equal(request.HeaderCount + 1, again.HeaderCount);
        for (var i = 0; i < request.HeaderCount; i++)
        {
            Assert.Equal(request.FieldAt(i).Id, again.FieldAt(i).Id);
            Assert.Equal(Sip.Text(request.FieldAt(i).Value), Sip.Text(again.FieldAt(i).Value));
        }
    }
}
