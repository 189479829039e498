using System.Buffers.Binary;
using Gateway.Media.Rtp;
using Gateway.Net.Media;
using Gateway.Server.Ports;
using Gateway.Testing;

namespace Gateway.Net.Tests.Media;

public sealed class RelayCallTests
{
    private static readonly byte[] Sound = [.. Enumerable.Range(0, 160).Select(i => (byte)i)];

    [Fact]
    [Row(71)]
    [Row(72)]
    public void A_browser_hears_its_echo()
    {
        using var fixture = new RelayFixture();
        var leg = fixture.NewLeg();
        var browser = fixture.OpenBrowser(leg);
        fixture.Relay.JoinService(leg, MediaService.Echo);
        byte[]? last = null;
        browser.OnRtp = packet => last = packet;

        Assert.True(fixture.Until(() => browser.IsSecure && fixture.Heard<MediaEvent.Ready>(leg), () => browser.Poll(fixture.Now)));
        for (var i = 0; i < 50; i++)
        {
            browser.SendRtp(RelayFixture.Pcmu, (ushort)(100 + i), (uint)(i * 160), Sound);
        }

        Assert.True(fixture.Until(() => browser.RtpReceived >= 50, () => browser.Poll(fixture.Now)));
        Assert.True(RtpPacket.TryParse(last, out var echoed));
        Assert.Equal(Sound, echoed.Payload.ToArray());
        Assert.NotEqual(browser.Ssrc, echoed.Ssrc);
        Assert.Equal(0, browser.BadPackets);
    }

    [Fact]
    [Row(71)]
    public void A_phone_hears_the_tone_at_its_packet_time()
    {
        using var fixture = new RelayFixture();
        var leg = fixture.NewLeg();
        var (phone, _) = fixture.OpenPhone(leg);
        var packets = new List<byte[]>();
        phone.OnRtp = packets.Add;
        fixture.Relay.JoinService(leg, MediaService.Tone);

        Assert.True(fixture.Until(() => packets.Count >= 25, phone.Poll));
        var first = Read(packets[0]);
        for (var i = 1; i < 25; i++)
        {
            var next = Read(packets[i]);
            Assert.Equal((ushort)(first.Sequence + i), next.Sequence);
            Assert.Equal(first.Timestamp + (uint)(i * 160), next.Timestamp);
            Assert.Equal(172, packets[i].Length);
        }

        Assert.NotEqual(packets[0][12..], packets[1][12..]);
    }

    [Fact]
    [Row(89)]
    [Row(36)]
    public void Fifty_calls_between_browsers_and_phones_lose_nothing()
    {
        const int Calls = 50;
        const int Packets = 100;
        using var fixture = new RelayFixture();
        var calls = Enumerable.Range(0, Calls).Select(_ =>
        {
            var (a, b) = (fixture.NewLeg(), fixture.NewLeg());
            var browser = fixture.OpenBrowser(a);
            var (phone, gateway) = fixture.OpenPhone(b);
            fixture.Relay.Join(a, b);
            return (A: a, B: b, Browser: browser, Phone: phone, Gateway: gateway);
        }).ToList();

        void Poll()
        {
            foreach (var call in calls)
            {
                call.Browser.Poll(fixture.Now);
                call.Phone.Poll();
            }
        }

        Assert.True(fixture.Until(() => calls.All(c => c.Browser.IsSecure && fixture.Heard<MediaEvent.Ready>(c.A)), Poll));
        var next = fixture.Now;
        for (var i = 0; i < Packets; i++)
        {
            foreach (var call in calls)
            {
                call.Browser.SendRtp(RelayFixture.Pcmu, (ushort)i, (uint)(i * 160), Sound);
                call.Phone.SendRtp(call.Gateway, RelayFixture.Pcmu, (ushort)(i + 5000), (uint)(i * 160), Sound);
            }

            next += TimeSpan.FromMilliseconds(20);
            do
            {
                Poll();
                Thread.Sleep(1);
            }
            while (fixture.Now < next);
        }

        fixture.Until(() => calls.All(c => c.Browser.RtpReceived == Packets && c.Phone.RtpReceived == Packets), Poll, 5);
        Assert.All(calls, call =>
        {
            Assert.Equal(Packets, call.Browser.RtpReceived);
            Assert.Equal(Packets, call.Phone.RtpReceived);
            Assert.True(call.Browser.BadPackets == 0, call.Browser.LastBad);
        });
        Assert.Equal(Calls, fixture.Relay.PortsInUse);

        foreach (var call in calls)
        {
            fixture.Relay.Close(call.A);
            fixture.Relay.Close(call.B);
        }

        Assert.True(fixture.Until(() => fixture.Happened.Count(e => e.Event is MediaEvent.Closed) == 2 * Calls, Poll));
        Assert.Equal(0, fixture.Relay.PortsInUse);
        Assert.Equal(0, fixture.Relay.Metrics.Legs);
        Assert.Equal(0, fixture.Relay.Metrics.LegFaults + fixture.Relay.Metrics.LoopFaults);
        var report = fixture.Happened.Select(e => e.Event).OfType<MediaEvent.Closed>().First(c => c.Leg == calls[0].A).Statistics;
        Assert.Equal(Packets, report.PacketsReceived);
        Assert.Equal(Packets, report.PacketsSent);
        Assert.Equal(0, report.PacketsLost);
        Assert.Equal("PCMU", report.Codec);
    }

    [Fact]
    [Row(89)]
    public void Legs_of_two_loops_can_be_joined_and_parted()
    {
        using var fixture = new RelayFixture(loops: 2);
        var (a, b) = (fixture.NewLeg(), fixture.NewLeg());
        var (near, nearGateway) = fixture.OpenPhone(a, owner: 0);
        var (far, farGateway) = fixture.OpenPhone(b, owner: 1);
        fixture.Relay.Join(a, b);
        var sent = 0;

        void Talk()
        {
            sent++;
            near.SendRtp(nearGateway, RelayFixture.Pcmu, (ushort)sent, (uint)(160 * sent), Sound);
            far.SendRtp(farGateway, RelayFixture.Pcmu, (ushort)sent, (uint)(160 * sent), Sound);
            near.Poll();
            far.Poll();
        }

        Assert.True(fixture.Until(() => near.RtpReceived > 20 && far.RtpReceived > 20, Talk));
        fixture.Relay.Close(b);
        Assert.True(fixture.Until(() => fixture.Heard<MediaEvent.Closed>(b), Talk));
        fixture.Relay.JoinService(a, MediaService.Echo);
        near.Poll();
        var before = near.RtpReceived;
        Assert.True(fixture.Until(() => near.RtpReceived > before + 10, Talk));
        Assert.Equal(0, fixture.Relay.Metrics.LegFaults + fixture.Relay.Metrics.LoopFaults);
    }

    [Fact]
    [Threat(7)]
    public void The_relay_is_healthy_until_its_loops_end()
    {
        var fixture = new RelayFixture(loops: 2);
        Assert.True(fixture.Relay.IsHealthy);
        fixture.Dispose();
        Assert.False(fixture.Relay.IsHealthy);
    }

    [Fact]
    [Threat(4)]
    public void A_browser_with_another_certificate_gets_no_media()
    {
        using var fixture = new RelayFixture();
        var leg = fixture.NewLeg();
        using var other = new Gateway.Net.Dtls.DtlsIdentity();
        var browser = fixture.OpenBrowser(leg, fingerprint: other.Fingerprint.ToString());
        fixture.Relay.JoinService(leg, MediaService.Tone);

        Assert.True(fixture.Until(
            () => fixture.Heard<MediaEvent.Failed>(leg, f => f.Reason == MediaFailure.Fingerprint), () => browser.Poll(fixture.Now)));
        var until = fixture.Now + TimeSpan.FromMilliseconds(200);
        fixture.Until(() => fixture.Now > until, () => browser.Poll(fixture.Now));
        Assert.Equal(0, browser.RtpReceived + browser.BadPackets);
    }

    private static (ushort Sequence, uint Timestamp) Read(byte[] packet) =>
        (BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2)), BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(4)));
}
