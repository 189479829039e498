using Gateway.Testing;

namespace Gateway.Sip.Tests.Torture;

/// <summary>RFC 4475 and RFC 5118, a row for each message, with the verdict that the RFC's text gives.</summary>
public sealed class TortureTests
{
    /// <summary>Well-formed: the parser takes them, whatever the layers above answer then.</summary>
    [Theory]
    [InlineData("wsinv")] // 3.1.1.1
    [InlineData("intmeth")] // 3.1.1.2
    [InlineData("esc01")] // 3.1.1.3
    [InlineData("escnull")] // 3.1.1.4
    [InlineData("esc02")] // 3.1.1.5
    [InlineData("lwsdisp")] // 3.1.1.6
    [InlineData("longreq")] // 3.1.1.7
    [InlineData("dblreq")] // 3.1.1.8
    [InlineData("semiuri")] // 3.1.1.9
    [InlineData("transports")] // 3.1.1.10
    [InlineData("mpart01")] // 3.1.1.11
    [InlineData("unreason")] // 3.1.1.12
    [InlineData("noreason")] // 3.1.1.13
    [InlineData("baddate")] // 3.1.2.12: not rejected unless the Date matters
    [InlineData("unkscm")] // 3.3.2: the 416 is the user's
    [InlineData("novelsc")] // 3.3.3
    [InlineData("unksm2")] // 3.3.4
    [InlineData("bext01")] // 3.3.5
    [InlineData("invut")] // 3.3.6
    [InlineData("regaut01")] // 3.3.7
    [InlineData("bcast")] // 3.3.10: the transaction layer finds no match
    [InlineData("zeromf")] // 3.3.11
    [InlineData("cparam01")] // 3.3.12
    [InlineData("cparam02")] // 3.3.13
    [InlineData("regescrt")] // 3.3.14
    [InlineData("sdp01")] // 3.3.15
    [InlineData("inv2543")] // 3.4.1
    [Rfc(4475, "3.1.1")]
    [Row(61)]
    [Threat(20)]
    public void Valid(string name) => AssertValid(name);

    /// <summary>Malformed; the answer of the RFC can be sent, since the Via and the method were read.</summary>
    [Theory]
    [InlineData("badinv01", SipParseErrorKind.Via, 400)] // 3.1.2.1
    [InlineData("clerr", SipParseErrorKind.ContentLength, 400)] // 3.1.2.2
    [InlineData("ncl", SipParseErrorKind.ContentLength, 400)] // 3.1.2.3
    [InlineData("quotbal", SipParseErrorKind.HeaderSyntax, 400)] // 3.1.2.6
    [InlineData("ltgtruri", SipParseErrorKind.StartLine, 400)] // 3.1.2.7
    [InlineData("lwsruri", SipParseErrorKind.StartLine, 400)] // 3.1.2.8
    [InlineData("lwsstart", SipParseErrorKind.StartLine, 400)] // 3.1.2.9
    [InlineData("trws", SipParseErrorKind.StartLine, 400)] // 3.1.2.10
    [InlineData("escruri", SipParseErrorKind.StartLine, 400)] // 3.1.2.11
    [InlineData("regbadct", SipParseErrorKind.HeaderSyntax, 400)] // 3.1.2.13
    [InlineData("badaspec", SipParseErrorKind.HeaderSyntax, 400)] // 3.1.2.14
    [InlineData("baddn", SipParseErrorKind.HeaderSyntax, 400)] // 3.1.2.15
    [InlineData("badvers", SipParseErrorKind.Version, 505)] // 3.1.2.16
    [InlineData("mismatch01", SipParseErrorKind.CSeq, 400)] // 3.1.2.17
    [InlineData("mismatch02", SipParseErrorKind.CSeq, 400)] // 3.1.2.18: 501 or 400
    [InlineData("scalar02", SipParseErrorKind.CSeq, 400)] // 3.1.2.4
    [InlineData("badbranch", SipParseErrorKind.Via, 400)] // 3.2.1
    [InlineData("insuf", SipParseErrorKind.MissingHeader, 400)] // 3.3.1
    [InlineData("multi01", SipParseErrorKind.DuplicateHeader, 400)] // 3.3.8
    [InlineData("mcl01", SipParseErrorKind.ContentLength, 400)] // 3.3.9
    [Rfc(4475, "3.1.2")]
    [Rfc(4475, "3.3.8")]
    [Threat(14)]
    [Threat(20)]
    public void Refused_with_an_answer(string name, SipParseErrorKind kind, int status)
    {
        var error = Sip.Error(TortureFiles.Read(name), out var message);

        Assert.Equal(kind, error.Kind);
        Assert.Equal(status, error.StatusCode);
        var request = Assert.IsType<SipRequest>(message);
        var answer = Answer(request, error);
        Assert.StartsWith($"SIP/2.0 {status} ", answer, StringComparison.Ordinal);
        if (name is not ("scalar02" or "badbranch" or "quotbal" or "badaspec" or "baddn" or "insuf"))
        {
            // What is answered is itself a message that parses, but for the branch or the CSeq number that it has to echo, and
            // for what could not be read and is left out.
            Assert.Equal(status, Sip.Response(answer).StatusCode);
        }
    }

    /// <summary>A response, or nothing that says where an answer would go: dropped and counted.</summary>
    [Theory]
    [InlineData("scalarlg", SipParseErrorKind.CSeq)] // 3.1.2.5
    [InlineData("bigcode", SipParseErrorKind.StartLine)] // 3.1.2.19
    [InlineData("test", SipParseErrorKind.StartLine)] // in the archive only: no version, a line without colon
    [Rfc(4475, "3.1.2")]
    [Threat(17)]
    [Threat(20)]
    public void Refused_without_an_answer(string name, SipParseErrorKind kind)
    {
        var error = Sip.Error(TortureFiles.Read(name), out var message);

        Assert.Equal(kind, error.Kind);
        Assert.Equal(400, error.StatusCode);
        Assert.Null(message);
    }

    [Theory]
    [InlineData("ipv6/ipv6-good")] // 4.1
    [InlineData("ipv6/port-ambiguous")] // 4.3
    [InlineData("ipv6/port-unambiguous")] // 4.4
    [InlineData("ipv6/via-received-param-with-delim")] // 4.5
    [InlineData("ipv6/via-received-param-no-delim")] // 4.5
    [InlineData("ipv6/ipv6-in-sdp")] // 4.6
    [InlineData("ipv6/mult-ip-in-header")] // 4.7
    [InlineData("ipv6/mult-ip-in-sdp")] // 4.8
    [InlineData("ipv6/ipv4-mapped-ipv6")] // 4.9
    [InlineData("ipv6/ipv6-bug-abnf-3-colons")] // 4.10
    [InlineData("ipv6/ipv6-correct-abnf-2-colons")] // 4.10
    [Rfc(5118, "4")]
    [Row(61)]
    public void Valid_IPv6(string name) => AssertValid(name);

    [Fact]
    [Rfc(5118, "4.2")]
    public void An_IPv6_address_without_brackets_is_refused()
    {
        var error = Sip.Error(TortureFiles.Read("ipv6/ipv6-bad"), out var message);

        Assert.Equal((SipParseErrorKind.StartLine, 400), (error.Kind, error.StatusCode));
        Assert.NotNull(message);
    }

    [Fact]
    public void Every_file_has_its_row()
    {
        var rows = typeof(TortureTests).GetMethods()
            .SelectMany(method => method.GetCustomAttributes(typeof(InlineDataAttribute), false).Cast<InlineDataAttribute>())
            .Select(row => (string)row.Data[0]!)
            .Append("ipv6/ipv6-bad");

        Assert.Equal(TortureFiles.Names, rows.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    [Threat(20)]
    public void An_answer_leaves_out_what_could_not_be_read(string name, string present, string absent)
    {
        var error = Sip.Error(TortureFiles.Read(name), out var message);
        var writer = new SipWriter();
        var flow = new Flow(SipTransport.Udp, System.Net.IPEndPoint.Parse("192.0.2.99:5060"), 0, 0);
        SipResponses.Begin(writer, Assert.IsType<SipRequest>(message), flow, error.StatusCode, error.Reason, "t");
        writer.NoBody();
        var lines = Sip.Text(writer.Written).Split("\r\n");

        Assert.Contains(lines, line => line.StartsWith(present, StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => absent.Length > 0 && line.StartsWith(absent, StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.EndsWith(": ", StringComparison.Ordinal) || line.Contains(";;", StringComparison.Ordinal));
    }

    public static TheoryData<string, string, string> Unreadable => new()
    {
        { "badinv01", "Via: SIP/2.0/UDP 192.0.2.15;received=192.0.2.99", "" },
        { "quotbal", "From: sip:caller@example.net;tag=93334", "To:" },
        { "baddn", "Via: SIP/2.0/UDP c.example.com", "To:" },
        { "insuf", "CSeq: 193942 INVITE", "To:" },
    };

    internal static string Answer(SipRequest request, in SipParseError error)
    {
        var writer = new SipWriter();
        SipResponses.Begin(writer, request, default, error.StatusCode, error.Reason, "a6c85cf");
        writer.NoBody();
        return Sip.Text(writer.Written);
    }

    private static void AssertValid(string name)
    {
        var bytes = TortureFiles.Read(name);
        Assert.True(Sip.Parser.TryParse(bytes, stream: false, out var message, out var error), error.ToString());
        Assert.Equal(default, error);
        Assert.True(bytes.AsSpan().StartsWith(message!.Bytes));
        message.Return();
    }
}
