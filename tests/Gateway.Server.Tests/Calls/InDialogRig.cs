using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Two sides in a confirmed call, and what its tests look at.</summary>
public abstract class InDialogRig
{
    internal CallRig Rig { get; } = new();

    internal LegId Leg(int index) => Rig.Media.Open.Order(Comparer<LegId>.Create((a, b) => a.Value.CompareTo(b.Value))).ElementAt(index);

    /// <summary>0: the caller's leg, 1: the called one's.</summary>
    internal LegConfiguration Configuration(int index) => Rig.Media.Configured[Leg(index)];

    internal static void Accept(TestPeer peer, string direction)
    {
        var offer = peer.Take(SipMethod.Invite);
        var first = SdpText.Codecs(SdpText.Body(offer)).Split(' ')[0];
        peer.Respond(offer, 200, SdpText.Answer(offer, peer.IsBrowser, first, direction));
        peer.Take(SipMethod.Ack);
    }

    internal (TestDialog Call, TestDialog Ring) Talk(bool callerIsBrowser = false, bool calleeIsBrowser = false, string codecs = "PCMU", string? answered = null)
    {
        var alice = callerIsBrowser ? Rig.Browser("alice", 1) : Rig.Phone("alice", 1);
        var bob = calleeIsBrowser ? Rig.Browser("bob", 2) : Rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(callerIsBrowser, codecs));
        var ring = bob.Ringing();
        ring.Answer(answered ?? codecs);
        bob.Take(SipMethod.Ack);
        call.Establish();
        alice.Inbox.Clear();
        return (call, ring);
    }

    internal void HangUp(TestDialog call, TestDialog ring, bool check = true)
    {
        call.Peer.Inbox.Clear();
        call.Send("BYE");
        call.Peer.Take(200);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        Assert.Equal("caller", Assert.Single(Rig.Ended).EndReason);
        if (check) Rig.AssertNothingIsLeft();
    }
}
