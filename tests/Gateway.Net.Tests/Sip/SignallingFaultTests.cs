using System.Net;
using System.Text.RegularExpressions;
using Gateway.Net.Media;
using Gateway.Testing;
using static Gateway.Net.Tests.Sip.CallOverUdpTests;

namespace Gateway.Net.Tests.Sip;

/// <summary>Signalling that faults or hangs does not stop the sound: packets pass on threads of their own.</summary>
public sealed partial class SignallingFaultTests
{
    private const int Packets = 50;

    [Fact, Row(10), Threat(7)]
    public async Task RTP_goes_on_while_a_loop_faults_and_while_it_hangs()
    {
        await using var rig = new HostRig
        {
            Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, MediaPort = 0, RtpPortFirst = 37000, RtpPortLast = 37399 },
            Media = tell => new MediaRelay(new NetOptions { Listen = [IPAddress.Loopback], MediaPort = 0, RtpPortFirst = 37000, RtpPortLast = 37399 }, tell),
        };
        await rig.StartAsync();
        rig.AddAccount("ada");
        using var ada = new UdpPhone("ada", rig.Address);
        Assert.Equal(200, (await ada.RegisterAsync()).Status);
        using var sound = new PlainPeer(4711);
        ada.Send(WithBody(ada.Request("INVITE", "sip:echo@gw.example", $"Contact: <sip:ada@{ada.Local}>\nContent-Type: application/sdp"),
            Sdp(ada).Replace($"m=audio {ada.Local.Port}", $"m=audio {sound.Local.Port}", StringComparison.Ordinal)));
        var ok = await Next(ada);
        while (ok.Status < 200)
        {
            ok = await Next(ada);
        }

        ada.Send(InDialog(ada, ok, "ACK"));
        var gateway = new IPEndPoint(IPAddress.Loopback, int.Parse(AudioPort().Match(System.Text.Encoding.UTF8.GetString(ok.Response.Body)).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));
        ushort sequence = 0;
        // The latch learns its peer from the first packets.
        await TalkAsync();
        var loop = rig.Host.Loops[0];

        var thrown = 0;
        var whileFaulting = await TalkAsync(() => loop.Post(() =>
        {
            thrown++;
            throw new InvalidOperationException("a bug of ours");
        }));
        using var release = new ManualResetEventSlim();
        using var hangs = new ManualResetEventSlim();
        loop.Post(() =>
        {
            hangs.Set();
            release.Wait(TimeSpan.FromSeconds(30));
        });
        hangs.Wait(TestContext.Current.CancellationToken);
        var turns = loop.Turns;
        var whileHanging = await TalkAsync();
        Assert.Equal(turns, loop.Turns);
        release.Set();

        Assert.True(thrown >= Packets, $"{thrown} faults");
        Assert.True(whileFaulting > Packets * 0.9, $"{whileFaulting} of {Packets} came back while signalling faulted");
        Assert.True(whileHanging > Packets * 0.9, $"{whileHanging} of {Packets} came back while signalling hung");
        // And it is the loop of before that goes on with the call.
        ada.Send(InDialog(ada, ok, "BYE", 1));
        Assert.Equal(200, (await Next(ada)).Status);

        async Task<int> TalkAsync(Action? meanwhile = null)
        {
            var before = sound.RtpReceived;
            for (var i = 0; i < Packets; i++, sequence++)
            {
                meanwhile?.Invoke();
                sound.SendRtp(gateway, 0, sequence, (uint)sequence * 160, new byte[160]);
                await Task.Delay(5, TestContext.Current.CancellationToken);
                sound.Poll();
            }

            for (var wait = 0; sound.RtpReceived - before < Packets && wait < 100; wait++)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
                sound.Poll();
            }

            return sound.RtpReceived - before;
        }
    }

    [GeneratedRegex(@"m=audio (\d+)")]
    private static partial Regex AudioPort();
}
