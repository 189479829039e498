using System.Text;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Calls that come back: through a proxy as loops and as spirals, through back-to-back user agents as crowds (THREATS 31).</summary>
public sealed class LoopGuardTests : TrunkRig
{
    /// <summary>The INVITE as a proxy sends it back: one Via more, one hop less, perhaps another Request-URI.</summary>
    private static string Returned(TestPeer proxy, SipRequest invite, string uri)
    {
        var text = new StringBuilder($"INVITE {uri} SIP/2.0\r\n{proxy.Via($"z9hG4bKproxy{uri.Length}")}\r\n");
        foreach (var id in new[] { HeaderId.Via, HeaderId.From, HeaderId.To, HeaderId.Contact })
        {
            Assert.True(invite.TryGet(id, out var value));
            text.Append($"{id}: {Encoding.UTF8.GetString(value)}\r\n");
        }

        text.Append($"Call-ID: {Encoding.UTF8.GetString(invite.CallId)}\r\nCSeq: {invite.CSeq} INVITE\r\nMax-Forwards: 68\r\n");
        TestPeer.Finish(text, Encoding.UTF8.GetString(invite.Body));
        return text.ToString();
    }

    [Fact, Threat(31), Rfc(3261, "16.3")]
    public void An_INVITE_that_left_and_comes_back_for_the_same_number_is_a_loop()
    {
        var (trunk, peer) = NewTrunk();
        Route(trunk);
        var call = Call();
        var out1 = peer.Take(SipMethod.Invite);
        Rig.By = _ => new Caller.FromTrunk(trunk, "alice@t1", "");
        peer.Send(Returned(peer, out1, "sip:+493012345@gw.example"));

        peer.Take(482);
        Assert.False(peer.Has(SipMethod.Invite));
        peer.Respond(out1, 486, tag: "t");
        call.Expect(486);
        call.AckRefusal();
        Assert.Equal(0, Rig.Services.Loops.Count);
        Rig.Calls.HangUpAll("test", Rig.Now);
    }

    [Fact, Threat(31)]
    public void One_that_comes_back_for_an_account_here_is_a_spiral_and_rings()
    {
        var (trunk, peer) = NewTrunk();
        var bob = Rig.Phone("bob", 9);
        Rig.Plan = user => user == "bob" ? Rig.PlanForUser("bob") : new RoutePlan.ToTrunks("102", [trunk]);
        Call();
        var out1 = peer.Take(SipMethod.Invite);
        Rig.By = _ => new Caller.FromTrunk(trunk, "alice@t1", "");
        peer.Send(Returned(peer, out1, "sip:bob@gw.example"));

        Assert.True(bob.Has(SipMethod.Invite));
        Assert.Equal(2, Rig.Services.Loops.Count);
        // And now the phone sends it back to where it rings already.
        var out2 = bob.Take(SipMethod.Invite);
        bob.Send(Returned(bob, out2, "sip:bob@gw.example"));
        bob.Take(482);
        Assert.False(bob.Has(SipMethod.Invite));
    }

    [Fact, Threat(31)]
    public void Hops_are_counted_down_over_the_gateway()
    {
        var (trunk, peer) = NewTrunk();
        Route(trunk);
        // It came with 70.
        Call();
        Assert.True(peer.Take(SipMethod.Invite).TryGetNumber(HeaderId.MaxForwards, out var left));
        Assert.Equal(69u, left);
    }

    [Fact, Threat(31)]
    public void A_crowd_of_equal_calls_between_trunks_is_a_circle()
    {
        var guard = new LoopGuard();
        for (var i = 0; i < LoopGuard.MostAlike; i++) Assert.True(guard.TryCross("a", "1"));
        Assert.False(guard.TryCross("a", "1"));
        Assert.True(guard.TryCross("b", "1"));
        Assert.True(guard.TryCross("a", "2"));
        guard.Crossed("a", "1");
        Assert.True(guard.TryCross("a", "1"));
        Assert.False(guard.TryCross("a", "1"));
    }

    [Fact, Threat(31)]
    public void Two_gateways_that_send_a_call_to_each_other_end_it()
    {
        // Whatever leaves by the trunk comes in again as a new call, as a back-to-back user agent would send it.
        var (trunk, peer) = NewTrunk();
        Route(trunk);
        Rig.By = _ => new Caller.FromTrunk(trunk, "+4989555@t1", "");
        var calls = 0;
        peer.Call("03012345", SdpText.Offer(false, "PCMU"));
        while (peer.Has(SipMethod.Invite) && calls++ < 200)
        {
            peer.Take(SipMethod.Invite);
            peer.Call("03012345", SdpText.Offer(false, "PCMU"));
        }

        Assert.Equal(LoopGuard.MostAlike, calls);
        Assert.True(peer.Has(482));
        Rig.Calls.HangUpAll("test", Rig.Now);
        Rig.Pump();
        Assert.True(Rig.Services.Loops.TryCross("+4989555@t1", "+493012345"));
    }
}
