using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>
/// A peer is cut off and its BYE is lost: nobody tells the other side, which would hang for ever (ROWS 36). What notices it, when,
/// and what the record says of why.
/// </summary>
public class ZombieTests : TrunkRig
{
    [Fact]
    [Row(36), Row(37), Rfc(4028, "10")]
    public void A_lost_BYE_is_noticed_by_the_session_timer()
    {
        var alice = Rig.Phone("alice", 1);
        var bob = Rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"), "Allow: INVITE, UPDATE\r\nSupported: timer\r\nSession-Expires: 90;refresher=uac\r\n");
        bob.Ringing().Answer("PCMU");
        call.Establish();
        // Cut off: it refreshes no more, and what it is sent is not answered. min(32, 90/3) before the end.
        Rig.Advance(TimeSpan.FromSeconds(59.9));
        Assert.False(bob.Has(SipMethod.Bye));
        Rig.Advance(TimeSpan.FromSeconds(0.2));
        AssertEnded(bob, "session-expired", "SIP;cause=408;text=\"Session timer expired\"");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(30)]
    [InlineData(90)]
    [Row(36), Row(37), Row(39)]
    public void A_lost_BYE_is_noticed_by_the_silence_of_RTP(int seconds)
    {
        var rig = new CallRig(new ServerOptions { Realm = CallRig.Realm, MediaSilence = TimeSpan.FromSeconds(seconds) });
        var alice = rig.Phone("alice", 1);
        var bob = rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        bob.Ringing().Answer("PCMU");
        call.Establish();
        // The media plane is told how long it may be silent, and tells when it was.
        var leg = rig.Media.Configured.Keys.MinBy(leg => leg.Value);
        Assert.Equal(TimeSpan.FromSeconds(seconds), rig.Media.Configured[leg].SilenceLimit);
        rig.Advance(TimeSpan.FromSeconds(100 + seconds));
        rig.Happens(new MediaEvent.Silent(leg, TimeSpan.FromSeconds(seconds)));
        Assert.Equal("SIP;cause=408;text=\"No media\"", Header(bob.Take(SipMethod.Bye), HeaderId.Reason));
        var record = Assert.Single(rig.Ended);
        Assert.Equal("silence", record.EndReason);
        // Nobody pays for longer than the limit after the last sound.
        Assert.InRange(record.TalkSeconds!.Value, 100, 100 + seconds);
    }

    [Fact]
    [Row(36), Rfc(7675, "5.1")]
    public void A_lost_BYE_is_noticed_by_the_consent_of_ICE()
    {
        var alice = Rig.Browser("alice", 1);
        var bob = Rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(true, "PCMU"));
        bob.Ringing().Answer("PCMU");
        call.Establish();
        Rig.Happens(new MediaEvent.Silent(Rig.Media.Open.MinBy(leg => leg.Value), TimeSpan.FromSeconds(30)));
        AssertEnded(bob, "consent", "SIP;cause=408;text=\"No media\"");
    }

    [Theory]
    [InlineData(481, "SIP;cause=481;text=\"The other side knows no such call\"")]
    [InlineData(408, "SIP;cause=408;text=\"The other side does not answer\"")]
    [InlineData(0, "SIP;cause=408;text=\"The other side does not answer\"")]
    [Row(36), Row(18), Rfc(3261, "12.2.1.2")]
    public void A_lost_BYE_is_noticed_by_OPTIONS_in_the_dialog(int status, string reason)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { ProbeSeconds = 20 });
        Route(trunk);
        var bob = Rig.Phone("bob", 9);
        var call = bob.Call("03012345", SdpText.Offer(false, "PCMU"));
        carrier.Ringing().Answer("PCMU");
        call.Establish();
        Rig.Advance(TimeSpan.FromSeconds(19));
        Assert.False(carrier.Has(SipMethod.Options));
        Rig.Advance(TimeSpan.FromSeconds(1.1));
        var options = carrier.Take(SipMethod.Options);
        carrier.Respond(options, 405);
        Rig.Advance(TimeSpan.FromSeconds(20.1));
        Assert.False(bob.Has(SipMethod.Bye));
        var second = carrier.Take(SipMethod.Options);
        if (status > 0) carrier.Respond(second, status);
        else Rig.Advance(TimeSpan.FromSeconds(32.1));
        AssertEnded(bob, "flow-lost", reason);
    }

    [Fact]
    [Row(18)]
    public void A_phone_that_speaks_is_not_asked_and_one_that_is_silent_is_when_the_operator_wants_it()
    {
        var rig = new CallRig(new ServerOptions { Realm = CallRig.Realm, DialogProbe = TimeSpan.FromSeconds(30) });
        var alice = rig.Phone("alice", 1);
        var bob = rig.Browser("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        bob.Ringing().Answer("PCMU");
        call.Establish();
        for (var i = 0; i < 4; i++)
        {
            rig.Advance(TimeSpan.FromSeconds(20));
            call.Send("OPTIONS");
        }
        Assert.False(alice.Has(SipMethod.Options));
        rig.Advance(TimeSpan.FromSeconds(30.1));
        alice.Respond(alice.Take(SipMethod.Options), 200);
        Assert.False(bob.Has(SipMethod.Options));
        call.Send("BYE");
        bob.Respond(bob.Take(SipMethod.Bye), 200);
        rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(37), Rfc(3261, "18.4")]
    public void A_connection_that_is_reset_fails_what_waits_on_it_at_once()
    {
        var (trunk, carrier) = NewTrunk();
        Route(trunk);
        var call = Rig.Phone("bob", 9).Call("03012345", SdpText.Offer(false, "PCMU"));
        carrier.Take(SipMethod.Invite);
        var before = Rig.Now;
        Rig.Close(carrier);
        // As if a 503 had come; nobody waits for 32 s.
        call.Expect(480);
        Assert.Equal(before, Rig.Now);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(38), Row(36)]
    public void A_call_whose_sides_both_vanished_ends_by_itself_and_leaves_nothing()
    {
        var alice = Rig.Phone("alice", 1);
        var bob = Rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"), "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n");
        bob.Ringing().Answer("PCMU");
        call.Establish();
        Rig.Advance(TimeSpan.FromSeconds(1800));
        Assert.Equal("session-expired", Assert.Single(Rig.Ended).EndReason);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(35)]
    public void Two_thousand_calls_leave_no_transaction_no_dialog_and_no_port()
    {
        var alice = Rig.Phone("alice", 1);
        var bob = Rig.Phone("bob", 2);
        for (var i = 0; i < 2_000; i++)
        {
            var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
            var ring = bob.Ringing();
            if (i % 3 == 0)
            {
                ring.Respond(486);
            }
            else
            {
                ring.Answer("PCMU");
                call.Establish();
                // Every other answer to a BYE is lost.
                if (i % 2 == 0) call.Send("BYE");
                else ring.Send("BYE");
            }
            alice.Inbox.Clear();
            bob.Inbox.Clear();
            Rig.Changes.Clear();
            if (i % 100 == 99) Rig.Advance(TimeSpan.FromSeconds(40));
        }
        Assert.Equal(2_000, Rig.Ended.Count);
        Rig.AssertNothingIsLeft();
    }

    private void AssertEnded(TestPeer other, string reason, string header)
    {
        var bye = other.Take(SipMethod.Bye);
        Assert.Equal(header, Header(bye, HeaderId.Reason));
        other.Respond(bye, 200);
        Assert.Equal(reason, Assert.Single(Rig.Ended).EndReason);
        Rig.AssertNothingIsLeft();
    }

    private static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";
}
