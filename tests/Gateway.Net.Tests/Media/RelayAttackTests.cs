using System.Net;
using System.Net.Sockets;
using Gateway.Media.Stun;
using Gateway.Net.Media;
using Gateway.Server.Ports;
using Gateway.Testing;

namespace Gateway.Net.Tests.Media;

/// <summary>Strangers at the ports of a running relay, over real sockets.</summary>
public sealed class RelayAttackTests
{
    private static readonly byte[] Sound = new byte[160];

    [Fact]
    [Threat(1)]
    [Threat(2)]
    [Threat(6)]
    [Threat(7)]
    public void A_flood_of_garbage_does_not_touch_a_running_call()
    {
        using var fixture = new RelayFixture();
        var (a, b) = (fixture.NewLeg(), fixture.NewLeg());
        var browser = fixture.OpenBrowser(a);
        var (phone, gateway) = fixture.OpenPhone(b);
        fixture.Relay.Join(a, b);
        Assert.True(fixture.Until(() => browser.IsSecure, () => browser.Poll(fixture.Now)));

        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var random = new Random(1);
        var garbage = new byte[400];
        byte[] firstOctets = [0, 1, 2, 20, 22, 23, 63, 64, 128, 144, 191, 255];
        for (var i = 0; i < 50; i++)
        {
            for (var j = 0; j < 20; j++)
            {
                random.NextBytes(garbage);
                garbage[0] = firstOctets[random.Next(firstOctets.Length)];
                var datagram = garbage.AsSpan(0, random.Next(0, garbage.Length));
                stranger.SendTo(datagram, browser.Remote);
                stranger.SendTo(datagram, gateway);
                browser.SendRaw(datagram); // from the valid path too
                phone.SendRaw(gateway, datagram);
            }

            browser.SendRtp(RelayFixture.Pcmu, (ushort)i, (uint)(160 * i), Sound);
            phone.SendRtp(gateway, RelayFixture.Pcmu, (ushort)i, (uint)(160 * i), Sound);
            browser.Poll(fixture.Now);
            phone.Poll();
            Thread.Sleep(2);
        }

        fixture.Until(
            () => browser.RtpReceived >= 50 && phone.RtpReceived >= 50,
            () =>
            {
                browser.Poll(fixture.Now);
                phone.Poll();
            });
        Assert.Equal(50, phone.RtpReceived);
        Assert.True(browser.RtpReceived >= 50); // random octets from the phone's own address may look like its codec
        Assert.Equal(0, stranger.Available);    // nobody answered
        Assert.Equal(0, fixture.Relay.Metrics.LegFaults + fixture.Relay.Metrics.LoopFaults);
        Assert.DoesNotContain(fixture.Happened, e => e.Event is MediaEvent.Failed or MediaEvent.Closed);
        Assert.True(fixture.Relay.Metrics.DroppedBy(DropReason.UnvalidatedSource) > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Threat(13)]
    [Rfc(8445, "7.3")]
    public void Checks_without_the_password_get_few_answers_and_hold_up_nobody(bool knowsUfrag)
    {
        const int Checks = 1000;
        using var fixture = new RelayFixture();
        var leg = fixture.NewLeg();
        var browser = fixture.OpenBrowser(leg);
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        stranger.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var password = new StunPassword("some-password-of-24-char");
        var check = new byte[256];
        var writer = new StunWriter(check, StunClass.Request, StunMethod.Binding, new byte[12]);
        writer.AddUsername(knowsUfrag ? browser.TheirUfrag + ":me" : "AAAABBBB:me");
        writer.AddMessageIntegrity(password);
        writer.AddFingerprint();
        for (var i = 0; i < Checks; i++)
        {
            stranger.SendTo(check.AsSpan(0, writer.Length), browser.Remote);
        }

        var metrics = fixture.Relay.Metrics;
        long Counted() => metrics.DroppedBy(DropReason.UnknownUfrag) + metrics.DroppedBy(DropReason.CheckLimit) + metrics.DroppedBy(DropReason.RefusedCheck);
        Assert.True(fixture.Until(() => Counted() >= Checks, () => { }));
        // The browser is on the same host, and comes through at once.
        Assert.True(fixture.Until(() => browser.IsSecure, () => browser.Poll(fixture.Now)));
        // What the loop answers leaves at the end of a turn: it has left now that later turns have served the browser.
        var answers = 0;
        while (stranger.Available > 0)
        {
            Assert.True(stranger.Receive(check) <= writer.Length, "no answer is larger than its question");
            answers++;
        }

        Assert.InRange(answers, knowsUfrag ? 1 : 0, knowsUfrag ? Checks / 2 : 0);
    }

    [Fact]
    [Threat(2)]
    public void A_stranger_at_a_phones_port_is_neither_heard_nor_answered()
    {
        using var fixture = new RelayFixture();
        var leg = fixture.NewLeg();
        var (phone, gateway) = fixture.OpenPhone(leg);
        fixture.Relay.JoinService(leg, MediaService.Echo);
        using var stranger = new PlainPeer(99);
        for (var i = 0; i < 100; i++)
        {
            stranger.SendRtp(gateway, RelayFixture.Pcmu, (ushort)i, (uint)(160 * i), Sound);
        }

        ushort sequence = 0;
        Assert.True(fixture.Until(() => phone.RtpReceived > 0, () =>
        {
            phone.SendRtp(gateway, RelayFixture.Pcmu, ++sequence, sequence * 160u, Sound);
            phone.Poll();
            stranger.Poll();
        }));
        Assert.Equal(0, stranger.RtpReceived);
        fixture.Relay.Close(leg);
        Assert.True(fixture.Until(() => fixture.Heard<MediaEvent.Closed>(leg, c => c.Statistics.Discarded >= 100), () => { }));
    }

    [Fact]
    [Threat(36)]
    [Row(36)]
    public void Ports_come_back_and_a_used_up_range_says_so()
    {
        using var fixture = new RelayFixture(pairs: 3);
        var legs = Enumerable.Range(0, 3).Select(_ => fixture.NewLeg()).ToList();
        foreach (var leg in legs)
        {
            Assert.NotNull(fixture.Relay.OpenRtp(leg, 0, IPAddress.Loopback));
        }

        Assert.Null(fixture.Relay.OpenRtp(fixture.NewLeg(), 0, IPAddress.Loopback));
        legs.ForEach(fixture.Relay.Close);
        legs.ForEach(fixture.Relay.Close); // a second time is nothing
        Assert.True(fixture.Until(() => fixture.Relay.PortsInUse == 0, () => { }));
        Assert.Equal(3, fixture.Happened.Count(e => e.Event is MediaEvent.Closed));
        Assert.Null(fixture.Relay.OpenRtp(fixture.NewLeg(), 0, IPAddress.Loopback)); // they rest
    }
}
