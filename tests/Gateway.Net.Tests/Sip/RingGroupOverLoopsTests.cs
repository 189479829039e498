using System.Net;
using Gateway.Server.Routing;
using Gateway.Sip;
using static Gateway.Net.Tests.Sip.CallOverUdpTests;

namespace Gateway.Net.Tests.Sip;

/// <summary>A ring group whose members' bindings belong to other loops than the call, and dry runs through the host.</summary>
public sealed class RingGroupOverLoopsTests
{
    private static readonly string[] s_members = ["bob", "carol", "dora", "emil", "fred"];

    private static RingGroup Group(HostRig rig, Destination? overflow = null) => new()
    {
        Id = Guid.CreateVersion7(), DomainId = Guid.AllBitsSet, Name = "sales", Extension = "200", Overflow = overflow,
        Members = [.. s_members.Select(user => rig.Accounts.TryGet(user, out var account) ? account.Id : default)],
    };

    private static async Task<HostRig> StartAsync(int loops)
    {
        var rig = new HostRig { Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = loops } };
        await rig.StartAsync();
        foreach (var user in s_members.Append("ada"))
        {
            rig.AddAccount(user);
        }

        return rig;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task All_members_ring_and_one_answers(int loops)
    {
        await using var rig = await StartAsync(loops);
        rig.Configuration.Set(Group(rig));
        using var ada = new UdpPhone("ada", rig.Address);
        await ada.RegisterAsync();
        var phones = s_members.Select(user => new UdpPhone(user, rig.Address)).ToArray();
        foreach (var phone in phones)
        {
            Assert.Equal(200, (await phone.RegisterAsync()).Status);
        }

        ada.Send(WithBody(ada.Request("INVITE", "sip:200@gw.example", $"Contact: <sip:ada@{ada.Local}>\nContent-Type: application/sdp"), Sdp(ada)));
        var rings = new List<Gateway.Testing.Server.SentMessage>();
        foreach (var phone in phones)
        {
            var ring = await Next(phone);
            Assert.Equal(SipMethod.Invite, ring.Request.Method);
            phone.Send(Answer(ring, "180 Ringing", phone));
            rings.Add(ring);
        }

        var winner = phones[3];
        winner.Send(WithBody(Answer(rings[3], "200 OK", winner, "Content-Type: application/sdp"), Sdp(winner)));
        Assert.Equal(SipMethod.Ack, (await Next(winner)).Request.Method);
        for (var i = 0; i < phones.Length; i++)
        {
            if (i == 3) continue;
            var cancel = await Next(phones[i]);
            Assert.Equal(SipMethod.Cancel, cancel.Request.Method);
            phones[i].Send(Answer(cancel, "200 OK", phones[i]));
            phones[i].Send(Answer(rings[i], "487 Request Terminated", phones[i]));
        }

        var ok = await Next(ada);
        while (ok.Status < 200)
        {
            ok = await Next(ada);
        }

        Assert.Equal(200, ok.Status);
        ada.Send(InDialog(ada, ok, "ACK"));
        ada.Send(InDialog(ada, ok, "BYE", 1));
        var bye = await Next(winner);
        while (bye.Request.Method != SipMethod.Bye)
        {
            bye = await Next(winner);
        }

        winner.Send(Answer(bye, "200 OK", winner));
        Assert.Equal("emil@gw.example", (await Settled(rig)).AnsweredBy);
        foreach (var phone in phones)
        {
            phone.Dispose();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_member_that_leaves_rings_no_more(int loops)
    {
        await using var rig = await StartAsync(loops);
        var group = Group(rig);
        rig.Configuration.Set(group);
        Assert.True(rig.Accounts.TryGet("ada", out var ada));
        var question = new DryRunQuestion(CallerKind.Account, ada.Id, "200");

        using var bob = new UdpPhone("bob", rig.Address);
        await bob.RegisterAsync();
        var with = await rig.Host.DryRunAsync(question);
        Assert.Contains("bob@gw.example (1 device), carol@gw.example (not registered)", with.Target, StringComparison.Ordinal);

        await rig.Host.RemoveBindingsAsync("bob@gw.example");
        Assert.Contains("bob@gw.example (not registered)", (await rig.Host.DryRunAsync(question)).Target, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_forward_and_a_contact_of_another_loop_meet(int loops)
    {
        await using var rig = await StartAsync(loops);
        rig.Configuration.Set(new DialRule
        {
            Id = Guid.CreateVersion7(), DomainId = Guid.AllBitsSet, Name = "to dora", Match = PatternKind.Exact, Pattern = "7", To = new Destination.ToNumber("dora"),
        });
        using var ada = new UdpPhone("ada", rig.Address);
        using var dora = new UdpPhone("dora", rig.Address);
        await ada.RegisterAsync();
        await dora.RegisterAsync();
        ada.Send(WithBody(ada.Request("INVITE", "sip:7@gw.example", $"Contact: <sip:ada@{ada.Local}>\nContent-Type: application/sdp"), Sdp(ada)));
        var ring = await Next(dora);
        Assert.Equal(SipMethod.Invite, ring.Request.Method);
        dora.Send(Answer(ring, "486 Busy Here", dora));
        var refused = await Next(ada);
        while (refused.Status < 200)
        {
            refused = await Next(ada);
        }

        Assert.Equal(486, refused.Status);
    }
}
