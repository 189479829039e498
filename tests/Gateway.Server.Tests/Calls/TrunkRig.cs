using System.Net;
using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Tests.Calls;

/// <summary>A browser that calls a number, and the trunks that it may leave by.</summary>
public abstract class TrunkRig
{
    private int _trunks;

    internal CallRig Rig { get; } = new();

    /// <summary>A trunk at 192.0.2.(50 + n), and the peer that stands there.</summary>
    internal (Trunk Trunk, TestPeer Peer) NewTrunk(Func<Trunk, Trunk>? change = null)
    {
        var host = 50 + ++_trunks;
        var trunk = new Trunk
        {
            Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = $"t{_trunks}", Host = $"192.0.2.{host}", Reliable = ReliableProvisional.Off,
        };
        return (change?.Invoke(trunk) ?? trunk, Rig.Phone($"trunk{_trunks}", host));
    }

    /// <summary>Another address of a trunk: the peer that stands there, and the hop to it.</summary>
    internal (TestPeer Peer, NextHop Hop) Hop(string name, int host, SipTransport transport = SipTransport.Udp)
    {
        var hop = new NextHop(transport, new IPEndPoint(new IPAddress([192, 0, 2, (byte)host]), 5060), name);
        var peer = Rig.Add(new TestPeer(Rig, $"{name}{host}", Rig.Ways.Open(hop)));
        Rig.Ways.Opened.Clear();
        return (peer, hop);
    }

    /// <summary>Every number leads to these trunks, in this order.</summary>
    internal void Route(params Trunk[] trunks) => Rig.Plan = _ => new RoutePlan.ToTrunks("+493012345", [.. trunks]);

    internal TestDialog Call(string headers = "", string codecs = "opus PCMU PCMA telephone-event", Account? account = null)
    {
        var alice = Rig.Browser("alice", 1);
        if (account is not null) Rig.By = _ => new Caller.FromAccount(account, $"alice@{CallRig.Realm}", "Alice");
        return alice.Call("03012345", SdpText.Offer(true, codecs), headers);
    }

    internal void HangUp(TestDialog call, TestPeer trunk)
    {
        call.Peer.Inbox.Clear();
        call.Send("BYE");
        call.Peer.Take(200);
        trunk.Respond(trunk.Take(SipMethod.Bye), 200);
        Rig.AssertNothingIsLeft();
    }
}
