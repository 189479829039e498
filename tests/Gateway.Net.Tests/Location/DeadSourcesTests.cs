using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Net.Location;
using Gateway.Net.Tests.Sip;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Location;

/// <summary>
/// A running host whose DNS servers swallow everything and whose directory takes connections and says nothing: who needs them waits
/// two seconds and hears why, and everybody else notices nothing. Locating those who are registered needs no store and no network.
/// </summary>
[Row(57)]
public sealed class DeadSourcesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task When_DNS_and_the_directory_are_dead_calls_between_registered_phones_are_set_up_before_anybody_gives_up(int loops)
    {
        using var dns = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        dns.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var directory = new TcpListener(IPAddress.Loopback, 0);
        directory.Start();
        await using var rig = new HostRig
        {
            Net = new NetOptions { Listen = [IPAddress.Loopback], SipPort = 0, SipLoops = loops, DnsServers = [(IPEndPoint)dns.LocalEndPoint!] },
            Location = new LocationOptions { Sources = ["ldap"], LdapServer = $"ldap://127.0.0.1:{((IPEndPoint)directory.LocalEndpoint).Port}" },
        };
        rig.Configuration.Set(NumberPlan.Default with { CountryCode = "49" });
        rig.Configuration.Set(new Trunk { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "carrier", Host = "carrier.example", Group = "out", QualifySeconds = 0 });
        rig.Configuration.Set(new DialRule { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "out", Pattern = "+49", To = new Destination.ToTrunkGroup("out") });
        await rig.StartAsync();
        var phones = new List<UdpPhone>();
        foreach (var user in (string[])["ada", "bob", "carol", "dora"])
        {
            rig.AddAccount(user);
            phones.Add(new UdpPhone(user, rig.Address));
            Assert.Equal(200, (await phones[^1].RegisterAsync()).Status);
        }

        var (ada, bob, carol, dora) = (phones[0], phones[1], phones[2], phones[3]);
        var watch = Stopwatch.StartNew();
        Call(ada, "+4930123");
        Call(bob, "nobody");
        var refusals = Task.WhenAll(FinalAsync(ada), FinalAsync(bob));

        // One call after the other, while both wait.
        for (var i = 0; i < 3; i++)
        {
            Call(carol, "dora");
            var ring = await dora.ReceiveAsync();
            Assert.Equal(SipMethod.Invite, ring.Request.Method);
            Assert.False(refusals.IsCompleted, $"the call of somebody else came only after {watch.Elapsed}");
            dora.Send(CallOverUdpTests.Answer(ring, "486 Busy Here", dora));
            Assert.Equal(SipMethod.Ack, (await dora.ReceiveAsync()).Request.Method);
            Assert.Equal(486, await FinalAsync(carol));
        }

        var heard = await refusals;
        // A caller hears 480 where no trunk could be reached (RFC 3261 §16.7 step 6).
        Assert.Equal([480, 404], heard);
        // Two seconds each; the rest is room for a machine with much to do.
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(8));
        phones.ForEach(phone => phone.Dispose());
    }

    private static void Call(UdpPhone phone, string number) => phone.Send(CallOverUdpTests.WithBody(
        phone.Request("INVITE", $"sip:{number}@{HostRig.Realm}", $"Contact: <sip:{phone.User}@{phone.Local}>\nContent-Type: application/sdp"), CallOverUdpTests.Sdp(phone)));

    private static async Task<int> FinalAsync(UdpPhone phone)
    {
        while (true)
        {
            if ((await phone.ReceiveAsync()) is { Status: >= 200 } answer)
            {
                return answer.Status;
            }
        }
    }
}
