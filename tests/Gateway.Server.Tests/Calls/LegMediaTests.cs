using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Gateway.Sdp;
using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>What the media plane is told of each agreement: every field of the configuration against the descriptions it comes from.</summary>
public sealed class LegMediaTests
{
    private static readonly LegId Id = new(7);

    private readonly CallRig _rig = new();

    private LegConfiguration Told => _rig.Media.Configured[Id];

    [Fact]
    [Row(70)]
    public void A_browsers_offer_becomes_a_secure_leg()
    {
        var leg = OpenBrowser();
        Assert.Empty(_rig.Media.Configured);
        Take(leg, SdpText.Offer(browser: true, "opus PCMU telephone-event telephone-event/48000"));
        var sdp = Answer(leg);

        Assert.Contains("m=audio 3478 UDP/TLS/RTP/SAVPF 111 0 101 110\r\n", sdp, StringComparison.Ordinal);
        Assert.Contains("a=ice-ufrag:gwufrag7\r\n", sdp, StringComparison.Ordinal);
        Assert.Equal(
            [
                new CodecBinding(new CodecId("opus", 48000, 2), 111, 111),
                new CodecBinding(new CodecId("PCMU", 8000, 1), 0, 0),
                new CodecBinding(new CodecId("telephone-event", 8000, 1), 101, 101),
                new CodecBinding(new CodecId("telephone-event", 48000, 1), 110, 110),
            ],
            Told.Codecs);
        Assert.True(Told is { CanSend: true, CanReceive: true, PacketTime: 20, Rtp: null });
        Assert.Equal(("peerU", "0123456789abcdefghijklmn", Ports.DtlsRole.Server), (Told.WebRtc!.IceUfrag, Told.WebRtc.IcePassword, Told.WebRtc.OurRole));
        Assert.Equal([SdpText.Fingerprint], Told.WebRtc.Fingerprints);
        Assert.Null(Told.WebRtc.NewLocalCredentials);
    }

    [Fact]
    [Rfc(8839, "4.4.1.1.1")]
    public void An_ICE_restart_gives_the_media_plane_our_new_credentials_and_a_refresh_keeps_them()
    {
        var leg = OpenBrowser();
        Take(leg, SdpText.Offer(browser: true, "PCMU"));
        Answer(leg);
        Take(leg, SdpText.Offer(browser: true, "PCMU", version: 2, ufrag: "peerV"));
        var sdp = Answer(leg);
        var fresh = Assert.NotNull(Told.WebRtc!.NewLocalCredentials);
        Assert.Equal("peerV", Told.WebRtc.IceUfrag);
        Assert.Contains($"a=ice-ufrag:{fresh.Ufrag}\r\na=ice-pwd:{fresh.Password}\r\n", sdp, StringComparison.Ordinal);

        Take(leg, SdpText.Offer(browser: true, "PCMU", version: 2, ufrag: "peerV"));
        Assert.Equal(sdp, Answer(leg));
        Assert.Equal(fresh, Told.WebRtc.NewLocalCredentials);
    }

    [Theory]
    [InlineData("passive", Ports.DtlsRole.Client)]
    [InlineData("active", Ports.DtlsRole.Server)]
    [Rfc(8842, "5.4")]
    public void The_part_in_DTLS_follows_the_browsers_answer(string setup, Ports.DtlsRole expected)
    {
        var leg = OpenBrowser();
        Assert.True(leg.TryOffer([GatewayCodecs.Pcmu], MediaDirection.SendRecv, out _));
        Reply(leg, SdpText.Offer(browser: true, "PCMU").Replace("actpass", setup, StringComparison.Ordinal));
        Assert.Equal(expected, Told.WebRtc!.OurRole);
    }

    [Fact]
    public void A_phones_answer_becomes_a_plain_leg_with_its_addresses()
    {
        var leg = OpenPhone();
        Assert.True(leg.TryOffer([GatewayCodecs.Opus, GatewayCodecs.Pcma], MediaDirection.SendRecv, out var offer));
        Assert.Contains("m=audio 30002 RTP/AVP 111 8 110 101\r\n", Encoding.UTF8.GetString(offer), StringComparison.Ordinal);
        Assert.Empty(_rig.Media.Configured);
        Reply(leg, SdpText.Offer(browser: false, "PCMA telephone-event").Replace("RTP/AVP 8 101", "RTP/AVP 8 96", StringComparison.Ordinal)
            .Replace("rtpmap:101", "rtpmap:96", StringComparison.Ordinal) + "a=ptime:30\r\n");

        // Each side numbers telephone-event by itself: the phone 96, we 101.
        Assert.Equal([(8, 8), (96, 101)], Told.Codecs.Select(codec => ((int)codec.SendPayloadType, (int)codec.ReceivePayloadType)));
        Assert.Equal(30, Told.PacketTime);
        Assert.Null(Told.WebRtc);
        Assert.Equal(
            new RtpRemote(IPEndPoint.Parse("192.0.2.50:40000"), IPEndPoint.Parse("192.0.2.50:40001"), RtcpMux: false, IPAddress.Parse("192.0.2.50"), BehindNat: false),
            Told.Rtp);
    }

    [Fact]
    public void An_inner_address_in_the_description_means_NAT_and_a_moved_flow_moves_the_source()
    {
        var leg = OpenPhone();
        Take(leg, SdpText.Offer(browser: false, "PCMU", address: "10.0.0.5"));
        Answer(leg);
        Assert.True(Told.Rtp!.BehindNat);
        Assert.Equal("192.0.2.50", Told.Rtp.SignallingSource!.ToString());

        leg.SourceMoved(_rig.Phone("bob", 51).Flow);
        Assert.Equal("192.0.2.51", Told.Rtp.SignallingSource!.ToString());
        Assert.True(Told.Rtp.BehindNat);
    }

    [Fact]
    [Rfc(3264, "8.4")]
    public void Hold_stops_one_direction_and_the_watch_for_silence_of_a_phone_only()
    {
        var (phone, browser) = (OpenPhone(), OpenBrowser(new LegId(8)));
        Take(phone, SdpText.Offer(browser: false, "PCMU"));
        Answer(phone);
        Assert.Equal(TimeSpan.Zero, Told.SilenceLimit);
        phone.Watch(reportDigits: true);
        Assert.Equal((TimeSpan.FromSeconds(60), true), (Told.SilenceLimit, Told.ReportDigits));

        Take(phone, SdpText.Offer(browser: false, "PCMU", "sendonly"));
        Answer(phone);
        Assert.True(Told is { CanSend: false, CanReceive: true });
        Assert.Equal(MediaDirection.SendOnly, phone.Will);
        Take(phone, SdpText.Offer(browser: false, "PCMU", "inactive"));
        Answer(phone);
        Assert.True(Told is { CanSend: false, CanReceive: false, ReportDigits: true });
        Assert.Equal(TimeSpan.Zero, Told.SilenceLimit);

        // A browser's consent checks go on during a hold, so its silence still counts.
        Take(browser, SdpText.Offer(browser: true, "PCMU", "inactive"));
        Answer(browser);
        browser.Watch(reportDigits: false);
        Assert.Equal(TimeSpan.FromSeconds(60), _rig.Media.Configured[new LegId(8)].SilenceLimit);
    }

    [Fact]
    [Rfc(3264, "8.4")]
    public void What_we_forced_is_not_taken_for_the_peers_will()
    {
        var leg = OpenPhone();
        Take(leg, SdpText.Offer(browser: false, "PCMU"));
        Answer(leg);
        Assert.True(leg.TryOffer(leg.Codecs, MediaDirection.SendOnly, out _));
        Reply(leg, SdpText.Offer(browser: false, "PCMU", "recvonly"));
        Assert.Equal(MediaDirection.SendRecv, leg.Will);
        Assert.True(Told is { CanSend: true, CanReceive: false });
    }

    [Theory]
    [InlineData("UDP/TLS/RTP/SAVPF", "RTP/AVP", NegotiationFailureKind.Profile)]
    [InlineData("a=fingerprint:sha-256", "a=fingerprint:sha-1", NegotiationFailureKind.FingerprintMissing)]
    [InlineData("v=0", "v=2", NegotiationFailureKind.Syntax)]
    [Threat(4)]
    [Threat(11)]
    public void A_refused_offer_reaches_no_media(string written, string instead, NegotiationFailureKind kind)
    {
        var counted = new List<object?>();
        var meter = _rig.Services.Metrics.Meter;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter == meter && instrument.Name == "gateway.sdp.refused") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Add(tags[0].Value));
        listener.Start();
        var leg = OpenBrowser();
        var offer = SdpText.Offer(browser: true, "PCMU").Replace(written, instead, StringComparison.Ordinal);
        Assert.False(leg.TryReceiveOffer(Encoding.UTF8.GetBytes(offer), out var failure));
        Assert.Equal(kind, failure.Kind);
        Assert.Empty(_rig.Media.Configured);
        Assert.Equal([failure.Label], counted);
    }

    [Fact]
    [Row(21)]
    public void Early_media_is_configured_and_a_200_without_description_confirms_it()
    {
        var leg = OpenPhone();
        Assert.True(leg.TryOffer(GatewayCodecs.All, MediaDirection.SendRecv, out _));
        Assert.False(leg.TryReceiveAnswer([], early: false, out var failure));
        Assert.Equal(488, failure.StatusCode);
        Assert.True(leg.TryReceiveAnswer(Encoding.UTF8.GetBytes(SdpText.Offer(browser: false, "PCMA")), early: true, out _));
        Assert.Equal("PCMA", Told.Codecs[0].Codec.Name);
        Assert.False(leg.IsIdle);
        Assert.True(leg.TryReceiveAnswer([], early: false, out _));
        Assert.True(leg.IsIdle);
    }

    [Fact]
    public void A_closed_leg_says_nothing_more()
    {
        var leg = OpenPhone();
        Take(leg, SdpText.Offer(browser: false, "PCMU"));
        leg.Close();
        leg.Close();
        Answer(leg);
        leg.Watch(reportDigits: true);
        Assert.Empty(_rig.Media.Configured);
        Assert.Empty(_rig.Media.Errors);
        Assert.Empty(_rig.Media.Open);
    }

    private LegMedia OpenBrowser(LegId? id = null) => LegMedia.Open(_rig.Services, id ?? Id, _rig.Browser("alice", 1).Flow, LegTerms.Phone)!;

    private LegMedia OpenPhone() => LegMedia.Open(_rig.Services, Id, _rig.Phone("bob", 50).Flow, LegTerms.Phone)!;

    private static void Take(LegMedia leg, string offer) =>
        Assert.True(leg.TryReceiveOffer(Encoding.UTF8.GetBytes(offer), out var failure), failure?.Text);

    private static string Answer(LegMedia leg)
    {
        Assert.True(leg.TryAnswer(GatewayCodecs.All, MediaDirection.SendRecv, out var sdp, out var failure), failure?.Text);
        return Encoding.UTF8.GetString(sdp);
    }

    private static void Reply(LegMedia leg, string answer) =>
        Assert.True(leg.TryReceiveAnswer(Encoding.UTF8.GetBytes(answer), early: false, out var failure), failure?.Text);
}
