using System.Net;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Tests.Calls;

/// <summary>The ways out of a played loop: names with their hops, and connections that stand at once.</summary>
internal sealed class FakeWays : INextHops, IConnector
{
    /// <summary>By host; a name that is not here is not known.</summary>
    public Dictionary<string, NextHop[]> Names { get; } = [];

    /// <summary>Every question, in order.</summary>
    public List<NextHopQuery> Asked { get; } = [];

    /// <summary>Every hop that a flow was opened to, in order.</summary>
    public List<NextHop> Opened { get; } = [];

    public void Find(NextHopQuery query, ILoopScheduler loop, Action<NextHops> done)
    {
        Asked.Add(query);
        var found = Names.TryGetValue(query.Host, out var hops)
            ? new NextHops([.. hops])
            : IPAddress.TryParse(query.Host, out var address)
                ? new NextHops([new NextHop(query.Transport ?? SipTransport.Udp, new IPEndPoint(address, query.Port == 0 ? 5060 : query.Port), query.Host)])
                : new NextHops([], "no such name");
        loop.Post(() => done(found));
    }

    /// <summary>What was said of hops, in order: address failed, address failed 20 s, address answered.</summary>
    public List<string> Told { get; } = [];

    public void Failed(NextHop hop, TimeSpan? retryAfter = null) => Told.Add($"{hop.Remote} failed{(retryAfter is { } held ? $" {held.TotalSeconds} s" : "")}");

    public void Answered(NextHop hop) => Told.Add($"{hop.Remote} answered");

    public Flow Open(NextHop hop)
    {
        Opened.Add(hop);
        return new Flow(hop.Transport, hop.Remote, 0, hop.Transport == SipTransport.Udp ? 0 : 1000 + hop.Remote.Port);
    }

    public string? WhyClosed(in Flow flow) => null;

    public IPAddress? LocalAddress(in Flow flow) => null;
}
