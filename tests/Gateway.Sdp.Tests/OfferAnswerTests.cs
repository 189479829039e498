using System.Collections.Immutable;
using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>The rules of RFC 3264 one by one, with the expectations written from its text.</summary>
public sealed class OfferAnswerTests
{
    /// <summary>RFC 3264 §6.1: what may answer an offer, for each wish of the answerer.</summary>
    [Theory]
    [InlineData("sendrecv", "sendrecv", "sendrecv")]
    [InlineData("sendrecv", "sendonly", "sendonly")]
    [InlineData("sendrecv", "recvonly", "recvonly")]
    [InlineData("sendrecv", "inactive", "inactive")]
    [InlineData("sendonly", "sendrecv", "recvonly")]
    [InlineData("sendonly", "sendonly", "inactive")]
    [InlineData("sendonly", "recvonly", "recvonly")]
    [InlineData("sendonly", "inactive", "inactive")]
    [InlineData("recvonly", "sendrecv", "sendonly")]
    [InlineData("recvonly", "sendonly", "sendonly")]
    [InlineData("recvonly", "recvonly", "inactive")]
    [InlineData("recvonly", "inactive", "inactive")]
    [InlineData("inactive", "sendrecv", "inactive")]
    [InlineData("inactive", "sendonly", "inactive")]
    [InlineData("inactive", "recvonly", "inactive")]
    [InlineData("inactive", "inactive", "inactive")]
    [Rfc(3264, "6.1")]
    public void TheAnswerTakesWhatTheOfferLeaves(string offered, string wanted, string answered)
    {
        Assert.True(MediaDirections.TryParse(offered, out var offer));
        Assert.True(MediaDirections.TryParse(wanted, out var wish));
        Assert.Equal(answered, OfferAnswer.AnswerDirection(offer, wish).AttributeName());
    }

    [Theory]
    [InlineData("0.0.0.0", "sendrecv", "sendonly")]
    [InlineData("0.0.0.0", "sendonly", "sendonly")]
    [InlineData("0.0.0.0", "recvonly", "inactive")]
    [InlineData("192.0.2.1", "sendrecv", "sendrecv")]
    [Rfc(3264, "8.4")]
    public void TheOldHoldAddressMeansThatThePeerTakesNothing(string address, string written, string meant)
    {
        var media = Offers.Parse($"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 {address}\nt=0 0\nm=audio 4000 RTP/AVP 0\na={written}\n").Resolve(0);
        Assert.Equal(meant, OfferAnswer.EffectiveDirection(media, LegProfile.Rtp).AttributeName());
        // With ICE the address of c= says nothing: a browser without candidates writes 0.0.0.0 as well.
        Assert.Equal(written, OfferAnswer.EffectiveDirection(media, LegProfile.WebRtc).AttributeName());
    }

    [Theory]
    [InlineData("opus/48000/2", "OPUS/48000/2", true)]
    [InlineData("opus/48000/2", "opus/48000", true)]
    [InlineData("G722/8000", "G722/16000", true)]
    [InlineData("PCMU/8000", "pcmu/8000", true)]
    [InlineData("PCMU/8000", "PCMU/16000", false)]
    [InlineData("L16/44100", "L16/44100/2", false)]
    [InlineData("PCMU/8000", "PCMA/8000", false)]
    [InlineData("telephone-event/8000", "telephone-event/48000", false)]
    [Rfc(3551, "4.5.2")]
    public void CodecsMatchByNameClockAndChannels(string first, string second, bool same)
    {
        Assert.Equal(same, Codec(first).Matches(Codec(second)));
        Assert.Equal(same, Codec(second).Matches(Codec(first)));
    }

    [Fact]
    [Rfc(3264, "6.1")]
    [Row(70)]
    public void CommonCodecsFollowTheOfferersOrderUnlessOursIsWanted()
    {
        var offered = Offers.Parse(Offers.Chromium).Resolve(0).Codecs;
        ImmutableArray<CodecDescription> ours = [GatewayCodecs.Pcma, GatewayCodecs.Opus];
        Assert.Equal(["opus/48000/2=111", "PCMA/8000=8"], Numbered(OfferAnswer.CommonCodecs(offered, ours)));
        Assert.Equal(["PCMA/8000=8", "opus/48000/2=111"], Numbered(OfferAnswer.CommonCodecs(offered, ours, CodecOrder.Answerer)));
    }

    [Fact]
    public void ACodecOfferedTwiceIsTakenOnce()
    {
        var offered = Offers.Parse("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 4000 RTP/AVP 97 0\na=rtpmap:97 PCMU/8000\n").Resolve(0).Codecs;
        Assert.Equal(["PCMU/8000=97"], Numbered(OfferAnswer.CommonCodecs(offered, GatewayCodecs.All)));
    }

    [Fact]
    [Rfc(4733, "2.1")]
    public void TelephoneEventsShareTheClockOfACodecThatWasTaken()
    {
        var offered = Offers.Parse(Offers.Chromium).Resolve(0).Codecs;
        Assert.Equal(["telephone-event/8000=126"], Numbered(OfferAnswer.CommonTelephoneEvents(offered, [GatewayCodecs.Pcmu])));
        Assert.Equal(["telephone-event/48000=110"], Numbered(OfferAnswer.CommonTelephoneEvents(offered, [GatewayCodecs.Opus])));
        Assert.Equal(["telephone-event/8000", "telephone-event/48000"], OfferAnswer.TelephoneEventsFor([GatewayCodecs.G722, GatewayCodecs.Opus, GatewayCodecs.Pcmu]).Select(codec => codec.ToString()));
    }

    /// <summary>RFC 8842 §5.3: rows are the offer's a=setup, the role that stands, and ours in the answer.</summary>
    [Theory]
    [InlineData(DtlsSetup.ActPass, null, DtlsRole.Server)]
    [InlineData(DtlsSetup.ActPass, DtlsRole.Server, DtlsRole.Server)]
    [InlineData(DtlsSetup.ActPass, DtlsRole.Client, DtlsRole.Client)]
    [InlineData(DtlsSetup.Active, null, DtlsRole.Server)]
    [InlineData(DtlsSetup.Active, DtlsRole.Client, DtlsRole.Server)]
    [InlineData(DtlsSetup.Passive, null, DtlsRole.Client)]
    [InlineData(DtlsSetup.Passive, DtlsRole.Server, DtlsRole.Client)]
    [InlineData(null, null, DtlsRole.Server)]
    [InlineData(DtlsSetup.HoldConn, DtlsRole.Server, null)]
    [Rfc(8842, "5.3")]
    public void TheAnswererTakesThePartThatIsLeft(DtlsSetup? offered, DtlsRole? current, DtlsRole? ours) =>
        Assert.Equal(ours, OfferAnswer.AnswerRole(offered, current));

    [Theory]
    [InlineData(DtlsSetup.Active, DtlsRole.Server)]
    [InlineData(DtlsSetup.Passive, DtlsRole.Client)]
    [InlineData(DtlsSetup.ActPass, DtlsRole.Server)]
    [InlineData(null, DtlsRole.Server)]
    [InlineData(DtlsSetup.HoldConn, null)]
    [Rfc(8842, "5.4")]
    public void TheOffererTakesWhatTheAnswererLeft(DtlsSetup? answered, DtlsRole? ours) => Assert.Equal(ours, OfferAnswer.OfferRole(answered));

    /// <summary>RFC 3551 §6, tables 4 and 5, audio and video.</summary>
    [Theory]
    [InlineData(0, "PCMU/8000")]
    [InlineData(3, "GSM/8000")]
    [InlineData(4, "G723/8000")]
    [InlineData(5, "DVI4/8000")]
    [InlineData(6, "DVI4/16000")]
    [InlineData(7, "LPC/8000")]
    [InlineData(8, "PCMA/8000")]
    [InlineData(9, "G722/8000")]
    [InlineData(10, "L16/44100/2")]
    [InlineData(11, "L16/44100")]
    [InlineData(12, "QCELP/8000")]
    [InlineData(13, "CN/8000")]
    [InlineData(14, "MPA/90000")]
    [InlineData(15, "G728/8000")]
    [InlineData(16, "DVI4/11025")]
    [InlineData(17, "DVI4/22050")]
    [InlineData(18, "G729/8000")]
    [InlineData(25, "CelB/90000")]
    [InlineData(26, "JPEG/90000")]
    [InlineData(28, "nv/90000")]
    [InlineData(31, "H261/90000")]
    [InlineData(32, "MPV/90000")]
    [InlineData(33, "MP2T/90000")]
    [InlineData(34, "H263/90000")]
    [InlineData(1, null)]
    [InlineData(19, null)]
    [InlineData(72, null)]
    [InlineData(96, null)]
    [Rfc(3551, "6")]
    public void StaticPayloadTypesNeedNoRtpmap(int payloadType, string? codec) => Assert.Equal(codec, StaticPayloadTypes.Find(payloadType)?.ToString());

    private static string[] Numbered(ImmutableArray<CodecDescription> codecs) => [.. codecs.Select(codec => $"{codec}={codec.PayloadType}")];

    private static CodecDescription Codec(string text)
    {
        Assert.True(RtpMap.TryParse($"96 {text}", out var map));
        return new CodecDescription(map.Encoding, map.ClockRate, map.Channels);
    }
}
