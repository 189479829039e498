using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>The WebRTC profile against the offers of real browsers.</summary>
public sealed class LegNegotiatorWebRtcTests
{
    private static LegNegotiator Negotiator() => new(LegProfile.WebRtc, Offers.OurWebRtc, new SeededRandom(1));

    [Fact]
    [Rfc(8829, "5.3.1")]
    [Row(70)]
    public void AnswersChromiumWithOurOwnDescription()
    {
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Chromium), out var offered, out _));
        Assert.Equal(["opus/48000/2", "G722/8000", "PCMU/8000", "PCMA/8000"], offered.Codecs.Select(codec => codec.ToString()));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest { Codecs = [GatewayCodecs.Pcmu] }, out var sdp, out var audio, out _));

        var origin = Offers.Lines(sdp, "o=").Single();
        var sessionId = origin.Split(' ')[1];
        Assert.Equal($"""
            v=0
            o=- {sessionId} 1 IN IP4 203.0.113.5
            s=-
            c=IN IP4 203.0.113.5
            t=0 0
            a=group:BUNDLE 0
            a=ice-lite
            m=audio 40000 UDP/TLS/RTP/SAVPF 0 126
            c=IN IP4 203.0.113.5
            a=mid:0
            a=rtpmap:0 PCMU/8000
            a=rtpmap:126 telephone-event/8000
            a=fmtp:126 0-16
            a=ptime:20
            a=sendrecv
            a=rtcp-mux
            a=setup:passive
            a=fingerprint:sha-256 {Offers.OurSha256}
            a=ice-ufrag:gwUf
            a=ice-pwd:gwPwd0123456789abcdefghi
            a=candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host
            a=candidate:2 1 udp 2130706175 2001:db8::5 40000 typ host
            a=end-of-candidates
            a=msid:gateway audio
            a=ssrc:287454020 cname:gw-cname

            """.ReplaceLineEndings("\r\n"), sdp);
        Assert.Equal(DtlsRole.Server, audio.DtlsRole);
        Assert.True(audio is { CanSend: true, CanReceive: true, RtcpMux: true, Changes: NegotiationChanges.First });
        Assert.Equal(126, Assert.Single(audio.TelephoneEvents).SendPayloadType);
    }

    [Fact]
    [Rfc(8829, "5.3.1")]
    public void AnswersFirefoxWhereverItWritesItsAttributes()
    {
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Firefox), out var offered, out _));
        Assert.Equal([8000], offered.TelephoneEventClocks);
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out var audio, out _));
        Assert.Equal("m=audio 40000 UDP/TLS/RTP/SAVPF 109 9 0 8 101", Offers.Lines(sdp, "m=").Single());
        Assert.Equal($"sha-256 {Offers.Sha256}", Assert.Single(audio.RemoteFingerprints).ToString());
        Assert.Equal(("3f1b2d9a", "a5eb5a2cd17b6c0b6f7b1e3ab1a4d6c8"), (audio.RemoteIce!.Ufrag, audio.RemoteIce.Password));
        // Component 2 and TCP are left out: rtcp-mux needs one address.
        Assert.Equal(["192.0.2.20:50123"], audio.RemoteIce.Candidates.Select(candidate => candidate.EndPoint!.ToString()));
        Assert.True(audio.RemoteIce.EndOfCandidates);
        Assert.Equal("maxplaybackrate=48000;stereo=1;useinbandfec=1", audio.Codecs[0].Codec.Fmtp);
        Assert.Contains("a=fmtp:109 minptime=10;useinbandfec=1", Offers.Lines(sdp, "a=fmtp"));
    }

    [Fact]
    [Rfc(8839, "5.1")]
    public void MdnsNamesAreIgnoredAndTheZeroAddressIsNoHold()
    {
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.FirefoxMdns), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out var audio, out _));
        Assert.Empty(audio.RemoteIce!.Candidates);
        Assert.Null(audio.RemoteRtp);
        Assert.True(audio is { CanSend: true, CanReceive: true });
        Assert.Contains("a=sendrecv", Offers.Lines(sdp, "a=send"));
    }

    [Fact]
    public void NothingOfThePeersOwnTextIsInTheAnswer()
    {
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Chromium), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out _, out _));
        foreach (var inner in new[] { "192.0.2.10", "2001:db8::10", "198.51.100.7", "Hk3d", "asd88fgpdd777uzjYhagZgQx", Offers.Sha256, "extmap", "3570614608", "4TOk42mSjXCkVIa6", "3546004397921447048", "rtcp-fb", "red" })
            Assert.DoesNotContain(inner, sdp, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    [Rfc(3264, "6")]
    [Rfc(9143, "7.3")]
    public void VideoAndDataAreRefusedInPlaceAndLeaveTheBundle()
    {
        var withVideo = Offers.Chromium.Replace("BUNDLE 0", "BUNDLE v 0 d", StringComparison.Ordinal)
            .Replace("m=audio", "m=video 9 UDP/TLS/RTP/SAVPF 96 97\nc=IN IP4 0.0.0.0\na=mid:v\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\nm=audio", StringComparison.Ordinal)
            + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\na=mid:d\na=sctp-port:5000\n";
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(withVideo), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out var audio, out _));
        Assert.Equal(
            ["m=video 0 UDP/TLS/RTP/SAVPF 96 97", "m=audio 40000 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126", "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"],
            Offers.Lines(sdp, "m="));
        Assert.Equal(["a=mid:v", "a=mid:0", "a=mid:d"], Offers.Lines(sdp, "a=mid"));
        Assert.Equal("a=group:BUNDLE 0", Offers.Lines(sdp, "a=group").Single());
        Assert.Equal(1, audio.MediaIndex);

        // Our own re-offer keeps all three lines, in place, with their mids.
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out var reoffer, out _));
        Assert.Equal(["v", "0", "d"], Offers.Lines(reoffer, "a=mid:").Select(line => line[6..]));
        Assert.Equal([0, 40000, 0], Offers.Lines(reoffer, "m=").Select(line => int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    [Rfc(8829, "5.2.1")]
    [Rfc(8842, "5.2")]
    public void OffersActpassAndTakesTheBrowsersAnswer()
    {
        var leg = Negotiator();
        Assert.True(leg.TryCreateOffer(new OfferRequest { Codecs = [GatewayCodecs.Pcma, GatewayCodecs.Opus] }, out var offer, out _));
        Assert.Equal("m=audio 40000 UDP/TLS/RTP/SAVPF 8 111 101 110", Offers.Lines(offer, "m=").Single());
        Assert.Contains("a=setup:actpass", Offers.Lines(offer, "a=setup"));
        Assert.Contains("a=group:BUNDLE 0", Offers.Lines(offer, "a=group"));
        Assert.Empty(Offers.Lines(offer, "a=extmap"));

        var answer = Offers.Chromium.Replace("111 63 9 0 8 13 110 126", "111 110", StringComparison.Ordinal).Replace("actpass", "active", StringComparison.Ordinal);
        Assert.True(leg.TrySetAnswer(Offers.Wire(answer), early: false, out var audio, out _));
        Assert.Equal(NegotiationState.Stable, leg.State);
        Assert.Equal("opus", Assert.Single(audio.Codecs).Codec.Name);
        Assert.Equal((110, 110), (audio.TelephoneEvents[0].SendPayloadType, audio.TelephoneEvents[0].ReceivePayloadType));
        Assert.Equal(DtlsRole.Server, audio.DtlsRole);
    }

    [Fact]
    [Rfc(3264, "6.1")]
    public void EachSideMayNumberACodecByItself()
    {
        var leg = Negotiator();
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out _, out _));
        // Firefox numbers opus 109 and telephone-event 101/8000 in its answer; ours were 111 and 101.
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Firefox.Replace("actpass", "passive", StringComparison.Ordinal)), early: false, out var audio, out _));
        Assert.Equal((109, 111), (audio.Codecs[0].SendPayloadType, audio.Codecs[0].ReceivePayloadType));
        Assert.Equal(DtlsRole.Client, audio.DtlsRole);
    }

    [Theory]
    [InlineData("UDP/TLS/RTP/SAVPF", "RTP/AVP", NegotiationFailureKind.Profile, 302)]
    [InlineData("UDP/TLS/RTP/SAVPF", "RTP/AVPF", NegotiationFailureKind.Profile, 302)]
    [InlineData("a=rtcp-mux\n", "", NegotiationFailureKind.RtcpMux, 399)]
    [InlineData("a=setup:actpass", "a=setup:holdconn", NegotiationFailureKind.Setup, 399)]
    [InlineData("a=ice-ufrag:Hk3d", "a=x:y", NegotiationFailureKind.Ice, 399)]
    [InlineData("a=ice-ufrag:Hk3d", "a=ice-ufrag:Hk", NegotiationFailureKind.Ice, 399)]
    [InlineData("a=ice-ufrag:Hk3d", "a=ice-ufrag:Hk:3d", NegotiationFailureKind.Ice, 399)]
    [InlineData("a=ice-pwd:asd88fgpdd777uzjYhagZgQx", "a=ice-pwd:short", NegotiationFailureKind.Ice, 399)]
    [InlineData("a=ice-options:trickle", "a=ice-lite", NegotiationFailureKind.Ice, 399)]
    [InlineData("m=audio 41234", "m=audio 0", NegotiationFailureKind.NoAudio, 304)]
    [InlineData("m=audio", "m=video", NegotiationFailureKind.NoAudio, 304)]
    [InlineData("SAVPF 111 63 9 0 8 13 110 126", "SAVPF 63 13 110 126", NegotiationFailureKind.NoCommonCodec, 305)]
    [Threat(11)]
    public void AWebRtcLegRefusesWhatWouldMakeItWeak(string written, string instead, NegotiationFailureKind kind, int warning)
    {
        var leg = Negotiator();
        Assert.False(leg.TrySetOffer(Offers.Wire(Offers.Chromium.ReplaceLineEndings("\n").Replace(written, instead, StringComparison.Ordinal)), out _, out var failure));
        Assert.Equal((kind, 488, warning), (failure.Kind, failure.StatusCode, failure.WarningCode));
        Assert.Equal(NegotiationState.Idle, leg.State);
    }

    [Theory]
    [InlineData("", NegotiationFailureKind.FingerprintMissing)]
    [InlineData("a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33", NegotiationFailureKind.FingerprintWeak)]
    [InlineData("a=fingerprint:sha-256 00:11", NegotiationFailureKind.FingerprintMissing)]
    [InlineData("a=fingerprint:md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF", NegotiationFailureKind.FingerprintWeak)]
    [InlineData("a=fingerprint:sha-255 00:11:22:33", NegotiationFailureKind.FingerprintWeak)]
    [Threat(4)]
    [Rfc(8122, "5")]
    public void WithoutAStrongFingerprintThereIsNoCall(string fingerprint, NegotiationFailureKind kind)
    {
        var offer = Offers.Chromium.Replace($"a=fingerprint:sha-256 {Offers.Sha256}", fingerprint, StringComparison.Ordinal);
        Assert.False(Negotiator().TrySetOffer(Offers.Wire(offer), out _, out var failure));
        Assert.Equal((kind, 488), (failure.Kind, failure.StatusCode));

        var caller = Negotiator();
        Assert.True(caller.TryCreateOffer(new OfferRequest(), out _, out _));
        Assert.False(caller.TrySetAnswer(Offers.Wire(offer.Replace("actpass", "active", StringComparison.Ordinal)), early: false, out _, out failure));
        Assert.Equal(kind, failure.Kind);
        Assert.Null(caller.Current);
    }

    [Fact]
    [Threat(4)]
    public void OfSeveralFingerprintsTheStrongOnesCount()
    {
        var offer = Offers.Chromium.Replace(
            $"a=fingerprint:sha-256 {Offers.Sha256}",
            $"a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\na=fingerprint:SHA-256 {Offers.Sha256}",
            StringComparison.Ordinal);
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(offer), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out _, out var audio, out _));
        Assert.Equal($"sha-256 {Offers.Sha256}", Assert.Single(audio.RemoteFingerprints).ToString());
    }
}
