using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>What is heard before the answer: several 18x of several contacts, in every order, and what a trusted network says of it (RFC 5009).</summary>
public class EarlyMediaTests : TrunkRig
{
    /// <summary>All orders of four provisional responses of two contacts; * stands for one with a description.</summary>
    public static TheoryData<string> Orders()
    {
        var data = new TheoryData<string>();
        foreach (var order in Permutations(["A180", "A183*", "B181", "B183*"])) data.Add(string.Join(' ', order));
        foreach (var order in Permutations(["A182", "A180*", "B180"])) data.Add(string.Join(' ', order));
        foreach (var order in Permutations(["A183", "A180", "A183*"])) data.Add(string.Join(' ', order));
        return data;
    }

    [Theory, MemberData(nameof(Orders))]
    [Row(21), Row(22), Row(2), Rfc(3960, "3.1"), Rfc(3261, "13.2.2.4")]
    public void In_whatever_order_contacts_tell_the_caller_hears_one_description_and_one_ringing(string order)
    {
        var alice = Rig.Phone("alice", 1);
        var bobs = new[] { Rig.Phone("bob", 2), Rig.Phone("bob", 3) };
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        var rings = bobs.Select(bob => bob.Ringing()).ToArray();
        foreach (var told in order.Split(' '))
        {
            var ring = rings[told[0] - 'A'];
            ring.Respond(int.Parse(told.AsSpan(1, 3), System.Globalization.CultureInfo.InvariantCulture), told.EndsWith('*') ? SdpText.Answer(ring.Invite!, false, "PCMU") : null);
        }
        var heard = alice.Inbox.OfType<SipResponse>().Where(response => response.StatusCode is > 100 and < 200).ToList();
        Assert.Single(heard, response => !response.Body.IsEmpty);
        Assert.True(heard.Count(response => response.StatusCode == 180) <= 2);
        Assert.All([181, 182], status => Assert.Equal(order.Contains($"{status}", StringComparison.Ordinal) ? 1 : 0, heard.Count(response => response.StatusCode == status)));
        Assert.Single(heard.Select(response => Encoding.ASCII.GetString(response.ToTag)).Distinct());
        // Whose description came first is heard, until one answers.
        Assert.Equal(2, Rig.Media.Peers.Count);

        rings[1].Answer("PCMU");
        bobs[0].Take(SipMethod.Cancel);
        rings[0].Respond(487);
        call.Establish();
        Assert.Equal(2, Rig.Media.Peers.Count);
        call.Send("BYE");
        bobs[1].Respond(bobs[1].Take(SipMethod.Bye), 200);
        Assert.Single(Rig.Ended);
        Rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("sendrecv", true)]
    [InlineData("sendonly", true)]
    [InlineData("gated, sendrecv", true)]
    [InlineData("recvonly", false)]
    [InlineData("inactive, sendrecv", false)]
    [InlineData("nonsense", true)]
    [Row(21), Rfc(5009, "8")]
    public void A_trusted_trunk_says_whether_its_early_media_may_be_heard(string wish, bool isHeard)
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { TrustsIdentity = true });
        Route(trunk);
        var call = Call();
        var ring = carrier.Ringing();
        Assert.Equal("supported", Header(ring.Invite!, HeaderId.PEarlyMedia));
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"), $"P-Early-Media: {wish}\r\n");
        Assert.Equal(isHeard, call.Peer.Has(183));
        Assert.Equal(isHeard ? 2 : 0, Rig.Media.Peers.Count);
        ring.Respond(180);
        call.Expect(180);
        ring.Answer("PCMU");
        carrier.Take(SipMethod.Ack);
        call.Establish();
        // §8: the 200 lets everything through.
        Assert.Equal(2, Rig.Media.Peers.Count);
        HangUp(call, carrier);
    }

    [Fact]
    [Row(21), Rfc(5009, "8"), Rfc(5009, "8.1")]
    public void The_gate_closes_and_opens_again_while_it_rings()
    {
        var (trunk, carrier) = NewTrunk(trunk => trunk with { TrustsIdentity = true });
        Route(trunk);
        var call = Call();
        var ring = carrier.Ringing();
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"), "P-Early-Media: sendrecv\r\n");
        call.Expect(183);
        Assert.Equal(2, Rig.Media.Peers.Count);
        ring.Respond(180, null, "P-Early-Media: inactive\r\n");
        call.Expect(180);
        Assert.Equal(MediaService.Ringback, Assert.Single(Rig.Media.Services).Value);
        // What is not said anew stands.
        ring.Respond(183);
        Assert.Single(Rig.Media.Services);
        ring.Respond(183, null, "P-Early-Media: sendrecv\r\n");
        Assert.Equal(2, Rig.Media.Peers.Count);
        ring.Answer("PCMU");
        call.Establish();
        HangUp(call, carrier);
    }

    [Fact]
    [Rfc(5009, "10"), Threat(21)]
    public void Who_is_not_trusted_is_not_asked_and_has_no_say()
    {
        var (trunk, carrier) = NewTrunk();
        Route(trunk);
        var call = Call("P-Early-Media: supported\r\n");
        var ring = carrier.Ringing();
        Assert.Equal("", Header(ring.Invite!, HeaderId.PEarlyMedia));
        ring.Respond(183, SdpText.Answer(ring.Invite!, false, "PCMU"), "P-Early-Media: inactive\r\n");
        Assert.Equal("", Header(call.Expect(183), HeaderId.PEarlyMedia));
        Assert.Equal(2, Rig.Media.Peers.Count);
    }

    private static string Header(SipMessage message, HeaderId id) => message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : "";

    private static IEnumerable<string[]> Permutations(string[] items) => items.Length == 1
        ? [items]
        : items.SelectMany((item, at) => Permutations([.. items[..at], .. items[(at + 1)..]]).Select(rest => (string[])[item, .. rest]));
}
