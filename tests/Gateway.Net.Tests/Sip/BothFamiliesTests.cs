using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Net.Media;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>A phone on IPv4 calls one on IPv6, and the other way round: signalling and sound each on the own family.</summary>
public sealed class BothFamiliesTests
{
    [Theory, Row(67), Rfc(3261, "19.1.1"), Rfc(8866, "5.7")]
    [InlineData("127.0.0.1", "::1")]
    [InlineData("::1", "127.0.0.1")]
    public async Task A_call_between_IPv4_and_IPv6_has_media_on_each_family(string callerAddress, string calleeAddress)
    {
        var net = new NetOptions
        {
            Listen = [IPAddress.Loopback, IPAddress.IPv6Loopback], SipPort = 0, MediaPort = 0, RtpPortFirst = 38000, RtpPortLast = 38999, StopTime = TimeSpan.FromMilliseconds(200),
        };
        await using var rig = new HostRig { Net = net, Media = tell => new MediaRelay(net, tell) };
        await rig.StartAsync();
        rig.AddAccount("ada");
        rig.AddAccount("bob");
        using var ada = new UdpPhone("ada", On(rig, callerAddress));
        using var bob = new UdpPhone("bob", On(rig, calleeAddress));
        using var adaRtp = Bound(callerAddress);
        using var bobRtp = Bound(calleeAddress);
        Assert.Equal(200, (await ada.RegisterAsync()).Status);
        Assert.Equal(200, (await bob.RegisterAsync()).Status);

        ada.Send(CallOverUdpTests.WithBody(ada.Request("INVITE", "sip:bob@gw.example", $"Contact: <sip:ada@{ada.Local}>\nContent-Type: application/sdp"), Sdp(adaRtp)));
        var invite = await CallOverUdpTests.Next(bob);
        Assert.StartsWith($"SIP/2.0/UDP {On(rig, calleeAddress)};", invite.Header(HeaderId.Via), StringComparison.Ordinal);
        Assert.Equal($"<sip:gw@{On(rig, calleeAddress)}>", invite.Header(HeaderId.Contact));
        var towardBob = MediaOf(invite, calleeAddress);
        bob.Send(CallOverUdpTests.WithBody(CallOverUdpTests.Answer(invite, "200 OK", bob, "Content-Type: application/sdp"), Sdp(bobRtp)));
        SentMessage ok;
        do
        {
            ok = await CallOverUdpTests.Next(ada);
        }
        while (ok.Status < 200);
        Assert.Equal(200, ok.Status);
        Assert.Equal($"<sip:gw@{On(rig, callerAddress)}>", ok.Header(HeaderId.Contact));
        var towardAda = MediaOf(ok, callerAddress);
        ada.Send(CallOverUdpTests.InDialog(ada, ok, "ACK"));

        await HearsAsync(adaRtp, towardAda, bobRtp, 1);
        await HearsAsync(bobRtp, towardBob, adaRtp, 2);
    }

    private static IPEndPoint On(HostRig rig, string address) => rig.Host.Endpoints.Single(endpoint => endpoint.Address.Equals(IPAddress.Parse(address)));

    private static Socket Bound(string address)
    {
        var local = IPAddress.Parse(address);
        var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(local, 0));
        return socket;
    }

    private static string Sdp(Socket rtp)
    {
        var local = (IPEndPoint)rtp.LocalEndPoint!;
        var family = local.AddressFamily == AddressFamily.InterNetwork ? "IP4" : "IP6";
        return $"v=0\r\no=- 1 1 IN {family} {local.Address}\r\ns=-\r\nc=IN {family} {local.Address}\r\nt=0 0\r\nm=audio {local.Port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
    }

    /// <summary>The gateway's address for the sound of a leg, which must be of its family.</summary>
    private static IPEndPoint MediaOf(SentMessage message, string address)
    {
        var lines = message.Text.Split("\r\n");
        var family = address.Contains(':', StringComparison.Ordinal) ? "IP6" : "IP4";
        Assert.Contains($"c=IN {family} {address}", lines);
        Assert.Contains(lines, line => line.StartsWith("o=", StringComparison.Ordinal) && line.EndsWith($"IN {family} {address}", StringComparison.Ordinal));
        var media = lines.Single(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ');
        return new IPEndPoint(IPAddress.Parse(address), int.Parse(media[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Packets that one phone sends come out at the other's.</summary>
    private static async Task HearsAsync(Socket from, IPEndPoint gateway, Socket at, byte sound)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var packet = new byte[172];
        (packet[0], packet[11]) = (0x80, sound);
        packet.AsSpan(12).Fill(sound);
        var heard = new byte[2000];
        for (byte sequence = 1; ; sequence++)
        {
            packet[3] = sequence;
            packet[7] = sequence;
            from.SendTo(packet, gateway);
            await Task.Delay(20, limit.Token);
            while (at.Available > 0)
            {
                var length = at.Receive(heard);
                if (length == 172 && heard[1] == 0 && heard.AsSpan(12, 160).IndexOfAnyExcept(sound) < 0)
                {
                    return;
                }
            }
        }
    }
}
