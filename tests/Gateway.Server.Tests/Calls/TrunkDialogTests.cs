using System.Net;
using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>What happens inside the dialog of a trunk: where requests go, challenges, and reasons that pass from side to side.</summary>
public class TrunkDialogTests : TrunkRig
{
    [Fact]
    [Rfc(3326, "2")]
    [Rfc(3326, "3.2")]
    [Row(65)]
    [Row(87)]
    public void The_cause_of_a_trunks_BYE_reaches_the_browser_and_the_record_without_its_words()
    {
        var (call, ring, carrier) = Talk();
        ring.Send("BYE", headers: "Reason: X.int;cause=1;text=\"node7\"\r\nReason: Q.850;cause=16;text=\"pbx-inner-7\", SIP;cause=200;text=\"inner\"\r\n");
        carrier.Take(200);
        var bye = call.Peer.Take(SipMethod.Bye);
        Assert.Equal("SIP;cause=200, Q.850;cause=16", Raw(bye));
        call.Peer.Respond(bye, 200);
        Assert.Equal(16, Assert.Single(Rig.Ended).Q850);
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3326, "2")]
    [Rfc(6432, "2")]
    public void The_cause_of_a_refusal_reaches_the_caller_and_the_record()
    {
        var (trunk, carrier) = NewTrunk();
        Route(trunk);
        var call = Call();
        carrier.Respond(carrier.Take(SipMethod.Invite), 404, tag: "x", headers: "Reason: Q.850;cause=1;text=\"Unallocated\"\r\n");
        Assert.Equal("Q.850;cause=1", Header(call.Expect(404), HeaderId.Reason));
        call.AckRefusal();
        Assert.Equal(1, Assert.Single(Rig.Ended).Q850);
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n", "SIP;cause=200")]
    [InlineData("Reason: Q.850;cause=999\r\n", "")]
    [InlineData("Reason: nonsense\r\n", "")]
    [InlineData("", "")]
    [Rfc(3326, "3.1")]
    public void The_reason_of_a_CANCEL_goes_on(string headers, string expected)
    {
        var (trunk, carrier) = NewTrunk();
        Route(trunk);
        var call = Call();
        var ring = carrier.Ringing();
        ring.Respond(180);
        call.Expect(180);
        call.Cancel(headers);
        var cancel = carrier.Take(SipMethod.Cancel);
        Assert.Equal(expected, Header(cancel, HeaderId.Reason));
        carrier.Respond(cancel, 200);
        ring.Respond(487);
        call.Peer.Inbox.Clear();
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("BYE")]
    [InlineData("INVITE")]
    [InlineData("INFO")]
    [Rfc(3261, "22.2")]
    [Threat(23)]
    public void A_challenge_inside_the_dialog_is_answered_once(string method)
    {
        var (call, _, carrier) = Talk(login: true);
        var (sent, ours) = method switch
        {
            "BYE" => (SipMethod.Bye, (Action)(() => call.Send("BYE"))),
            "INFO" => (SipMethod.Info, () => call.Send("INFO", "Signal=1\r\nDuration=100\r\n", type: "application/dtmf-relay")),
            _ => (SipMethod.Invite, () => Hold(call)),
        };
        ours();
        var first = carrier.Take(sent);
        Assert.Equal("", Header(first, HeaderId.Authorization));
        const string Challenge = "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"abc\", algorithm=MD5, qop=\"auth\"\r\n";
        carrier.Respond(first, 401, headers: Challenge);
        carrier.Inbox.RemoveAll(message => message is SipRequest { Method: SipMethod.Ack });
        var second = carrier.Take(sent);
        Assert.Contains("username=\"gw\"", Header(second, HeaderId.Authorization), StringComparison.Ordinal);
        Assert.Equal(first.CSeq + 1, second.CSeq);
        Assert.True(first.UriBytes.SequenceEqual(second.UriBytes));
        Assert.True(first.Body.SequenceEqual(second.Body));
        if (method == "INVITE")
        {
            carrier.Respond(second, 200, SdpText.Answer(second, false, "PCMU", "recvonly"));
            Assert.Equal(second.CSeq, carrier.Take(SipMethod.Ack).CSeq);
        }
        else
        {
            carrier.Respond(second, 401, headers: Challenge);
            Assert.False(carrier.Has(sent));
        }
        call.Peer.Inbox.Clear();
        if (method != "BYE") call.Send("BYE");
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(23)]
    public void On_a_call_that_a_trunk_made_no_challenge_is_answered()
    {
        var (near, pbx) = NewTrunk(trunk => trunk with { User = "gw", Password = new SecretText("secret") });
        Rig.By = _ => new Server.Routing.Caller.FromTrunk(near, "+4930555@pbx.example", "Desk");
        var bob = Rig.Phone("bob", 2);
        var call = pbx.Call("bob", SdpText.Offer(false, "PCMU"));
        var ring = bob.Ringing();
        ring.Answer("PCMU");
        call.Establish();
        ring.Send("BYE");
        pbx.Respond(pbx.Take(SipMethod.Bye), 401, headers: "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"abc\", qop=\"auth\"\r\n");
        Assert.False(pbx.Has(SipMethod.Bye));
        bob.Inbox.Clear();
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("sip:pbx@198.51.100.60", "", true)]
    [InlineData("sip:pbx@media.example", "", true)]
    [InlineData("sip:pbx@192.0.2.51", "", false)]
    [InlineData("sip:pbx@192.0.2.51;transport=ws", "", false)]
    [InlineData("sip:pbx@10.0.0.9", "", false)]
    [InlineData("sip:pbx@127.0.0.1", "", false)]
    [InlineData("sip:pbx@10.0.0.9", "Record-Route: <sip:198.51.100.60;lr>\r\n", true)]
    [Rfc(3261, "12.2.1.1")]
    [Rfc(3261, "13.2.2.4")]
    [Row(49)]
    public void Requests_of_the_dialog_go_where_it_points(string contact, string headers, bool elsewhere)
    {
        var other = Rig.Add(new TestPeer(Rig, "other", new Flow(SipTransport.Udp, new IPEndPoint(IPAddress.Parse("198.51.100.60"), 5060), 0, 0)));
        Rig.Ways.Names["media.example"] = [new Server.Ports.NextHop(SipTransport.Udp, other.Flow.Remote, "media.example")];
        var (trunk, carrier) = NewTrunk();
        Route(trunk);
        var call = Call(codecs: "PCMU");
        var ring = carrier.Ringing();
        carrier.Respond(ring.Invite!, 200, SdpText.Answer(ring.Invite!, false, "PCMU"), ring.LocalTag, headers, contact);
        // The answer to a question of DNS comes after the ACK, which the old way still serves.
        var acknowledged = elsewhere && !contact.Contains("media", StringComparison.Ordinal) ? other : carrier;
        acknowledged.Take(SipMethod.Ack);
        call.Establish();
        HangUp(call, elsewhere ? other : carrier);
    }

    /// <summary>RFC 3261 §16.7 step 6: the silence of one phone counts as 408, which says less than another's refusal.</summary>
    [Theory]
    [InlineData(486, 486)]
    [InlineData(403, 403)]
    [InlineData(503, 480)]
    [Rfc(3261, "16.7")]
    public void At_the_end_of_ringing_a_refusal_is_better_than_silence(int status, int heard)
    {
        var busy = Rig.Phone("bob", 2);
        var silent = Rig.Phone("bob", 3);
        var call = Rig.Phone("alice", 1).Call("bob", SdpText.Offer(false, "PCMU"));
        busy.Respond(busy.Take(SipMethod.Invite), status, tag: "x");
        var ring = silent.Ringing();
        ring.Respond(180);
        call.Expect(180);
        Rig.Advance(TimeSpan.FromSeconds(61));
        call.Expect(heard);
        call.AckRefusal();
        silent.Respond(silent.Take(SipMethod.Cancel), 200);
        ring.Respond(487);
        Rig.AssertNothingIsLeft();
    }

    /// <summary>The Reason line as it stands in the message.</summary>
    private static string Raw(SipMessage message) =>
        Encoding.UTF8.GetString(message.Bytes).Split("\r\n").Single(line => line.StartsWith("Reason: ", StringComparison.Ordinal))["Reason: ".Length..];

    private static void Hold(TestDialog call)
    {
        call.Send("INVITE", SdpText.Offer(true, "PCMU telephone-event", "sendonly", version: 2));
        call.Expect(200);
        call.Ack();
    }

    private (TestDialog Call, TestDialog Ring, TestPeer Carrier) Talk(bool login = false)
    {
        var (trunk, carrier) = NewTrunk(trunk => login ? trunk with { User = "gw", Password = new SecretText("secret") } : trunk);
        Route(trunk);
        var call = Call(codecs: "PCMU telephone-event");
        var ring = carrier.Ringing();
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        call.Peer.Inbox.Clear();
        return (call, ring, carrier);
    }

    private static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";
}
