using System.Net;
using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>Attributes as they apply to a section, wherever the peer wrote them.</summary>
public sealed class ResolvedMediaTests
{
    [Fact]
    public void ChromiumWritesEverythingInTheSection()
    {
        var sdp = Offers.Parse(Offers.Chromium);
        var media = sdp.Resolve(0);
        Assert.Equal("0", media.Mid);
        Assert.Equal(("Hk3d", "asd88fgpdd777uzjYhagZgQx"), (media.IceUfrag, media.IcePassword));
        Assert.Equal(["trickle"], media.IceOptions);
        Assert.Equal(DtlsSetup.ActPass, media.Setup);
        Assert.Equal($"sha-256 {Offers.Sha256}", Assert.Single(media.Fingerprints).ToString());
        Assert.True(media is { RtcpMux: true, Direction: MediaDirection.SendRecv, IceLite: false, EndOfCandidates: false });
        Assert.Equal(
            ["opus/48000/2", "red/48000/2", "G722/8000", "PCMU/8000", "PCMA/8000", "CN/8000", "telephone-event/48000", "telephone-event/8000"],
            media.Codecs.Select(codec => codec.ToString()));
        Assert.Equal("minptime=10;useinbandfec=1", media.Codecs[0].Fmtp);
        Assert.Equal(new RtcpFeedback(111, "transport-cc"), Assert.Single(media.RtcpFeedback));
        Assert.Equal([1, 2, 3, 4], media.ExtMaps.Select(map => map.Id));
        Assert.Equal("4TOk42mSjXCkVIa6", media.Ssrcs.First(ssrc => ssrc is { Ssrc: 3570614608, Name: "cname" }).Value);
        Assert.Equal(["0"], Assert.Single(sdp.BundleGroups));
    }

    [Fact]
    [Rfc(8839, "5.1")]
    public void CandidatesAreReadAndOnlyLiteralUdpOnesAreUsable()
    {
        var candidates = Offers.Parse(Offers.Chromium).Resolve(0).Candidates;
        Assert.Equal(5, candidates.Length);
        Assert.Equal(["192.0.2.10:41234", "[2001:db8::10]:41235", "198.51.100.7:41234"], candidates.Where(candidate => candidate.IsUsable).Select(candidate => candidate.EndPoint!.ToString()));
        Assert.Null(candidates[2].Address);
        Assert.Equal(("tcp", "active"), (candidates[3].Transport, candidates[3].TcpType));
        Assert.Equal(("srflx", 1685987071u), (candidates[4].Type, candidates[4].Priority));
    }

    [Fact]
    [Rfc(8122, "5")]
    public void FirefoxWritesTheFingerprintAtTheSessionLevel()
    {
        var media = Offers.Parse(Offers.Firefox).Resolve(0);
        Assert.Equal($"sha-256 {Offers.Sha256}", Assert.Single(media.Fingerprints).ToString());
        Assert.Equal([1, 1, 2, 2], media.Candidates.Select(candidate => candidate.Component));
        Assert.True(media.EndOfCandidates);
        Assert.Equal(MediaDirection.RecvOnly, media.ExtMaps[1].Direction);
        Assert.Equal(["opus/48000/2", "G722/8000", "PCMU/8000", "PCMA/8000", "telephone-event/8000"], media.Codecs.Select(codec => codec.ToString()));
        Assert.Equal("0-15", media.Codecs[4].Fmtp);
    }

    [Fact]
    public void TheSectionOverridesTheSession()
    {
        var sdp = Offers.Parse($"""
            v=0
            o=- 1 1 IN IP4 192.0.2.1
            s=-
            c=IN IP4 192.0.2.1
            t=0 0
            a=sendonly
            a=setup:active
            a=ice-ufrag:session
            a=ice-pwd:sessionsessionsessionsession
            a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33
            m=audio 4000 RTP/AVP 0
            m=audio 4002 RTP/AVP 0
            c=IN IP4 192.0.2.2
            a=recvonly
            a=setup:passive
            a=ice-ufrag:section
            a=fingerprint:SHA-256 {Offers.Sha256.ToLowerInvariant()}

            """);
        var (first, second) = (sdp.Resolve(0), sdp.Resolve(1));
        Assert.Equal((MediaDirection.SendOnly, DtlsSetup.Active, "session"), (first.Direction, first.Setup, first.IceUfrag));
        Assert.Equal("sha-1", Assert.Single(first.Fingerprints).HashName);
        Assert.Equal((MediaDirection.RecvOnly, DtlsSetup.Passive, "section"), (second.Direction, second.Setup, second.IceUfrag));
        Assert.Equal("sessionsessionsessionsession", second.IcePassword);
        Assert.Equal($"sha-256 {Offers.Sha256}", Assert.Single(second.Fingerprints).ToString());
        Assert.Equal(IPEndPoint.Parse("192.0.2.2:4002"), second.RtpEndPoint);
    }

    [Theory]
    [InlineData("", "192.0.2.1:4001")]
    [InlineData("a=rtcp:5005\n", "192.0.2.1:5005")]
    [InlineData("a=rtcp:5005 IN IP4 192.0.2.9\n", "192.0.2.9:5005")]
    [InlineData("a=rtcp:5005\na=rtcp-mux\n", "192.0.2.1:4000")]
    [InlineData("a=rtcp:0\n", null)]
    [InlineData("a=rtcp:x\n", null)]
    [Rfc(3605, "2.1")]
    [Rfc(5761, "5.1.1")]
    public void RtcpGoesWhereTheDescriptionSays(string attributes, string? expected)
    {
        var media = Offers.Parse($"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n{attributes}").Resolve(0);
        Assert.Equal(expected, media.RtcpEndPoint?.ToString());
    }

    [Theory]
    [InlineData("sha-256 00:11")]
    [InlineData("sha-256")]
    [InlineData("sha-256 7B8BF0655F78E2513BAC6FF33F461B35DCB85F641A24C243F0A158D0A12C1908")]
    [InlineData("sha-1 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08")]
    [InlineData("sha-256 zz:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08")]
    [Threat(4)]
    public void AFingerprintOfTheWrongShapeIsNone(string value) => Assert.False(Fingerprint.TryParse(value, out _));

    [Theory]
    [InlineData("1 1 udp 1 192.0.2.1 4000 host host")]
    [InlineData("1 1 udp 1 192.0.2.1 65536 typ host")]
    [InlineData("1 0 udp 1 192.0.2.1 4000 typ host")]
    [InlineData("1 1 udp 4294967296 192.0.2.1 4000 typ host")]
    [InlineData("123456789012345678901234567890123 1 udp 1 192.0.2.1 4000 typ host")]
    [InlineData("")]
    public void MalformedCandidatesAreIgnored(string value) => Assert.False(IceCandidate.TryParse(value, out _));

    [Theory]
    [InlineData("0x7f.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("host.example.com")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%eth0")]
    public void OnlyPlainLiteralsAreAddresses(string text) => Assert.False(new SdpConnection("IN", "IP4", text).TryGetAddress(out _));

    [Fact]
    [Rfc(4568, "9.1")]
    [Threat(11)]
    public void KeysOfCryptoLinesAreNotPrinted()
    {
        Assert.True(CryptoAttribute.TryParse("1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32 FEC_ORDER=FEC_SRTP", out var crypto));
        Assert.Equal((1, "AES_CM_128_HMAC_SHA1_80", "FEC_ORDER=FEC_SRTP"), (crypto.Tag, crypto.Suite, crypto.SessionParameters));
        Assert.DoesNotContain("PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR", crypto.ToString(), StringComparison.Ordinal);
    }
}
