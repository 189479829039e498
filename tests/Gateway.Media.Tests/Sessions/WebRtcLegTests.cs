using Gateway.Media.Dtls;
using Gateway.Media.Ice;
using Gateway.Media.Rtp;
using Gateway.Media.Sessions;
using Gateway.Media.Stun;
using Gateway.Testing;
using static Gateway.Media.Tests.Sessions.Play;

namespace Gateway.Media.Tests.Sessions;

[Row(72)]
public sealed class WebRtcLegTests
{
    private readonly LegTrace _trace = new();
    private readonly PlayedBrowser _browser;

    public WebRtcLegTests() => _browser = new PlayedBrowser(_trace);

    [Fact]
    [Rfc(5763, "6.7.1")]
    [Threat(10)]
    public void No_media_byte_leaves_before_there_are_keys()
    {
        _browser.Configure(Ms(0));
        _browser.Leg.Serve(LegService.Tone, Ms(0));
        _browser.Leg.RunTo(Ms(500));
        _browser.Check(Ms(500));
        _browser.Leg.RunTo(TimeSpan.FromSeconds(8));
        Assert.All(_trace.Datagrams, d => Assert.Equal(PacketKind.Stun, d.Kind));

        _browser.Handshake(TimeSpan.FromSeconds(8));
        _browser.Leg.RunTo(TimeSpan.FromSeconds(9));
        Assert.NotEmpty(_trace.Rtp);
        Assert.Single(_trace.Events, e => e.Kind == LegEventKind.Ready);
        foreach (var packet in _trace.Rtp)
        {
            Assert.Equal(172, _browser.Open(packet).Length);
        }
    }

    [Fact]
    [Rfc(5763, "6.7.1")]
    public void Srtp_that_comes_before_the_keys_is_dropped_and_harms_nothing()
    {
        _browser.Leg.Serve(LegService.Echo, Ms(0));
        _browser.Configure(Ms(0));
        _browser.Check(Ms(0));
        _browser.Send(Packet(9, 1, 0), Ms(1));
        _browser.Handshake(Ms(2));
        _browser.Send(_browser.Protect(Packet(9, 2, 160)), Ms(20));
        Assert.Equal(0x5555_0001u, Assert.Single(_trace.Rtp).Ssrc);
    }

    [Fact]
    [Threat(1)]
    [Threat(3)]
    public void Dtls_from_an_unchecked_address_is_not_even_looked_at()
    {
        _browser.Configure(Ms(0));
        var stranger = Address("198.51.100.66", 1);
        _browser.Send([22, 0xFE, 0xFD, 0, 0], Ms(0), stranger);
        _browser.Check(Ms(1));
        _browser.Send([22, 0xFE, 0xFD, 0, 0], Ms(2), stranger);
        Assert.Equal(0, _browser.Engines[0].Received);
        Assert.Single(_trace.Datagrams); // the answer to the check
    }

    [Fact]
    [Threat(2)]
    [Threat(5)]
    [Threat(6)]
    public void Garbage_and_replays_on_a_valid_path_end_nothing()
    {
        _browser.Connect(Ms(0));
        _browser.Leg.Serve(LegService.Echo, Ms(0));
        var good = _browser.Protect(Packet(9, 1, 0));
        var random = new Random(3);
        for (var i = 0; i < 1000; i++)
        {
            var garbage = new byte[random.Next(1, 300)];
            random.NextBytes(garbage);
            garbage[0] = (byte)(128 + random.Next(64));
            _browser.Send(garbage, Ms(i));
        }

        _browser.Send([.. good], Ms(1000));
        _browser.Send([.. good], Ms(1001));
        Assert.Single(_trace.Rtp);
        Assert.True(_browser.Leg.Report(Ms(1001)).Discarded >= 1000);
        Assert.DoesNotContain(_trace.Events, e => e.Kind == LegEventKind.Failed);
    }

    [Theory]
    [InlineData(DtlsFailure.FingerprintMismatch, LegFailure.Fingerprint)]
    [InlineData(DtlsFailure.Handshake, LegFailure.Dtls)]
    [InlineData(DtlsFailure.NoSrtpProfile, LegFailure.Dtls)]
    [Threat(4)]
    public void A_failed_association_is_told_once_and_carries_nothing(DtlsFailure failure, LegFailure told)
    {
        _browser.Configure(Ms(0));
        _browser.Leg.Serve(LegService.Tone, Ms(0));
        _browser.Check(Ms(0));
        _browser.Engines[0].FailOnReceive = failure;
        _browser.Send([22, 0xFE, 0xFD, 0, 0], Ms(1));
        _browser.Send([22, 0xFE, 0xFD, 0, 0], Ms(2));
        _browser.Leg.RunTo(TimeSpan.FromSeconds(40));
        Assert.Equal(told, Assert.Single(_trace.Events, e => e.Kind == LegEventKind.Failed).Failure);
        Assert.Empty(_trace.Rtp);
    }

    [Fact]
    public void A_browser_that_never_checks_fails_the_leg_after_thirty_seconds()
    {
        _browser.Configure(Ms(0));
        _browser.Leg.RunTo(TimeSpan.FromSeconds(29.9));
        Assert.Empty(_trace.Events);
        _browser.Leg.RunTo(TimeSpan.FromSeconds(30));
        Assert.Equal(LegFailure.IceTimeout, Assert.Single(_trace.Events).Failure);
    }

    [Fact]
    [Rfc(7675, "5.1")]
    [Threat(9)]
    public void Without_consent_sending_stops_after_thirty_seconds_and_starts_again_with_it()
    {
        _browser.Connect(Ms(0));
        _browser.Leg.Serve(LegService.Tone, Ms(0));
        _browser.Leg.RunTo(TimeSpan.FromSeconds(29));
        Assert.NotEmpty(_trace.Rtp);
        _browser.Leg.RunTo(TimeSpan.FromSeconds(31));
        _trace.Datagrams.Clear();
        _browser.Leg.RunTo(TimeSpan.FromSeconds(40));
        Assert.Empty(_trace.Datagrams);

        _browser.Check(TimeSpan.FromSeconds(40));
        _browser.Leg.RunTo(TimeSpan.FromSeconds(41));
        Assert.NotEmpty(_trace.Rtp);
    }

    [Fact]
    [Rfc(8445, "8.1.1")]
    public void Media_follows_the_nominated_path_alone()
    {
        _browser.Connect(Ms(0));
        _browser.Leg.Serve(LegService.Tone, Ms(0));
        var wlan = Address("203.0.113.9", 40001);
        _browser.Check(Ms(10), wlan, nominate: false);
        _trace.Datagrams.Clear();
        _browser.Leg.RunTo(Ms(100));
        Assert.All(_trace.Rtp, p => Assert.Equal(PlayedBrowser.Home, p.To));

        _browser.Check(Ms(100), wlan, nominate: true);
        _trace.Datagrams.Clear();
        _browser.Leg.RunTo(Ms(200));
        Assert.NotEmpty(_trace.Rtp);
        Assert.All(_trace.Rtp, p => Assert.Equal(wlan, p.To));
    }

    [Fact]
    [Rfc(8445, "7.3")]
    public void A_check_with_the_wrong_password_opens_no_path()
    {
        _browser.Configure(Ms(0));
        using var wrong = new StunPassword("not-the-password-at-all-");
        var outcome = _browser.Check(Ms(0), password: wrong);
        Assert.Equal(IceRefusal.BadIntegrity, outcome.Refusal);
        _browser.Send([22, 0xFE, 0xFD, 0, 0], Ms(1));
        Assert.Equal(0, _browser.Engines[0].Received);
    }

    [Fact]
    [Rfc(8445, "9")]
    [Row(85)]
    public void An_ice_restart_keeps_the_sound_until_the_new_path_is_nominated()
    {
        _browser.Connect(Ms(0));
        _browser.Leg.Serve(LegService.Tone, Ms(0));
        Assert.True(IceCredentials.TryCreate("AbCdEfGh", "0123456789012345678901", out var fresh));
        _browser.Configure(Ms(100), peer: new WebRtcPeer("again", [PlayedBrowser.Certificate], DtlsRole.Server, fresh));
        _browser.Leg.RunTo(Ms(200));
        Assert.NotEmpty(_trace.Rtp);

        _browser.Use(fresh!);
        var home = Address("203.0.113.77", 7);
        _browser.Check(Ms(200), home);
        _trace.Datagrams.Clear();
        _browser.Leg.RunTo(Ms(300));
        Assert.All(_trace.Rtp, p => Assert.Equal(home, p.To));
        Assert.NotEmpty(_trace.Rtp);
        Assert.Single(_browser.Engines); // the certificate is the same, so the keys are
    }

    [Fact]
    [Rfc(8842, "5.1")]
    public void Another_certificate_begins_another_association_and_the_stream_goes_on()
    {
        _browser.Connect(Ms(0));
        _browser.Leg.Serve(LegService.Tone, Ms(0));
        _browser.Leg.RunTo(Ms(100));
        var last = _trace.Rtp.Last();

        _browser.Configure(Ms(110), peer: new WebRtcPeer("theirs", [Fingerprint.OfCertificate([9])], DtlsRole.Server, null));
        Assert.True(_browser.Engines[0].IsDisposed);
        Assert.Equal(2, _browser.Engines.Count);
        _browser.Check(Ms(110));
        _browser.Handshake(Ms(120), keys: 99);
        _trace.Datagrams.Clear();
        _browser.Leg.RunTo(Ms(200));
        var next = _trace.Rtp.First();
        Assert.Equal((ushort)(last.Sequence + 1), next.Sequence);
        Assert.NotEmpty(_browser.Open(next)); // under the new keys
    }

    [Fact]
    [Rfc(5763, "5")]
    public void As_dtls_client_we_speak_first_once_there_is_a_path()
    {
        _browser.Configure(Ms(0), peer: new WebRtcPeer("theirs", [PlayedBrowser.Certificate], DtlsRole.Client, null));
        Assert.Empty(_trace.Datagrams);
        _browser.Check(Ms(5));
        Assert.Equal(DtlsRole.Client, _browser.Engines[0].Role);
        Assert.Contains(_trace.Datagrams, d => d.Kind == PacketKind.Dtls && d.To == PlayedBrowser.Home);
    }

    [Fact]
    public void A_client_hello_before_the_answer_makes_us_server()
    {
        _browser.Check(Ms(0));
        _browser.Send([22, 0xFE, 0xFD, 0, 0], Ms(1));
        Assert.Equal(DtlsRole.Server, _browser.Engines[0].Role);
        Assert.Equal(1, _browser.Engines[0].Received);
    }

    [Fact]
    [Rfc(6347, "4.2.4")]
    public void Retransmissions_follow_the_engines_deadline()
    {
        _browser.Configure(Ms(0));
        _browser.Check(Ms(0));
        _browser.Engines[0].NextDeadline = Ms(100);
        Assert.Equal(Ms(100), _browser.Leg.Deadline);
        _trace.Datagrams.Clear();
        _browser.Leg.OnDeadline(Ms(100));
        Assert.Contains(_trace.Datagrams, d => d.Kind == PacketKind.Dtls);
    }

    [Fact]
    [Rfc(3550, "6.6")]
    public void Closing_says_goodbye_on_both_layers_and_nothing_follows()
    {
        _browser.Connect(Ms(0));
        _browser.Leg.Serve(LegService.Tone, Ms(0));
        _browser.Leg.RunTo(Ms(100));
        _trace.Datagrams.Clear();
        _browser.Leg.Close(Ms(110));
        Assert.Equal([PacketKind.Rtcp, PacketKind.Dtls], _trace.Datagrams.Select(d => d.Kind));
        Assert.Equal(TimeSpan.MaxValue, _browser.Leg.Deadline);
        _browser.Send(_browser.Protect(Packet(9, 1, 0)), Ms(120));
        Assert.Equal(2, _trace.Datagrams.Count);
    }
}
