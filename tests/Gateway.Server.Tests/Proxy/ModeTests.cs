using Gateway.Server.Proxy;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Proxy;

/// <summary>What is proxied and what is bridged, who stays in the path, and what records say of both.</summary>
public sealed class ModeTests
{
    private static readonly ServerOptions s_auto = new() { CallMode = CallMode.Auto };

    private static string ModeOf(ProxyRig rig) => rig.Cores.SelectMany(core => core.CallChanges).Last() is var call ? $"{call.Mode}: {call.ModeReason}" : "";

    [Fact]
    [Row(88)]
    public void Two_plain_phones_are_proxied()
    {
        var rig = new ProxyRig(s_auto);
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        Assert.Equal("Proxy: two plain phones that need nothing of the gateway", ModeOf(rig));
        // One dialog for both: the same Call-ID, tag and body.
        Assert.Contains("198.51.100.1", bob.Take("INVITE").Text.Split("\r\n\r\n")[1], StringComparison.Ordinal);
        Assert.Empty(rig.Core.Media.Open);
    }

    [Fact]
    [Row(88)]
    public void The_same_call_is_bridged_where_the_operator_says_so()
    {
        var rig = new ProxyRig(new ServerOptions { CallMode = CallMode.Bridge });
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        Assert.Equal("Bridge: the gateway is set to bridge", ModeOf(rig));
        Assert.DoesNotContain("198.51.100.1", bob.Take("INVITE").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("browser", "a contact is on a WebSocket")]
    [InlineData("mixed", "a contact is on a WebSocket")]
    [InlineData("nat", "a contact is not where its packets come from")]
    [InlineData("far", "the phones are in different networks")]
    [InlineData("echo", "a service of the gateway answers")]
    [InlineData("gone", "nobody is registered")]
    [Row(88), Row(46)]
    [Threat(20)]
    public void What_needs_the_gateway_is_bridged_and_the_record_says_why(string to, string reason)
    {
        var rig = new ProxyRig(s_auto);
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        rig.Phone("browser", "203.0.113.9:50000", SipTransport.Wss);
        rig.Phone("mixed", "198.51.100.3:5060");
        rig.Phone("mixed", "203.0.113.9:50001", SipTransport.Wss);
        rig.Phone("nat", "203.0.113.50:31337", contact: "sip:nat@192.168.1.20:5060");
        rig.Phone("far", "10.1.2.3:5060");
        rig.Core.AddAccount("gone");
        ada.Call(to);
        Assert.Equal($"Bridge: {reason}", ModeOf(rig));
    }

    [Theory]
    [InlineData("contact", "the caller's Contact is not where its packets come from")]
    [InlineData("media", "the caller's media address is not where its packets come from")]
    [InlineData("privacy", "the caller asks for privacy")]
    [InlineData("limit", "the caller's calls are counted or limited")]
    [InlineData("socket", "the caller is on a WebSocket")]
    [Row(88), Row(46)]
    public void A_caller_that_needs_the_gateway_is_bridged(string what, string reason)
    {
        var rig = new ProxyRig(s_auto);
        rig.Phone("bob", "198.51.100.2:5060");
        var ada = what switch
        {
            "contact" => rig.Phone("ada", "198.51.100.1:5060", contact: "sip:ada@192.168.7.7:5060"),
            "socket" => rig.Phone("ada", "203.0.113.9:50000", SipTransport.Wss),
            _ => rig.Phone("ada", "198.51.100.1:5060"),
        };
        if (what == "limit")
        {
            rig.Core.Accounts.TryGet("ada", out var account);
            rig.Core.Accounts.Set(account! with { Rights = CallRights.Default with { MaxCallSeconds = 60 } });
        }

        ada.Call("bob", what == "privacy" ? "Privacy: id" : "", what == "media" ? ProxyDialog.Sdp("192.168.7.7") : null);
        Assert.Equal($"Bridge: {reason}", ModeOf(rig));
    }

    [Theory]
    [InlineData("Replaces")]
    [InlineData("Join")]
    [Row(17), Row(88), Rfc(3891, "3"), Rfc(3911, "4"), Rfc(5589, "7.2")]
    public void What_names_a_dialog_of_two_phones_goes_to_the_phone_that_knows_it(string header)
    {
        var rig = new ProxyRig(s_auto);
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        // Tags that a phone made: the dialog was only forwarded here.
        ada.Call("bob", $"{header}: 425928@bobster.example;to-tag=7743;from-tag=6472");
        Assert.Equal("425928@bobster.example;to-tag=7743;from-tag=6472", bob.Take("INVITE").Header(header == "Join" ? HeaderId.Join : HeaderId.Replaces));
        // A tag that we made names a dialog of ours, and there is none such: nobody else is asked.
        ada.Call("bob", $"{header}: x;to-tag={TransactionLayer.NameOf(0, new byte[16])};from-tag=6472");
        ada.Take(481);
        Assert.DoesNotContain("INVITE", bob.Describe(), StringComparison.Ordinal);
        // Where it would have to be bridged nobody knows it either.
        rig.Phone("browser", "203.0.113.9:50000", SipTransport.Wss);
        ada.Call("browser", $"{header}: 425928@bobster.example;to-tag=7743;from-tag=6472");
        ada.Take(481);
    }

    [Fact]
    [Row(88)]
    public void A_rule_says_how_its_calls_go_and_what_is_impossible_is_bridged_all_the_same()
    {
        var rig = new ProxyRig(s_auto);
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        rig.Phone("bob", "198.51.100.2:5060");
        rig.Phone("browser", "203.0.113.9:50000", SipTransport.Wss);
        DialRule Rule(string number, string user, CallMode mode)
        {
            rig.Core.Accounts.TryGet(user, out var account);
            return new DialRule { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = number, Match = PatternKind.Exact, Pattern = number, To = new Destination.ToAccount(account!.Id), Mode = mode };
        }

        rig.Core.Services.Configuration.Set(Rule("801", "bob", CallMode.Bridge));
        rig.Core.Services.Configuration.Set(Rule("802", "bob", CallMode.Proxy));
        rig.Core.Services.Configuration.Set(Rule("803", "browser", CallMode.Proxy));
        ada.Call("801");
        Assert.Equal("Bridge: the rule says bridge", ModeOf(rig));
        ada.Call("802");
        Assert.Equal("Proxy: the rule says proxy", ModeOf(rig));
        ada.Call("803");
        Assert.Equal("Bridge: a contact is on a WebSocket", ModeOf(rig));
    }

    [Theory]
    [InlineData(RecordRouteMode.Auto, "10.0.0.0/8", false, false, "both phones are in one network and reach each other")]
    [InlineData(RecordRouteMode.Auto, "", true, false, "the phones are not in one known network")]
    [InlineData(RecordRouteMode.Auto, "10.0.0.0/8", true, true, "call records are to have their end")]
    [InlineData(RecordRouteMode.Always, "10.0.0.0/8", true, false, "Record-Route is set to always")]
    [InlineData(RecordRouteMode.Never, "", false, false, "Record-Route is set to never")]
    [InlineData(RecordRouteMode.Never, "", false, true, "Record-Route is set to never")]
    [Row(46), Row(47)]
    [Rfc(3261, "16.6")]
    public void Whether_it_stays_in_the_path_is_decided_and_said(RecordRouteMode mode, string realm, bool stays, bool ends, string reason)
    {
        var rig = new ProxyRig(new ServerOptions { CallMode = CallMode.Proxy, RecordRoute = mode, AddressRealms = realm.Length > 0 ? [realm] : [], RecordCallEnds = ends });
        var ada = rig.Phone("ada", "10.1.0.1:5060");
        var bob = rig.Phone("bob", "10.2.0.2:5060");
        var call = ada.Call("bob");
        var invite = bob.Take("INVITE");
        bob.Respond(invite, 200, "b");
        Assert.Equal(stays ? 1 : 0, invite.Headers(HeaderId.RecordRoute).Count);
        call.Confirm(ada.Take(200));
        var record = Assert.Single(stays ? rig.Core.CallLog.Started : rig.Core.CallLog.Ended);
        Assert.Equal(reason, record.PathReason);
        if (!stays)
        {
            Assert.Equal(("unobserved", "unknown", true, 200), (record.EndReason, record.EndedBy, record.EndIsEstimated, record.Status));
            Assert.Null(record.TalkSeconds);
        }
        else
        {
            call.Send("BYE");
            bob.Respond(bob.Take("BYE"), 200);
        }

        rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("tcp", "the phones use different transports")]
    [InlineData("connection", "the phones are reached by their own connections only")]
    [InlineData("nat", "the called phone is reached by its own flow only")]
    [InlineData("ob", "the called phone is reached by its own flow only")]
    [Row(46)]
    [Rfc(5626, "4.3")]
    public void Where_leaving_is_impossible_it_stays_though_set_to_never(string to, string reason)
    {
        var rig = new ProxyRig(new ServerOptions { CallMode = CallMode.Proxy, RecordRoute = RecordRouteMode.Never });
        var ada = to == "connection" ? rig.Phone("ada", "10.1.0.1:40122", SipTransport.Tcp, contact: "sip:ada@10.1.0.1:5060;transport=tcp") : rig.Phone("ada", "10.1.0.1:5060");
        var bob = to switch
        {
            "tcp" => rig.Phone("bob", "10.1.0.2:5060", SipTransport.Tcp),
            "connection" => rig.Phone("bob", "10.1.0.2:40123", SipTransport.Tcp, contact: "sip:bob@10.1.0.2:40123;transport=tcp"),
            "nat" => rig.Phone("bob", "10.1.0.2:5060", contact: "sip:bob@192.168.1.1"),
            _ => rig.Phone("bob", "10.1.0.2:5060", contact: "sip:bob@10.1.0.2:5060;ob"),
        };
        ada.Call("bob");
        var invite = bob.Take("INVITE");
        Assert.NotEmpty(invite.Headers(HeaderId.RecordRoute));
        bob.Respond(invite, 200, "b");
        Assert.Equal(reason, Assert.Single(rig.Core.CallLog.Started).PathReason);
    }

    [Fact]
    [Row(36), Row(39), Row(75)]
    [Rfc(4028, "8")]
    public void A_call_whose_BYE_is_lost_ends_with_its_session_timer()
    {
        var rig = new ProxyRig();
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob", "Session-Expires: 1800");
        bob.Respond(bob.Take("INVITE"), 200, "b", "Session-Expires: 1800;refresher=uac");
        call.Confirm(ada.Take(200));
        rig.Advance(TimeSpan.FromSeconds(1700));
        call.Send("UPDATE");
        bob.Respond(bob.Take("UPDATE"), 200, extra: "Session-Expires: 1800;refresher=uac");
        rig.Advance(TimeSpan.FromSeconds(1800));
        Assert.Empty(rig.Ended);
        rig.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal("session-expired", Assert.Single(rig.Ended).EndReason);
        rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(36), Row(39)]
    public void A_call_whose_BYE_is_lost_and_that_has_no_timer_is_given_up_after_the_longest_time()
    {
        var rig = new ProxyRig();
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 200, "b");
        call.Confirm(ada.Take(200));
        rig.Advance(TimeSpan.FromHours(11.9));
        Assert.Empty(rig.Ended);
        Assert.True(rig.Core.CallLog.Touched.Count > 1000);
        rig.Advance(TimeSpan.FromHours(0.2));
        Assert.Equal("unobserved", Assert.Single(rig.Ended).EndReason);
        rig.AssertNothingIsLeft();
    }

    [Fact]
    public void The_pages_see_a_proxied_call_and_may_end_it_while_it_rings()
    {
        var rig = new ProxyRig();
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        var invite = bob.Take("INVITE");
        bob.Respond(invite, 180, "b");
        var shown = Assert.Single(rig.Core.Core.Calls.Snapshot());
        Assert.Equal(("ringing", "ada@gw.example", "bob@gw.example"), (shown.State, shown.Caller, shown.Callee));
        Assert.Equal(["caller", "callee"], shown.Legs.Select(leg => leg.Role));
        Assert.Equal(Server.Calls.ControlStatus.Done, rig.Core.Core.Calls.HangUp(shown.Id, "closing time", rig.Now).Status);
        rig.Advance(TimeSpan.Zero);
        bob.Respond(bob.Take("CANCEL"), 200);
        bob.Respond(invite, 487, "b");
        ada.Take(487);

        var call = ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 200, "b");
        call.Confirm(ada.Take(200));
        shown = Assert.Single(rig.Core.Core.Calls.Snapshot());
        Assert.Equal("connected", shown.State);
        Assert.Equal(Server.Calls.ControlStatus.NotNow, rig.Core.Core.Calls.HangUp(shown.Id, "no", rig.Now).Status);
    }

    [Fact]
    public void When_the_gateway_is_full_a_proxied_call_is_refused_too()
    {
        var rig = new ProxyRig(new ServerOptions { CallMode = CallMode.Proxy, MaxCalls = 1 });
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        ada.Call("bob");
        Assert.NotNull(ada.Take(503).Header(HeaderId.RetryAfter));
    }
}
