using System.Text;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Proxy;

/// <summary>An INVITE that is forwarded, and forked (RFC 3261 §16).</summary>
public sealed class ForkTests
{
    private readonly ProxyRig _rig = new();

    [Fact]
    [Row(2), Row(11), Row(47)]
    [Rfc(3665, "3.1"), Rfc(3261, "16")]
    public void Two_phones_talk_through_the_proxy_and_hang_up()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        var invite = bob.Take("INVITE");
        Assert.Equal("sip:bob@198.51.100.2:5060", Encoding.ASCII.GetString(invite.Request.UriBytes));
        bob.Respond(invite, 180, "b");
        Assert.Equal("b", ada.Take(180).ToTag);
        bob.Respond(invite, 200, "b", body: ProxyDialog.Sdp("198.51.100.2"));
        var answer = ada.Take(200);
        Assert.Equal([call.Phone.ContactUri.Replace("ada", "bob", StringComparison.Ordinal).Replace(".1:", ".2:", StringComparison.Ordinal)], [answer.Header(HeaderId.Contact)!.Trim('<', '>')]);
        call.Confirm(answer);
        bob.Take("ACK");
        call.Send("BYE");
        bob.Respond(bob.Take("BYE"), 200);
        ada.Take(200);
        Assert.Empty(ada.Inbox);
        Assert.Empty(bob.Inbox);
        var record = Assert.Single(_rig.Ended);
        Assert.Equal(("caller", "Proxy", "bob@gw.example"), (record.EndReason, record.Mode.ToString(), record.AnsweredBy));
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(44)]
    [Rfc(3261, "16.7")]
    public void Three_contacts_of_equal_q_ring_at_once_and_the_first_2xx_cancels_the_others()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bobs = Enumerable.Range(2, 3).Select(host => _rig.Phone("bob", $"198.51.100.{host}:5060")).ToList();
        var call = ada.Call("bob");
        var invites = bobs.ConvertAll(bob => bob.Take("INVITE"));
        Assert.Equal(3, invites.Select(invite => invite.Headers(HeaderId.Via)[0]).Distinct().Count());
        for (var i = 0; i < 3; i++)
        {
            bobs[i].Respond(invites[i], 180, $"b{i}");
            Assert.Equal($"b{i}", ada.Take(180).ToTag);
        }

        bobs[1].Respond(invites[1], 200, "b1");
        call.Confirm(ada.Take(200));
        bobs[1].Take("ACK");
        foreach (var i in new[] { 0, 2 })
        {
            var cancel = bobs[i].Take("CANCEL");
            Assert.Contains("completed elsewhere", cancel.Header(HeaderId.Reason), StringComparison.Ordinal);
            bobs[i].Respond(cancel, 200);
            bobs[i].Respond(invites[i], 487, $"b{i}");
            bobs[i].Take("ACK");
        }

        Assert.Empty(ada.Inbox);
        call.Send("BYE");
        bobs[1].Respond(bobs[1].Take("BYE"), 200);
        ada.Take(200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(44)]
    [Rfc(3261, "16.5")]
    public void Contacts_of_lower_q_ring_when_those_of_higher_q_have_refused()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var desk = _rig.Phone("bob", "198.51.100.2:5060", q: 0.9);
        var home = _rig.Phone("bob", "198.51.100.3:5060", q: 0.4);
        ada.Call("bob");
        Assert.False(home.Has("INVITE"));
        desk.Respond(desk.Take("INVITE"), 486, "d");
        desk.Take("ACK");
        var invite = home.Take("INVITE");
        home.Respond(invite, 480, "h");
        home.Take("ACK");
        // §16.7 step 6: of one class, what says more.
        ada.Take(486);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(44)]
    public void Contacts_of_higher_q_ring_for_a_while_only_when_there_are_others()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var desk = _rig.Phone("bob", "198.51.100.2:5060", q: 0.9);
        var home = _rig.Phone("bob", "198.51.100.3:5060", q: 0.4);
        ada.Call("bob");
        var first = desk.Take("INVITE");
        desk.Respond(first, 180, "d");
        _rig.Advance(TimeSpan.FromSeconds(21));
        desk.Respond(desk.Take("CANCEL"), 200);
        desk.Respond(first, 487, "d");
        home.Respond(home.Take("INVITE"), 200, "h");
        ada.Take(200);
    }

    [Fact]
    [Row(27)]
    [Rfc(3261, "16.7")]
    public void A_6xx_of_one_contact_cancels_all_and_is_what_the_caller_hears()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var first = _rig.Phone("bob", "198.51.100.2:5060");
        var second = _rig.Phone("bob", "198.51.100.3:5060");
        var later = _rig.Phone("bob", "198.51.100.4:5060", q: 0.1);
        ada.Call("bob");
        var ringing = second.Take("INVITE");
        second.Respond(ringing, 180, "s");
        first.Respond(first.Take("INVITE"), 603, "f");
        second.Respond(second.Take("CANCEL"), 200);
        Assert.False(ada.Has(603));
        second.Respond(ringing, 487, "s");
        ada.Take(603);
        Assert.False(later.Has("INVITE"));
        Assert.Equal("declined", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(2), Row(32)]
    [Rfc(3261, "16.7"), Rfc(6026, "7.2")]
    public void A_second_2xx_that_crosses_its_CANCEL_reaches_the_caller_too()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var first = _rig.Phone("bob", "198.51.100.2:5060");
        var second = _rig.Phone("bob", "198.51.100.3:5060");
        var call = ada.Call("bob");
        var (one, two) = (first.Take("INVITE"), second.Take("INVITE"));
        first.Respond(one, 180, "f");
        second.Respond(two, 180, "s");
        first.Respond(one, 200, "f");
        second.Respond(two, 200, "s");
        Assert.Equal(["f", "s"], ada.Inbox.Where(message => message.Status == 200).Select(message => message.ToTag));
        // ROWS 2: the caller acknowledges both and hangs up on one; the call goes on.
        var answers = ada.Inbox.Where(message => message.Status == 200).ToList();
        call.Confirm(answers[1]);
        second.Take("ACK");
        call.Send("BYE");
        second.Respond(second.Take("BYE"), 200);
        Assert.Empty(_rig.Ended);
        call.Confirm(answers[0]);
        call.Send("BYE");
        first.Respond(first.Take("BYE"), 200);
        Assert.Single(_rig.Ended);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(32), Row(45)]
    public void A_2xx_that_is_repeated_is_forwarded_each_time()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        var invite = bob.Take("INVITE");
        bob.Respond(invite, 200, "b");
        bob.Respond(invite, 200, "b");
        bob.Respond(invite, 200, "b");
        Assert.Equal(3, ada.Inbox.Count(message => message.Status == 200));
    }

    [Fact]
    [Row(20)]
    [Rfc(3261, "17.2.1")]
    public void A_100_leaves_within_200_ms_and_none_is_forwarded()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        Assert.False(ada.Has(100));
        _rig.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal("", ada.Take(100).ToTag);
        bob.Respond(bob.Take("INVITE"), 100);
        Assert.Empty(ada.Inbox);
        call.Resend();
        ada.Take(100);
        Assert.Empty(bob.Inbox);
    }

    [Fact]
    [Row(4), Row(45)]
    [Rfc(3261, "17.1.1.2")]
    public void The_proxy_repeats_by_its_own_transactions_and_absorbs_the_callers_repeats()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        call.Resend();
        call.Resend();
        Assert.Single(bob.Inbox);
        _rig.Advance(TimeSpan.FromMilliseconds(1600));
        Assert.Equal(3, bob.Inbox.Count);
        Assert.Single(bob.Inbox.Select(message => message.Text).Distinct());
    }

    [Fact]
    [Row(42), Row(51)]
    [Rfc(3261, "16.6")]
    public void What_is_forwarded_differs_in_Via_Max_Forwards_Record_Route_and_Max_Breadth_alone()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob", "Subject:   lunch\nX-Strange: a,b ;c\nsupported : 100rel\nUser-Agent: ada/1.0");
        var lines = bob.Take("INVITE").Text.Split("\r\n").ToList();
        Assert.Equal("INVITE sip:bob@198.51.100.2:5060 SIP/2.0", lines[0]);
        Assert.StartsWith("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("Record-Route: <sip:g0000", lines[2], StringComparison.Ordinal);
        Assert.EndsWith("@192.0.2.1:5060;lr>", lines[2], StringComparison.Ordinal);
        Assert.Equal("Max-Breadth: 60", lines[3]);
        Assert.Contains(";received=198.51.100.1;rport=5060", lines[4], StringComparison.Ordinal);
        Assert.Equal("Max-Forwards: 69", lines[5]);
        Assert.Equal(["Subject:   lunch", "X-Strange: a,b ;c", "supported : 100rel", "User-Agent: ada/1.0"], lines.Where(line =>
            line.StartsWith("Sub", StringComparison.Ordinal) || line.StartsWith("X-", StringComparison.Ordinal) || line.StartsWith("supp", StringComparison.Ordinal)
            || line.StartsWith("User", StringComparison.Ordinal)));
        Assert.EndsWith(ProxyDialog.Sdp("198.51.100.1").ReplaceLineEndings("\r\n"), string.Join("\r\n", lines), StringComparison.Ordinal);
    }

    [Fact]
    [Row(55)]
    [Rfc(5626, "7")]
    public void Two_flows_of_one_device_are_asked_one_after_the_other_and_only_when_the_first_leads_nowhere()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        const string Instance = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"";
        var old = _rig.Phone("bob", "198.51.100.2:5060", parameters: Instance + ";reg-id=1");
        var current = _rig.Phone("bob", "198.51.100.3:5060", parameters: Instance + ";reg-id=2");
        ada.Call("bob");
        Assert.True(current.Has("INVITE"));
        Assert.False(old.Has("INVITE"));
        current.Respond(current.Take("INVITE"), 430, "c");
        old.Respond(old.Take("INVITE"), 486, "o");
        ada.Take(486);
        _rig.AssertNothingIsLeft();
    }
}
