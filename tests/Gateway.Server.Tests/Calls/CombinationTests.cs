using System.Globalization;
using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>
/// Reliable ringing, UPDATE, session timers, late offers, early media, forks, hold and transfer with each other, on either side of
/// the call: one record, every port freed, both sides in the same state, nothing left. Each row of the table is one combination.
/// </summary>
public class CombinationTests : TransferRig
{
    /// <summary>What a combination is made of; every subset is a row.</summary>
    [Flags]
    public enum Uses
    {
        Nothing = 0,
        /// <summary>The ringing is reliable (RFC 3262).</summary>
        Prack = 1,
        /// <summary>A session timer of 90 s runs, and the call lasts for two of its refreshes (RFC 4028).</summary>
        Timer = 2,
        /// <summary>The INVITE has no offer (RFC 3261 §13.2.1).</summary>
        LateOffer = 4,
        /// <summary>A description comes before the answer (RFC 3960).</summary>
        EarlyMedia = 8,
        /// <summary>A second contact rings too and loses.</summary>
        Fork = 16,
        /// <summary>One side holds and takes back, by UPDATE where <see cref="Prack"/> is on, else by re-INVITE.</summary>
        Hold = 32,
        /// <summary>One side hands the other on.</summary>
        Transfer = 64,
    }

    private TestDialog? _other;

    public static TheoryData<Uses, bool> Rows()
    {
        var rows = new TheoryData<Uses, bool>();
        for (var uses = 0; uses < 128; uses++)
        {
            rows.Add((Uses)uses, false);
            rows.Add((Uses)uses, true);
        }
        return rows;
    }

    /// <param name="byCallee">Hold, transfer and hang-up come from the called side.</param>
    [Theory, MemberData(nameof(Rows))]
    [Row(14), Row(15), Row(7), Row(75), Row(73), Row(17), Rfc(3262, "5"), Rfc(3311, "5.1"), Rfc(4028, "7.4"), Rfc(3264, "8"), Threat(36), Threat(37), Threat(38)]
    public void Every_combination_ends_as_it_began(Uses uses, bool byCallee)
    {
        People(bobIsBrowser: false);
        var other = uses.HasFlag(Uses.Fork) ? Rig.Register(Rig.Phone("bob", 8)) : null;
        var headers = "Allow: INVITE, ACK, BYE, UPDATE, PRACK\r\n"
            + (uses.HasFlag(Uses.Prack) ? "Require: 100rel\r\n" : "")
            + (uses.HasFlag(Uses.Timer) ? "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n" : "");
        var late = uses.HasFlag(Uses.LateOffer);
        var call = Alice.Call("bob", late ? null : SdpText.Offer(false, "PCMU"), headers);
        var ring = Bob.Ringing();
        Ring(uses, call, ring, other);
        ring.Answer("PCMU");
        Bob.Take(SipMethod.Ack);
        Establish(uses, call);
        if (other is not null)
        {
            other.Respond(other.Take(SipMethod.Cancel), 200);
            _other!.Respond(487);
        }
        AssertTalks("alice@gw.example", "bob@gw.example");

        var (by, far) = byCallee ? (ring, call) : (call, ring);
        if (uses.HasFlag(Uses.Timer)) LastFor(TimeSpan.FromSeconds(100));
        if (uses.HasFlag(Uses.Hold)) HoldAndBack(uses, by, far);
        AssertTalks("alice@gw.example", "bob@gw.example");

        if (uses.HasFlag(Uses.Transfer)) by = HandOn(by, far);
        if (uses.HasFlag(Uses.Timer)) LastFor(TimeSpan.FromSeconds(100));
        AssertTalks(uses.HasFlag(Uses.Transfer) ? ["carol@gw.example", $"{far.Peer.User}@gw.example"] : ["alice@gw.example", "bob@gw.example"]);

        Clear();
        by.Send("BYE");
        by.Peer.Take(200);
        foreach (var peer in new[] { Alice, Bob, Carol })
        {
            if (peer.Has(SipMethod.Bye)) peer.Respond(peer.Take(SipMethod.Bye), 200);
        }
        var record = Assert.Single(Rig.Ended);
        Assert.Contains(record.EndReason, new[] { "caller", "callee" });
        Rig.AssertNothingIsLeft();
    }

    private void Ring(Uses uses, TestDialog call, TestDialog ring, TestPeer? other)
    {
        _other = other?.Ringing();
        _other?.Respond(180);
        var hasMedia = uses.HasFlag(Uses.EarlyMedia);
        ring.Respond(hasMedia ? 183 : 180, hasMedia ? SdpText.Answer(ring.Invite!, false, "PCMU") : null);
        Assert.Equal(uses.HasFlag(Uses.Prack), call.Peer.Inbox.OfType<SipResponse>().Any(response => response.Has(HeaderId.RSeq)));
        if (!uses.HasFlag(Uses.Prack)) return;
        // One reliable response at a time; the first one without an offer in the INVITE has ours.
        for (var rounds = 0; rounds < 4 && call.Peer.Inbox.OfType<SipResponse>().FirstOrDefault(response => response.Has(HeaderId.RSeq)) is { } reliable; rounds++)
        {
            call.Expect(reliable.StatusCode);
            reliable.TryGet(HeaderId.RSeq, out var number);
            var answer = uses.HasFlag(Uses.LateOffer) && !reliable.Body.IsEmpty ? SdpText.Answer(reliable, false, "PCMU") : null;
            call.Send("PRACK", answer, string.Create(CultureInfo.InvariantCulture, $"RAck: {Encoding.ASCII.GetString(number)} {call.InviteSequence} INVITE\r\n"));
            call.Expect(200);
        }
        // What sounds before the answer is heard, whoever made the offer.
        Assert.Equal(hasMedia ? 2 : 0, Rig.Media.Peers.Count);
    }

    private static void Establish(Uses uses, TestDialog call)
    {
        var ok = call.Expect(200);
        call.Ack(uses.HasFlag(Uses.LateOffer) && !ok.Body.IsEmpty ? SdpText.Answer(ok, false, "PCMU") : null);
    }

    private void HoldAndBack(Uses uses, TestDialog by, TestDialog far)
    {
        foreach (var direction in new[] { "sendonly", "sendrecv" })
        {
            Clear();
            var offer = SdpText.Offer(false, "PCMU", direction: direction, version: direction == "sendonly" ? 2 : 3);
            if (uses.HasFlag(Uses.Prack))
            {
                by.Send("UPDATE", offer);
                by.Expect(200);
            }
            else
            {
                by.Send("INVITE", offer);
                by.Establish();
            }
            // The other side follows, whatever it is asked by.
            var told = far.Peer.Take(SipMethod.Invite);
            Assert.Equal(direction == "sendonly" ? "sendonly" : "sendrecv", SdpText.Direction(SdpText.Body(told)));
            far.Peer.Respond(told, 200, SdpText.Answer(told, false, "PCMU", direction == "sendonly" ? "recvonly" : "sendrecv"));
            far.Peer.Take(SipMethod.Ack);
        }
    }

    /// <returns>The dialog of the target.</returns>
    private TestDialog HandOn(TestDialog by, TestDialog far)
    {
        Clear();
        Refer(by, "<sip:carol@gw.example>");
        by.Peer.Take(202);
        Notified(by.Peer, "active");
        var third = Carol.Ringing();
        third.Answer("PCMU");
        Carol.Take(SipMethod.Ack);
        Notified(by.Peer, "terminated");
        by.Peer.Respond(by.Peer.Take(SipMethod.Bye), 200);
        Assert.False(far.Peer.Has(SipMethod.Bye));
        return third;
    }

    /// <summary>Time passes; refreshes are answered by whoever is asked.</summary>
    private void LastFor(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(5))
        {
            Rig.Advance(TimeSpan.FromSeconds(5));
            foreach (var peer in new[] { Alice, Bob, Carol })
            {
                if (peer.Has(SipMethod.Update)) peer.Respond(peer.Take(SipMethod.Update), 200, headers: "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n");
            }
        }
        Assert.Equal(1, Rig.Calls.Count);
    }

    private void AssertTalks(params string[] parties)
    {
        var call = Rig.Changes[^1];
        Assert.Equal("connected", call.State);
        Assert.Equal(parties.Order(StringComparer.Ordinal), call.Legs.Select(leg => leg.Party).Order(StringComparer.Ordinal));
        Assert.Equal(2, Rig.Media.Peers.Count);
        Assert.Empty(Rig.Faults);
    }

    private void Clear()
    {
        foreach (var peer in new[] { Alice, Bob, Carol }) peer.Inbox.Clear();
    }
}
