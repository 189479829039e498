using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>The smaller promises: which line is taken, what later offers repeat, what counts as a new association.</summary>
public sealed class NegotiationDetailTests
{
    [Fact]
    [Rfc(5761, "5.1.1")]
    public void APeerThatAskedForMuxIsOfferedItAgain()
    {
        var leg = Rtp();
        Answer(leg, Offers.Sipp + "a=rtcp-mux\n", out _);
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out var offer, out _));
        Assert.Equal(["a=rtcp-mux"], Offers.Lines(offer, "a=rtcp"));
        // It may have lost the wish: then RTCP has a port of its own again.
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Sipp), early: false, out var audio, out _));
        Assert.Equal((false, 6001), (audio.RtcpMux, audio.RemoteRtcp!.Port));
    }

    [Fact]
    [Rfc(9143, "7.3")]
    public void WithoutABundleGroupInTheOfferThereIsNoneInOurs()
    {
        var leg = WebRtc();
        var answer = Answer(leg, Offers.Chromium.Replace("a=group:BUNDLE 0", "a=x-none", StringComparison.Ordinal), out _);
        Assert.Empty(Offers.Lines(answer, "a=group"));
        Assert.Equal(["a=mid:0"], Offers.Lines(answer, "a=mid"));
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out var offer, out _));
        Assert.Empty(Offers.Lines(offer, "a=group"));
    }

    [Fact]
    [Rfc(8842, "4")]
    public void ANewTlsIdOrANewPartIsANewAssociation()
    {
        var leg = WebRtc();
        var withId = Offers.Chromium.Replace("a=setup", "a=tls-id:abc3de65cddef001be82\na=setup", StringComparison.Ordinal);
        Answer(leg, withId, out var audio);
        Answer(leg, withId, out audio);
        Assert.Equal(NegotiationChanges.None, audio.Changes);
        var other = withId.Replace("be82", "be83", StringComparison.Ordinal);
        Answer(leg, other, out audio);
        Assert.Equal(NegotiationChanges.DtlsRestart, audio.Changes);

        Answer(leg, other.Replace("actpass", "passive", StringComparison.Ordinal), out audio);
        Assert.Equal((NegotiationChanges.DtlsRestart, DtlsRole.Client), (audio.Changes, audio.DtlsRole));
    }

    [Fact]
    public void TheAgreementFollowsTheOrderOfTheAnswerWhoeverWroteIt()
    {
        var callee = Rtp();
        Assert.True(callee.TrySetOffer(Offers.Wire(Offers.Baresip), out _, out _));
        Assert.True(callee.TryCreateAnswer(new AnswerRequest { Codecs = [GatewayCodecs.Opus, GatewayCodecs.Pcma], Order = CodecOrder.Answerer }, out var sdp, out var audio, out _));
        Assert.Equal(["opus/48000/2", "PCMA/8000"], audio.Codecs.Select(codec => codec.Codec.ToString()));
        Assert.Equal("m=audio 30000 RTP/AVP 96 8 101", Offers.Lines(sdp, "m=").Single());

        var caller = Rtp();
        Assert.True(caller.TryCreateOffer(new OfferRequest { Codecs = GatewayCodecs.All }, out _, out _));
        Assert.True(caller.TrySetAnswer(Offers.Wire(Offers.Baresip), early: false, out audio, out _));
        Assert.Equal(["PCMU/8000", "PCMA/8000", "G722/8000", "opus/48000/2"], audio.Codecs.Select(codec => codec.Codec.ToString()));
    }

    [Fact]
    public void ACodecOrClockWrittenTwiceCountsOnce()
    {
        var twice = Offers.Sipp.ReplaceLineEndings("\n").Replace("RTP/AVP 0", "RTP/AVP 0 97 98 99", StringComparison.Ordinal)
            + "a=rtpmap:97 PCMU/8000\na=rtpmap:98 telephone-event/8000\na=rtpmap:99 telephone-event/8000\n";
        var leg = Rtp();
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out _, out _));
        Assert.True(leg.TrySetAnswer(Offers.Wire(twice), early: false, out var audio, out _));
        Assert.Equal(0, Assert.Single(audio.Codecs).SendPayloadType);
        Assert.Equal(98, Assert.Single(audio.TelephoneEvents).SendPayloadType);

        var answer = Answer(Rtp(), twice, out _);
        Assert.Equal("m=audio 30000 RTP/AVP 0 98", Offers.Lines(answer, "m=").Single());
    }

    [Fact]
    [Rfc(3264, "8")]
    public void ALaterOfferRepeatsWhatTheLegHasAgreed()
    {
        var leg = Rtp();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Baresip), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest { Codecs = [GatewayCodecs.Pcma], PacketTime = 30 }, out var answer, out _, out _));
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out var offer, out _));
        Assert.Equal(Offers.Lines(answer, "m="), Offers.Lines(offer, "m="));
        // Nothing differs, so even the version stays.
        Assert.Equal(answer, offer);
    }

    [Fact]
    [Rfc(3264, "8.2")]
    public void TheLineThatCarriesTheCallIsKeptWhenAnotherOneComesToLife()
    {
        const string second = "m=audio 6002 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n";
        var leg = Rtp();
        Answer(leg, Offers.Sipp.Replace("audio 6000", "audio 0", StringComparison.Ordinal) + second, out var audio);
        Assert.Equal(1, audio.MediaIndex);
        var answer = Answer(leg, Offers.Sipp + second, out audio);
        Assert.Equal((1, NegotiationChanges.None), (audio.MediaIndex, audio.Changes));
        Assert.Equal(["m=audio 0 RTP/AVP 0", "m=audio 30000 RTP/AVP 0"], Offers.Lines(answer, "m="));
        // The peer ends our line and goes on with the other.
        Answer(leg, Offers.Sipp + second.Replace("6002", "0", StringComparison.Ordinal), out audio);
        Assert.Equal(0, audio.MediaIndex);
    }

    [Fact]
    public void OfSeveralAudioLinesTheFirstWithACodecOfOursIsTaken()
    {
        var answer = Answer(Rtp(), Offers.Sipp.ReplaceLineEndings("\n").Replace("RTP/AVP 0\na=rtpmap:0 PCMU/8000", "RTP/AVP 18\nm=audio 6002 RTP/AVP 8", StringComparison.Ordinal), out var audio);
        Assert.Equal(["m=audio 0 RTP/AVP 18", "m=audio 30000 RTP/AVP 8"], Offers.Lines(answer, "m="));
        Assert.Equal(1, audio.MediaIndex);
    }

    [Fact]
    [Rfc(8829, "5.1.2")]
    [Threat(11)]
    public void TheOldSavpfNameNeedsAFingerprint()
    {
        var old = Offers.Chromium.Replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF", StringComparison.Ordinal);
        var answer = Answer(WebRtc(), old, out var audio);
        Assert.StartsWith("m=audio 40000 RTP/SAVPF ", Offers.Lines(answer, "m=").Single(), StringComparison.Ordinal);
        Assert.Equal("RTP/SAVPF", audio.Protocol);

        var keys = old.Replace($"a=fingerprint:sha-256 {Offers.Sha256}", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR", StringComparison.Ordinal);
        Assert.False(WebRtc().TrySetOffer(Offers.Wire(keys), out _, out var failure));
        Assert.Equal(NegotiationFailureKind.Profile, failure.Kind);
    }

    [Fact]
    [Rfc(8839, "5.4")]
    public void CredentialsOfAnyLegalLengthAreTakenAndLongerOnesRefused()
    {
        string With(int length) => Offers.Chromium.Replace("Hk3d", new string('u', length), StringComparison.Ordinal);
        Answer(WebRtc(), With(256), out var audio);
        Assert.Equal(256, audio.RemoteIce!.Ufrag.Length);
        Assert.False(WebRtc().TrySetOffer(Offers.Wire(With(257)), out _, out var failure));
        Assert.Equal(NegotiationFailureKind.Ice, failure.Kind);
    }

    [Fact]
    [Threat(4)]
    [Rfc(8122, "5")]
    public void AnUnreadableFingerprintInTheSectionIsNotReplacedByTheSessions()
    {
        var offer = Offers.Firefox.Replace("a=setup:actpass", "a=setup:actpass\na=fingerprint:sha-256 broken", StringComparison.Ordinal);
        Assert.False(WebRtc().TrySetOffer(Offers.Wire(offer), out _, out var failure));
        Assert.Equal(NegotiationFailureKind.FingerprintMissing, failure.Kind);
    }

    [Fact]
    public void PortZeroIsNoAddress()
    {
        Assert.Null(Offers.Parse(Offers.Sipp.Replace("6000", "0", StringComparison.Ordinal)).Resolve(0).RtpEndPoint);
        Assert.True(IceCandidate.TryParse("1 1 udp 1 192.0.2.1 0 typ host", out var candidate));
        Assert.False(candidate.IsUsable);
    }

    [Fact]
    [Rfc(8866, "5.7")]
    public void OfSeveralConnectionLinesTheFirstIsUsedAndTheRestKept()
    {
        var sdp = Offers.Parse(Offers.Sipp + "c=IN IP4 192.0.2.1\nc=IN IP4 192.0.2.2\n");
        Assert.Equal("192.0.2.1:6000", sdp.Resolve(0).RtpEndPoint!.ToString());
        Assert.Equal(["c=IN IP4 127.0.1.1", "c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.2"], Offers.Lines(sdp.ToString(), "c="));
    }

    [Theory]
    [InlineData("PCMU/8000", "PCMU/8000\na=ptime:9999", 488, 399, "sdp_ptime")]
    [InlineData("v=0", "v=9", 400, 0, "sdp_version")]
    [Threat(18)]
    public void ABodyThatIsNoDescriptionIsRefusedAsOne(string written, string instead, int status, int warning, string label)
    {
        var leg = Rtp();
        Assert.False(leg.TrySetOffer(Offers.Wire(Offers.Sipp.Replace(written, instead, StringComparison.Ordinal)), out _, out var failure));
        Assert.Equal((NegotiationFailureKind.Syntax, status, warning, label), (failure.Kind, failure.StatusCode, failure.WarningCode, failure.Label));
    }

    [Fact]
    public void EveryFailureHasALabelOfItsOwnAndASipStatus()
    {
        var kinds = Enum.GetValues<NegotiationFailureKind>();
        var failures = kinds.Select(kind => new NegotiationFailure(kind, 488, 0, "")).ToArray();
        Assert.Equal(kinds.Length, failures.Select(failure => failure.Label).Distinct().Count());
        Assert.All(failures, failure => Assert.Matches("^[a-z_]+$", failure.Label));
    }

    private static LegNegotiator WebRtc() => new(LegProfile.WebRtc, Offers.OurWebRtc, new SeededRandom(1));

    private static LegNegotiator Rtp() => new(LegProfile.Rtp, Offers.OurRtp, new SeededRandom(1));

    private static string Answer(LegNegotiator leg, string offer, out NegotiatedAudio audio)
    {
        Assert.True(leg.TrySetOffer(Offers.Wire(offer), out _, out var refused), refused?.Text);
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out var agreed, out refused), refused?.Text);
        audio = agreed;
        return sdp;
    }
}
