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
}
