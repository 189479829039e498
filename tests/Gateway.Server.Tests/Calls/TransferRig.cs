using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Tests.Calls;

/// <summary>Alice, bob and carol with accounts of their own; alice and bob talk, and someone hands the other one on.</summary>
public abstract class TransferRig(int loops = 1)
{
    /// <summary>With as many, the people of these tests have a loop each.</summary>
    protected const int LoopEach = 4;

    internal CallRig Rig { get; } = new(loops: loops);

    internal TestPeer Alice { get; private set; } = null!;

    internal TestPeer Bob { get; private set; } = null!;

    internal TestPeer Carol { get; private set; } = null!;

    internal void People(bool aliceIsBrowser = false, bool bobIsBrowser = true, bool carolIsBrowser = false)
    {
        Alice = Rig.Register(aliceIsBrowser ? Rig.Browser("alice", 1) : Rig.Phone("alice", 1));
        Bob = Rig.Register(bobIsBrowser ? Rig.Browser("bob", 2) : Rig.Phone("bob", 2));
        Carol = Rig.Register(carolIsBrowser ? Rig.Browser("carol", 3) : Rig.Phone("carol", 3));
    }

    /// <summary>All numbers leave by a trunk; the peer that stands there.</summary>
    internal TestPeer Carrier()
    {
        var trunk = new Trunk { Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "carrier", Host = "192.0.2.60", Group = "out", Reliable = ReliableProvisional.Off };
        Rig.Services.Configuration.Set(trunk);
        Rig.Services.Configuration.Set(NumberPlan.Default with { CountryCode = "49" });
        Rig.Services.Configuration.Set(new DialRule
        {
            Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "all", Pattern = "+", To = new Destination.ToTrunkGroup("out"),
        });
        return Rig.Phone("carrier", 60);
    }

    /// <summary>A call that is answered; both inboxes are empty.</summary>
    internal static (TestDialog Call, TestDialog Ring) Talk(TestPeer from, TestPeer to)
    {
        var call = from.Call(to.User, SdpText.Offer(from.IsBrowser, "PCMU PCMA"));
        var ring = to.Ringing();
        ring.Answer("PCMU");
        to.Take(SipMethod.Ack);
        call.Establish();
        from.Inbox.Clear();
        return (call, ring);
    }

    internal static void Refer(TestDialog by, string target, string headers = "") => by.Send("REFER", headers: $"Refer-To: {target}\r\n{headers}");

    /// <summary>Takes a NOTIFY and answers it.</summary>
    internal static string Notified(TestPeer peer, string state, int answer = 200)
    {
        var notify = peer.Take(SipMethod.Notify);
        Assert.True(notify.TryGet(HeaderId.SubscriptionState, out var said));
        Assert.StartsWith(state, Encoding.UTF8.GetString(said), StringComparison.Ordinal);
        Assert.True(notify.TryGet(HeaderId.ContentType, out var type));
        Assert.StartsWith("message/sipfrag", Encoding.UTF8.GetString(type), StringComparison.Ordinal);
        peer.Respond(notify, answer);
        return SdpText.Body(notify).TrimEnd();
    }

    internal LegId Leg(int index) => Rig.Media.Order.Where(Rig.Media.Open.Contains).ElementAt(index);

    /// <summary>The leg that was opened as the nth, from 1.</summary>
    internal LegId Nth(long number) => Rig.Media.Order[(int)number - 1];

    /// <summary>The legs whose packets pass to each other, by the order in which they were opened, from 1.</summary>
    internal string Joined() => string.Join(' ', Rig.Media.Peers
        .Select(pair => (From: Rig.Media.Order.IndexOf(pair.Key) + 1, To: Rig.Media.Order.IndexOf(pair.Value) + 1)).Where(pair => pair.From < pair.To).Select(pair => $"{pair.From}-{pair.To}").Order());
}
