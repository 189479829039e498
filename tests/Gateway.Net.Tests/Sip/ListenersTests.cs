using System.Net;
using Gateway.Net.Sip;
using Gateway.Net.Tests.Sip.Streams;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip;

/// <summary>Where SIP is listened to, and what peers are told of it.</summary>
public sealed class ListenersTests
{
    [Theory]
    [InlineData("udp://192.0.2.1:5070", SipTransport.Udp, "192.0.2.1", 5070, "", null)]
    [InlineData("TCP://[2001:db8::1]", SipTransport.Tcp, "2001:db8::1", 5060, "", null)]
    [InlineData("tls://*", SipTransport.Tls, null, 5061, "", null)]
    [InlineData("tls://0.0.0.0:443/?certificates=require&advertise=sip.example.org:5061", SipTransport.Tls, null, 443, "sip.example.org:5061", CertificateDemand.Require)]
    [InlineData("udp://[::]:5060?advertise=[2001:db8::9]", SipTransport.Udp, null, 5060, "[2001:db8::9]", null)]
    public void An_entry_is_read(string text, SipTransport transport, string? address, int port, string advertise, CertificateDemand? certificates)
    {
        Assert.True(SipListen.TryParse(text, out var listen, out var complaint), complaint);

        Assert.Equal(new SipListen(transport, address is null ? null : IPAddress.Parse(address), port, advertise, certificates), listen);
    }

    [Theory]
    [InlineData("192.0.2.1:5060", "does not begin with udp://")]
    [InlineData("wss://192.0.2.1:5060", "does not begin with udp://")]
    [InlineData("udp://", "names no address")]
    [InlineData("udp://sip.example.org:5060", "names no address")]
    [InlineData("udp://2001:db8::1:5060", "names no address")]
    [InlineData("udp://192.0.2.1:70000", "names no address")]
    [InlineData("udp://*:x", "names no address")]
    [InlineData("udp://[192.0.2.1", "names no address")]
    [InlineData("udp://192.0.2.1?advertise=a b", "is no host name or address")]
    [InlineData("udp://192.0.2.1?advertise=", "is no host name or address")]
    [InlineData("udp://192.0.2.1?advertise=a.example:0", "is no host name or address")]
    [InlineData("udp://192.0.2.1?certificates=ask", "for tls:// only")]
    [InlineData("tls://192.0.2.1?certificates=7", "for tls:// only")]
    [InlineData("tls://192.0.2.1?name=a", "there is no option 'name'")]
    public void What_is_wrong_with_an_entry_is_said(string text, string words)
    {
        Assert.False(SipListen.TryParse(text, out _, out var complaint));

        Assert.Contains(words, complaint, StringComparison.Ordinal);
        Assert.Contains(text, complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_with_a_list_is_said_at_once()
    {
        string[] list = ["x", "udp://192.0.2.1", "tcp://192.0.2.1", "tls://192.0.2.1:5060", "udp://*:5060", "tls://192.0.2.1?y=1"];

        var complaints = SipListen.Complaints(list).ToList();

        Assert.Equal(4, complaints.Count);
        Assert.Contains(complaints, words => words.Contains("'tls://192.0.2.1:5060': another entry", StringComparison.Ordinal));
        Assert.Contains(complaints, words => words.StartsWith("Port 5060 of every address", StringComparison.Ordinal));
        Assert.Empty(SipListen.Complaints(["udp://*:5060", "tcp://*:5060", "tls://*:5061", "udp://192.0.2.1:5070"]));
    }

    [Fact, Row(67), Rfc(3261, "18.2.1")]
    public async Task Several_listeners_of_one_transport_each_answer_from_where_they_were_asked()
    {
        await using var rig = Rig("udp://127.0.0.1:0", "udp://127.0.0.1:0", "udp://[::1]:0", "tcp://127.0.0.1:0", "tcp://[::1]:0");
        await rig.StartAsync();

        Assert.Equal(3, rig.Host.Endpoints.Distinct().Count());
        foreach (var endpoint in rig.Host.Endpoints)
        {
            using var phone = new UdpPhone("ada", endpoint);
            // The test's phone looks at the source of what it gets.
            phone.Send(phone.Request("OPTIONS", $"sip:{endpoint}"));
            Assert.Equal(200, (await phone.ReceiveAsync()).Status);
        }
    }

    [Theory, Row(67), Rfc(3261, "18.1.1"), Rfc(3261, "19.1.1")]
    [InlineData("127.0.0.1", "node1.sip.example", "node1.sip.example:{0}")]
    [InlineData("127.0.0.1", "node1.sip.example:5062", "node1.sip.example:5062")]
    [InlineData("127.0.0.1", "[2001:db8::9]:5062", "[2001:db8::9]:5062")]
    [InlineData("[::1]", "node1.sip.example", "node1.sip.example:{0}")]
    public async Task A_listener_is_known_outside_by_what_it_advertises_and_requests_for_that_are_ours(string address, string advertise, string told)
    {
        await using var rig = Rig($"udp://{address}:0?advertise={advertise}");
        await rig.StartAsync();
        told = string.Format(System.Globalization.CultureInfo.InvariantCulture, told, rig.Address.Port);
        rig.AddAccount("ada");
        rig.AddAccount("bob");
        using var ada = new UdpPhone("ada", rig.Address);
        using var bob = new UdpPhone("bob", rig.Address);
        Assert.Equal(200, (await ada.RegisterAsync()).Status);
        Assert.Equal(200, (await bob.RegisterAsync()).Status);

        ada.Send(ada.Request("INVITE", $"sip:bob@{told}", $"Contact: <sip:ada@{ada.Local}>"));
        var invite = await bob.ReceiveAsync();

        Assert.Equal(SipMethod.Invite, invite.Request.Method);
        Assert.StartsWith($"SIP/2.0/UDP {told};", invite.Header(HeaderId.Via), StringComparison.Ordinal);
        Assert.Equal($"<sip:gw@{told}>", invite.Header(HeaderId.Contact));
    }

    [Fact, Row(67)]
    public async Task The_name_of_a_tls_listener_is_in_the_contact_of_calls_that_it_takes()
    {
        using var authority = new Authority();
        var certificate = authority.Issue(HostRig.Realm);
        var (first, second) = (HostRig.FreePort(), HostRig.FreePort());
        await using var rig = new HostRig
        {
            Net = new NetOptions { Listeners = [$"tls://127.0.0.1:{first}", $"tls://127.0.0.1:{second}?advertise=sip.example:5061&certificates=off"], StopTime = TimeSpan.FromMilliseconds(100) },
            Certificate = _ => certificate.Context,
        };
        await rig.StartAsync();
        rig.AddAccount("ada");
        foreach (var (port, told) in new[] { (first, $"127.0.0.1:{first}"), (second, "sip.example:5061") })
        {
            using var ada = await StreamPhone.ConnectAsync("ada", new IPEndPoint(IPAddress.Loopback, port), TlsTests.Trusting(authority, HostRig.Realm));
            Assert.Equal(200, (await ada.RegisterAsync()).Status);
            await ada.SendAsync(ada.Request("INVITE", $"sip:*43@{HostRig.Realm}", $"Contact: {ada.Contact}"));
            SentMessage answer;
            do
            {
                answer = await ada.ReceiveAsync();
            }
            while (answer.Status < 200);

            Assert.Equal($"<sip:gw@{told};transport=tls>", answer.Header(HeaderId.Contact));
        }
    }

    [Fact]
    public async Task A_port_of_a_list_that_is_taken_is_named()
    {
        await using var first = Rig("udp://127.0.0.1:0");
        await first.StartAsync();
        var second = Rig($"udp://127.0.0.1:{first.Address.Port}");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(second.StartAsync);

        Assert.Contains("Gateway:Net:Listeners", refused.Message, StringComparison.Ordinal);
        await second.DisposeAsync();
    }

    private static HostRig Rig(params string[] listeners) => new() { Net = new NetOptions { Listeners = listeners, StopTime = TimeSpan.FromMilliseconds(100) } };
}
