using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>Model to text: nothing is lost, the order is RFC 8866's, and no value can start a line of its own.</summary>
public sealed class SdpWriterTests
{
    public static TheoryData<string> RealOffers => [Offers.Chromium, Offers.Firefox, Offers.FirefoxMdns, Offers.Baresip, Offers.Sipp, Offers.Linphone];

    [Theory]
    [MemberData(nameof(RealOffers))]
    [Rfc(8866, "5")]
    public void RealOffersComeBackOctetForOctet(string offer) =>
        Assert.Equal(Offers.Wire(offer), Offers.Parse(offer).ToUtf8Bytes());

    [Fact]
    public void AttributesInAnyOrderKeepThatOrder()
    {
        var lines = Offers.Chromium.ReplaceLineEndings("\n").Split('\n');
        var start = Array.FindIndex(lines, line => line.StartsWith("m=", StringComparison.Ordinal)) + 2;
        var random = new Random(7);
        for (var round = 0; round < 100; round++)
        {
            random.Shuffle(lines.AsSpan(start, lines.Length - start - 1));
            var shuffled = string.Join('\n', lines);
            var sdp = Offers.Parse(shuffled);
            Assert.Equal(Offers.Wire(shuffled), sdp.ToUtf8Bytes());
            Assert.Equal(8, sdp.Resolve(0).Codecs.Length);
        }
    }

    [Fact]
    [Rfc(8866, "5")]
    public void LinesAreWrittenInCanonicalOrder()
    {
        var sdp = Offers.Parse("v=0\nc=IN IP4 192.0.2.1\nX=unknown\nb=AS:64\nz=0 0\nt=10 20\nr=1 2 3\nt=30 40\nk=prompt\na=tool:x\no=- 7 8 IN IP4 192.0.2.1\ns=name\ni=info\nm=audio 4000/2 RTP/AVP 0\na=sendrecv\nb=TIAS:64000\ni=title\nc=IN IP4 192.0.2.2\n");
        Assert.Equal(
            ["v=0", "o=- 7 8 IN IP4 192.0.2.1", "s=name", "i=info", "c=IN IP4 192.0.2.1", "b=AS:64", "t=10 20", "r=1 2 3", "t=30 40", "z=0 0", "k=prompt", "X=unknown", "a=tool:x",
             "m=audio 4000/2 RTP/AVP 0", "i=title", "c=IN IP4 192.0.2.2", "b=TIAS:64000", "a=sendrecv", ""],
            sdp.ToString().Split("\r\n"));
    }

    [Fact]
    public void MandatoryLinesAreAddedWhereAPeerLeftThemOut() =>
        Assert.Equal("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n", Offers.Parse("v=0\no=- 1 1 IN IP4 192.0.2.1\n").ToString());

    [Theory]
    [InlineData("x\r\na=injected")]
    [InlineData("x\ny")]
    [InlineData("x\0y")]
    public void AValueCannotStartALineOfItsOwn(string value)
    {
        var sdp = Offers.Parse(Offers.Sipp) with { Attributes = [new("tool", value)] };
        Assert.Throws<ArgumentException>(sdp.ToString);
    }
}
