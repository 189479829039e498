using System.Net;
using Gateway.Testing;

namespace Gateway.Sdp.Tests;

/// <summary>The plain profile against phones and the examples of RFC 3264.</summary>
public sealed class LegNegotiatorRtpTests
{
    private static LegNegotiator Negotiator() => new(LegProfile.Rtp, Offers.OurRtp, new SeededRandom(2));

    [Fact]
    [Row(70)]
    public void AnOfferToAPhoneIsSmall()
    {
        var leg = Negotiator();
        Assert.True(leg.TryCreateOffer(new OfferRequest { Codecs = [GatewayCodecs.Pcmu, GatewayCodecs.Pcma] }, out var sdp, out _));
        var sessionId = Offers.Lines(sdp, "o=").Single().Split(' ')[1];
        Assert.Equal($"""
            v=0
            o=- {sessionId} 1 IN IP4 203.0.113.5
            s=-
            c=IN IP4 203.0.113.5
            t=0 0
            m=audio 30000 RTP/AVP 0 8 101
            a=rtpmap:0 PCMU/8000
            a=rtpmap:8 PCMA/8000
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-16
            a=ptime:20
            a=sendrecv

            """.ReplaceLineEndings("\r\n"), sdp);
        Assert.True(sdp.Length < 300, "a legacy phone's INVITE must fit one datagram");
    }

    [Fact]
    public void AnswersBaresip()
    {
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Baresip), out var offered, out _));
        Assert.Equal(["PCMU/8000", "PCMA/8000", "G722/8000", "opus/48000/2"], offered.Codecs.Select(codec => codec.ToString()));
        Assert.Equal((20, NegotiationChanges.First), (offered.PacketTime, offered.Changes));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest { Codecs = [GatewayCodecs.Pcmu, GatewayCodecs.Opus] }, out var sdp, out var audio, out _));
        // No telephone-event at 48000 was offered, so digits go at 8000 beside PCMU.
        Assert.Equal("m=audio 30000 RTP/AVP 0 96 101", Offers.Lines(sdp, "m=").Single());
        Assert.Equal((IPEndPoint.Parse("192.0.2.30:10000"), IPEndPoint.Parse("192.0.2.30:10001")), (audio.RemoteRtp, audio.RemoteRtcp));
        Assert.False(audio.RtcpMux);
        Assert.Empty(Offers.Lines(sdp, "a=rtcp-mux"));
        Assert.Equal("stereo=1;sprop-stereo=1", audio.Codecs[1].Codec.Fmtp);
    }

    [Fact]
    public void AnswersSippsBuiltInOffer()
    {
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Sipp), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out var audio, out _));
        Assert.Equal("m=audio 30000 RTP/AVP 0", Offers.Lines(sdp, "m=").Single());
        Assert.Equal(IPEndPoint.Parse("127.0.1.1:6001"), audio.RemoteRtcp);
        Assert.Empty(audio.TelephoneEvents);
    }

    [Fact]
    [Rfc(4733, "2.1")]
    public void AnswersLinphoneWithItsProfileAndBothClocksOfEvents()
    {
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Linphone), out var offered, out _));
        Assert.Equal([48000, 16000, 8000], offered.TelephoneEventClocks);
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out var audio, out _));
        Assert.Equal("m=audio 30000 RTP/AVPF 96 0 8 101 100", Offers.Lines(sdp, "m=").Single());
        Assert.Equal([(48000, 101), (8000, 100)], audio.TelephoneEvents.Select(codec => (codec.Codec.ClockRate, codec.SendPayloadType)));
        Assert.Equal("RTP/AVPF", audio.Protocol);
    }

    /// <summary>RFC 3264 §10.1 with literal addresses in place of host names: Alice's offer, then Bob's re-offer with a second audio line.</summary>
    [Fact]
    [Rfc(3264, "10.1")]
    public void BasicExchangeOfTheRfc()
    {
        var bob = Negotiator();
        Assert.True(bob.TrySetOffer(Offers.Wire("""
            v=0
            o=alice 2890844526 2890844526 IN IP4 192.0.2.1
            s=
            c=IN IP4 192.0.2.1
            t=0 0
            m=audio 49170 RTP/AVP 0
            a=rtpmap:0 PCMU/8000
            m=video 51372 RTP/AVP 31
            a=rtpmap:31 H261/90000
            m=video 53000 RTP/AVP 32
            a=rtpmap:32 MPV/90000

            """), out _, out _));
        Assert.True(bob.TryCreateAnswer(new AnswerRequest(), out var answer, out _, out _));
        Assert.Equal(["m=audio 30000 RTP/AVP 0", "m=video 0 RTP/AVP 31", "m=video 0 RTP/AVP 32"], Offers.Lines(answer, "m="));

        Assert.True(bob.TrySetOffer(Offers.Wire("""
            v=0
            o=alice 2890844526 2890844527 IN IP4 192.0.2.1
            s=
            c=IN IP4 192.0.2.1
            t=0 0
            m=audio 65422 RTP/AVP 0
            a=rtpmap:0 PCMU/8000
            m=video 0 RTP/AVP 31
            m=video 53000 RTP/AVP 32
            a=rtpmap:32 MPV/90000
            m=audio 51434 RTP/AVP 110
            a=rtpmap:110 telephone-events/8000
            a=recvonly

            """), out var changed, out _));
        Assert.Equal(NegotiationChanges.RemoteAddress, changed.Changes);
        Assert.True(bob.TryCreateAnswer(new AnswerRequest(), out answer, out var audio, out _));
        Assert.Equal(
            ["m=audio 30000 RTP/AVP 0", "m=video 0 RTP/AVP 31", "m=video 0 RTP/AVP 32", "m=audio 0 RTP/AVP 110"], Offers.Lines(answer, "m="));
        Assert.Equal((0, 65422), (audio.MediaIndex, audio.RemoteRtp!.Port));
    }

    /// <summary>RFC 3264 §10.2 with codecs of ours for G723 and G729: inactive first, then one codec with sendrecv.</summary>
    [Fact]
    [Rfc(3264, "10.2")]
    public void OneOfNCodecSelectionOfTheRfc()
    {
        const string offer = """
            v=0
            o=alice 2890844526 2890844526 IN IP4 192.0.2.1
            s=
            c=IN IP4 192.0.2.1
            t=0 0
            m=audio 62986 RTP/AVP 0 8 18
            a=rtpmap:0 PCMU/8000
            a=rtpmap:8 PCMA/8000
            a=rtpmap:18 G729/8000
            a=inactive

            """;
        var bob = Negotiator();
        Assert.True(bob.TrySetOffer(Offers.Wire(offer), out _, out _));
        Assert.True(bob.TryCreateAnswer(new AnswerRequest(), out var answer, out var audio, out _));
        Assert.Equal(["m=audio 30000 RTP/AVP 0 8"], Offers.Lines(answer, "m="));
        Assert.Contains("a=inactive", Offers.Lines(answer, "a="));
        Assert.True(audio is { CanSend: false, CanReceive: false });

        Assert.True(bob.TrySetOffer(Offers.Wire(offer.Replace("0 8 18", "8", StringComparison.Ordinal).Replace("inactive", "sendrecv", StringComparison.Ordinal)), out _, out _));
        Assert.True(bob.TryCreateAnswer(new AnswerRequest(), out answer, out audio, out _));
        Assert.Equal(["m=audio 30000 RTP/AVP 8"], Offers.Lines(answer, "m="));
        Assert.Contains("a=sendrecv", Offers.Lines(answer, "a="));
        Assert.Equal(NegotiationChanges.Codecs | NegotiationChanges.Direction, audio.Changes);
        Assert.True(audio is { CanSend: true, CanReceive: true });
    }

    [Fact]
    [Rfc(3605, "2.1")]
    [Rfc(5761, "5.1.1")]
    public void RtcpIsMuxedOnlyWhenOfferedAndNamedOnlyWhenNeeded()
    {
        var oddPort = Offers.OurRtp with { Rtcp = new IPEndPoint(Offers.OurRtp.Rtp.Address, 30005) };
        var leg = new LegNegotiator(LegProfile.Rtp, oddPort, new SeededRandom(3));
        Assert.True(leg.TryCreateOffer(new OfferRequest(), out var offer, out _));
        Assert.Equal(["a=rtcp:30005"], Offers.Lines(offer, "a=rtcp"));
        leg.OfferFailed();

        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Sipp + "a=rtcp-mux\n"), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var answer, out var audio, out _));
        Assert.Equal(["a=rtcp-mux"], Offers.Lines(answer, "a=rtcp"));
        Assert.True(audio.RtcpMux);
        Assert.Equal(audio.RemoteRtp, audio.RemoteRtcp);
    }

    [Fact]
    public void OfSecureAndPlainSideBySideThePlainLineIsTaken()
    {
        var both = Offers.Sipp.ReplaceLineEndings("\n").Replace("m=audio 6000 RTP/AVP 0", "m=audio 6000 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR\nm=audio 6002 RTP/AVP 0", StringComparison.Ordinal);
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(both), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var answer, out var audio, out _));
        Assert.Equal(["m=audio 0 RTP/SAVP 0", "m=audio 30000 RTP/AVP 0"], Offers.Lines(answer, "m="));
        Assert.Equal((1, 6002), (audio.MediaIndex, audio.RemoteRtp!.Port));
    }

    [Theory]
    [InlineData("RTP/AVP 0", "RTP/SAVP 0", NegotiationFailureKind.Profile, 302)]
    [InlineData("RTP/AVP 0", "UDP/TLS/RTP/SAVPF 0", NegotiationFailureKind.Profile, 302)]
    [InlineData("RTP/AVP 0\na=rtpmap:0 PCMU/8000", "RTP/AVP 18", NegotiationFailureKind.NoCommonCodec, 305)]
    [InlineData("audio 6000", "audio 0", NegotiationFailureKind.NoAudio, 304)]
    [InlineData("audio 6000", "image 6000", NegotiationFailureKind.NoAudio, 304)]
    [InlineData("c=IN IP4 127.0.1.1", "c=IN IP4 phone.example.com", NegotiationFailureKind.Address, 301)]
    [InlineData("c=IN IP4 127.0.1.1\n", "", NegotiationFailureKind.Address, 301)]
    [InlineData("c=IN IP4 127.0.1.1", "c=IN IP4 224.2.1.1/127", NegotiationFailureKind.Multicast, 330)]
    [InlineData("c=IN IP4 127.0.1.1", "c=IN IP4 255.255.255.255", NegotiationFailureKind.Multicast, 330)]
    [InlineData("c=IN IP4 127.0.1.1", "c=IN IP6 ff02::1", NegotiationFailureKind.Multicast, 330)]
    [Rfc(3261, "20.43")]
    public void WhatAPlainLegCannotTakeIsRefusedWithAWarning(string written, string instead, NegotiationFailureKind kind, int warning)
    {
        var leg = Negotiator();
        Assert.False(leg.TrySetOffer(Offers.Wire(Offers.Sipp.ReplaceLineEndings("\n").Replace(written, instead, StringComparison.Ordinal)), out _, out var failure));
        Assert.Equal((kind, 488, warning), (failure.Kind, failure.StatusCode, failure.WarningCode));
    }

    [Fact]
    public void WithoutACodecThatTheOtherLegHasTheOfferStaysOpenForAnotherTry()
    {
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Sipp), out _, out _));
        Assert.False(leg.TryCreateAnswer(new AnswerRequest { Codecs = [GatewayCodecs.Opus] }, out _, out _, out var failure));
        Assert.Equal((488, 305, "Incompatible media format"), (failure.StatusCode, failure.WarningCode, failure.Text));
        Assert.Equal(NegotiationState.RemoteOffer, leg.State);
        Assert.True(leg.TryCreateAnswer(new AnswerRequest { Codecs = [GatewayCodecs.Pcmu] }, out _, out _, out _));
    }

    [Fact]
    public void LegsNameACodecAlikeWhateverThePeerWrites()
    {
        var odd = Offers.Sipp.ReplaceLineEndings("\n").Replace("RTP/AVP 0\na=rtpmap:0 PCMU/8000", "RTP/AVP 0 9 96\na=rtpmap:0 pcmu/8000/1\na=rtpmap:9 g722/16000\na=rtpmap:96 OPUS/48000", StringComparison.Ordinal);
        var leg = Negotiator();
        Assert.True(leg.TrySetOffer(Offers.Wire(odd), out var offered, out _));
        Assert.Equal(["PCMU/8000", "G722/8000", "opus/48000/2"], offered.Codecs.Select(codec => codec.ToString()));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out _, out var audio, out _));
        Assert.Equal(["PCMU/8000", "G722/8000", "opus/48000/2"], audio.Codecs.Select(codec => codec.Codec.ToString()));
    }

    [Fact]
    [Rfc(8866, "5.7")]
    public void AnIp6LegIsWrittenAsOne()
    {
        var media = Offers.OurRtp with { Rtp = IPEndPoint.Parse("[2001:db8::5]:30000"), Rtcp = IPEndPoint.Parse("[2001:db8::6]:30001") };
        var leg = new LegNegotiator(LegProfile.Rtp, media, new SeededRandom(4));
        Assert.True(leg.TrySetOffer(Offers.Wire(Offers.Sipp.Replace("c=IN IP4 127.0.1.1", "c=IN IP6 2001:db8::9", StringComparison.Ordinal)), out _, out _));
        Assert.True(leg.TryCreateAnswer(new AnswerRequest(), out var sdp, out var audio, out _));
        Assert.Equal(["c=IN IP6 2001:db8::5"], Offers.Lines(sdp, "c="));
        Assert.Equal(["a=rtcp:30001 IN IP6 2001:db8::6"], Offers.Lines(sdp, "a=rtcp"));
        Assert.EndsWith("IN IP6 2001:db8::5", Offers.Lines(sdp, "o=").Single(), StringComparison.Ordinal);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::9]:6000"), audio.RemoteRtp);
    }
}
