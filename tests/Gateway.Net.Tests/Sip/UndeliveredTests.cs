using System.Net;
using System.Net.Sockets;
using Gateway.Net.Sip;
using Gateway.Net.Tests.Sip.Streams;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip;

/// <summary>Datagrams that nobody takes, and requests too large for one.</summary>
public sealed class UndeliveredTests
{
    /// <summary>A UDP port of loopback that nothing listens on, taken from the peers' sight.</summary>
    private static IPEndPoint DeadPort(AddressFamily family = AddressFamily.InterNetwork)
    {
        using var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    [Theory, Row(37), Rfc(3261, "18.4")]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task A_request_to_a_dead_udp_peer_fails_at_once_and_says_why(AddressFamily family)
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback, IPAddress.IPv6Loopback], SipPort = 0 } };
        await rig.StartAsync();
        var dead = DeadPort(family);
        var flow = rig.Host.Connector.Open(new NextHop(SipTransport.Udp, dead, "pbx.example"));
        var started = TimeProvider.System.GetTimestamp();

        Assert.Equal("Transport", await new Asking(rig).AskAsync(flow));

        // Before the first retransmission (T1).
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMilliseconds(450));
        Assert.Equal($"nothing listens on {dead} (UDP)", rig.Host.Connector.WhyClosed(flow));
    }

    [Fact, Threat(7)]
    public async Task A_storm_of_icmp_errors_does_not_hurt_others()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        var dead = rig.Host.Connector.Open(new NextHop(SipTransport.Udp, DeadPort(), "pbx.example"));
        for (var i = 0; i < 20; i++)
        {
            await rig.Host.Loops[0].InvokeAsync(core =>
            {
                for (var n = 0; n < 50; n++)
                {
                    core.Transactions.SendStateless("OPTIONS sip:nobody SIP/2.0\r\n\r\n"u8, dead);
                }

                return true;
            });
            using var phone = new UdpPhone("ada", rig.Address);
            phone.Send(phone.Request("OPTIONS", $"sip:{HostRig.Realm}"));
            Assert.Equal(200, (await phone.ReceiveAsync()).Status);
        }

        Assert.True(rig.Host.IsHealthy);
    }

    [Theory, Row(68), Rfc(3261, "18.1.1")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_large_request_goes_to_a_udp_phone_by_tcp_where_it_takes_that(bool hasTcp)
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        rig.AddAccount("ada");
        rig.AddAccount("bob");
        using var ada = new UdpPhone("ada", rig.Address);
        using var bob = new UdpPhone("bob", rig.Address);
        using var server = hasTcp ? new StreamServer(port: bob.Local.Port) : null;
        await ada.RegisterAsync();
        await bob.RegisterAsync();

        ada.Send(ada.Request("INVITE", "sip:bob@gw.example", $"Contact: <sip:ada@{ada.Local}>\nSubject: {new string('s', 1300)}"));

        if (server is not null)
        {
            using var connection = await server.AcceptAsync();
            var invite = await connection.ReceiveAsync();
            Assert.StartsWith($"SIP/2.0/TCP {rig.Address};", invite.Header(HeaderId.Via), StringComparison.Ordinal);
        }
        else
        {
            Assert.StartsWith($"SIP/2.0/UDP {rig.Address};", (await bob.ReceiveAsync()).Header(HeaderId.Via), StringComparison.Ordinal);
        }
    }
}
