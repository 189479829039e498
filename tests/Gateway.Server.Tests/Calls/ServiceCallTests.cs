using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Calls to the services inside: one leg, answered by the gateway itself.</summary>
public class ServiceCallTests
{
    [Theory]
    [InlineData("echo", MediaService.Echo)]
    [InlineData("tone", MediaService.Tone)]
    [Rfc(3261, "13.3.1.4")]
    public void A_phone_hears_a_service(string number, MediaService service)
    {
        var rig = new CallRig();
        var alice = rig.Phone("alice", 1);
        var call = alice.Call(number, SdpText.Offer(false, "PCMU PCMA telephone-event"));
        Assert.Equal(100, alice.Take(100).StatusCode);
        var ok = call.Expect(200);
        Assert.Equal("PCMU PCMA telephone-event", SdpText.Codecs(SdpText.Body(ok)));
        call.Ack();
        Assert.Equal(service, Assert.Single(rig.Media.Services).Value);
        Assert.Equal("connected", rig.Changes[^1].State);

        call.Send("BYE");
        alice.Take(200);
        Assert.Empty(rig.Media.Open);
        // The pages are told of the end, and again when the record can be read.
        Assert.True(rig.Changes.Count(change => change.State == "ended") >= 2);
        var record = Assert.Single(rig.Ended);
        Assert.Equal(("caller", 200, $"alice@{CallRig.Realm}"), (record.EndReason, record.Status, record.Caller));
        Assert.NotNull(record.AnsweredAt);
        Assert.NotNull(record.CallerMedia);
        rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_browser_hears_the_echo_over_ice_and_dtls()
    {
        var rig = new CallRig();
        var alice = rig.Browser("alice", 7);
        var call = alice.Call("echo", SdpText.Offer(true, "opus PCMU telephone-event"));
        var sdp = SdpText.Body(call.Establish());
        Assert.Contains("UDP/TLS/RTP/SAVPF", sdp, StringComparison.Ordinal);
        Assert.Contains("a=ice-lite", sdp, StringComparison.Ordinal);
        var remote = Assert.Single(rig.Media.Configured).Value.WebRtc;
        Assert.Equal(("peerU", SdpText.Fingerprint), (remote!.IceUfrag, remote.Fingerprints[0]));
        call.Send("BYE");
        rig.AssertNothingIsLeft();
    }

    [Fact]
    public void The_200_waits_for_the_start_of_the_record()
    {
        var rig = new CallRig { CommitsAtOnce = false };
        var alice = rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"));
        Assert.False(alice.Has(200));
        Assert.NotNull(Assert.Single(rig.Started).AnsweredAt);
        rig.CommitStarts();
        call.Establish();
        call.Send("BYE");
        rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_store_that_does_not_answer_does_not_stop_the_call()
    {
        var rig = new CallRig { CommitsAtOnce = false };
        var alice = rig.Phone("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(false, "PCMU"));
        rig.Advance(TimeSpan.FromSeconds(3));
        call.Establish();
        rig.CommitStarts(false);
        call.Send("BYE");
        Assert.Single(rig.Ended);
        rig.AssertNothingIsLeft();
    }

    [Fact]
    [Row(32)]
    [Rfc(3261, "13.3.1.4")]
    public void The_200_is_sent_again_until_its_ACK_and_the_call_ends_after_64_T1()
    {
        var rig = new CallRig();
        var alice = rig.Browser("alice", 1);
        var call = alice.Call("echo", SdpText.Offer(true, "opus"));
        call.Expect(200);
        var sent = new List<double>();
        for (var step = 1; step <= 320; step++)
        {
            rig.Advance(TimeSpan.FromMilliseconds(100));
            if (!alice.Has(200)) continue;
            alice.Take(200);
            sent.Add(rig.Now.TotalSeconds);
        }
        Assert.Equal([0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5], sent);
        // The dialog is confirmed: it ends by BYE.
        alice.Respond(alice.Take(SipMethod.Bye), 200);
        Assert.Equal("no-ack", Assert.Single(rig.Ended).EndReason);
        rig.AssertNothingIsLeft();
    }

    [Fact]
    [Rfc(3261, "13.2.1")]
    [Row(7)]
    public void An_INVITE_without_an_offer_gets_one_in_the_200()
    {
        var rig = new CallRig();
        var alice = rig.Phone("alice", 1);
        var call = alice.Call("tone", null);
        var ok = call.Expect(200);
        Assert.Equal("PCMU PCMA telephone-event", SdpText.Codecs(SdpText.Body(ok)));
        call.Ack(SdpText.Answer(ok, false, "PCMA"));
        Assert.Equal("PCMA", Assert.Single(rig.Media.Configured).Value.Codecs[0].Codec.Name);
        call.Send("BYE");
        rig.AssertNothingIsLeft();
    }

    [Fact]
    public void A_bad_answer_in_the_ACK_ends_the_call()
    {
        var rig = new CallRig();
        var alice = rig.Phone("alice", 1);
        var call = alice.Call("tone", null);
        call.Expect(200);
        call.Ack("v=0\r\nnonsense");
        alice.Respond(alice.Take(SipMethod.Bye), 200);
        rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("GSM", 488)]
    [InlineData("opus", 488)]
    public void A_tone_that_cannot_be_heard_is_488_with_a_warning(string codecs, int status)
    {
        var rig = new CallRig();
        var alice = rig.Phone("alice", 1);
        var call = alice.Call("tone", SdpText.Offer(false, codecs));
        var refused = call.Expect(status);
        Assert.True(refused.TryGet(HeaderId.Warning, out var warning));
        Assert.StartsWith("305 203.0.113.1:5060", System.Text.Encoding.UTF8.GetString(warning), StringComparison.Ordinal);
        call.AckRefusal();
        Assert.Equal("not-acceptable", Assert.Single(rig.Ended).EndReason);
        rig.AssertNothingIsLeft();
    }
}
