using System.Globalization;
using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>Second and later exchanges: hold, restart, new keys, glare; what was agreed stays unless something says otherwise.</summary>
public sealed class RenegotiationTests
{
    [Fact]
    [Threat(38)]
    [Row(70)]
    [Rfc(3264, "8.4")]
    public void TwentyHoldsOfABrowserChangeNothingButTheDirection()
    {
        var leg = WebRtc();
        var first = Answer(leg, Offers.Chromium, out _);
        for (var round = 1; round <= 20; round++)
        {
            var hold = Reoffer(Offers.Chromium, (2 * round) + 1, "a=sendrecv", "a=sendonly");
            var held = Answer(leg, hold, out var audio);
            Assert.Equal(NegotiationChanges.Direction, audio.Changes);
            Assert.True(audio is { CanSend: false, CanReceive: true, LocalDirection: MediaDirection.RecvOnly });
            Assert.Equal(WithoutVersion(first).Replace("a=sendrecv", "a=recvonly", StringComparison.Ordinal), WithoutVersion(held));

            var resumed = Answer(leg, Reoffer(Offers.Chromium, (2 * round) + 2, "", ""), out audio);
            Assert.True(audio is { CanSend: true, CanReceive: true });
            Assert.Equal(WithoutVersion(first), WithoutVersion(resumed));
            Assert.Equal((2 * round) + 1, Version(resumed));
        }
    }

    [Fact]
    [Rfc(3264, "8")]
    [Threat(38)]
    public void ASessionRefreshGetsTheSameAnswerWithTheSameVersion()
    {
        var leg = WebRtc();
        var first = Answer(leg, Offers.Chromium, out _);
        var again = Answer(leg, Offers.Chromium, out var audio);
        Assert.Equal(first, again);
        Assert.Equal(NegotiationChanges.None, audio.Changes);
    }

    [Fact]
    [Rfc(3264, "8")]
    public void TheAnswerToARefreshKeepsTheCodecsThatTheOtherLegHas()
    {
        var leg = WebRtc();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Chromium), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest { Codecs = [GatewayCodecs.Pcmu], PacketTime = 30 }, out var first, out _, out _));
        Assert.Equal(first, Answer(leg, Offers.Chromium, out _));
        Assert.Contains("a=ptime:30", Offers.Lines(first, "a=ptime"));
    }

    [Fact]
    [Rfc(3264, "8.4")]
    public void OurHoldOutlastsTheirs()
    {
        var leg = Rtp();
        Answer(leg, Offers.Baresip, out _);
        Assert.True(leg.TryCreateOffer(new OfferRequest { Direction = MediaDirection.SendOnly }, out var hold, out _));
        Assert.Contains("a=sendonly", Offers.Lines(hold, "a=send"));
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Baresip.Replace("sendrecv", "recvonly", StringComparison.Ordinal)), early: false, out var audio, out _));
        Assert.True(audio is { CanSend: true, CanReceive: false });

        // They hold as well: nothing flows. They resume: ours still stands.
        Answer(leg, Offers.Baresip.Replace("sendrecv", "sendonly", StringComparison.Ordinal), out audio);
        Assert.Equal(MediaDirection.Inactive, audio.LocalDirection);
        Answer(leg, Offers.Baresip, out audio);
        Assert.Equal(MediaDirection.SendOnly, audio.LocalDirection);

        Assert.True(leg.TryCreateOffer(new OfferRequest { Direction = MediaDirection.SendRecv }, out var resume, out _));
        Assert.Contains("a=sendrecv", Offers.Lines(resume, "a=send"));
        Assert.Equal(Offers.Lines(hold, "m="), Offers.Lines(resume, "m="));
    }

    [Fact]
    [Rfc(3264, "8.4")]
    public void HoldByTheZeroAddressIsTakenAndEndsWithTheRealOne()
    {
        var leg = Rtp();
        Answer(leg, Offers.Sipp, out _);
        var held = Answer(leg, Offers.Sipp.Replace("c=IN IP4 127.0.1.1", "c=IN IP4 0.0.0.0", StringComparison.Ordinal), out var audio);
        Assert.Contains("a=recvonly", Offers.Lines(held, "a=recv"));
        Assert.Null(audio.RemoteRtp);
        Assert.False(audio.CanSend);
        Answer(leg, Offers.Sipp, out audio);
        Assert.True(audio is { CanSend: true, CanReceive: true });
        Assert.Equal("127.0.1.1:6000", audio.RemoteRtp!.ToString());
    }

    [Fact]
    [Rfc(8839, "4.4.1.1.1")]
    [Rfc(8445, "9")]
    public void AnIceRestartIsSeenAndAnsweredWithNewCredentialsOfOurs()
    {
        var leg = WebRtc();
        var first = Answer(leg, Offers.Chromium, out _);
        var restart = Offers.Chromium.Replace("Hk3d", "Zz9y", StringComparison.Ordinal).Replace("asd88fgpdd777uzjYhagZgQx", "newnewnewnewnewnewnewnew", StringComparison.Ordinal);
        Assert.True(leg.TrySetOffer(Offers.Wire(restart), out var offered, out _));
        Assert.Equal(NegotiationChanges.IceRestart, offered.Changes);
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out var audio, out _));
        Assert.Equal(NegotiationChanges.IceRestart, audio.Changes);
        Assert.Equal(("Zz9y", "newnewnewnewnewnewnewnew"), (audio.RemoteIce!.Ufrag, audio.RemoteIce.Password));
        Assert.NotEqual(Offers.OurWebRtc.IceUfrag, audio.LocalUfrag);
        Assert.NotEqual(Offers.OurWebRtc.IcePassword, audio.LocalPassword);
        Assert.Equal([$"a=ice-ufrag:{audio.LocalUfrag}", $"a=ice-pwd:{audio.LocalPassword}"], Offers.Lines(sdp, "a=ice-").Where(line => line != "a=ice-lite"));
        Assert.Equal(24, audio.LocalPassword.Length);
        // DTLS goes on: same fingerprint, same role.
        Assert.Equal(Offers.Lines(first, "a=setup"), Offers.Lines(sdp, "a=setup"));

        // A later refresh keeps the new credentials.
        Assert.Equal(sdp, Answer(leg, restart, out audio));
        Assert.Equal(NegotiationChanges.None, audio.Changes);
    }

    [Fact]
    [Rfc(8839, "4.4.1.1.1")]
    public void OurOwnIceRestartIsRolledBackWithItsOffer()
    {
        var leg = WebRtc();
        Answer(leg, Offers.Chromium, out var before);
        Assert.True(leg.TryCreateOffer(new OfferRequest { IceRestart = true }, out var offer, out _));
        Assert.DoesNotContain($"a=ice-ufrag:{before.LocalUfrag}", Offers.Lines(offer, "a=ice-ufrag"));
        leg.OfferFailed();
        Assert.Equal(Offers.OurWebRtc.IceUfrag, leg.Media.IceUfrag);
        Assert.Same(before, leg.Current);

        Assert.True(leg.TryCreateOffer(new OfferRequest { IceRestart = true }, out _, out _));
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Chromium.Replace("actpass", "active", StringComparison.Ordinal)), early: false, out var after, out _));
        Assert.NotEqual(before.LocalUfrag, after.LocalUfrag);
    }

    [Fact]
    [Rfc(8842, "4")]
    [Rfc(8842, "5.3")]
    public void ANewFingerprintIsANewAssociationAndThePartsAreChosenAnew()
    {
        var leg = WebRtc();
        Answer(leg, Offers.Chromium.Replace("actpass", "passive", StringComparison.Ordinal), out var audio);
        Assert.Equal(DtlsRole.Client, audio.DtlsRole);

        // The association stands: actpass is answered with the part that we play already.
        var kept = Answer(leg, Offers.Chromium, out audio);
        Assert.Equal((DtlsRole.Client, NegotiationChanges.None), (audio.DtlsRole, audio.Changes));
        Assert.Contains("a=setup:active", Offers.Lines(kept, "a=setup"));

        var renewed = Answer(leg, Offers.Chromium.Replace(Offers.Sha256, Offers.OurSha256, StringComparison.Ordinal), out audio);
        Assert.Equal((DtlsRole.Server, NegotiationChanges.DtlsRestart), (audio.DtlsRole, audio.Changes));
        Assert.Contains("a=setup:passive", Offers.Lines(renewed, "a=setup"));
        Assert.Equal($"sha-256 {Offers.OurSha256}", Assert.Single(audio.RemoteFingerprints).ToString());
    }

    [Fact]
    [Threat(38)]
    [Rfc(3264, "8.3.2")]
    public void OurOffersKeepTheNumbersThatTheDialogKnows()
    {
        var leg = WebRtc();
        Answer(leg, Offers.Firefox, out _);
        Assert.True(leg.TryCreateOffer(new OfferRequest { Codecs = GatewayCodecs.All }, out var offer, out _));
        // opus 109 and telephone-event 101 are Firefox's; telephone-event/48000 is new and gets a number that nobody had.
        Assert.Equal("m=audio 40000 UDP/TLS/RTP/SAVPF 109 9 0 8 110 101", Offers.Lines(offer, "m=").Single());
        leg.OfferFailed();

        // The peer moves opus to another number: its old one is not given to anything else afterwards.
        Answer(leg, Offers.Firefox.Replace("109", "96", StringComparison.Ordinal), out var audio);
        Assert.Equal(96, audio.Codecs[0].ReceivePayloadType);
        Assert.True(leg.TryCreateOffer(new OfferRequest { Codecs = GatewayCodecs.All }, out offer, out _));
        Assert.Equal("m=audio 40000 UDP/TLS/RTP/SAVPF 96 9 0 8 110 101", Offers.Lines(offer, "m=").Single());
        leg.OfferFailed();

        var many = Enumerable.Range(0, 20).Select(index => new CodecDescription($"codec{index}", 8000));
        Assert.True(leg.TryCreateOffer(new OfferRequest { Codecs = [.. many] }, out offer, out _));
        var numbers = Offers.Lines(offer, "m=").Single().Split(' ')[3..];
        Assert.Equal(21, numbers.Distinct().Count());
        Assert.DoesNotContain("109", numbers);
        Assert.DoesNotContain("96", numbers);
    }

    [Fact]
    [Threat(38)]
    [Rfc(3264, "8.3.2")]
    public void ACodecThatWasOfferedButNotTakenKeepsThePeersNumber()
    {
        var leg = WebRtc();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Chromium), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest { Codecs = [GatewayCodecs.Opus] }, out var answer, out _, out _));
        Assert.Equal("m=audio 40000 UDP/TLS/RTP/SAVPF 111 110", Offers.Lines(answer, "m=").Single());
        Assert.True(leg.TryCreateOffer(new OfferRequest { Codecs = GatewayCodecs.All }, out var offer, out _));
        Assert.Equal("m=audio 40000 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126", Offers.Lines(offer, "m=").Single());
    }

    [Fact]
    [Rfc(3261, "14.2")]
    [Rfc(3261, "14.1")]
    public void GlareIsRefusedAndTheOpenOfferLivesOn()
    {
        var leg = Rtp();
        Answer(leg, Offers.Baresip, out var before);
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out _, out _));
        Assert.False(leg.TrySetOffer(Offers.Wire(Offers.Baresip), out _, out var glare));
        Assert.Equal((NegotiationFailureKind.Glare, 491), (glare.Kind, glare.StatusCode));
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Baresip), early: false, out _, out _));

        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Baresip), out _, out _));
        Assert.False(leg.TrySetOffer(Offers.Wire(Offers.Baresip), out _, out var pending));
        Assert.Equal((NegotiationFailureKind.OfferPending, 500), (pending.Kind, pending.StatusCode));
        Assert.False(leg.TryCreateOffer(new OfferRequest(), out _, out var late));
        Assert.Equal(NegotiationFailureKind.OutOfOrder, late.Kind);
        leg.OfferFailed();
        Assert.Equal(NegotiationState.Stable, leg.State);
        Assert.Equal(before.Codecs, leg.Current!.Codecs);
    }

    [Fact]
    [Row(7)]
    [Rfc(3261, "13.2.1")]
    public void AnInviteWithoutDescriptionIsOfferedToAndTheAckAnswers()
    {
        var leg = Rtp();
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out var offer, out _));
        Assert.Equal("m=audio 30000 RTP/AVP 111 9 0 8 110 101", Offers.Lines(offer, "m=").Single());
        Assert.Null(leg.Current);
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Sipp), early: false, out var audio, out _));
        Assert.Equal("PCMU", Assert.Single(audio.Codecs).Codec.Name);
        Assert.Equal(NegotiationChanges.First, audio.Changes);
    }

    [Fact]
    [Row(21)]
    [Rfc(3261, "13.2.1")]
    public void AnEarlyAnswerCarriesMediaAndTheFinalOneReplacesIt()
    {
        var leg = Rtp();
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out _, out _));
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Sipp), early: true, out var early, out _));
        Assert.Equal(NegotiationState.EarlyAnswer, leg.State);
        Assert.Same(early, leg.Current);
        // Another fork answers with other words.
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Baresip), early: true, out _, out _));
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Baresip), early: false, out var final, out _));
        Assert.Equal((NegotiationState.Stable, 10000), (leg.State, final.RemoteRtp!.Port));
        Assert.False(leg.TryConfirmEarlyAnswer(out _));
    }

    [Fact]
    [Rfc(3261, "13.2.1")]
    public void AFinalResponseWithoutDescriptionConfirmsTheEarlyAnswer()
    {
        var leg = Rtp();
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out _, out _));
        Assert.False(leg.TryConfirmEarlyAnswer(out _));
        Assert.True(leg.TrySetAnswer(Offers.Wire(Offers.Sipp), early: true, out var early, out _));
        Assert.True(leg.TryConfirmEarlyAnswer(out var final));
        Assert.Same(early, final);
        Assert.Equal(NegotiationState.Stable, leg.State);
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Sipp), out _, out _));
    }

    [Theory]
    [InlineData("m=audio 6000", "m=audio 0", NegotiationFailureKind.AudioRefused)]
    [InlineData("m=audio 6000 RTP/AVP 0", "m=video 0 RTP/AVP 31\nm=audio 6000 RTP/AVP 0", NegotiationFailureKind.AnswerShape)]
    [InlineData("RTP/AVP 0\na=rtpmap:0 PCMU/8000", "RTP/AVP 18", NegotiationFailureKind.NoCommonCodec)]
    [InlineData("o=user1", "x", NegotiationFailureKind.Syntax)]
    [Rfc(3264, "6")]
    public void AnAnswerThatDoesNotFitLeavesWhatWasAgreed(string written, string instead, NegotiationFailureKind kind)
    {
        var leg = Rtp();
        Answer(leg, Offers.Sipp, out var before);
        Assert.True(leg.TryCreateOffer(new OfferRequest { Direction = MediaDirection.Inactive }, out _, out _));
        var answer = Offers.Wire(Offers.Sipp.ReplaceLineEndings("\n").Replace(written, instead, StringComparison.Ordinal));
        Assert.False(leg.TrySetAnswer(answer, early: true, out _, out var failure));
        Assert.Equal((kind, NegotiationState.LocalOffer), (failure.Kind, leg.State));
        Assert.False(leg.TrySetAnswer(answer, early: false, out _, out failure));
        Assert.Equal((kind, NegotiationState.Stable), (failure.Kind, leg.State));
        Assert.Same(before, leg.Current);
    }

    [Fact]
    [Rfc(3264, "8")]
    public void AVersionIsNeverUsedForTwoTexts()
    {
        var leg = Rtp();
        var texts = new Dictionary<int, string>();
        void Written(string sdp)
        {
            if (texts.TryGetValue(Version(sdp), out var before)) Assert.Equal(before, sdp);
            texts[Version(sdp)] = sdp;
        }
        Written(Answer(leg, Offers.Baresip, out _));
        foreach (var direction in new[] { MediaDirection.SendOnly, MediaDirection.Inactive, MediaDirection.SendRecv, MediaDirection.SendRecv })
        {
            Assert.True(leg.TryCreateOffer(new OfferRequest { Direction = direction }, out var offer, out _));
            Written(offer);
            leg.OfferFailed();
            Written(Answer(leg, Offers.Baresip, out _));
        }
        Assert.Equal(Enumerable.Range(1, texts.Count), texts.Keys.Order());
        Assert.Single(texts.Values.Select(text => text.Split(' ')[1]).Distinct());
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

    private static string Reoffer(string offer, int version, string written, string instead)
    {
        var next = offer.Replace("3546004397921447048 2 ", string.Create(CultureInfo.InvariantCulture, $"3546004397921447048 {version} "), StringComparison.Ordinal);
        return written.Length == 0 ? next : next.Replace(written, instead, StringComparison.Ordinal);
    }

    private static int Version(string sdp) => int.Parse(Offers.Lines(sdp, "o=").Single().Split(' ')[2], CultureInfo.InvariantCulture);

    private static string WithoutVersion(string sdp) => string.Join("\r\n", sdp.Split("\r\n").Where(line => !line.StartsWith("o=", StringComparison.Ordinal)));
}
