using System.Net;
using System.Text;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>SIP over TCP and TLS through a running host: answers, registrations and calls on the connection.</summary>
public sealed class TcpTests
{
    [Fact, Row(67), Rfc(3261, "18.2.2")]
    public async Task An_answer_goes_on_the_connection_that_the_request_came_by()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = await StreamPhone.ConnectAsync("ada", rig.Address);

        await phone.SendAsync(phone.Request("OPTIONS", $"sip:{HostRig.Realm}"));

        Assert.Equal(200, (await phone.ReceiveAsync()).Status);
    }

    [Fact, Rfc(3261, "18.3")]
    public async Task Many_messages_may_come_in_one_segment_and_one_in_many()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        using var phone = await StreamPhone.ConnectAsync("ada", rig.Address);
        var three = string.Concat(Enumerable.Range(0, 3).Select(_ => Gateway.Testing.Server.CoreHarness.Wire(phone.Request("OPTIONS", $"sip:{HostRig.Realm}"))));

        await phone.SendAsync(Encoding.UTF8.GetBytes(three));
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal((uint)i, (await phone.ReceiveAsync()).Message.CSeq);
        }

        foreach (var piece in Encoding.UTF8.GetBytes(Gateway.Testing.Server.CoreHarness.Wire(phone.Request("OPTIONS", $"sip:{HostRig.Realm}"))).Chunk(7))
        {
            await phone.SendAsync(piece);
        }

        Assert.Equal(4u, (await phone.ReceiveAsync()).Message.CSeq);
    }

    [Fact, Row(67), Rfc(3261, "18.1.1")]
    public async Task A_phone_registers_and_is_called_on_its_connection()
    {
        await using var rig = new HostRig();
        await rig.StartAsync();
        rig.AddAccount("ada");
        rig.AddAccount("bob");
        using var ada = new UdpPhone("ada", rig.Address);
        using var bob = await StreamPhone.ConnectAsync("bob", rig.Address);
        Assert.Equal(200, (await ada.RegisterAsync()).Status);
        Assert.Equal(200, (await bob.RegisterAsync()).Status);

        ada.Send(ada.Request("INVITE", "sip:bob@gw.example", $"Contact: <sip:ada@{ada.Local}>"));
        var invite = await bob.ReceiveAsync();

        Assert.Equal(SipMethod.Invite, invite.Request.Method);
        Assert.StartsWith($"SIP/2.0/TCP {rig.Address};branch=", invite.Header(HeaderId.Via), StringComparison.Ordinal);
        Assert.Equal($"<sip:gw@{rig.Address};transport=tcp>", invite.Header(HeaderId.Contact));
    }

    [Fact, Row(67)]
    public async Task The_same_over_tls()
    {
        using var authority = new Authority();
        var certificate = authority.Issue(HostRig.Realm);
        await using var rig = new HostRig
        {
            Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipsPort = HostRig.FreePort() },
            Certificate = _ => certificate.Context,
        };
        await rig.StartAsync();
        rig.AddAccount("bob");
        using var bob = await StreamPhone.ConnectAsync("bob", rig.Host.TlsEndpoints[0], TlsTests.Trusting(authority, HostRig.Realm));
        Assert.Equal(200, (await bob.RegisterAsync()).Status);

        await bob.SendAsync(bob.Request("INVITE", "sip:echo@gw.example", $"Contact: {bob.Contact}"));
        var ok = await bob.ReceiveAsync();
        while (ok.Status == 100)
        {
            ok = await bob.ReceiveAsync();
        }

        Assert.Equal(200, ok.Status);
        Assert.Equal($"<sip:gw@{rig.Host.TlsEndpoints[0]};transport=tls>", ok.Header(HeaderId.Contact));
    }
}
