using System.Text;
using Gateway.Server.Proxy;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Proxy;

/// <summary>Request validation of a proxy (RFC 3261 §16.3, RFC 5393): loops, hops, breadth, Proxy-Require, and whom it serves.</summary>
public sealed class ValidationTests
{
    private readonly ProxyRig _rig = new();

    [Theory]
    [InlineData(0, 483)]
    [InlineData(1, 0)]
    [Row(25), Row(51)]
    [Rfc(3261, "16.3")]
    public void The_last_hop_is_the_one_that_brings_Max_Forwards_to_0(int hops, int status)
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var dialog = new ProxyDialog(ada, "bob") { CallId = "hops" };
        ada.Send(dialog.Text("INVITE", "", "", "z9hG4bKhops").Replace("Max-Forwards: 70", $"Max-Forwards: {hops}", StringComparison.Ordinal));
        if (status != 0)
        {
            ada.Take(status);
            Assert.False(bob.Has("INVITE"));
        }
        else
        {
            Assert.Equal("0", bob.Take("INVITE").Header(HeaderId.MaxForwards));
        }
    }

    [Fact]
    [Row(43)]
    [Threat(31)]
    [Rfc(5393, "4.2"), Rfc(3261, "16.3")]
    public void Loop_of_two_proxies_is_482()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        var invite = bob.Take("INVITE");
        // A neighbour sends it back for the same user, its own Via on top and another Max-Forwards: nothing that we route by has changed.
        var text = invite.Text.Replace("INVITE sip:bob@198.51.100.2:5060", "INVITE sip:bob@gw.example", StringComparison.Ordinal)
            .Replace("\r\nVia: SIP/2.0/UDP 192.0.2.1", "\r\nVia: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKback;rport\r\nVia: SIP/2.0/UDP 192.0.2.1", StringComparison.Ordinal)
            .Replace("Max-Forwards: 69", "Max-Forwards: 68", StringComparison.Ordinal);
        _rig.Receive(ada.Flow, Encoding.UTF8.GetBytes(text));
        ada.Take(482);
        Assert.False(bob.Has("INVITE"));
    }

    [Fact]
    [Row(43)]
    [Rfc(5393, "4.2"), Rfc(3261, "16.3")]
    public void A_spiral_goes_on()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var carl = _rig.Phone("carl", "198.51.100.3:5060");
        ada.Call("bob");
        var invite = bob.Take("INVITE");
        // bob is a PBX that forwards to another of our users.
        var text = invite.Text.Replace("INVITE sip:bob@198.51.100.2:5060", "INVITE sip:carl@gw.example", StringComparison.Ordinal)
            .Replace("\r\nVia: SIP/2.0/UDP 192.0.2.1", "\r\nVia: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKon;rport\r\nVia: SIP/2.0/UDP 192.0.2.1", StringComparison.Ordinal);
        _rig.Receive(ada.Flow, Encoding.UTF8.GetBytes(text));
        var login = new Testing.Server.TestPhone(_rig.Core, "ada", ada.Flow).Authorization(ada.Take(401), "INVITE", "sip:carl@gw.example");
        _rig.Receive(ada.Flow, Encoding.UTF8.GetBytes(text.Replace("z9hG4bKon", "z9hG4bKon2", StringComparison.Ordinal).Replace("Max-Forwards", $"{login}\r\nMax-Forwards", StringComparison.Ordinal)));
        Assert.Equal("68", carl.Take("INVITE").Header(HeaderId.MaxForwards));
    }

    [Theory]
    [InlineData(3, 1, 1, 1)]
    [InlineData(7, 3, 2, 2)]
    [InlineData(60, 20, 20, 20)]
    [InlineData(4000, 20, 20, 20)]
    [Row(43)]
    [Threat(31)]
    [Rfc(5393, "5.3.3")]
    public void Max_Breadth_is_divided_among_the_branches(int incoming, int first, int second, int third)
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bobs = Enumerable.Range(2, 3).Select(host => _rig.Phone("bob", $"198.51.100.{host}:5060")).ToList();
        ada.Call("bob", $"Max-Breadth: {incoming}");
        var shares = bobs.Select(bob => int.Parse(bob.Take("INVITE").Header(HeaderId.MaxBreadth)!, System.Globalization.CultureInfo.InvariantCulture)).OrderDescending();
        Assert.Equal([first, second, third], shares);
    }

    [Fact]
    [Row(43)]
    [Rfc(5393, "5.3.3.1")]
    public void With_a_Max_Breadth_of_1_contacts_are_asked_one_after_the_other()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bobs = Enumerable.Range(2, 3).Select(host => _rig.Phone("bob", $"198.51.100.{host}:5060")).ToList();
        ada.Call("bob", "Max-Breadth: 1");
        for (var left = 3; left > 0; left--)
        {
            var bob = Assert.Single(bobs, phone => phone.Has("INVITE"));
            var invite = bob.Take("INVITE");
            Assert.Equal("1", invite.Header(HeaderId.MaxBreadth));
            bob.Respond(invite, 486, "b");
        }

        ada.Take(486);
    }

    [Theory]
    [InlineData("Proxy-Require: sec-agree, foo", 420)]
    [InlineData("Max-Breadth: 0", 400)]
    [InlineData("Require: precondition", 0)]
    [Row(16), Row(43)]
    [Rfc(3261, "16.3")]
    public void What_concerns_proxies_is_checked_and_what_concerns_the_phones_is_not(string header, int status)
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob", header);
        Assert.Equal(status == 0, bob.Has("INVITE"));
        if (status == 420)
        {
            Assert.Equal("sec-agree, foo", string.Join(", ", ada.Take(420).Headers(HeaderId.Unsupported)));
        }
        else if (status != 0)
        {
            ada.Take(status);
        }
    }

    [Fact]
    [Row(50)]
    [Threat(29)]
    public void It_is_no_open_relay()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var eve = _rig.Stranger("eve", "203.0.113.66:5060");
        eve.Call("bob");
        eve.Take(401);
        // A user of ours is not sent to foreign hosts, neither by the Request-URI nor by a Route of his own.
        var dialog = new ProxyDialog(ada, "x") { CallId = "relay", Target = "sip:x@evil.example" };
        ada.Send(dialog.Text("INVITE", "", "", "z9hG4bKrelay1"));
        ada.Take(403);
        var routed = new ProxyDialog(ada, "bob") { CallId = "relay2" };
        routed.Routes.Add("<sip:203.0.113.66:5060;lr>");
        ada.Send(routed.Text("INVITE", "", ProxyDialog.Sdp("198.51.100.1"), "z9hG4bKrelay2"));
        Assert.DoesNotContain(_rig.Wire, message => message.Status == 0 && message.Flow.Remote.Address.Equals(eve.Flow.Remote.Address));
        Assert.Contains(_rig.Core.CallChanges, change => change.ModeReason.Contains("proxies of its own", StringComparison.Ordinal));
    }

    [Fact]
    [Row(50)]
    public void Whoever_writes_somebody_else_in_From_is_refused()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060", SipTransport.Tcp);
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var dialog = new ProxyDialog(ada, "bob") { CallId = "impostor" };
        var login = new Testing.Server.TestPhone(_rig.Core, "ada", ada.Flow);
        var text = dialog.Text("INVITE", "", "", "z9hG4bKfrom").Replace("From: <sip:ada@", "From: <sip:bob@", StringComparison.Ordinal);
        ada.Send(text);
        ada.Send(text.Replace("z9hG4bKfrom", "z9hG4bKfrom2", StringComparison.Ordinal).Replace("Max-Forwards", login.Authorization(ada.Take(401), "INVITE", "sip:bob@gw.example") + "\nMax-Forwards", StringComparison.Ordinal));
        ada.Take(403);
        Assert.False(bob.Has("INVITE"));
    }
}
