using System.Text;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>What is handed from one side of a call to the other unread: Info Packages (RFC 6086), bodies of INFO, methods that only the sides know.</summary>
public class InfoTests
{
    private const string Package = "Info-Package: g.3gpp.ussd\r\n";

    private CallRig _rig = new();

    [Fact]
    [Row(15), Rfc(6086, "4.2.2"), Rfc(6086, "5.2")]
    public void An_Info_Package_goes_to_the_side_that_takes_it_and_its_answer_comes_back()
    {
        var (call, ring, ok) = Talk("Recv-Info: g.3gpp.ussd;v=1, conversation\r\n", "Recv-Info: nil, g.3gpp.ussd\r\n");
        Assert.Equal("g.3gpp.ussd, conversation", Header(ring.Invite!, HeaderId.RecvInfo));
        Assert.Equal("nil, g.3gpp.ussd", Header(ok, HeaderId.RecvInfo));
        call.Send("INFO", "<ussd/>", Package + "Content-Disposition: Info-Package\r\nP-Asserted-Identity: <sip:boss@gw.example>\r\n", "application/vnd.3gpp.ussd+xml");
        Assert.False(call.Peer.Has(200));
        var info = ring.Peer.Take(SipMethod.Info);
        Assert.Equal(("g.3gpp.ussd", "Info-Package", "application/vnd.3gpp.ussd+xml", "<ussd/>"),
            (Header(info, HeaderId.InfoPackage), Header(info, HeaderId.ContentDisposition), Header(info, HeaderId.ContentType), Encoding.UTF8.GetString(info.Body)));
        Assert.DoesNotContain("boss", Encoding.UTF8.GetString(info.Bytes), StringComparison.Ordinal);
        ring.Peer.Respond(info, 200);
        call.Expect(200);
        End(call, ring);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("Recv-Info: conversation\r\n", "conversation")]
    [Row(15), Rfc(6086, "4.2.2")]
    public void A_package_that_the_other_side_does_not_take_is_469_and_those_that_it_takes_are_named(string takes, string named)
    {
        var (call, ring, _) = Talk("", takes);
        call.Send("INFO", "<ussd/>", Package, "application/vnd.3gpp.ussd+xml");
        var refused = call.Expect(469);
        Assert.True(refused.Has(HeaderId.RecvInfo));
        Assert.Equal(named, Header(refused, HeaderId.RecvInfo));
        Assert.False(ring.Peer.Has(SipMethod.Info));
        End(call, ring);
    }

    [Theory]
    [InlineData("application/media_control+xml", true)]
    [InlineData("text/plain", false)]
    [Row(15), Rfc(6086, "2")]
    public void A_body_of_INFO_that_the_operator_lets_through_is_handed_on(string type, bool passes)
    {
        var (call, ring, _) = Talk("", "");
        call.Send("INFO", "<media_control/>", type: type);
        if (!passes)
        {
            call.Expect(415);
        }
        else
        {
            ring.Peer.Respond(ring.Peer.Take(SipMethod.Info), 415);
            call.Expect(415);
        }
        End(call, ring);
    }

    [Theory]
    [InlineData(481)]
    [InlineData(408)]
    [Rfc(3261, "12.2.1.2"), Threat(37)]
    public void Who_answers_that_it_knows_no_such_call_ends_it(int status)
    {
        var (call, ring, _) = Talk("", "");
        call.Send("INFO", "<media_control/>", type: "application/media_control+xml");
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Info), status);
        call.Expect(480);
        var bye = call.Peer.Take(SipMethod.Bye);
        Assert.StartsWith($"SIP;cause={status}", Header(bye, HeaderId.Reason), StringComparison.Ordinal);
        call.Peer.Respond(bye, 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(37)]
    public void The_other_side_leaves_before_it_answers()
    {
        var (call, ring, _) = Talk("", "");
        call.Send("INFO", "<media_control/>", type: "application/media_control+xml");
        ring.Send("BYE");
        call.Expect(480);
        call.Peer.Respond(call.Peer.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Row(16), Rfc(3261, "8.2.1")]
    public void A_method_that_nobody_knows_is_405_or_the_other_sides_to_answer(bool isNamed)
    {
        _rig = new CallRig(new ServerOptions { Realm = CallRig.Realm, RelayedMethods = isNamed ? ["FOO"] : [] });
        var (call, ring, _) = Talk("", "");
        call.Send("FOO", "bar", type: "text/foo");
        if (!isNamed)
        {
            Assert.Contains("INVITE", Header(call.Expect(405), HeaderId.Allow), StringComparison.Ordinal);
        }
        else
        {
            var foo = ring.Peer.Take(SipMethod.Other);
            Assert.Equal(("FOO", "FOO", "bar"), (Encoding.ASCII.GetString(foo.MethodToken), Encoding.ASCII.GetString(foo.CSeqMethodToken), Encoding.UTF8.GetString(foo.Body)));
            ring.Peer.Respond(foo, 200);
            call.Expect(200);
        }
        call.Send("BAR");
        call.Expect(405);
        End(call, ring);
    }

    private (TestDialog Call, TestDialog Ring, SipResponse Ok) Talk(string callerSays, string calleeSays)
    {
        var alice = _rig.Phone("alice", 1);
        var bob = _rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"), callerSays);
        var ring = bob.Ringing();
        ring.Respond(200, SdpText.Answer(ring.Invite!, false, "PCMU"), calleeSays);
        bob.Take(SipMethod.Ack);
        return (call, ring, call.Establish());
    }

    private void End(TestDialog call, TestDialog ring)
    {
        call.Peer.Inbox.Clear();
        call.Send("BYE");
        call.Expect(200);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    private static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";
}
