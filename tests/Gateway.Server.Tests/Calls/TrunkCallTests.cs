using System.Text;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>A call that leaves by a trunk: what its INVITE says of both sides, the trunk's challenges, its codecs and digits.</summary>
public class TrunkCallTests : TrunkRig
{
    [Fact]
    [Row(89)]
    [Row(87)]
    public void A_browser_talks_to_a_number_behind_a_trunk()
    {
        var (trunk, carrier) = NewTrunk();
        Route(trunk);
        var call = Call();
        var ring = carrier.Ringing();
        Assert.Equal("sip:+493012345@192.0.2.51;user=phone", Encoding.UTF8.GetString(ring.Invite!.UriBytes));
        Assert.Equal("+493012345", Encoding.UTF8.GetString(ring.Invite.To.TryGetUri(out var to) ? to.User : default));
        Assert.Contains("RTP/AVP", SdpText.Body(ring.Invite), StringComparison.Ordinal);
        ring.Respond(180);
        call.Expect(180);
        ring.Answer("PCMA telephone-event");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        var record = Assert.Single(Rig.Started);
        Assert.Equal(trunk.Id, record.Trunk);
        HangUp(call, carrier);
    }

    /// <summary>How each form of identity is written, for callers with a number, without one, and for those who hide it.</summary>
    [Theory]
    [InlineData(IdentityForm.From, "+4930111", "", false, "<sip:+4930111@192.0.2.51;user=phone>", null, null)]
    [InlineData(IdentityForm.From, "", "+4930999", false, "<sip:+4930999@192.0.2.51;user=phone>", null, null)]
    [InlineData(IdentityForm.From, "", "", false, "<sip:alice@192.0.2.51>", null, null)]
    [InlineData(IdentityForm.From, "+4930111", "", true, "<sip:anonymous@anonymous.invalid>", null, "id")]
    [InlineData(IdentityForm.PAssertedIdentity, "+4930111", "", false, "<sip:+4930111@192.0.2.51;user=phone>", "<sip:+4930111@192.0.2.51;user=phone>", null)]
    [InlineData(IdentityForm.PAssertedIdentity, "+4930111", "", true, "<sip:anonymous@anonymous.invalid>", "<sip:+4930111@192.0.2.51;user=phone>", "id")]
    [InlineData(IdentityForm.RemotePartyId, "+4930111", "", false, "<sip:+4930111@192.0.2.51;user=phone>", "party=calling;screen=yes;privacy=off", null)]
    [InlineData(IdentityForm.RemotePartyId, "+4930111", "", true, "<sip:anonymous@anonymous.invalid>", "party=calling;screen=yes;privacy=full", "id")]
    [Rfc(3325, "9.3")]
    [Rfc(3323, "4.1.1.1")]
    [Threat(27)]
    public void The_caller_is_named_in_the_form_that_the_trunk_reads(
        IdentityForm form, string number, string trunkNumber, bool hidden, string from, string? asserted, string? privacy)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { Identity = form, CallerNumber = trunkNumber });
        Route(trunk);
        var call = Call(
            (hidden ? "Privacy: id\r\n" : "") + "P-Preferred-Identity: <sip:boss@gw.example>\r\nP-Asserted-Identity: <sip:boss@gw.example>\r\nDiversion: <sip:boss@gw.example>\r\n",
            account: CallRig.NewAccount("alice") with { CallerNumber = number });
        var invite = carrier.Take(SipMethod.Invite);
        var text = Encoding.UTF8.GetString(invite.Bytes);
        Assert.Contains(from, Header(invite, HeaderId.From), StringComparison.Ordinal);
        Assert.DoesNotContain("boss", text, StringComparison.Ordinal);
        var identity = Header(invite, form == IdentityForm.RemotePartyId ? HeaderId.RemotePartyId : HeaderId.PAssertedIdentity);
        if (asserted is null) Assert.Equal("", identity);
        else Assert.Contains(asserted, identity, StringComparison.Ordinal);
        Assert.Equal(privacy ?? "", Header(invite, HeaderId.Privacy));
        if (hidden && form == IdentityForm.From) Assert.DoesNotContain("4930111", text, StringComparison.Ordinal);
        GiveUp(call, carrier, invite);
    }

    [Fact]
    public void A_trunk_that_is_never_told_who_calls_hears_of_itself_alone()
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { IsAnonymous = true, CallerNumber = "+4930999", SendsPlus = false });
        Route(trunk);
        var call = Call(account: CallRig.NewAccount("alice") with { CallerNumber = "+4930111" });
        var invite = carrier.Take(SipMethod.Invite);
        Assert.Equal("sip:493012345@192.0.2.51;user=phone", Encoding.UTF8.GetString(invite.UriBytes));
        Assert.Equal("<sip:4930999@192.0.2.51;user=phone>", Header(invite, HeaderId.PAssertedIdentity));
        Assert.Equal("id", Header(invite, HeaderId.Privacy));
        Assert.All(["alice", "Alice", "4930111"], name => Assert.DoesNotContain(name, Encoding.UTF8.GetString(invite.Bytes), StringComparison.Ordinal));
        GiveUp(call, carrier, invite);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [Threat(21)]
    public void A_diversion_passes_between_trusted_trunks_only(bool fromTrusted, bool toTrusted, bool passes)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { TrustsIdentity = toTrusted });
        var (near, pbx) = NewTrunk(trunk => trunk with { TrustsIdentity = fromTrusted });
        Route(trunk);
        Rig.By = _ => new Caller.FromTrunk(near, "+4930555@pbx.example", "Desk");
        var call = pbx.Call("03012345", SdpText.Offer(false, "PCMU"), "Diversion: <sip:+4930777@pbx.example>;reason=no-answer\r\n");
        var invite = carrier.Take(SipMethod.Invite);
        Assert.Equal(passes, Header(invite, HeaderId.Diversion).Length > 0);
        Assert.Contains("\"Desk\" <sip:+4930555@", Header(invite, HeaderId.From), StringComparison.Ordinal);
        GiveUp(call, carrier, invite);
    }

    [Theory]
    [InlineData(401, "WWW-Authenticate", HeaderId.Authorization)]
    [InlineData(407, "Proxy-Authenticate", HeaderId.ProxyAuthorization)]
    [Rfc(3261, "22.2")]
    [Rfc(3261, "22.3")]
    [Threat(23)]
    public void A_challenge_of_the_trunk_is_answered_once(int status, string header, HeaderId answer)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { User = "gw", Password = new SecretText("secret") });
        Route(trunk);
        var call = Call();
        var first = carrier.Take(SipMethod.Invite);
        Assert.Equal("", Header(first, answer));
        carrier.Respond(first, status, tag: "x", headers: $"{header}: Digest realm=\"pbx\", nonce=\"abc\", algorithm=MD5, qop=\"auth\"\r\n");
        Assert.Equal("", Header(carrier.Take(SipMethod.Ack), answer));
        var second = carrier.Take(SipMethod.Invite);
        Assert.Contains("username=\"gw\", realm=\"pbx\", nonce=\"abc\"", Header(second, answer), StringComparison.Ordinal);
        Assert.Equal(first.CSeq + 1, second.CSeq);
        Assert.True(first.CallId.SequenceEqual(second.CallId));
        Assert.True(first.FromTag.SequenceEqual(second.FromTag));
        carrier.Respond(second, status, tag: "y", headers: $"{header}: Digest realm=\"pbx\", nonce=\"def\", algorithm=MD5, qop=\"auth\"\r\n");
        Assert.False(carrier.Has(SipMethod.Invite));
        Assert.Contains("password is wrong", Rig.Services.Trunks.Get(trunk.Id).LastReason, StringComparison.Ordinal);
        call.Expect(480);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    [Threat(23)]
    public void A_challenge_of_a_contact_is_never_answered()
    {
        var alice = Rig.Browser("alice", 1);
        var bob = Rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(true, "PCMU"));
        bob.Respond(bob.Take(SipMethod.Invite), 401, tag: "x", headers: "WWW-Authenticate: Digest realm=\"gw\", nonce=\"abc\"\r\n");
        Assert.False(bob.Has(SipMethod.Invite));
        call.Expect(480);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_trunk_hears_its_codecs_in_its_order()
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { Codecs = ["PCMA", "G729", "pcmu"] });
        Route(trunk);
        var call = Call();
        var invite = carrier.Take(SipMethod.Invite);
        Assert.Equal("PCMA PCMU telephone-event", SdpText.Codecs(SdpText.Body(invite)));
        GiveUp(call, carrier, invite);
    }

    [Fact]
    public void A_trunk_without_a_codec_of_the_caller_is_passed_over()
    {
        var (first, _) = NewTrunk(trunk => trunk with { Codecs = ["G729"] });
        var (second, carrier) = NewTrunk();
        Route(first, second);
        var call = Call();
        GiveUp(call, carrier, carrier.Take(SipMethod.Invite));
    }

    [Theory]
    [InlineData(DtmfForm.Auto, true, true, false)]
    [InlineData(DtmfForm.Auto, false, false, true)]
    [InlineData(DtmfForm.Rfc4733, false, false, false)]
    [InlineData(DtmfForm.Info, true, false, true)]
    [Rfc(4733, "2.5.1.1")]
    public void Digits_take_the_form_of_the_trunk(DtmfForm form, bool carrierHasEvents, bool byRtp, bool byInfo)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { Dtmf = form });
        Route(trunk);
        var call = Call();
        var ring = carrier.Ringing();
        Assert.Equal(form != DtmfForm.Info, SdpText.Codecs(SdpText.Body(ring.Invite!)).Contains("telephone-event", StringComparison.Ordinal));
        ring.Answer(carrierHasEvents ? "PCMU telephone-event" : "PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        call.Send("INFO", "Signal=5\r\nDuration=100\r\n", type: "application/dtmf-relay");
        Assert.Equal(byRtp, Rig.Media.Digits.Count == 1);
        Assert.Equal(byInfo, carrier.Has(SipMethod.Info));
        if (byInfo) carrier.Respond(carrier.Take(SipMethod.Info), 200);
        HangUp(call, carrier);
    }

    private void GiveUp(TestDialog call, TestPeer carrier, SipRequest invite)
    {
        carrier.Respond(invite, 486, tag: "busy");
        call.Expect(486);
        call.AckRefusal();
        Rig.AssertNothingIsLeft();
    }

    private static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";
}
