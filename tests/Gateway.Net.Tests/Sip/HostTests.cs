using System.Net;
using System.Net.Sockets;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip;

public sealed class HostTests
{
    [Theory, Row(55), Row(56)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Phones_register_over_udp_and_are_known_after_a_kill(int loops)
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = loops } };
        await rig.StartAsync();
        var ports = new List<int>();
        foreach (var user in new[] { "ada", "bob", "carol", "dan" })
        {
            rig.AddAccount(user);
            using var phone = new UdpPhone(user, rig.Address);
            var answer = await phone.RegisterAsync();
            Assert.Equal(200, answer.Status);
            Assert.Contains($"rport={phone.Local.Port}", answer.Header(HeaderId.Via), StringComparison.Ordinal);
            ports.Add(phone.Local.Port);
        }

        await rig.RestartAfterKillAsync();

        var bindings = await rig.Host.BindingsAsync();
        Assert.Equal(ports.Order(), bindings.Select(binding => binding.Flow.Remote.Port).Order());
        Assert.Single(await rig.Host.BindingsOfAsync("CAROL@gw.example"));
    }

    [Fact, Rfc(3581, "4"), Rfc(3261, "11.2")]
    public async Task Options_are_answered_on_ipv6_too()
    {
        await using var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback, IPAddress.IPv6Loopback], SipPort = 0 } };
        await rig.StartAsync();
        foreach (var endpoint in rig.Host.Endpoints)
        {
            using var phone = new UdpPhone("ada", endpoint);
            phone.Send(phone.Request("OPTIONS", $"sip:{endpoint}"));

            var answer = await phone.ReceiveAsync();

            Assert.Equal(200, answer.Status);
            Assert.Contains("INVITE", answer.Header(HeaderId.Allow), StringComparison.Ordinal);
        }
    }

    [Fact, Threat(7)]
    public async Task Garbage_and_dead_ports_do_not_stop_a_listener()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = new UdpPhone("ada", rig.Address);
        var random = new Random(1);
        var garbage = new byte[1400];
        for (var i = 0; i < 500; i++)
        {
            random.NextBytes(garbage);
            phone.Send(garbage.AsSpan(0, random.Next(garbage.Length)));
        }

        // Answers to a port that nobody has: their ICMP errors come back to the listener.
        for (var i = 0; i < 50; i++)
        {
            using var gone = new UdpPhone("eve", rig.Address);
            gone.Send(gone.Request("OPTIONS", $"sip:{rig.Address}"));
        }

        phone.Send("\r\n\r\n"u8);
        phone.Send(phone.Request("OPTIONS", $"sip:{rig.Address}"));

        Assert.Equal(200, (await phone.ReceiveAsync()).Status);
        Assert.True(rig.Host.IsHealthy);
    }

    [Theory]
    [InlineData("OPTIONS sip:x SIP/3.0", 505)]
    [InlineData("OPTIONS sip:x SIP/2.0\nCall-ID: again", 400)]
    public async Task What_cannot_be_read_is_answered_when_its_sender_can(string start, int status)
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = new UdpPhone("ada", rig.Address);
        var text = phone.Request("OPTIONS", "sip:x");
        phone.Send(start + text[text.IndexOf('\n', StringComparison.Ordinal)..]);

        Assert.Equal(status, (await phone.ReceiveAsync()).Status);
    }

    [Theory, Rfc(4475, "3.1.2.4"), Threat(17)]
    [InlineData("CSeq: 99999999999 OPTIONS")]
    public async Task A_CSeq_out_of_range_comes_back_in_its_400(string cseq)
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = new UdpPhone("ada", rig.Address);
        phone.Send(phone.Request("OPTIONS", "sip:gw.example").Replace("CSeq: 1 OPTIONS", cseq, StringComparison.Ordinal));

        var answer = await phone.ReceiveTextAsync();

        Assert.StartsWith("SIP/2.0 400 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\r\n{cseq}\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = ((IPEndPoint)taken.LocalEndPoint!).Port } };

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(rig.StartAsync);

        Assert.Contains("Gateway:Net:SipPort", refused.Message, StringComparison.Ordinal);
        await rig.DisposeAsync();
    }
}
