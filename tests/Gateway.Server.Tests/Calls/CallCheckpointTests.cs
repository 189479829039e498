using System.Text;
using Gateway.Server.Calls;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Calls;

/// <summary>What is stored of a call: the same after a round trip, and refused where it is not ours.</summary>
public sealed class CallCheckpointTests
{
    private readonly FakeCallStore _store = new();
    private readonly CallRig _rig;

    public CallCheckpointTests() => _rig = new CallRig(running: _store);

    private CallCheckpoint Take(bool browsers)
    {
        var alice = _rig.Register(browsers ? _rig.Browser("alice", 1) : _rig.Phone("alice", 1));
        var bob = _rig.Register(browsers ? _rig.Browser("bob", 2) : _rig.Phone("bob", 2));
        var call = alice.Call("bob", SdpText.Offer(browsers, "opus PCMU telephone-event"), "Supported: timer\r\nSession-Expires: 1800;refresher=uas\r\n");
        bob.Ringing().Answer("PCMU telephone-event");
        bob.Take(SipMethod.Ack);
        call.Establish();
        _rig.Advance(TimeSpan.FromSeconds(1));
        return Assert.Single(_store.Read()).Checkpoint;
    }

    [Theory, Row(38)]
    [InlineData(false)]
    [InlineData(true)]
    public void A_checkpoint_is_the_same_after_a_round_trip(bool browsers)
    {
        var taken = Take(browsers);

        Assert.True(CallCheckpoint.TryRead(taken.ToBytes(), out var read));

        Assert.Equal(taken.ToBytes(), read!.ToBytes());
        Assert.Equal((true, true, "alice@gw.example"), (read.IsAnswered, read.Caller!.IsInbound, read.Caller.Aor));
        Assert.Equal((browsers ? 1L : 0L, 1800u), (read.Caller.Connection, read.Caller.Session!.Seconds));
        Assert.Equal(["PCMU"], read.Callee!.Media.Negotiation.Codecs.Select(codec => codec.Codec.Name));
        Assert.False(read.Callee.IsInbound);
    }

    [Fact, Row(38)]
    public void What_another_version_wrote_and_what_is_damaged_is_refused()
    {
        var text = Encoding.UTF8.GetString(Take(browsers: false).ToBytes());

        Assert.False(CallCheckpoint.TryRead(Encoding.UTF8.GetBytes(text.Replace("\"version\":1,\"record\"", "\"version\":2,\"record\"", StringComparison.Ordinal)), out _));
        Assert.False(CallCheckpoint.TryRead(Encoding.UTF8.GetBytes(text[..(text.Length / 2)]), out _));
        Assert.False(CallCheckpoint.TryRead("{}"u8, out _));
        Assert.False(CallCheckpoint.TryRead("null"u8, out _));
        Assert.True(CallCheckpoint.TryRead(Encoding.UTF8.GetBytes("{\"later\":1," + text[1..]), out _));
    }
}
