using System.Text;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Who is told who calls (RFC 3323, 3325): what the caller wishes, and what nobody but a trusted trunk may assert.</summary>
public class PrivacyTests : TrunkRig
{
    [Theory]
    [InlineData("id", true)]
    [InlineData("user;id", true)]
    [InlineData("header;session;user;critical", true)]
    [InlineData("user , id", true)]
    [InlineData("header", false)]
    [InlineData("session;critical", false)]
    [InlineData("history", false)]
    [InlineData("none", false)]
    [InlineData("nonsense", false)]
    [Row(50), Rfc(3323, "4.2"), Rfc(3323, "5.3"), Rfc(3325, "9.3")]
    public void What_the_caller_wants_kept_is_kept_from_a_phone(string privacy, bool isHidden)
    {
        var alice = Rig.Phone("alice", 1);
        var bob = Rig.Phone("bob", 2);
        alice.Call("bob", SdpText.Offer(false, "PCMU"), $"Privacy: {privacy}\r\nSubject: alice here\r\nOrganization: Alice and Sons\r\nCall-Info: <http://alice.example/me>\r\nReply-To: <sip:alice@gw.example>\r\nP-Asserted-Identity: <sip:alice@gw.example>\r\n");
        var text = Encoding.UTF8.GetString(bob.Take(SipMethod.Invite).Bytes);
        // Header and session privacy are what a back-to-back user agent gives to every call.
        Assert.DoesNotContain("192.0.2.1", text.Replace("203.0.113.1", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("Organization", text, StringComparison.Ordinal);
        Assert.DoesNotContain("P-Asserted-Identity", text, StringComparison.Ordinal);
        if (isHidden)
        {
            Assert.DoesNotContain("alice", text, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("From: \"Anonymous\" <sip:anonymous@anonymous.invalid>", text, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains("<sip:alice@gw.example>", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Row(50), Rfc(3323, "5")]
    public void A_privacy_that_is_critical_and_unknown_fails_the_call_and_is_named()
    {
        var alice = Rig.Phone("alice", 1);
        var bob = Rig.Phone("bob", 2);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"), "Privacy: id;teleport;critical\r\n");
        Assert.Equal("No Such Privacy teleport", Encoding.UTF8.GetString(call.Expect(500).ReasonPhrase));
        call.AckRefusal();
        Assert.False(bob.Has(SipMethod.Invite));
        Rig.AssertNothingIsLeft();
    }

    /// <summary>Spellings by which an identity was smuggled past filters that looked for a name (Kamailio CVE-2020-28361).</summary>
    [Theory]
    [InlineData("P-Asserted-Identity : <sip:boss@gw.example>")]
    [InlineData("P-Asserted-Identity\t: <sip:boss@gw.example>")]
    [InlineData("p-asserted-identity: <sip:boss@gw.example>")]
    [InlineData("P-ASSERTED-IDENTITY: tel:+4930boss")]
    [InlineData("P-Asserted-Identity:\r\n <sip:boss@gw.example>")]
    [InlineData("P-Preferred-Identity : \"boss\" <sip:x@gw.example>")]
    [InlineData("P-Asserted-Identity: <sip:a@gw.example>, <tel:+49boss>")]
    [InlineData("Remote-Party-ID : <sip:boss@gw.example>;party=calling")]
    [InlineData("Diversion : <sip:boss@gw.example>")]
    [InlineData("Identity: boss;info=<https://boss.example>")]
    [InlineData("X-Internal-Caller : boss")]
    [Row(50), Rfc(3325, "9.1"), Threat(21), Threat(27)]
    public void What_somebody_asserts_of_itself_arrives_nowhere_however_it_is_spelt(string header)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { TrustsIdentity = true });
        Rig.Plan = dialled => dialled == "bob" ? Rig.PlanForUser("bob") : new RoutePlan.ToTrunks("+493012345", [trunk]);
        var bob = Rig.Phone("bob", 2);
        var alice = Rig.Phone("alice", 1);
        alice.Call("bob", SdpText.Offer(false, "PCMU"), header + "\r\n");
        alice.Call("03012345", SdpText.Offer(false, "PCMU"), header + "\r\n");
        Assert.All([bob, carrier], peer => Assert.DoesNotContain("boss", Encoding.UTF8.GetString(peer.Take(SipMethod.Invite).Bytes), StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(true, "+4930777")]
    [InlineData(false, "+4930555")]
    [Row(50), Rfc(3325, "5"), Threat(27)]
    public void Only_a_trusted_trunk_says_who_calls(bool isTrusted, string heard)
    {
        var (trunk, _) = NewTrunk(trunk => trunk with { TrustsIdentity = isTrusted });
        var invite = $"INVITE sip:bob@gw.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.51;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:+4930555@192.0.2.51>;tag=1\r\nTo: <sip:bob@gw.example>\r\n" +
            "Call-ID: c\r\nCSeq: 1 INVITE\r\nP-Asserted-Identity: <sip:+4930777@192.0.2.51>\r\nContent-Length: 0\r\n\r\n";
        Assert.True(new SipParser().TryParse(Encoding.UTF8.GetBytes(invite), stream: false, out var message, out _));
        Assert.StartsWith(heard, TrunkInbound.CallerOf(new TrunkMatch(trunk, null, "bob"), (SipRequest)message!).Aor, StringComparison.Ordinal);
        message!.Return();
    }
}
