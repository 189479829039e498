using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Proxy;

/// <summary>CANCEL, timer C and time-outs through the proxy (RFC 3261 §16.8 to §16.10).</summary>
public sealed class CancelTests
{
    private readonly ProxyRig _rig = new();

    [Fact]
    [Row(12)]
    [Rfc(3261, "16.10"), Rfc(3665, "3.8")]
    public void The_callers_CANCEL_reaches_what_rings_and_the_487_comes_from_there()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        var invite = bob.Take("INVITE");
        bob.Respond(invite, 180, "b");
        call.Cancel("Reason: Q.850;cause=16");
        Assert.Equal("CANCEL", ada.Take(200).Header(HeaderId.CSeq)!.Split(' ')[1]);
        var cancel = bob.Take("CANCEL");
        Assert.Equal(invite.Headers(HeaderId.Via)[0], cancel.Headers(HeaderId.Via)[0]);
        Assert.Equal("Q.850;cause=16", cancel.Header(HeaderId.Reason));
        Assert.Single(cancel.Headers(HeaderId.Via));
        bob.Respond(cancel, 200);
        bob.Respond(invite, 487, "b");
        bob.Take("ACK");
        call.AckRefusal(ada.Take(487));
        Assert.Equal(("cancel", "caller"), (Assert.Single(_rig.Ended).EndReason, Assert.Single(_rig.Ended).EndedBy));
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(12)]
    [Rfc(3261, "9.1")]
    public void A_CANCEL_before_any_answer_waits_for_the_first_1xx()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        var invite = bob.Take("INVITE");
        call.Cancel();
        ada.Take(200);
        Assert.False(bob.Has("CANCEL"));
        bob.Respond(invite, 100);
        bob.Respond(bob.Take("CANCEL"), 200);
        bob.Respond(invite, 487, "b");
        ada.Take(487);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(12)]
    [Rfc(3261, "9.1")]
    public void A_CANCEL_that_crosses_a_2xx_comes_too_late()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        var invite = bob.Take("INVITE");
        bob.Respond(invite, 180, "b");
        call.Cancel();
        bob.Take("CANCEL");
        bob.Respond(invite, 200, "b");
        ada.Inbox.RemoveAll(message => message.Header(HeaderId.CSeq)!.EndsWith("CANCEL", StringComparison.Ordinal));
        call.Confirm(ada.Take(200));
        call.Send("BYE");
        bob.Respond(bob.Take("BYE"), 200);
        Assert.Equal("caller", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(12)]
    public void A_CANCEL_that_nobody_answers_still_ends_the_INVITE_with_487()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 180, "b");
        call.Cancel();
        _rig.Advance(TimeSpan.FromSeconds(33));
        ada.Take(487);
        Assert.Equal("cancel", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(30)]
    [Rfc(3261, "16.8"), Rfc(3261, "16.6")]
    public void Timer_C_runs_for_more_than_three_minutes_from_the_last_1xx_and_then_cancels()
    {
        var rig = new ProxyRig(new ServerOptions { CallMode = Server.Proxy.CallMode.Proxy, RingLimit = TimeSpan.FromHours(1) });
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        var invite = bob.Take("INVITE");
        bob.Respond(invite, 180, "b");
        rig.Advance(TimeSpan.FromSeconds(170));
        bob.Respond(invite, 182, "b");
        rig.Advance(TimeSpan.FromSeconds(184));
        // A 100 is no sign of life for timer C.
        bob.Respond(invite, 100);
        Assert.False(bob.Has("CANCEL"));
        rig.Advance(TimeSpan.FromSeconds(2));
        bob.Respond(bob.Take("CANCEL"), 200);
        bob.Respond(invite, 487, "b");
        ada.Take(408);
        rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(30)]
    [Rfc(3261, "16.7")]
    public void A_100_and_then_silence_is_no_408_after_32_s_and_a_phone_that_says_nothing_at_all_is()
    {
        var rig = new ProxyRig(new ServerOptions { CallMode = Server.Proxy.CallMode.Proxy, RingLimit = TimeSpan.FromHours(1) });
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        rig.Phone("carl", "198.51.100.3:5060");
        ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 100);
        ada.Call("carl");
        ada.Inbox.Clear();
        rig.Advance(TimeSpan.FromSeconds(31));
        Assert.DoesNotContain(ada.Inbox, message => message.Status > 100);
        rig.Advance(TimeSpan.FromSeconds(2));
        // Repeated until its ACK.
        Assert.All(ada.Inbox.Where(message => message.Status == 408), lost => Assert.Contains("carl", lost.Header(HeaderId.To), StringComparison.Ordinal));
        ada.Take(408);
        rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(30)]
    public void A_phone_that_rings_on_is_cancelled_after_the_ring_limit()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        ada.Call("bob");
        var invite = bob.Take("INVITE");
        bob.Respond(invite, 180, "b");
        _rig.Advance(TimeSpan.FromSeconds(61));
        bob.Respond(bob.Take("CANCEL"), 200);
        bob.Respond(invite, 487, "b");
        ada.Take(408);
        Assert.Equal("no-answer", Assert.Single(_rig.Ended).EndReason);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(32)]
    public void A_CANCEL_from_elsewhere_cancels_nothing()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var eve = _rig.Stranger("eve", "203.0.113.66:5060");
        var call = ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 180, "b");
        var branch = _rig.Wire.Last(message => message.Status == 180).Headers(HeaderId.Via)[0];
        eve.Send(call.Text("CANCEL", "", "", branch[(branch.IndexOf("branch=", StringComparison.Ordinal) + 7)..].Split(';')[0])
            .Replace("203.0.113.66", "198.51.100.1", StringComparison.Ordinal));
        Assert.False(bob.Has("CANCEL"));
    }

    [Fact]
    [Row(37)]
    [Rfc(5626, "5.3"), Rfc(3261, "18.4")]
    public void A_connection_that_breaks_ends_its_branch_at_once()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060", SipTransport.Tcp, contact: "sip:bob@198.51.100.2:44444;transport=tcp;ob");
        ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 180, "b");
        _rig.Close(bob);
        // 430 to ourselves, which to the caller is a phone that cannot be reached now.
        ada.Take(480);
        _rig.AssertNothingIsLeft();
    }
}
