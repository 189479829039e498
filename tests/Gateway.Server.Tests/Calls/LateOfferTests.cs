using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>
/// Offers that come late: an INVITE or re-INVITE without a description is offered ours in the 2xx, and the ACK has the answer,
/// whoever calls and whoever is called; and what happens when that answer is missing or of no use.
/// </summary>
public class LateOfferTests : TrunkRig
{
    public enum Side
    {
        Phone,
        Browser,
        Trunk,
    }

    public enum Ack
    {
        Answers,
        IsEmpty,
        HasNoCommonCodec,
    }

    public static TheoryData<Side, Side, Ack> Calls => [.. from caller in new[] { Side.Phone, Side.Trunk }
                                                           from callee in Enum.GetValues<Side>()
                                                           from ack in Enum.GetValues<Ack>()
                                                           select (caller, callee, ack)];

    public static TheoryData<Side, Side, bool, Ack> Reoffers => [.. from caller in Enum.GetValues<Side>()
                                                                    from callee in Enum.GetValues<Side>()
                                                                    from byCaller in new[] { true, false }
                                                                    from ack in Enum.GetValues<Ack>()
                                                                    select (caller, callee, byCaller, ack)];

    [Theory, MemberData(nameof(Calls))]
    [Rfc(3261, "13.2.1")]
    [Rfc(3261, "13.2.2.4")]
    [Rfc(3264, "4")]
    public void An_INVITE_without_an_offer(Side caller, Side callee, Ack ack)
    {
        var (call, ring) = Ring(caller, callee, offers: false);
        ring.Answer("PCMA");
        ring.Peer.Take(SipMethod.Ack);
        var ok = call.Expect(200);
        Assert.Equal("PCMA", SdpText.Codecs(SdpText.Body(ok)).Split(' ')[0]);
        call.Ack(Answer(ok, call.Peer, ack));
        if (ack == Ack.Answers)
        {
            Assert.Equal(2, Rig.Media.Peers.Count);
            Assert.DoesNotContain(call.Peer.Inbox.Concat(ring.Peer.Inbox), message => message is SipRequest);
            call.Send("BYE");
        }
        else
        {
            // RFC 3261 §14.2: a session that never came about is ended by BYE.
            Assert.Equal("not-acceptable", Assert.Single(Rig.Ended).EndReason);
            call.Peer.Respond(call.Peer.Take(SipMethod.Bye), 200);
        }
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    [Theory, MemberData(nameof(Reoffers))]
    [Rfc(3261, "14.1")]
    [Rfc(3261, "14.2")]
    public void A_re_INVITE_without_an_offer(Side caller, Side callee, bool byCaller, Ack ack)
    {
        var (call, ring) = Ring(caller, callee, offers: true);
        ring.Answer("PCMU telephone-event");
        ring.Peer.Take(SipMethod.Ack);
        call.Establish();
        var (asks, other) = byCaller ? (call, ring) : (ring, call);
        asks.Peer.Inbox.Clear();
        other.Peer.Inbox.Clear();
        asks.Send("INVITE");
        var ok = asks.Expect(200);
        Assert.Equal("PCMU", SdpText.Codecs(SdpText.Body(ok)).Split(' ')[0]);
        asks.Ack(Answer(ok, asks.Peer, ack));
        // Whatever came of it, the session stands and the other side heard nothing.
        Assert.DoesNotContain(other.Peer.Inbox, message => message is SipRequest);
        Assert.Empty(Rig.Ended);
        Assert.Equal(2, Rig.Media.Peers.Count);
        call.Send("BYE");
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }

    private (TestDialog Call, TestDialog Ring) Ring(Side caller, Side callee, bool offers)
    {
        var (from, near) = New(caller, "alice", 1);
        var (to, far) = New(callee, "bob", 2);
        if (near is not null) Rig.By = _ => new Caller.FromTrunk(near, "+4930555@pbx.example", "Desk");
        if (far is not null) Route(far);
        var call = from.Call("bob", offers ? SdpText.Offer(from.IsBrowser, "PCMU telephone-event") : null);
        return (call, to.Ringing());
    }

    private (TestPeer Peer, Server.Trunks.Trunk? Trunk) New(Side side, string user, int host)
    {
        if (side == Side.Browser) return (Rig.Browser(user, host), null);
        if (side == Side.Phone) return (Rig.Phone(user, host), null);
        var (trunk, peer) = NewTrunk();
        return (peer, trunk);
    }

    private static string? Answer(SipMessage offer, TestPeer peer, Ack ack) => ack switch
    {
        Ack.Answers => SdpText.Answer(offer, peer.IsBrowser, SdpText.Codecs(SdpText.Body(offer)).Split(' ')[0] + " telephone-event"),
        Ack.HasNoCommonCodec => SdpText.Offer(peer.IsBrowser, "GSM"),
        _ => null,
    };
}
