using Gateway.Server.Calls;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>What the record of a call says of its sides, and what a page sees of them while they talk.</summary>
public class CallRecordTests : InDialogRig
{
    [Fact]
    [Rfc(3326, "2")]
    public void A_record_names_every_side_that_was_tried_with_its_own_times()
    {
        var alice = Rig.Phone("alice", 1);
        var desk = Rig.Phone("bob", 2);
        var soft = Rig.Browser("bob", 3);
        var call = alice.Call("bob", SdpText.Offer(false, "PCMU"));
        Rig.Advance(TimeSpan.FromSeconds(2));
        var busy = desk.Ringing();
        busy.Respond(486, headers: "Reason: Q.850;cause=17\r\n");
        Rig.Advance(TimeSpan.FromSeconds(3));
        var ring = soft.Ringing();
        ring.Answer("PCMU");
        call.Establish();
        Rig.Advance(TimeSpan.FromSeconds(7));
        ring.Send("BYE", headers: "Reason: SIP;cause=200, Q.850;cause=16;text=\"Normal\"\r\n");
        alice.Respond(alice.Take(SipMethod.Bye), 200);

        var record = Assert.Single(Rig.Ended);
        Assert.Equal(("callee", "callee", 16, CallerKind.Account), (record.EndReason, record.EndedBy, record.Q850, record.CallerKind));
        Assert.Equal(7, record.TalkSeconds);
        Assert.Equal(record.StartedAt + TimeSpan.FromSeconds(5), record.AnsweredAt);
        Assert.Equal(record.StartedAt + TimeSpan.FromSeconds(12), record.EndedAt);
        Assert.Equal(["caller", "callee", "callee"], record.Legs.Select(leg => leg.Role));
        Assert.Equal(["udp", "udp", "wss"], record.Legs.Select(leg => leg.Transport));
        Assert.Equal([200, 486, 200], record.Legs.Select(leg => leg.Status));
        Assert.Equal("Whatever", record.Legs[1].Reason);
        Assert.Null(record.Legs[1].AnsweredAt);
        Assert.Equal(record.StartedAt + TimeSpan.FromSeconds(2), record.Legs[1].EndedAt);
        Assert.Equal(record.EndedAt, record.Legs[2].EndedAt);
        Assert.Equal([call.CallId, busy.CallId, ring.CallId], record.Legs.Select(leg => leg.CallId));
        Assert.All(record.Legs, leg => Assert.NotNull(leg.Media));
        Rig.AssertNothingIsLeft();
    }

    [Fact]
    public void What_the_gateway_refuses_it_ended_itself()
    {
        var alice = Rig.Phone("alice", 1);
        alice.Call("missing", SdpText.Offer(false, "PCMU")).Expect(404);
        var record = Assert.Single(Rig.Ended);
        Assert.Equal(("not-found", "gateway", 404), (record.EndReason, record.EndedBy, record.Status));
        Assert.Null(record.TalkSeconds);
        Assert.Equal(404, Assert.Single(record.Legs).Status);
    }

    [Fact]
    public void A_watchdog_is_not_a_side()
    {
        var (call, ring) = Talk();
        Rig.Happens(new MediaEvent.Silent(Leg(0), TimeSpan.FromSeconds(60)));
        call.Peer.Respond(call.Peer.Take(SipMethod.Bye), 200);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        var record = Assert.Single(Rig.Ended);
        Assert.Equal(("silence", "gateway"), (record.EndReason, record.EndedBy));
    }

    [Fact]
    public void The_start_that_is_committed_has_the_sides_of_that_moment()
    {
        Talk();
        var start = Assert.Single(Rig.Started);
        Assert.Equal(["caller", "callee"], start.Legs.Select(leg => leg.Role));
        Assert.Null(start.EndedAt);
    }

    [Fact]
    public void Details_wait_for_the_figures_and_ask_at_most_once_a_second()
    {
        var (call, ring) = Talk();
        CallSnapshot? seen = null;
        var id = Rig.Changes[^1].Id;
        Rig.Calls.Describe(id, snapshot => seen = snapshot, Rig.Now);
        Assert.Null(seen);
        Rig.Pump();
        Assert.Equal(["caller", "callee"], seen!.Legs.Select(leg => leg.Role));
        Assert.All(seen.Legs, leg => Assert.Equal(("connected", "ready", "PCMU"), (leg.State, leg.MediaState, leg.Codec)));
        Assert.Equal([1, 2], seen.Legs.Select(leg => leg.Media!.PacketsReceived));

        seen = null;
        Rig.Calls.Describe(id, snapshot => seen = snapshot, Rig.Now);
        Assert.NotNull(seen);
        Assert.Equal(2, Rig.Media.Asked);
        Rig.Advance(TimeSpan.FromSeconds(1.1));
        Rig.Calls.Describe(id, snapshot => seen = snapshot, Rig.Now);
        Assert.Equal(4, Rig.Media.Asked);
        Rig.Pump();
        HangUp(call, ring);
    }

    [Fact]
    public void Details_come_without_figures_when_the_media_plane_does_not_answer_or_the_call_ends()
    {
        Rig.Media.Reports = false;
        var (call, ring) = Talk();
        var id = Rig.Changes[^1].Id;
        CallSnapshot? seen = null;
        Rig.Calls.Describe(id, snapshot => seen = snapshot, Rig.Now);
        Rig.Advance(TimeSpan.FromSeconds(0.6));
        Assert.Null(Assert.Single(seen!.Legs, leg => leg.Role == "caller").Media);
        Rig.Advance(TimeSpan.FromSeconds(1));
        seen = null;
        Rig.Calls.Describe(id, snapshot => seen = snapshot, Rig.Now);
        call.Send("BYE");
        Assert.Equal("ended", seen!.State);
        ring.Peer.Respond(ring.Peer.Take(SipMethod.Bye), 200);
        Rig.Advance(TimeSpan.FromSeconds(2));
        var asked = false;
        Rig.Calls.Describe(id, snapshot => asked = snapshot is null, Rig.Now);
        Assert.True(asked);
        Rig.AssertNothingIsLeft();
    }
}
