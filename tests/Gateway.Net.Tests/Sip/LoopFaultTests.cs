using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Net.Media;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>Signalling and media are apart: an error of ours on a loop of SIP is not heard.</summary>
public sealed class LoopFaultTests
{
    [Fact]
    [Row(10), Threat(7)]
    public async Task A_loop_of_SIP_that_faults_does_not_stop_RTP_and_goes_on()
    {
        const int First = 32100;
        var net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, MediaPort = 0, RtpPortFirst = First, RtpPortLast = First + 39 };
        await using var rig = new HostRig { Net = net, Media = tell => new MediaRelay(net, tell) };
        await rig.StartAsync();
        rig.AddAccount("ada");
        rig.AddAccount("bob");
        using var ada = new UdpPhone("ada", rig.Address);
        using var bob = new UdpPhone("bob", rig.Address);
        using var media = new PlainPeer(0x1234);
        await ada.RegisterAsync();

        ada.Send(CallOverUdpTests.WithBody(
            ada.Request("INVITE", "sip:echo@gw.example", $"Contact: <sip:ada@{ada.Local}>\nContent-Type: application/sdp"),
            CallOverUdpTests.Sdp(ada).Replace($"{ada.Local.Port} RTP", $"{media.Local.Port} RTP", StringComparison.Ordinal)));
        var ok = await CallOverUdpTests.Next(ada);
        while (ok.Status < 200) ok = await CallOverUdpTests.Next(ada);
        ada.Send(CallOverUdpTests.InDialog(ada, ok, "ACK"));
        var gateway = new IPEndPoint(IPAddress.Loopback, PortOf(ok));
        var sent = Hears(media, gateway, 0);

        rig.Fails = true;
        var faulted = false;
        try
        {
            // The answer may be lost with the turn that failed.
            faulted = (await bob.RegisterAsync()).Status != 0;
        }
        catch (OperationCanceledException)
        {
            faulted = true;
        }

        rig.Fails = false;
        Assert.True(faulted);
        Hears(media, gateway, sent);

        ada.Send(CallOverUdpTests.InDialog(ada, ok, "BYE", 1));
        Assert.Equal(200, (await CallOverUdpTests.Next(ada)).Status);
        Assert.Equal("caller", (await CallOverUdpTests.Settled(rig)).EndReason);
    }

    /// <summary>Speaks until its echo has come back 20 times.</summary>
    private static int Hears(PlainPeer media, IPEndPoint gateway, int sent)
    {
        var clock = Stopwatch.StartNew();
        var want = media.RtpReceived + 20;
        while (media.RtpReceived < want)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "no echo");
            media.SendRtp(gateway, 0, (ushort)sent, (uint)(sent * 160), new byte[160]);
            sent++;
            Thread.Sleep(5);
            media.Poll();
        }

        return sent;
    }

    private static int PortOf(SentMessage ok)
    {
        var line = Encoding.UTF8.GetString(ok.Message.Body).Split('\n').Single(line => line.StartsWith("m=audio ", StringComparison.Ordinal));
        return int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
