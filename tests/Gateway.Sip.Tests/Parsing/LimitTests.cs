using Gateway.Testing;

namespace Gateway.Sip.Tests.Parsing;

/// <summary>Each number of SipLimits, at the limit and one over it.</summary>
public sealed class LimitTests
{
    [Fact]
    public void Headers()
    {
        // Six of the plain INVITE, the rest here.
        static string Lines(int count) => string.Join('\n', Enumerable.Range(0, count - 6).Select(i => $"X-{i}: 1"));

        Assert.Equal(SipLimits.Headers, Sip.Request(Sip.InviteWith(Lines(SipLimits.Headers))).HeaderCount);
        var error = Sip.Error(Sip.Wire(Sip.InviteWith(Lines(SipLimits.Headers + 1))), out var message);
        Assert.Equal((SipParseErrorKind.TooManyHeaders, 513), (error.Kind, error.StatusCode));
        Assert.NotNull(message);
    }

    [Fact]
    public void Header_section()
    {
        var plain = Sip.Wire(Sip.InviteWith("X: ")).Length;
        var fits = Sip.Wire(Sip.InviteWith("X: " + new string('x', SipLimits.HeaderSection - plain)));
        Assert.True(Sip.Parser.TryParse(fits, stream: false, out var message, out var problem), problem.ToString());
        message!.Return();

        var error = Sip.Error(Sip.Wire(Sip.InviteWith("X: " + new string('x', SipLimits.HeaderSection - plain + 1))), out message);
        Assert.Equal((SipParseErrorKind.HeaderTooLong, 513), (error.Kind, error.StatusCode));
        Assert.NotNull(message);
    }

    [Fact]
    public void Message()
    {
        var head = Sip.Wire(Sip.InviteWith("")).Length;
        Assert.Equal(SipLimits.Message - head, Sip.Request(Sip.InviteWith("", new string('b', SipLimits.Message - head))).Body.Length);

        var error = Sip.Error(Sip.Wire(Sip.InviteWith("", new string('b', SipLimits.Message - head + 1))), out var message);
        Assert.Equal((SipParseErrorKind.TooLong, 513), (error.Kind, error.StatusCode));
        Assert.NotNull(message);
    }

    [Fact]
    public void Request_URI()
    {
        static string With(int length) => Sip.InviteWith("").Replace("sip:bob@biloxi.example.com SIP", "sip:" + new string('b', length - 6) + "@h SIP", StringComparison.Ordinal);

        Assert.Equal(SipLimits.Uri, Sip.Request(With(SipLimits.Uri)).UriBytes.Length);
        var error = Sip.Error(Sip.Wire(With(SipLimits.Uri + 1)), out var message);
        Assert.Equal((SipParseErrorKind.UriTooLong, 414), (error.Kind, error.StatusCode));
        Assert.NotNull(message);
    }

    [Fact]
    [Threat(17)]
    public void Method_token()
    {
        static string With(int length) => Sip.InviteWith("").Replace("INVITE", new string('M', length), StringComparison.Ordinal);

        Assert.Equal(SipLimits.MethodToken, Sip.Request(With(SipLimits.MethodToken)).MethodToken.Length);
        Assert.Equal(SipParseErrorKind.StartLine, Sip.Error(With(SipLimits.MethodToken + 1)).Kind);
    }

    [Fact]
    [Threat(17)]
    public void CSeq_numbers()
    {
        static string With(long number) => Sip.InviteWith("").Replace("CSeq: 1", $"CSeq: {number}", StringComparison.Ordinal);

        Assert.Equal(SipLimits.CSeqBound - 1, Sip.Request(With(SipLimits.CSeqBound - 1)).CSeq);
        Assert.Equal(SipParseErrorKind.CSeq, Sip.Error(With(SipLimits.CSeqBound)).Kind);
    }

    [Fact]
    public void Call_IDs_tags_and_branches()
    {
        static string With(string part, int length) => Sip.InviteWith("").Replace(part, new string('x', length), StringComparison.Ordinal);

        Assert.Equal(SipLimits.CallId, Sip.Request(With("3848276298220188511@atlanta.example.com", SipLimits.CallId)).CallId.Length);
        Assert.Equal(SipParseErrorKind.HeaderSyntax, Sip.Error(With("3848276298220188511@atlanta.example.com", SipLimits.CallId + 1)).Kind);
        Assert.Equal(SipLimits.Identifier, Sip.Request(With("9fxced76sl", SipLimits.Identifier)).FromTag.Length);
        Assert.Equal(SipParseErrorKind.HeaderSyntax, Sip.Error(With("9fxced76sl", SipLimits.Identifier + 1)).Kind);
        Assert.Equal(SipLimits.Identifier, Sip.Request(With("z9hG4bK74bf9", SipLimits.Identifier)).TopVia.Branch.Length);
        Assert.Equal(SipParseErrorKind.Via, Sip.Error(With("z9hG4bK74bf9", SipLimits.Identifier + 1)).Kind);
    }

    [Fact]
    public void Vias_and_addresses()
    {
        static string Vias(int count) => "Via: " + string.Join(',', Enumerable.Repeat("SIP/2.0/UDP h;branch=z9hG4bK1", count - 1));
        static string Routes(int count) => "Route: " + string.Join(',', Enumerable.Repeat("<sip:h;lr>", count));

        var hops = 0;
        foreach (var _ in Sip.Request(Sip.InviteWith(Vias(SipLimits.ViaHops))).Values(HeaderId.Via))
        {
            hops++;
        }
        Assert.Equal(SipLimits.ViaHops, hops);
        Assert.Equal(SipParseErrorKind.Via, Sip.Error(Sip.InviteWith(Vias(SipLimits.ViaHops + 1))).Kind);
        Assert.True(Sip.Request(Sip.InviteWith(Routes(SipLimits.Addresses))).Has(HeaderId.Route));
        Assert.Equal(SipParseErrorKind.HeaderSyntax, Sip.Error(Sip.InviteWith(Routes(SipLimits.Addresses + 1))).Kind);
    }

    [Theory]
    [InlineData("255", true)]
    [InlineData("256", false)]
    [InlineData("99999999999999999999", false)]
    [InlineData("-1", false)]
    [Rfc(3261, "20.22")]
    public void Max_Forwards(string value, bool valid)
    {
        var text = Sip.InviteWith("").Replace("Max-Forwards: 70", "Max-Forwards: " + value, StringComparison.Ordinal);

        Assert.Equal(valid, Sip.Parser.TryParse(Sip.Wire(text), stream: false, out var message, out _));
        message!.Return();
    }

    [Fact]
    public void Every_refusal_has_a_status_a_reason_and_a_label()
    {
        var labels = Enum.GetValues<SipParseErrorKind>().Select(kind => new SipParseError(kind, 0).Label).ToList();
        Assert.Equal(labels.Count, labels.Distinct().Count());
        foreach (var kind in Enum.GetValues<SipParseErrorKind>().Except([SipParseErrorKind.None, SipParseErrorKind.KeepAlive]))
        {
            var error = new SipParseError(kind, 0, HeaderId.CallId);
            Assert.Contains(error.StatusCode, (int[])[400, 414, 505, 513]);
            Assert.NotEmpty(error.Reason);
        }
    }
}
