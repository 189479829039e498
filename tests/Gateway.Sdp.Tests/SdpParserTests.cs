using System.Net;
using System.Text;
using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>Bytes to model: the RFC's example, what phones really write, and everything that is refused.</summary>
public sealed class SdpParserTests
{
    /// <summary>RFC 8866 §5, "An example SDP description".</summary>
    private const string Rfc8866 = """
        v=0
        o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1
        s=Call to John Smith
        i=SDP Offer #1
        u=http://www.jdoe.example.com/home.html
        e=Jane Doe <jane@jdoe.example.com>
        p=+1 617 555-6011
        c=IN IP4 198.51.100.1
        t=0 0
        m=audio 49170 RTP/AVP 0
        m=audio 49180 RTP/AVP 0
        m=video 51372 RTP/AVP 99
        c=IN IP6 2001:db8::2
        a=rtpmap:99 h263-1998/90000

        """;

    [Fact]
    [Rfc(8866, "5")]
    public void ReadsTheExampleOfTheRfc()
    {
        var sdp = Offers.Parse(Rfc8866);
        Assert.Equal(new SdpOrigin("jdoe", "3724394400", "3724394405", new SdpConnection("IN", "IP4", "198.51.100.1")), sdp.Origin);
        Assert.Equal("Call to John Smith", sdp.Name);
        Assert.Equal(
            [new('i', "SDP Offer #1"), new('u', "http://www.jdoe.example.com/home.html"), new('e', "Jane Doe <jane@jdoe.example.com>"), new('p', "+1 617 555-6011"), new('t', "0 0")],
            sdp.Lines);
        Assert.Equal(["audio 49170", "audio 49180", "video 51372"], sdp.Media.Select(section => $"{section.Media} {section.Port}"));
        // "each audio media description behaves as if it were given a c=IN IP4 198.51.100.1"
        Assert.Equal(IPEndPoint.Parse("198.51.100.1:49180"), sdp.Resolve(1).RtpEndPoint);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::2]:51372"), sdp.Resolve(2).RtpEndPoint);
        Assert.Equal(new RtpMap(99, "h263-1998", 90000, 1), Assert.Single(sdp.Resolve(2).RtpMaps));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [Rfc(8866, "5")]
    public void LineEndsMayBeCrLfOrLf(string end)
    {
        Assert.True(SdpParser.TryParse(Encoding.UTF8.GetBytes(Rfc8866.ReplaceLineEndings(end)), out var sdp, out _));
        Assert.Equal(3, sdp.Media.Length);
        Assert.Equal("rtpmap:99 h263-1998/90000", Assert.Single(sdp.Media[2].Attributes).ToString());
    }

    [Fact]
    public void MinimalDescriptionsOfOldPhonesAreRead()
    {
        // No s=, no t=, an empty line in the middle, no line end at the end.
        var sdp = Offers.Parse("v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\n\nm=audio 4000 RTP/AVP 8");
        Assert.Equal("-", sdp.Name);
        Assert.Equal(["PCMA/8000"], sdp.Resolve(0).Codecs.Select(codec => codec.ToString()));
    }

    [Fact]
    public void UnknownLinesAndAttributesStayVerbatim()
    {
        var sdp = Offers.Parse("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=x\nt=0 0\nX=some thing\na=x-flag\na=x-odd: spaced : value \nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\nb=AS:30\nb=X-YZ:128\na=sctp-port:5000\n");
        Assert.Equal(new SdpLine('X', "some thing"), sdp.Lines[1]);
        Assert.Equal([new("x-flag"), new("x-odd", " spaced : value ")], sdp.Attributes);
        Assert.Equal("webrtc-datachannel", Assert.Single(sdp.Media[0].Formats));
        Assert.Equal([new('b', "AS:30"), new('b', "X-YZ:128")], sdp.Media[0].Lines);
    }

    [Theory]
    [InlineData("", SdpErrorKind.Empty, 0, 400)]
    [InlineData("\r\n\r\n", SdpErrorKind.Empty, 0, 400)]
    [InlineData("v=1\n", SdpErrorKind.Version, 1, 400)]
    [InlineData("o=- 1 1 IN IP4 1.2.3.4\n", SdpErrorKind.Version, 1, 400)]
    [InlineData("v=0\n", SdpErrorKind.Origin, 0, 400)]
    [InlineData("v=0\no=- 1 IN IP4 1.2.3.4\n", SdpErrorKind.Origin, 2, 400)]
    [InlineData("v=0\nm=audio 1 RTP/AVP 0\n", SdpErrorKind.Origin, 2, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\no=- 1 1 IN IP4 1.2.3.4\n", SdpErrorKind.Origin, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nv=0\n", SdpErrorKind.Version, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nhello\n", SdpErrorKind.Line, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\n =x\n", SdpErrorKind.Line, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\na=x\ry\n", SdpErrorKind.Line, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\na=:x\n", SdpErrorKind.Line, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\na=x\0y\n", SdpErrorKind.Nul, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nc=IN IP4\n", SdpErrorKind.Connection, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio RTP/AVP 0\n", SdpErrorKind.Media, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 65536 RTP/AVP 0\n", SdpErrorKind.Media, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio -1 RTP/AVP 0\n", SdpErrorKind.Media, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000/0 RTP/AVP 0\n", SdpErrorKind.Media, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP\n", SdpErrorKind.Media, 3, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\ns=late\n", SdpErrorKind.Line, 4, 400)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 128\n", SdpErrorKind.PayloadType, 3, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 4294967296\n", SdpErrorKind.PayloadType, 3, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP zero\n", SdpErrorKind.PayloadType, 3, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\na=rtpmap:1114 opus/48000/2\n", SdpErrorKind.PayloadType, 4, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\na=fmtp:99999999999999999999 x=1\n", SdpErrorKind.PayloadType, 4, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\na=ptime:0\n", SdpErrorKind.PacketTime, 4, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\na=ptime:201\n", SdpErrorKind.PacketTime, 4, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\na=ptime:4294967295\n", SdpErrorKind.PacketTime, 4, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\na=ptime:-20\n", SdpErrorKind.PacketTime, 4, 488)]
    [InlineData("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0\na=ptime\n", SdpErrorKind.PacketTime, 4, 488)]
    [Threat(18)]
    public void RefusalsNameTheFaultTheLineAndTheStatus(string text, SdpErrorKind kind, int line, int status)
    {
        Assert.False(SdpParser.TryParse(Encoding.UTF8.GetBytes(text), out _, out var error));
        Assert.Equal((kind, line, status), (error.Kind, error.Line, error.StatusCode));
        Assert.StartsWith("sdp_", error.Label, StringComparison.Ordinal);
        Assert.NotEmpty(error.Reason);
    }

    [Fact]
    [Threat(18)]
    public void BombsMeetTheLimitsAndWhatIsJustBelowPasses()
    {
        const string head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n";
        string Repeat(string line, int times) => string.Concat(Enumerable.Repeat(line, times));

        Check(head + Repeat("m=audio 4000 RTP/AVP 0\n", 32), head + Repeat("m=audio 4000 RTP/AVP 0\n", 33), SdpErrorKind.TooManyMediaSections);
        Check(head + Repeat("a=x\n", 256), head + Repeat("a=x\n", 257), SdpErrorKind.TooManyAttributes);
        Check(head + "m=audio 1 RTP/AVP 0\n" + Repeat("a=x\n", 256), head + "m=audio 1 RTP/AVP 0\n" + Repeat("a=x\n", 257), SdpErrorKind.TooManyAttributes);
        const string candidate = "a=candidate:1 1 udp 1 192.0.2.1 4000 typ host\n";
        Check(head + "m=audio 1 RTP/AVP 0\n" + Repeat(candidate, 64), head + "m=audio 1 RTP/AVP 0\n" + Repeat(candidate, 65), SdpErrorKind.TooManyCandidates);
        Check(head + "m=audio 1 RTP/AVP" + Repeat(" 0", 128), head + "m=audio 1 RTP/AVP" + Repeat(" 0", 129), SdpErrorKind.TooManyFormats);
        Check(head + Repeat("b=AS:1\n", 63), head + Repeat("b=AS:1\n", 64), SdpErrorKind.TooManyLines);
        var full = head + "a=" + new string('x', SdpLimits.MaxBytes - head.Length - 2);
        Check(full, full + "x", SdpErrorKind.TooLong);

        static void Check(string within, string beyond, SdpErrorKind kind)
        {
            Assert.True(SdpParser.TryParse(Encoding.UTF8.GetBytes(within), out _, out _), kind.ToString());
            Assert.False(SdpParser.TryParse(Encoding.UTF8.GetBytes(beyond), out _, out var error));
            Assert.Equal((kind, 488), (error.Kind, error.StatusCode));
        }
    }

    [Fact]
    public void CandidatesAreCountedPerSection()
    {
        const string candidate = "a=candidate:1 1 udp 1 192.0.2.1 4000 typ host\n";
        var half = "m=audio 1 RTP/AVP 0\n" + string.Concat(Enumerable.Repeat(candidate, 40));
        var sdp = Offers.Parse("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n" + half + half);
        Assert.Equal([40, 40], sdp.Media.Select((_, index) => sdp.Resolve(index).Candidates.Length));
    }
}
