using System.Text;
using Gateway.Server.Proxy;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Proxy;

/// <summary>Requests inside proxied dialogs: Route, tokens, both Record-Route values, strict routers (RFC 3261 §16.4, §16.12; RFC 5658).</summary>
public sealed class InDialogProxyTests
{
    private readonly FakeNextHops _hops = new();
    private readonly FakeConnector _connector = new();
    private readonly ProxyRig _rig;

    public InDialogProxyTests() => _rig = new ProxyRig(nextHops: _hops, connector: _connector);

    private static (ProxyDialog Caller, ProxyDialog Callee) Talk(ProxyPhone ada, ProxyPhone bob)
    {
        var call = ada.Call(bob.User);
        var invite = bob.Take("INVITE");
        var callee = ProxyDialog.Of(bob, invite, "b");
        bob.Respond(invite, 200, "b");
        call.Confirm(ada.Take(200));
        bob.Take("ACK");
        return (call, callee);
    }

    [Theory]
    [InlineData("BYE")]
    [InlineData("INVITE")]
    [InlineData("UPDATE")]
    [InlineData("INFO")]
    [InlineData("PRACK")]
    [InlineData("NOTIFY")]
    [InlineData("OPTIONS")]
    [InlineData("REFER")]
    [InlineData("FOO")]
    [Row(9), Row(16), Row(47), Row(48)]
    [Rfc(3261, "16.12"), Rfc(3261, "12.2.1.1")]
    public void Every_request_of_either_side_goes_through_with_state_and_without_our_Route(string method)
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var (caller, callee) = Talk(ada, bob);
        callee.Send(method);
        var request = ada.Take(method);
        Assert.Empty(request.Headers(HeaderId.Route));
        Assert.Equal(ada.ContactUri, Encoding.ASCII.GetString(request.Request.UriBytes));
        ada.Respond(request, 200);
        bob.Take(200);
        if (method != "BYE")
        {
            caller.Send(method);
            bob.Respond(bob.Take(method), 488);
            ada.Take(488);
            Assert.Empty(_rig.Ended);
            caller.Send("BYE");
            bob.Respond(bob.Take("BYE"), 200);
        }

        Assert.Equal(method == "BYE" ? "callee" : "caller", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(5)]
    [Rfc(3261, "13.2.2.4")]
    public void The_ACK_of_a_2xx_is_forwarded_each_time_and_without_a_transaction()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var (caller, _) = Talk(ada, bob);
        var before = _rig.Core.Core.Transactions.ServerCount;
        caller.Send("ACK");
        caller.Send("ACK");
        Assert.Equal(2, bob.Inbox.Count(message => message.Request.Method == SipMethod.Ack));
        Assert.Equal(before, _rig.Core.Core.Transactions.ServerCount);
        Assert.NotEqual(bob.Inbox[0].Headers(HeaderId.Via)[0], bob.Inbox[1].Headers(HeaderId.Via)[0]);
    }

    [Fact]
    [Row(46), Row(48)]
    [Rfc(5658, "5")]
    public void Between_two_transports_there_are_two_Record_Route_values_and_both_are_taken_off()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060", SipTransport.Tcp);
        var (caller, callee) = Talk(ada, bob);
        Assert.Equal(2, caller.Routes.Count);
        Assert.Equal(2, callee.Routes.Count);
        Assert.Contains(";transport=tcp;lr", callee.Routes[0], StringComparison.Ordinal);
        Assert.DoesNotContain("transport", caller.Routes[0], StringComparison.Ordinal);
        callee.Send("INFO");
        var info = ada.Take("INFO");
        Assert.Empty(info.Headers(HeaderId.Route));
        ada.Respond(info, 200);
        caller.Send("BYE");
        var bye = bob.Take("BYE");
        Assert.Empty(bye.Headers(HeaderId.Route));
        Assert.StartsWith("SIP/2.0/TCP", bye.Headers(HeaderId.Via)[0], StringComparison.Ordinal);
    }

    [Fact]
    [Row(48)]
    [Rfc(3261, "16.4")]
    public void What_a_strict_router_did_is_undone()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var (caller, _) = Talk(ada, bob);
        // It puts our value into the request line, and the target at the end of Route.
        var ours = caller.Routes[0].Trim('<', '>');
        caller.Routes.Clear();
        caller.Routes.Add($"<{caller.Target}>");
        caller.Target = ours;
        caller.Send("BYE");
        var bye = bob.Take("BYE");
        Assert.Equal(bob.ContactUri, Encoding.ASCII.GetString(bye.Request.UriBytes));
        Assert.Empty(bye.Headers(HeaderId.Route));
    }

    [Fact]
    [Row(49)]
    [Rfc(3261, "12.2")]
    public void A_phone_that_moves_its_Contact_to_another_port_is_followed()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var (caller, _) = Talk(ada, bob);
        var elsewhere = _rig.Stranger("bob", "198.51.100.2:7000");
        caller.Target = "sip:bob@198.51.100.2:7000";
        caller.Send("BYE");
        elsewhere.Respond(elsewhere.Take("BYE"), 200);
        ada.Take(200);
    }

    [Theory]
    [InlineData("203.0.113.66")]
    [InlineData("evil.example")]
    [Row(50)]
    [Threat(29)]
    public void A_Contact_at_another_host_leads_nobody_there(string host)
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var (caller, _) = Talk(ada, bob);
        caller.Target = $"sip:x@{host}";
        caller.Routes.Add("<sip:203.0.113.66;lr>");
        caller.Send("INFO");
        // The far side's own flow is the only way.
        bob.Take("INFO");
        Assert.DoesNotContain(_rig.Wire, message => message.Flow.Remote.ToString().StartsWith("203.", StringComparison.Ordinal));
        Assert.Empty(_hops.Asked);
    }

    [Fact]
    [Row(48)]
    [Threat(29), Threat(32)]
    public void A_Route_that_we_did_not_write_is_refused()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var (caller, _) = Talk(ada, bob);
        var good = caller.Routes[0];
        for (var at = good.IndexOf('.', StringComparison.Ordinal) - 3; at < good.IndexOf('@', StringComparison.Ordinal); at += 7)
        {
            if (good[at] == '.')
            {
                continue;
            }

            caller.Routes[0] = good[..at] + (good[at] == 'a' ? 'b' : 'a') + good[(at + 1)..];
            caller.Send("INFO");
            ada.Take(403);
            caller.Send("ACK");
        }

        Assert.Empty(bob.Inbox);
    }

    [Fact]
    [Threat(32)]
    public void A_stranger_who_knows_the_dialog_ends_nothing()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var eve = _rig.Stranger("eve", "203.0.113.66:5060");
        var (caller, _) = Talk(ada, bob);
        eve.Send(caller.Text("BYE", "", "", "z9hG4bKeve"));
        eve.Take(481);
        eve.Send(caller.Text("ACK", "", "", "z9hG4bKeve2"));
        Assert.Empty(bob.Inbox);
        Assert.Empty(_rig.Ended);
    }

    [Fact]
    [Row(38)]
    public void The_tokens_of_an_earlier_run_are_still_good_and_those_of_other_keys_are_not()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var (caller, _) = Talk(ada, bob);
        var later = new ProxyRig();
        var ada2 = later.Stranger("ada", "198.51.100.1:5060");
        var bob2 = later.Stranger("bob", "198.51.100.2:5060");
        ada2.Send(caller.Text("BYE", "", "", "z9hG4bKlater"));
        bob2.Respond(bob2.Take("BYE"), 200);
        ada2.Take(200);
        later.AssertNothingIsLeft();
    }

    [Fact]
    [Row(38), Row(46)]
    [Rfc(5626, "5.3")]
    public void A_phone_behind_a_NAT_is_reached_by_the_flow_that_the_token_names()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "203.0.113.50:31337", contact: "sip:bob@192.168.1.20:5060");
        var (caller, callee) = Talk(ada, bob);
        caller.Send("INFO");
        bob.Respond(bob.Take("INFO"), 200);
        callee.Send("BYE");
        ada.Respond(ada.Take("BYE"), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(38)]
    [Rfc(5626, "5.3")]
    public void A_phone_whose_connection_broke_is_reached_by_the_one_that_it_registered_by_since()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:40000", SipTransport.Tcp, contact: "sip:bob@198.51.100.2:40000;transport=tcp;ob");
        var (caller, _) = Talk(ada, bob);
        _rig.Close(bob);
        var again = _rig.Phone("bob", "198.51.100.2:40001", SipTransport.Tcp, contact: bob.ContactUri);
        caller.Send("BYE");
        again.Respond(again.Take("BYE"), 200);
        ada.Take(200);
    }

    [Fact]
    [Row(31)]
    [Rfc(4320, "4.1"), Rfc(4321, "1.2")]
    public void A_request_other_than_INVITE_that_nobody_answers_gets_no_408()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var (caller, _) = Talk(ada, bob);
        caller.Send("INFO");
        _rig.Advance(TimeSpan.FromSeconds(60));
        Assert.DoesNotContain(ada.Inbox, message => message.Status > 100);
        Assert.True(bob.Inbox.Count(message => message.Request.Method == SipMethod.Info) > 5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [Row(40), Row(48)]
    public void Dialogs_come_back_to_the_loop_that_they_live_on(int loops)
    {
        var rig = new ProxyRig(loops: loops);
        var phones = Enumerable.Range(1, 9).Select(host => rig.Phone($"user{host}", $"198.51.100.{host}:5060")).ToList();
        for (var i = 0; i < 9; i++)
        {
            var (from, to) = (phones[i], phones[(i + 4) % 9]);
            var call = from.Call(to.User);
            var invite = to.Take("INVITE");
            var callee = ProxyDialog.Of(to, invite, "b");
            to.Respond(invite, 200, "b");
            call.Confirm(from.Take(200));
            to.Take("ACK");
            var ends = i % 2 == 0 ? call : callee;
            ends.Send("BYE");
            var other = i % 2 == 0 ? to : from;
            other.Respond(other.Take("BYE"), 200);
            ends.Phone.Take(200);
        }

        Assert.Equal(9, rig.Ended.Count());
        Assert.All(rig.Ended, record => Assert.True(record.EndReason is "caller" or "callee"));
        rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(48)]
    [Rfc(3261, "16.4")]
    public void A_phone_that_names_us_as_its_outbound_proxy_is_served_as_any()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var dialog = new ProxyDialog(ada, "bob") { CallId = "outbound" };
        dialog.Routes.Add("<sip:192.0.2.1;lr>");
        ada.Send(dialog.Text("INVITE", "", ProxyDialog.Sdp("198.51.100.1"), "z9hG4bKoutbound"));
        Assert.Empty(bob.Take("INVITE").Headers(HeaderId.Route));
    }

    [Fact]
    [Row(59)]
    [Rfc(3327, "5.2")]
    public void A_contact_behind_another_proxy_is_reached_along_its_Path()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var aor = "bob@gw.example";
        _rig.Core.Services.Bindings.Published.Publish(aor,
            [_rig.Core.Services.Bindings.Published.Get(aor)[0] with { Contact = SipUri.Parse("sip:bob@10.1.1.1"), Path = ["<sip:edge@198.51.100.2:5060;lr>"] }]);
        ada.Call("bob");
        var invite = bob.Take("INVITE");
        Assert.Equal("sip:bob@10.1.1.1", Encoding.ASCII.GetString(invite.Request.UriBytes));
        Assert.Equal(["<sip:edge@198.51.100.2:5060;lr>"], invite.Headers(HeaderId.Route));
    }
}
